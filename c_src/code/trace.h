// SPDX-License-Identifier: Apache-2.0
// Stack traces: return addresses gathered when something fails, turned into {Module, Function, Arity or Arguments, Location}
// when a program looks. Raw traces are described in code/raise.h.
#ifndef TANDEM_CODE_TRACE_H
#define TANDEM_CODE_TRACE_H

#include "base/writer.h"
#include "proc/proc.h"
#include "proc/run.h"

struct trace_start {
    term class;
    const word *at;                // the instruction that failed
    const struct export *blame;    // the native or missing function on top, or NULL
    term arguments;                // list: of the top entry; NONE: it shows its arity
    term info;                     // error_info's map, or NIL
    bool undefined;                // blame does not exist: its entry has no error_info, and the instruction is no entry
};

// The raw trace of the running process; its stack must be up to date.
term trace_gather(struct proc *p, const struct trace_start *start);

// Where a process that does not run goes on; false: it has not begun, or does not know.
bool trace_place(const struct proc *p, struct function_name *f);

// The stack of a process that does not run, or calls a native: return addresses and y registers as text. Nothing of one
// that is sensitive.
void trace_text(struct writer *w, struct proc *p);

#endif
