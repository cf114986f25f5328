// SPDX-License-Identifier: Apache-2.0
// Random terms of every kind, for tests of heaps. Raw words are chosen to look like pointers into the heap, so that
// whoever takes one for a term is found out. Large binaries come from a few that many terms share; closing the maker checks
// that nobody holds them any longer. The same seed gives the same terms.
#ifndef TANDEM_TEST_RANDOM_TERM_H
#define TANDEM_TEST_RANDOM_TERM_H

#include "term/heap.h"

enum { RANDOM_SHARED = 6, RANDOM_LITERALS = 12 };

struct random_terms {
    uint64_t state;
    const term *parts;    // terms of the same heap that may become part of new ones; NONE: no term
    size_t part_count;
    struct shared *shared[RANDOM_SHARED];
    term literal[RANDOM_LITERALS];
    struct fragment *literals;
};

void random_open(struct random_terms *r, uint64_t seed);
void random_close(struct random_terms *r);

size_t random_below(struct random_terms *r, size_t limit);
term random_leaf(struct random_terms *r, struct heap *h);
term random_term(struct random_terms *r, struct heap *h, unsigned depth);
term random_bits(struct random_terms *r, struct heap *h);    // any bit string

#endif
