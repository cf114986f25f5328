// SPDX-License-Identifier: Apache-2.0
// Suspended processes: they take signals in but run nothing. Each keeps how often it was suspended, each suspender whom it
// suspended and how often; what a suspender leaves behind at its exit is taken back. Owned by whoever runs the process.
#ifndef TANDEM_PROC_SUSPEND_H
#define TANDEM_PROC_SUSPEND_H

#include "proc/proc.h"

// By the suspender. asker: who gets {tag, answer} once the other is suspended or gone, or NONE.
uint32_t suspend_count(const struct proc *p, term other);
void suspend_other(struct proc *p, term other, term asker, term tag, term answer);
bool suspend_resume(struct proc *p, term other);            // false: not suspended by p
term suspend_list(const struct proc *p, struct heap *h);    // [{Pid, Count, 0}], as process_info has it
void suspend_exit(struct proc *p);                          // takes back all
void suspend_forget(struct proc *p);                        // without a word to anybody: the engine ends

// By the suspended, when a signal is taken in. False: it runs just now; the signal is for the end of its slice.
bool suspend_taken(struct proc *p);
void suspend_resumed(struct proc *p, uint64_t times);

#endif
