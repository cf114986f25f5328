// SPDX-License-Identifier: Apache-2.0
// Frees what was given up but may still be referred to from anywhere: code that was purged, the literals of such code and of
// persistent terms that are gone, and fun entries that belong to no code any more. It goes in a moment in which no worker is
// in a slice (epoch_alone): then registers, stack, heap and mailbox of every process and the messages of timers are looked through
// word by word. A word that could be an address of something keeps that until the next time; what is dead on a heap counts, too, so its
// process is asked to collect.
// Such a moment costs about a nanosecond for each word in use, so it comes when what was given up is worth that.
// Nobody looks into ets tables, persistent terms and what else is kept beside processes: their terms are copies without literals
// (term_copy_literals), which keep the entries of their funs for good.
#ifndef TANDEM_PROC_REAP_H
#define TANDEM_PROC_REAP_H

#include "proc/proc.h"

// Code that nobody can call any more, at addresses from .. to. Release is called when no process runs it or returns to it.
struct reap_code {
    struct reap_code *next;
    const word *from, *to;
    void (*release)(struct reap_code *c);
};

// Given up, by any thread that is no longer going to touch it.
void reap_code(struct reap_code *c);
void reap_literals(struct fragment *f);

// Literals outside of processes that may hold funs: told to look at their words.
struct reap;
void reap_watch(void (*visit)(struct reap *r));
void reap_look(struct reap *r, const term *words, size_t count);

// Between two slices. A worker that is busy for long puts it off.
extern _Atomic bool reap_is_due;
void reap_now(void);
static inline void reap_if_due(void)
{
    if (UNLIKELY(atomic_load_explicit(&reap_is_due, memory_order_relaxed)))
        reap_now();
}

// Processes that have left the table but are not done with their terms: nothing is freed as long as there are any.
void reap_hold(void);
void reap_drop(void);
bool reap_held(void);

void reap_close(void);    // frees the literals that are left: the engine ends

#endif
