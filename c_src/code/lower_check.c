// SPDX-License-Identifier: Apache-2.0
// Lowering of what code/verify.h could not prove: checks in front of the operations that trust their operands.
#include "code/lower.h"

#include "code/verify.h"

static void check_tuple(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    const struct beam_op *end = l->file->ops + l->file->op_count;
    if (l->op->opcode == GENERIC_update_record)
        EMIT(l, "check_record", a[2], a[1]);
    else if (l->op->opcode == GENERIC_set_tuple_element)
        EMIT(l, "check_tuple", a[1], arg_number(a[2].value + 1));
    else
        EMIT(l, "check_tuple", a[0], arg_number(verify_tuple_size(l->op, end)));
}

void lower_checks(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    unsigned checks = l->op->checks;
    if (checks & CHECK_DETACH)
        EMIT_PLAIN(l, "check_detach");
    if (checks & CHECK_TUPLE)
        check_tuple(l);
    if (checks & CHECK_CELL)
        EMIT(l, "check_cell", a[0]);
    if (checks & CHECK_MAP)
        EMIT(l, "check_map", a[1]);
    if (checks & CHECK_PRIME)
        EMIT(l, "move", arg_term(NIL), a[l->op->arg_count - 1]);
}
