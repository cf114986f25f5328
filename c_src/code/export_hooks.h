// SPDX-License-Identifier: Apache-2.0
// What a call of an export runs, in this order: its native function; the host, if it is delegated; the bytecode of the
// loaded module; else instructions that bring the module, or raise undef. Calls never test: they jump to `code`.
#ifndef TANDEM_CODE_EXPORT_HOOKS_H
#define TANDEM_CODE_EXPORT_HOOKS_H

#include "term/fun.h"

void export_hooks_open(void);    // before funs_open

// To be called by whoever changed native, bytecode or whether it is delegated. Any thread.
void export_refresh(struct export *e);

// The same for a fun entry whose bytecode changed.
void fun_refresh(struct fun_entry *f);

#endif
