// SPDX-License-Identifier: Apache-2.0
// How a native gives up: each function records what is to happen in the worker's failure and returns NONE, so that a native
// says `return fail_badarg(p);`. Reasons may be built on proc_heap(p).
#ifndef TANDEM_PROC_FAIL_H
#define TANDEM_PROC_FAIL_H

#include "proc/proc.h"
#include "term/atom.h"

term fail(struct proc *p, term class, term reason);    // ATOM_error, ATOM_exit or ATOM_throw

static inline term fail_error(struct proc *p, term reason)
{
    return fail(p, ATOM_error, reason);
}

static inline term fail_badarg(struct proc *p)
{
    return fail(p, ATOM_error, ATOM_badarg);
}

term fail_panic(struct proc *p);                               // internal_error, which no catch holds
term fail_badarg_because(struct proc *p, term cause);          // badarg whose error_info has this cause
term fail_with_value(struct proc *p, term tag, term value);    // error with {tag, value}: {badmap, M}, {badkey, K}

// Goes on with a tail call to an Erlang function or another native. Arguments: as many as e->arity.
term fail_trap(struct proc *p, const struct export *e, const term *arguments);

// The native is called again with args as they are now in x registers, at once after others had a turn (yield), or when
// proc_wake wakes the process (block, which sets PROC_BLOCKED; other signals are handled meanwhile, but do not end it).
term fail_yield(struct proc *p);
term fail_block(struct proc *p);

// PROC_EXITING was set while the native took signals in: nothing of the process runs any more.
term fail_exiting(struct proc *p);

#endif
