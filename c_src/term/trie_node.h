// SPDX-License-Identifier: Apache-2.0
// Inside of tries, shared by the files that make them (term/trie.c, term/trie_build.c). A level's place counts from
// the root, which is level 0. `hash` is always shifted so that its low 4 bits are those of the level in hand.
#ifndef TANDEM_TERM_TRIE_NODE_H
#define TANDEM_TERM_TRIE_NODE_H

#include "term/hash.h"
#include "term/trie.h"

// The hash at `level` of a key, given the one of the level above.
static inline uint32_t trie_hash_down(uint32_t hash, unsigned level, term key)
{
    return level % 8 ? hash >> 4 : term_hash_salted(key, level / 8);
}

static inline uint32_t trie_hash_at(unsigned level, term key)
{
    return term_hash_salted(key, level / 8) >> 4 * (level % 8);
}

// Where the child for a bit stands, or would stand.
static inline size_t trie_slot(unsigned bitmap, unsigned bit)
{
    return (size_t)__builtin_popcount(bitmap & (bit - 1));
}

term trie_leaf(struct heap *h, term key, term value);

// A node with room for n children, which the caller fills. `size` is 0 but for roots.
term trie_node_alloc(struct heap *h, size_t n, unsigned bitmap, size_t size);
term trie_node_of(struct heap *h, size_t n, unsigned bitmap, size_t size, const term *children);

// A node of the given level with two leaves of different keys; `hash` is the one of that level.
term trie_split(struct heap *h, unsigned level, term leaf_a, uint32_t hash_a, term leaf_b, uint32_t hash_b);

#endif
