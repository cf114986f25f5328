// SPDX-License-Identifier: Apache-2.0
// The objects of a table of any type. The table is locked.
#ifndef TANDEM_BIF_ETS_STORE_H
#define TANDEM_BIF_ETS_STORE_H

#include "bif/ets_table.h"
#include "term/copy.h"

static inline bool ets_put(struct ets_table *t, struct ets_object *o, bool only_new)
{
    return t->ordered ? ets_tree_put(&t->tree, o, only_new) : ets_hash_put(&t->hash, o, only_new);
}

static inline void ets_put_new(struct ets_table *t, struct ets_object *o)    // NULL: it was larger than memory allows
{
    if (LIKELY(o != NULL))
        ets_put(t, o, false);
}

static inline void ets_put_tuple(struct ets_table *t, term tuple)
{
    ets_put_new(t, ets_object_new(tuple));
}

// The first object of a key, NULL: none.
static inline struct ets_object *ets_lookup(const struct ets_table *t, term key)
{
    return t->ordered ? ets_tree_find(&t->tree, key) : ets_hash_find(&t->hash, key);
}

static inline bool ets_is_bag(const struct ets_table *t)
{
    return !t->ordered && t->hash.equal_keys != ETS_SET;
}

// Further ones of a bag.
static inline struct ets_object *ets_lookup_again(const struct ets_table *t, const struct ets_object *o)
{
    return ets_is_bag(t) ? ets_hash_again(&t->hash, o) : NULL;
}

static inline void ets_erase(struct ets_table *t, term key)
{
    if (t->ordered)
        ets_tree_erase(&t->tree, key);
    else
        ets_hash_erase(&t->hash, key);
}

// Empties the table. True: its objects are in `old` now, to be freed when the lock is given back.
static inline bool ets_detach(struct ets_table *t, struct ets_table *old)
{
    old->ordered = t->ordered;
    if (t->ordered) {
        old->tree = t->tree;
        ets_tree_init(&t->tree, t->position);
        return true;
    }
    return ets_hash_detach(&t->hash, &old->hash);
}

static inline void ets_free_objects(struct ets_table *old)
{
    if (old->ordered)
        ets_tree_clear(&old->tree);
    else
        ets_hash_done(&old->hash);
}

// A copy of the object.
static inline term ets_copy(struct heap *h, const struct ets_object *o)
{
    return term_copy_sized(h, ets_object_tuple(o), o->words);
}

// A tuple that has a key for the table.
static inline bool ets_fits(const struct ets_table *t, term object)
{
    return is_tuple(object) && tuple_arity(object) >= t->position;
}

#endif
