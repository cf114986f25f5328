// SPDX-License-Identifier: Apache-2.0
// Objects of an ordered_set: a balanced (AVL) tree in the order of ==, so 1 and 1.0 are one key.
// Not synchronised: the table's lock is held.
#ifndef TANDEM_BIF_ETS_TREE_H
#define TANDEM_BIF_ETS_TREE_H

#include "bif/ets_object.h"

enum { ETS_TREE_DEPTH = 64 };    // more than a tree of 2^32 objects can have

struct ets_tree_walk;

// Who walks by keys asks for what is beyond the key that was given last: the finger is the walk that gave it. Readers take it out
// while they use it, and put it back; whoever changes the tree lifts it. ets:foldl/3 takes less than half the time with it.
struct ets_tree {
    struct ets_object *root;
    uint32_t position;                         // of the key
    size_t count, words;                       // objects, words in them
    _Atomic(struct ets_tree_walk *) finger;    // NULL: none, or in use
    _Atomic(struct ets_object *) last;         // what a finger gave last, to be looked up next; NULL: none
};

void ets_tree_init(struct ets_tree *t, uint32_t position);
void ets_tree_clear(struct ets_tree *t);

// Takes the object over. False: it is `only_new` and the key is there.
bool ets_tree_put(struct ets_tree *t, struct ets_object *o, bool only_new);

struct ets_object *ets_tree_find(const struct ets_tree *t, term key);
bool ets_tree_erase(struct ets_tree *t, term key);

// The outermost object to the left or the right; the first one beyond a key, which need not be there.
struct ets_object *ets_tree_end(const struct ets_tree *t, int side);
struct ets_object *ets_tree_beyond(struct ets_tree *t, term key, int side);

struct ets_object *ets_tree_nth(const struct ets_tree *t, size_t n);    // from 0, n < count

// A walk in order, towards one side. The tree must not change meanwhile.
struct ets_tree_walk {
    int side;
    unsigned depth;
    struct ets_object *last;                    // of a finger: what it gave last
    struct ets_object *path[ETS_TREE_DEPTH];    // objects still to come: each before what is beyond it
};

// Tells, for a key, where the wanted ones are: below (<0), here (0) or above (>0). In the order of keys it never rises.
typedef int ets_tree_where(const void *what, term key);

void ets_tree_walk_all(struct ets_tree_walk *w, const struct ets_tree *t, int side);
// From the first wanted one; `where` is 0 on a range of keys.
void ets_tree_walk_range(struct ets_tree_walk *w, const struct ets_tree *t, int side, ets_tree_where *where,
                         const void *what);
// From the first one beyond a key.
void ets_tree_walk_beyond(struct ets_tree_walk *w, const struct ets_tree *t, int side, term key);
struct ets_object *ets_tree_walk_next(struct ets_tree_walk *w);

#endif
