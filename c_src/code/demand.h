// SPDX-License-Identifier: Apache-2.0
// Modules on demand, the part for natives; see the foot of code/module.h.
// A module with an on_load function is there when that function, which runs in a process of its own, has returned ok.
// If it has failed, or wanted native code that only the host can load, the whole module is delegated to the host, unless it
// was loaded by hand: then it is dropped. That the host has no such module is told to those who waited, each once; who needs it later makes the host look again.
#ifndef TANDEM_CODE_DEMAND_H
#define TANDEM_CODE_DEMAND_H

#include "code/module.h"
#include "proc/proc.h"

void demand_open(void);    // after atoms
void demand_close(void);

// As module_demand, but for the version that the host has now, even though one is loaded. The process waits until
// module_refreshed, which then is true once.
void module_refresh(struct proc *p, term name);
bool module_refreshed(struct proc *p, term name);

// There is another host, or none: what the last one has not answered is asked for again.
void demand_again(void);

// Why the last demand found nothing: ATOM_nofile, ATOM_badfile or ATOM_on_load_failure. NONE: it did not fail.
term module_failure(term name);

// A module whose on_load function someone is going to run; it is published afterwards. False: one of that name waits.
bool module_await_on_load(struct module *m);

// The code of the on_load function of a module that waits for it, or NULL. The caller is the process that runs it.
const word *module_on_load(struct proc *p, term name);

// It has returned. False: no such module waits.
bool module_on_load_done(term name, bool ok);

// A process that runs the on_load function of a module from the host wants native code: the module will be the host's.
// False: it runs none.
bool module_wants_native(const struct proc *p);

#endif
