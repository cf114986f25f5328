// SPDX-License-Identifier: Apache-2.0
// Registered names. A name belongs to a process of this node, or is mapped to a pid of the host (user, standard_error,
// logger ...): then sends and whereis go there. Who unregisters a name of the host hides it on this node until somebody registers the
// host's pid under it again: so a capture of standard_error takes it away and gives it back. Any thread may look up; a process
// registers and unregisters as its owner or through the table's lock.
#ifndef TANDEM_PROC_NAMES_H
#define TANDEM_PROC_NAMES_H

#include "proc/proc.h"

void names_open(void);
void names_close(void);

// False: the name is taken, the process has a name already or is gone, or the name is `undefined`.
bool names_register(term name, term local_pid);
bool names_unregister(term name);               // false: not registered
bool names_restore(term name, term foreign);    // false: it isn't what the hidden name was mapped to
void names_forget(struct proc *p);              // p exits

// A pid, local or foreign (then on h), or NONE.
term names_find(struct heap *h, term name);
term names_find_into(term room[3], term name);    // the same; a foreign pid is built in FOREIGN_PID_WORDS of room
term names_find_local(term name);                 // local pids only; NONE also for foreign names

// Maps a name to a pid of another node; pid NONE: no longer. A process that registers the name later takes precedence. A hidden name stays
// hidden if the pid is the one that it had.
void names_set_foreign(term name, term pid);
term names_find_foreign(struct heap *h, term name);    // hidden or not; NONE: none

// The name that is mapped to this foreign pid, hidden or not, or NONE; `first`: nobody has asked that of it before.
term names_shared(term foreign, bool *first);

term names_list(struct heap *h);        // names of processes of this node
term names_of(const struct proc *p);    // NONE: no name

#endif
