// SPDX-License-Identifier: Apache-2.0
// The table of processes: slots in chunks that never move, so that a look-up needs no lock. A pid is its slot's number and
// how often the slot was used before. The look-up itself is proc_find in proc/proc.h.
#ifndef TANDEM_PROC_PROCESS_TABLE_H
#define TANDEM_PROC_PROCESS_TABLE_H

#include "proc/proc.h"

term process_table_reserve(void);              // a pid for a process to be, or NONE: the table is full
void process_table_close(void);                // when no process is left
void process_table_publish(struct proc *p);    // under p->pid: it can be found from now on
void process_table_remove(struct proc *p);     // its number may be used again

#endif
