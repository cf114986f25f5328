// SPDX-License-Identifier: Apache-2.0
// Hook upward, filled by code/: how a process's code is run.
#ifndef TANDEM_PROC_RUN_H
#define TANDEM_PROC_RUN_H

#include "base/writer.h"
#include "proc/proc.h"

enum run_result {
    RUN_YIELD,    // slice used up; x registers are saved on its stack
    RUN_WAIT,     // looked at all messages, or PROC_BLOCKED
    RUN_EXIT,     // ended; the reason is in failure.reason of the worker
};

struct function_name {
    term module, function;
    uint32_t arity;
};

struct run_hooks {
    // Runs p on this worker until one of the above. Restores `saved` x registers from its stack first. At most `reductions`
    // function calls; *used tells how many.
    enum run_result (*run)(struct worker *w, struct proc *p, sword reductions, sword *used);
    // Code of a fresh process, which ends it after the call. It finds the arguments of its `initial` function in x0 ..; or, as
    // erlang:apply(Fun, []) is what processes are spawned with most, the fun in x0; or module, function, argument list.
    // With the last one a process also goes on that hibernated.
    const word *call_entry, *fun_entry, *apply_entry;
    // The calls on p's stack (p does not run, or calls a native), innermost first, as a stack trace has them:
    // [{M, F, A, Location}], at most `limit`. For process_info.
    term (*stack)(struct heap *h, struct proc *p, unsigned limit);
    bool (*place)(const struct proc *p, struct function_name *f);    // where it goes on; false: nowhere yet
    void (*backtrace)(struct writer *w, struct proc *p);             // the same with all registers, as text
    // Whether p, in the same state, runs or returns to code of a module that has been replaced.
    bool (*uses_old_code)(struct proc *p, term module);
};
extern struct run_hooks run_hooks;

#endif
