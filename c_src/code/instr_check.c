// SPDX-License-Identifier: Apache-2.0
// Instructions: checks that code/verify.h asks for where object code doesn't show that an operand is what the next
// instruction takes it for. Compilers know, so none of them ever fails in code that comes from one.
#include "code/interp.h"

#include "proc/mailbox.h"

#define CHECK(name, operands, holds) \
    OP(name) \
    { \
        term t = S(0); \
        if (UNLIKELY(!(holds))) { \
            raise_error(x, ATOM_badarg); \
            TAIL(op_raise); \
        } \
        NEXT(operands); \
    }

CHECK(check_tuple_s, 2, is_tuple(t) && tuple_arity(t) >= A(1))
CHECK(check_record_s, 2, is_tuple(t) && tuple_arity(t) == A(1))
CHECK(check_cell_s, 1, is_list(t))
CHECK(check_map_s, 1, is_map(t))

OP(check_detach_plain)
{
    mailbox_detach(p);
    NEXT(0);
}
