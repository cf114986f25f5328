// SPDX-License-Identifier: Apache-2.0
// Limits that end a process: its own max_heap_size, and the memory of the engine (base/memory.h). A doomed process gets an exit
// signal from itself that it cannot trap, and runs no further than to its next collection, exception or end of slice.
// Who passes the engine's limit is who asked for more: it exits with {system_limit, memory}. The host's logger is told,
// though not of each when there are very many, and tandem:info/1 counts them.
#ifndef TANDEM_PROC_DOOM_H
#define TANDEM_PROC_DOOM_H

#include "proc/proc.h"

// By the owner, which runs.
void doom_heap(struct proc *p);      // max_heap_size: reported and killed as its options say
void doom_memory(struct proc *p);    // the engine's limit

// From anywhere: the process for which memory was asked in vain, by its pid.
void doom_receiver(term pid);

size_t doom_count(void);    // processes that ended for the engine's memory

#endif
