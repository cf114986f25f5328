// SPDX-License-Identifier: Apache-2.0
// The table of processes: slots in chunks that never move, so that a look-up needs no lock. Slots are given in their order, round after
// round, and a pid is its slot's number and the round: later pids are larger, as on the BEAM, so that lists which are sorted by them, as
// the children of many supervisors, have the same order. The look-up itself is proc_find in proc/proc.h.
#ifndef TANDEM_PROC_PROCESS_TABLE_H
#define TANDEM_PROC_PROCESS_TABLE_H

#include "proc/proc.h"

term process_table_reserve(void);              // a pid for a process to be, or NONE: the table is full
void process_table_close(void);                // when no process is left
void process_table_publish(struct proc *p);    // under p->pid: it can be found from now on
void process_table_remove(struct proc *p);     // its number may be used again

#endif
