// SPDX-License-Identifier: Apache-2.0
// Collections of processes. One that takes long is done in turns (base/turn.h): the process stands still meanwhile, and takes no signals
// in, until it has ended. Its registers are kept by the turn, and are on its stack when it goes on. Neither code nor literals are freed
// while there is such a collection (reap_hold), as it has words of the process that nobody else can see.
#ifndef TANDEM_PROC_COLLECTING_H
#define TANDEM_PROC_COLLECTING_H

#include "proc/proc.h"

// At once, with the first `live` x registers as roots; afterwards `need` words are free. Only between instructions.
void proc_collect(struct proc *p, size_t need, size_t live, bool full);

// False: this collection would not take long, or it can't be done in turns: proc_collect is to do it. True: it has begun, and the
// process is to leave its worker.
bool proc_collects_long(const struct proc *p, bool full);
bool collecting_begin_long(struct proc *p, size_t need, size_t live, bool full);
static inline bool collecting_begin(struct proc *p, size_t need, size_t live, bool full)
{
    return UNLIKELY(proc_collects_long(p, full)) && collecting_begin_long(p, need, live, full);
}

static inline bool collecting(const struct proc *p)
{
    return p->flags & PROC_COLLECTS;
}

// Takes a COLLECT signal over, which is answered when that has been done: by the end of a collection, or of the process (false).
void collecting_ask(struct proc *p, struct signal *s);
void collecting_answer(struct proc *p, bool done);

// For a slice. True: it has ended.
bool collecting_go_on(struct proc *p, sword *used);
void collecting_close(struct proc *p);    // goes on to its end at once: the engine ends

#endif
