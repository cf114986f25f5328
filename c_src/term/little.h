// SPDX-License-Identifier: Apache-2.0
// Whether a term is so small that every walk over it is short: told by a look at a few words, and true only if they tell it.
// For natives that do small things at once (proc/errand.h).
#ifndef TANDEM_TERM_LITTLE_H
#define TANDEM_TERM_LITTLE_H

#include "term/term.h"

bool term_is_little_slow(term t);

static inline bool term_is_little(term t)
{
    return is_immediate(t) || term_is_little_slow(t);
}

#endif
