// SPDX-License-Identifier: Apache-2.0
// An object in a table: a tuple in a block of its own, with all its terms behind it, literals included. Owned by the table
// that it is in. Its links and marks belong to bif/ets_hash.c or bif/ets_tree.c, whichever keeps it.
// Who copies much holds objects: then he may read their terms without the table's lock, and they stay until he drops them.
#ifndef TANDEM_BIF_ETS_OBJECT_H
#define TANDEM_BIF_ETS_OBJECT_H

#include "term/term.h"

#include <stdatomic.h>

enum { ETS_LEFT, ETS_RIGHT, ETS_NEXT = ETS_LEFT };

struct ets_object {
    struct ets_object *link[2];    // hash: the next of the bucket; tree: both children
    uint32_t hash;                 // of the key, in a hash table
    uint32_t words;                // in body
    uint8_t height;                // tree: of the part below, itself included
    bool gone;                     // hash: deleted while the table was fixed, kept for those who walk over it
    _Atomic uint32_t holders;      // and whether it has been freed meanwhile
    term *shared;                  // chain of the shared binaries in body
    term body[];                   // the tuple first
};

struct ets_object *ets_object_new(term tuple);    // NULL: it is larger than memory allows, which mem_passed tells
struct ets_object *ets_object_new_sized(term tuple, size_t words);    // words: term_words_flat(tuple), known already
void ets_object_free(struct ets_object *o);                           // at the latest when nobody holds it

static inline void ets_object_hold(struct ets_object *o)    // with the table locked
{
    atomic_fetch_add_explicit(&o->holders, 1, memory_order_relaxed);
}
void ets_object_drop(struct ets_object *o);

// Those that somebody holds; {0}: none.
struct ets_held {
    struct ets_object **objects;
    size_t count, room;
};
void ets_held_add(struct ets_held *held, struct ets_object *o);    // holds it
void ets_held_free(struct ets_held *held);                         // the list alone: each has been dropped

static inline term ets_object_tuple(const struct ets_object *o)
{
    return boxed_term(o->body);
}

// The key is the element at a position, counted from 1.
static inline term ets_object_key(const struct ets_object *o, uint32_t position)
{
    return o->body[position];
}

// Words that the object counts for in the memory of its table.
static inline size_t ets_object_words(const struct ets_object *o)
{
    return sizeof *o / sizeof(term) + o->words;
}

#endif
