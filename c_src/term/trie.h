// SPDX-License-Identifier: Apache-2.0
// Large maps: hash tries (layout in term/map.h, whose user this is; nobody else but natives that look inside needs
// it). The hash of a key, 4 bits a level, lowest first, says which child of each node leads to it; every 8 levels the
// key is hashed anew with another salt. Keys that agree on all levels share a node without a bitmap, in the order of
// keys. A leaf stands as high as it can: only a root, or a node above nodes, has a single child. So maps of equal
// keys have equal shape, and the order of a walk depends on the keys alone.
#ifndef TANDEM_TERM_TRIE_H
#define TANDEM_TERM_TRIE_H

#include "term/heap.h"

enum {
    TRIE_LEVELS = 23,    // levels of nodes with a bitmap; one more for keys that agree on all of them
    TRIE_HEAD = 2,       // words of a node before its children
};

static inline size_t trie_children(const term *node)    // their number
{
    return header_size(node[0]) - 1;
}

static inline unsigned trie_bitmap(const term *node)    // 0: a node of keys with equal hashes
{
    return (unsigned)small_value(node[1]) & 0xFFFF;
}

static inline size_t trie_size(term root)
{
    return (size_t)small_value(boxed_ptr(root)[1]) >> 16;
}

term trie_get(term root, term key);    // NONE: absent

enum trie_mode {
    TRIE_PUT,        // add or replace
    TRIE_REPLACE,    // NONE if the key is absent
    TRIE_ADD,        // the trie itself if the key is there
};

term trie_put(struct heap *h, term root, term key, term value, enum trie_mode mode);

// NONE if the key is absent. The result may have any size: the caller makes small ones flat.
term trie_remove(struct heap *h, term root, term key);

// From pairs key, value ...; a later one replaces an earlier one. The result may have any size, 0 excepted.
term trie_from_pairs(struct heap *h, const term *pairs, size_t n);

term trie_merge(struct heap *h, term a, term b);    // b's values win

#endif
