// SPDX-License-Identifier: Apache-2.0
#include "proc/fail.h"

#include "term/map.h"

static struct failure *request(struct proc *p, enum request what)
{
    struct failure *f = &p->worker->failure;
    *f = (struct failure){.request = what, .trace = NIL, .info = NIL, .caller_arguments = NONE};
    return f;
}

term fail(struct proc *p, term class, term reason)
{
    struct failure *f = request(p, REQUEST_FAIL);
    f->class = class;
    f->reason = reason;
    f->arguments = true;
    return NONE;
}

term fail_panic(struct proc *p)
{
    fail_error(p, ATOM_internal_error);
    p->worker->failure.panic = true;
    return NONE;
}

term fail_badarg_because(struct proc *p, term cause)
{
    fail_badarg(p);
    struct heap *h = proc_heap(p);
    p->worker->failure.info = map_from_pairs(h, (term[]){ATOM_cause, cause, ATOM_module, ATOM_erl_erts_errors}, 2);
    return NONE;
}

term fail_with_value(struct proc *p, term tag, term value)
{
    return fail_error(p, tuple2(proc_heap(p), tag, value));
}

term fail_trap(struct proc *p, const struct export *e, const term *arguments)
{
    term *x = proc_x(p);
    for (uint32_t i = 0; i < e->arity; i++)
        x[i] = arguments[i];
    request(p, REQUEST_TRAP)->trap = e;
    return NONE;
}

term fail_yield(struct proc *p)
{
    request(p, REQUEST_YIELD);
    return NONE;
}

term fail_block(struct proc *p)
{
    p->flags |= PROC_BLOCKED;
    request(p, REQUEST_BLOCK);
    return NONE;
}

term fail_exiting(struct proc *p)
{
    p->worker->failure.request = REQUEST_EXIT;
    return NONE;
}
