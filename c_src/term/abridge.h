// SPDX-License-Identifier: Apache-2.0
// Terms for people to read. Whoever prints a huge one, with io_lib for instance, is busy for longer than anybody waits, and most
// of all with integers of millions of digits. So of a term that isn't modest only the beginning is shown, and '...' instead of
// what is left out. A fun counts with what it holds, which isn't printed but sent. Recursion is as deep as ABRIDGE_DEPTH at most.
#ifndef TANDEM_TERM_ABRIDGE_H
#define TANDEM_TERM_ABRIDGE_H

#include "term/heap.h"

enum {
    ABRIDGE_MODEST = 50000,    // terms in a modest term, and words in its binaries and integers
    ABRIDGE_SHOWN = 2000,      // of one that isn't
    ABRIDGE_DEPTH = 40,
    ABRIDGE_BITS = 64 * 1024,    // of an integer
};

bool abridge_is_modest(term t);

// The term itself if it is modest, else a copy of its beginning. Lists of up to 255 elements, which may be arguments, keep their length.
term abridge(struct heap *h, term t);

#endif
