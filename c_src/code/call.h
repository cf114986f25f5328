// SPDX-License-Identifier: Apache-2.0
// Calls whose target is found when the call happens: apply, funs, names without code, the start of a process; and the
// collection after a native. Found code is jumped to with its arguments in x0 ..; no code means a failure is recorded.
#ifndef TANDEM_CODE_CALL_H
#define TANDEM_CODE_CALL_H

#include "proc/proc.h"
#include "term/fun.h"

struct call_target {
    const word *code;    // NULL: a failure is recorded, or `arity` is CALL_WAITS
    word arity;          // x registers in use
    bool
        raises;    // EXPORT_RAISES, or a failure: the stack trace shows the return address, in tail position of the former the frame
};

enum {
    CALL_WAITS = ~0u,          // the process waits for a module; it runs the same instruction again afterwards
    CALL_PUSH_RETURN = ~0u,    // a trap of this native call returns behind the instruction
};

// Before any process runs.
void call_open(void);

// Module and function in x[arity], x[arity + 1].
struct call_target call_apply(term *x, word arity);
// erlang:apply/3 and apply/2: the arguments are a list.
struct call_target call_apply_list(term *x);
struct call_target call_fun_list(term *x);
struct call_target call_fun(term *x, term fun, word arity);

struct call_target call_undefined(struct proc *p, const struct export *e);
struct call_target call_fun_undefined(struct proc *p, const struct fun_entry *f);
struct call_target call_delegate(struct proc *p, const struct export *e);
struct call_target call_apply_entry(term *x);    // proc/run.h

// The return address below a process's first call.
const word *call_end_code(void);

// Words in fragments make a collection worthwhile once they are half of the block's, shared binaries once they are many bytes. All that
// may survive then mostly fits into a block of the same size, and moves only once: Savina's "big" takes 0.97 of the time that it takes
// when they may outgrow the block, fan-out 0.93.
static inline bool call_wants_collection(const struct proc *p)
{
    const struct heap *h = &p->heap;
    bool fragments = h->fragments && (CONFIG_STRESS || h->fragment_words > (size_t)(h->end - h->start) / 2);
    return UNLIKELY(fragments || h->shared_bytes > CONFIG_SHARED_BYTES);
}

// After a native: what it took itself counts. Messages can wait until the slice ends or the process waits, when they are often not
// needed any more: 1,000 tuples to a process that sends them back take two thirds of the time.
static inline bool call_native_wants_collection(const struct proc *p, const struct fragment *before)
{
    return UNLIKELY((CONFIG_STRESS || p->heap.fragments != before || p->heap.shared_bytes > CONFIG_SHARED_BYTES) &&
                    call_wants_collection(p));
}

// After a message was received: those that are not needed any more are many words, or hold many bytes, so the slice should come to its
// end.
enum { CALL_MANY_WORDS = 1 << 16 };
static inline bool call_message_wants_collection(const struct proc *p)
{
    const struct heap *h = &p->heap;
    return UNLIKELY((h->fragment_words > CALL_MANY_WORDS || h->shared_bytes > CONFIG_SHARED_BYTES) &&
                    call_wants_collection(p));
}

// False: as that would take long, it is left to the end of the slice, which should come soon.
bool call_collect(struct proc *p, size_t live);

#endif
