// SPDX-License-Identifier: Apache-2.0
// The collector: moves a heap's live terms to a new block, by copying (Cheney). Generational: what survived one young
// collection is moved to the old block by the next; a full collection moves everything. Fragments are emptied and freed.
// Roots are ranges of words that the caller names; the heap's own stack is always one and moves with the block.
// Return addresses and catches on the stack are left as they are. Literals are never moved.
// The heap grows and shrinks here and nowhere else. Inside a turn (base/turn.h) a collection may stand still: then nobody may look at
// the heap or the roots.
#ifndef TANDEM_TERM_COLLECT_H
#define TANDEM_TERM_COLLECT_H

#include "term/heap.h"

struct root {
    term *words;
    size_t count;
};

// Afterwards at least `need` words are free between heap and stack (beyond the reserve). Cost: words moved.
size_t heap_collect(struct heap *h, const struct root *roots, size_t root_count, size_t need, bool full);

size_t heap_collect_words(const struct heap *h, bool full);    // that this would look at

size_t heap_next_size(size_t size);    // of a block, in the steps in which blocks grow; the first is CONFIG_FIRST_HEAP

// Stress builds: walks a heap and dies if a word of it is not a well-formed term inside it, its fragments or literals.
void heap_verify(const struct heap *h, const struct root *roots, size_t root_count);

#endif
