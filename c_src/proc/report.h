// SPDX-License-Identifier: Apache-2.0
// Reports to the host's logger, with the text and metadata that the BEAM uses: a message {log, Level, Format, Args, Meta} to
// the process registered as `logger` (proc/names.h maps the name to the host's). Dropped when nobody has the name.
#ifndef TANDEM_PROC_REPORT_H
#define TANDEM_PROC_REPORT_H

#include "proc/proc.h"

// The uncaught error (value: {Reason, Stacktrace}) or throw (value: {{nocatch, Term}, Stacktrace}) that ends p. The
// interpreter calls it before RUN_EXIT for classes error and throw, never for exit. Of a huge one the beginning is told (term/abridge.h).
void report_crash(struct proc *p, term value);

// p's heap has outgrown its max_heap_size.
void report_heap_limit(struct proc *p);

// p ends because the engine's memory is used up, as the latest of so many.
void report_memory_limit(struct proc *p, size_t count);

// erts' other reports: level error or warning, format text, arguments a list.
void report_send(struct proc *p, term level, const char *format, term arguments);

#endif
