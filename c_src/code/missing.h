// SPDX-License-Identifier: Apache-2.0
// Natives that OTP code called and the engine does not have: counted by name, so that none is missing in silence.
// Any thread.
#ifndef TANDEM_CODE_MISSING_H
#define TANDEM_CODE_MISSING_H

#include "term/fun.h"

struct missing {
    term module, function;
    uint32_t arity;
    uint64_t count;    // calls
};

void missing_add(term module, term function, uint32_t arity);    // one call

// Walks what was counted: start with *at = 0; false at the end.
bool missing_next(size_t *at, struct missing *m);

#endif
