// SPDX-License-Identifier: Apache-2.0
// Maps. Up to CONFIG_FLAT_MAP_MAX keys: a MAP with a tuple of keys in term order and the values in the same order;
// maps that were updated share the tuple. Above: a hash trie of nodes with up to 16 children, as compact as their
// bitmap says.
//   MAP   h, tuple of keys, values
//   TRIE  h, small integer, children.  The small integer of a root is its number of keys << 16 | bitmap, of an inner
//         node its bitmap. A child is a leaf (a cons cell: key, value), a TRIE, or a TRIE whose bitmap is 0 for keys
//         with equal hashes.
// Keys are compared exactly (=:=). Everything is persistent: an update copies the path and shares the rest.
// Functions build on the heap they are given and never collect.
#ifndef TANDEM_TERM_MAP_H
#define TANDEM_TERM_MAP_H

#include "term/heap.h"

size_t map_size(term map);

// The value, or NONE.
term map_get(term map, term key);

// An update that changes nothing gives the map itself.
term map_put(struct heap *h, term map, term key, term value);        // added or replaced
term map_replace(struct heap *h, term map, term key, term value);    // NONE: no such key
term map_remove(struct heap *h, term map, term key);                 // the map itself if there is no such key
term map_merge(struct heap *h, term a, term b);                      // b's values win
term map_empty(struct heap *h);

// A flat map: its keys, a tuple in order, and its values.
static inline term map_flat_keys(term map)
{
    return boxed_ptr(map)[1];
}

static inline const term *map_flat_values(term map)
{
    return boxed_ptr(map) + 2;
}

// From a tuple of at most CONFIG_FLAT_MAP_MAX keys, in term order, and their values.
term map_flat_of(struct heap *h, term keys, const term *values);

// From n pairs key, value, key, value ... in any order; a later pair replaces an earlier one with the same key.
// The array is scratch: it may be reordered.
term map_from_pairs(struct heap *h, term *pairs, size_t n);

// As map_from_pairs, but *duplicate tells whether two keys were equal (a malformed external map).
term map_from_unique_pairs(struct heap *h, term *pairs, size_t n, bool *duplicate);

// Heap words map_from_pairs takes for n pairs. For more than CONFIG_FLAT_MAP_MAX it is an estimate that chance does not
// exceed, but keys chosen for their equal hashes do: then heap_alloc takes the rest elsewhere.
size_t map_words_max(size_t n);

// Walks the pairs in the map's own order (for a MAP the order of its keys, for a trie the order of the hashes, as on
// the BEAM).
struct map_walk {
    term map;
    size_t index;    // of the next pair of a MAP
    unsigned depth;
    struct {
        const term *children;
        size_t left;
    } level[24];
};

void map_walk_init(struct map_walk *w, term map);
bool map_walk_next(struct map_walk *w, term *key, term *value);

#endif
