// SPDX-License-Identifier: Apache-2.0
// Processes without bytecode for the tests of proc/: each runs a C function, called at every slice with the state it was
// started with (a small integer).
#ifndef TANDEM_TEST_PROCESSES_H
#define TANDEM_TEST_PROCESSES_H

#include "proc/run.h"
#include "term/atom.h"

void processes_open(unsigned workers);    // the scheduler, with this thread as worker 0
void processes_close(void);               // ends it without running anything
void processes_run(void);                 // until a behaviour calls sched_stop

struct spawn process_description(enum run_result (*run)(struct proc *, sword), sword state);
term process_new(struct proc *creator, enum run_result (*run)(struct proc *, sword), sword state);

enum run_result process_exit(struct proc *p, term reason);
enum run_result process_idle(struct proc *p, sword state);    // waits for ever

// The next message, removed; NONE: there is none, or the process must exit (then return RUN_EXIT or RUN_WAIT by process_wait).
term process_receive(struct proc *p);
enum run_result process_wait(struct proc *p);

#endif
