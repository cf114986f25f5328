// SPDX-License-Identifier: Apache-2.0
// A native that may take long runs as an errand: a turn (base/turn.h) of its process. It does its work as if it were alone and
// calls turn_pass in its loops. When it has used up a slice it stands still, the process goes to the end of its queue, and the
// instruction that called the native is run again later with the same registers, and goes on with the errand. What was done is
// charged to the process as reductions, so that it is preempted soon after a long native that took less than a slice, too.
// While an errand stands still its process's heap is never collected: pointers into it may stand in C variables. What the
// process is asked to collect is collected afterwards. Signals are taken in; what they add to the heap harms nothing.
// A process that is to exit does so when its errand has ended, which goes on in turns with others all the same: so everything
// that the native took is given back in the way it always is (but see errand_pure). For everybody else the process is gone at once. Telling very
// many others of an exit is an errand, too.
// A native says
//     static term reverse(struct proc *p, term *args) { ... }
//     static term bif_reverse(struct proc *p, term *args) { return errand(p, args, 2, reverse); }
// or ERRAND(bif_reverse, 2, reverse), and calls the body at once for arguments that it can tell are small.
// The body's `args` are a copy that stays; results and failures are given as by any native. It may not ask to yield, block or
// trap before its work is done, and what it traps to is its last act.
#ifndef TANDEM_PROC_ERRAND_H
#define TANDEM_PROC_ERRAND_H

#include "base/turn.h"
#include "proc/fail.h"
#include "term/binary.h"

enum { ERRAND_ARGUMENTS = 4 };

// Begins the errand, or goes on with it. Only as the whole of a native.
term errand(struct proc *p, term *args, unsigned arity, native_function *body);

#define ERRAND(native, arity, body) \
    static term native(struct proc *p, term *args) \
    { \
        return errand(p, args, arity, body); \
    }

// A bit string that any native is done with before an errand would have begun.
enum { ERRAND_LITTLE_BITS = 4096 * 8 };
static inline bool errand_is_little(term t)
{
    return is_bitstring(t) && bit_size(t) < ERRAND_LITTLE_BITS;
}

// As errand, for a body that does nothing but compute: when its process has to exit, walks over terms give up, which might take
// longer than the world lasts.
term errand_pure(struct proc *p, term *args, unsigned arity, native_function *body);

#define ERRAND_PURE(native, arity, body) \
    static term native(struct proc *p, term *args) \
    { \
        return errand_pure(p, args, arity, body); \
    }

// As errand_pure, but at once where `data` is little.
static inline term errand_for(struct proc *p, term *args, unsigned arity, native_function *body, term data)
{
    return errand_is_little(data) ? body(p, args) : errand_pure(p, args, arity, body);
}

// Words of a term that takes long to copy.
enum { ERRAND_LARGE = CONFIG_STRESS ? 16 : 10000 };

// Whether copying a term of the process takes long. A small heap holds no large term.
bool errand_is_large(const struct proc *p, term t);

static inline bool errand_waits(const struct proc *p)
{
    return p->flags & PROC_ERRAND;
}

// The registers of the instruction that called it, while it stands still.
void errand_save(struct proc *p, const term *x, size_t live);
void errand_restore(struct proc *p, term *x);

// The process has to exit: first its errand goes on for a slice. True: it has ended; failure.reason is set.
void errand_doom(struct proc *p, term reason);
bool errand_finish(struct proc *p, sword *used);
// An errand of the engine's own, for a process that runs no more: true: it has ended at once; else errand_finish goes on.
bool errand_begin(struct proc *p, term argument, native_function *body);
const term *errand_words(struct proc *p, size_t *count);    // what it and those registers hold, among other words
void errand_close(struct proc *p);                          // goes on to its end at once: the engine ends

// Reductions for work that was no errand.
static inline void errand_charge(struct proc *p, size_t units)
{
    p->worker->charge += (sword)(units / CONFIG_TURN_UNITS);
}

#endif
