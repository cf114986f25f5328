// SPDX-License-Identifier: Apache-2.0
// Copies terms between heaps: first the size, then the copy into a fragment or heap with that much room. Literals are not
// copied, shared binaries are counted. Sharing inside a term is not kept, as in a message on the BEAM. Neither recurses on
// the C stack without bound.
#ifndef TANDEM_TERM_COPY_H
#define TANDEM_TERM_COPY_H

#include "term/heap.h"

size_t term_words(term t);                         // heap words that a copy takes
size_t term_words_within(term t, size_t limit);    // or something above the limit; looks at little more than that
bool term_words_exceed(term t, size_t limit);
size_t term_words_flat(term t);                         // as erts_debug:flat_size counts: literals too
size_t term_words_flat_within(term t, size_t limit);    // or something above the limit
term term_copy(struct heap *h, term t);
term term_copy_sized(struct heap *h, term t, size_t words);    // likewise; words: term_words(t), known already
// Copies literals too, for what must outlive its module; words: term_words_flat(t).
term term_copy_literals(struct heap *h, term t, size_t words);

// A copy, literals included, in a fragment of its own; NULL for an immediate term (*copy is the term then).
struct fragment *term_to_fragment(term t, term *copy);

#endif
