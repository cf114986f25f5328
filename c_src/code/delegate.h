// SPDX-License-Identifier: Apache-2.0
// Which functions are the host's business: those of code/delegate.def, and whole modules that need native code which
// only the host can load. A native function of ours goes before. Any thread.
#ifndef TANDEM_CODE_DELEGATE_H
#define TANDEM_CODE_DELEGATE_H

#include "base/types.h"

void delegate_open(void);    // after atoms, before funs are made
void delegate_close(void);

bool delegate_has(term module, term function, uint32_t arity);
bool delegate_whole(term module);    // all of it, but for exceptions

// From now on all functions of the module run on the host, but for those that are native here.
void delegate_module(term module);

// The opposite: the module runs here from now on, all of it.
void delegate_end(term module);

// Calls delegated so far.
void delegate_count(void);
uint64_t delegated_count(void);

#endif
