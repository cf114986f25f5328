// SPDX-License-Identifier: Apache-2.0
// A worker: an OS thread that runs processes, one at a time. Its registers are the machine registers of the process that
// it runs; they hold nothing between slices. worker_self is the calling thread's.
#ifndef TANDEM_PROC_WORKER_H
#define TANDEM_PROC_WORKER_H

#include "base/config.h"
#include "base/types.h"
#include "term/term.h"

struct proc;
struct sched;
struct wheel;

// What a native recorded when it gave NONE (proc/fail.h).
enum request {
    REQUEST_NONE,
    REQUEST_FAIL,     // raise class, reason
    REQUEST_TRAP,     // tail-call `trap` with the arguments now in x[0..arity-1]
    REQUEST_YIELD,    // let others run, then call the same native again with the same arguments
    REQUEST_BLOCK,    // as YIELD, but wait until someone wakes the process (it has arranged that)
    REQUEST_EXIT,     // the process has PROC_EXITING set
    REQUEST_HIBERNATE,    // module, function, argument list are in x[0..2]: drop the stack and all catches, go on with these at
                          // run_hooks.apply_entry; RUN_YIELD while the mailbox holds messages, else RUN_WAIT
};

struct failure {
    enum request request;
    term class;    // ATOM_error, ATOM_exit, ATOM_throw
    term reason;
    term trace;    // NIL; or a ready stack trace (erlang:raise/3)
    term info;     // the map in error_info, or NIL: then a native of OTP shows #{module => erl_erts_errors}
    term
        caller_arguments;    // error/2,3: the calling function's entry shows these instead of its arity; NONE: not asked for
    bool arguments;          // the native is the top entry of the stack trace, with its arguments
    bool ready_trace;    // trace is final (erlang:raise/3)
    bool panic;          // no catch holds it
    const struct export *trap;
};

struct worker {
    term x[CONFIG_X_REGISTERS];
    double f[CONFIG_X_REGISTERS];    // float registers
    struct proc *current;
    bool timeline;    // its slices are recorded: proc/timeline.h
    sword left;       // reductions of the slice, when the native that runs was called
    bool at_once;     // natives are called where nobody could call them again: they do all of their work
    sword charge;     // reductions that natives have used since the interpreter last took them off the slice
    struct failure failure;
    struct sched *sched;    // run queues, sleep: proc/sched.c
    struct wheel *wheel;    // timers: proc/timer.h
    void *build;            // code/: the binary under construction
    unsigned index;
};

struct worker *worker_self(void);    // NULL on a thread that is no worker

#endif
