// SPDX-License-Identifier: Apache-2.0
// What a call of an export runs, in this order: its native function; the host, if it is delegated; the bytecode of the
// loaded module; else instructions that bring the module, or raise undef. Calls never test: they jump to `code`.
#ifndef TANDEM_CODE_EXPORT_HOOKS_H
#define TANDEM_CODE_EXPORT_HOOKS_H

#include "term/fun.h"

void export_hooks_open(void);    // before funs_open

// Before workers run.
void export_set_native(struct export *e, native_function *native, uint32_t flags);

// Any thread. Bytecode NULL: there is none any more; of a fun: it was purged.
void export_set_bytecode(struct export *e, const word *bytecode);
void export_set_delegated(struct export *e, bool delegated);
void fun_set_bytecode(struct fun_entry *f, const word *bytecode);

#endif
