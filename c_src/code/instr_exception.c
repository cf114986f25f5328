// SPDX-License-Identifier: Apache-2.0
// Instructions: catch and try, and raising.
// catch and try put their handler's address into a y register; when something fails, the innermost such word on the stack
// is where execution goes on, with class, reason and raw trace in x1 .. x3 (code/raise.h).
#include "code/interp.h"

OP(catch_y)
{
    p->catches++;
    Y(0) = catch_of((const word *)(uintptr_t)A(1));
    NEXT(2);
}

OP(try_end_y)
{
    p->catches--;
    Y(0) = NIL;
    NEXT(1);
}

// Reached both without and, with NONE in x0, by an exception.
OP(catch_end_y)
{
    p->catches--;
    Y(0) = NIL;
    if (UNLIKELY(!x[0])) {
        SWAP_OUT();
        x[0] = raise_catch_value(&p->heap, x[1], x[2], x[3]);
        SWAP_IN();
    }
    NEXT(1);
}

// Reached by exceptions alone, or what compilers know will never run: then x1 .. x3 hold nothing.
OP(try_case_y)
{
    p->catches--;
    Y(0) = NIL;
    if (UNLIKELY(x[0])) {
        raise_error(x, ATOM_badarg);
        TAIL(op_raise);
    }
    x[0] = x[1];
    x[1] = x[2];
    x[2] = x[3];
    NEXT(1);
}

#define RAISE_WITH(tag, value) \
    do { \
        SWAP_OUT(); \
        raise_error(x, tuple2(&p->heap, tag, value)); \
        SWAP_IN(); \
        TAIL(op_raise); \
    } while (0)

OP(badmatch_s)
{
    RAISE_WITH(ATOM_badmatch, S(0));
}

OP(case_end_s)
{
    RAISE_WITH(ATOM_case_clause, S(0));
}

OP(try_case_end_s)
{
    RAISE_WITH(ATOM_try_clause, S(0));
}

OP(badrecord_s)
{
    RAISE_WITH(ATOM_badrecord, S(0));
}

OP(if_end_plain)
{
    raise_error(x, ATOM_if_clause);
    TAIL(op_raise);
}

// Operands: raw trace, reason.
OP(raise_s)
{
    raise_again(x, S(1), S(0));
    TAIL(op_raise);
}

// Class, reason and trace in x0 .. x2: the program has seen the trace. A class that is none does not raise.
OP(raw_raise_plain)
{
    term class = x[0];
    if (class != ATOM_error && class != ATOM_exit && class != ATOM_throw) {
        x[0] = ATOM_badarg;
        NEXT(0);
    }
    SWAP_OUT();
    term raw = is_tuple(x[2]) ? trace_passed_on(&p->heap, x[2], class) : tuple2(&p->heap, class, x[2]);
    SWAP_IN();
    raise_again(x, x[1], raw);
    worker_of(x)->failure.class = class;
    TAIL(op_raise);
}

OP(build_stacktrace_plain)
{
    SWAP_OUT();
    x[0] = trace_build(&p->heap, x[0]);
    SWAP_IN();
    NEXT(0);
}
