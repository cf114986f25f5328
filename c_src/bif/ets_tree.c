// SPDX-License-Identifier: Apache-2.0
#include "bif/ets_tree.h"

#include "base/config.h"
#include "base/memory.h"
#include "base/turn.h"
#include "term/compare.h"

#include <stdatomic.h>

// Most keys are small integers.
static inline int key_order(term a, term b)
{
    if (LIKELY(are_small(a, b)))
        return a == b ? 0 : (sword)a < (sword)b ? -1 : 1;
    return term_compare(a, b);
}

static void lift_finger(struct ets_tree *t)
{
    struct ets_tree_walk *w = atomic_exchange_explicit(&t->finger, NULL, memory_order_relaxed);
    atomic_store_explicit(&t->last, NULL, memory_order_relaxed);
    if (w)
        mem_free(w, sizeof *w);
}

// The links that lead to a place, root first.
struct path {
    unsigned depth;
    struct ets_object **links[ETS_TREE_DEPTH];
};

static int height(const struct ets_object *o)
{
    return o ? o->height : 0;
}

static void measure(struct ets_object *o)
{
    int left = height(o->link[ETS_LEFT]), right = height(o->link[ETS_RIGHT]);
    o->height = (uint8_t)(1 + (left > right ? left : right));
}

static int lean(const struct ets_object *o)    // > 0: to the right
{
    return height(o->link[ETS_RIGHT]) - height(o->link[ETS_LEFT]);
}

// The child at `side` takes its parent's place.
static void rotate(struct ets_object **link, int side)
{
    struct ets_object *o = *link, *child = o->link[side];
    o->link[side] = child->link[!side];
    child->link[!side] = o;
    measure(o);
    measure(child);
    *link = child;
}

static void balance(struct ets_object **link)
{
    struct ets_object *o = *link;
    int leans = lean(o);
    measure(o);
    if (leans >= -1 && leans <= 1)
        return;
    int side = leans > 0 ? ETS_RIGHT : ETS_LEFT;
    int inner = lean(o->link[side]);
    if (side == ETS_RIGHT ? inner < 0 : inner > 0)
        rotate(&o->link[side], !side);
    rotate(link, side);
}

static void balance_path(const struct path *p)
{
    for (unsigned i = p->depth; i-- > 0;)
        balance(p->links[i]);
}

void ets_tree_init(struct ets_tree *t, uint32_t position)
{
    *t = (struct ets_tree){.position = position};
}

// Turns the tree into a list while it is freed, so that no stack is needed.
void ets_tree_clear(struct ets_tree *t)
{
    struct ets_object *o = t->root;
    lift_finger(t);
    for (; o; turn_pass(CONFIG_TURN_UNITS)) {
        struct ets_object *left = o->link[ETS_LEFT], *next;
        if (left) {
            o->link[ETS_LEFT] = left->link[ETS_RIGHT];
            left->link[ETS_RIGHT] = o;
            next = left;
        } else {
            next = o->link[ETS_RIGHT];
            ets_object_free(o);
        }
        o = next;
    }
    t->root = NULL;
    t->count = t->words = 0;
}

// The link to the object with the key, or where it would be; the links above it are in *p.
static struct ets_object **search(struct ets_tree *t, term key, struct path *p)
{
    struct ets_object **link = &t->root;
    p->depth = 0;
    while (*link) {
        int order = key_order(key, ets_object_key(*link, t->position));
        if (order == 0)
            return link;
        p->links[p->depth++] = link;
        link = &(*link)->link[order < 0 ? ETS_LEFT : ETS_RIGHT];
    }
    return link;
}

bool ets_tree_put(struct ets_tree *t, struct ets_object *o, bool only_new)
{
    struct path p;
    struct ets_object **link = search(t, ets_object_key(o, t->position), &p), *old = *link;
    if (old && only_new) {
        ets_object_free(o);
        return false;
    }
    lift_finger(t);
    t->words += ets_object_words(o);
    *link = o;
    if (old) {
        o->link[ETS_LEFT] = old->link[ETS_LEFT];
        o->link[ETS_RIGHT] = old->link[ETS_RIGHT];
        o->height = old->height;
        t->words -= ets_object_words(old);
        ets_object_free(old);
        return true;
    }
    o->link[ETS_LEFT] = o->link[ETS_RIGHT] = NULL;
    o->height = 1;
    t->count++;
    balance_path(&p);
    return true;
}

struct ets_object *ets_tree_find(const struct ets_tree *t, term key)
{
    struct ets_object *o = atomic_load_explicit(&t->last, memory_order_relaxed);
    if (o && key_order(key, ets_object_key(o, t->position)) == 0)
        return o;
    o = t->root;
    while (o) {
        int order = key_order(key, ets_object_key(o, t->position));
        if (order == 0)
            return o;
        o = o->link[order < 0 ? ETS_LEFT : ETS_RIGHT];
    }
    return NULL;
}

// Takes the object at a link out; with two children the next larger one takes its place.
static void unlink_at(struct ets_object **link, struct path *p)
{
    struct ets_object *o = *link;
    if (!o->link[ETS_LEFT] || !o->link[ETS_RIGHT]) {
        *link = o->link[o->link[ETS_LEFT] ? ETS_LEFT : ETS_RIGHT];
        return;
    }
    unsigned place = p->depth;
    p->links[p->depth++] = link;
    struct ets_object **next = &o->link[ETS_RIGHT];
    while ((*next)->link[ETS_LEFT]) {
        p->links[p->depth++] = next;
        next = &(*next)->link[ETS_LEFT];
    }
    struct ets_object *heir = *next;
    *next = heir->link[ETS_RIGHT];
    heir->link[ETS_LEFT] = o->link[ETS_LEFT];
    heir->link[ETS_RIGHT] = o->link[ETS_RIGHT];
    *link = heir;
    if (p->depth > place + 1)
        p->links[place + 1] = &heir->link[ETS_RIGHT];
}

bool ets_tree_erase(struct ets_tree *t, term key)
{
    struct path p;
    struct ets_object **link = search(t, key, &p), *o = *link;
    if (!o)
        return false;
    lift_finger(t);
    unlink_at(link, &p);
    balance_path(&p);
    t->count--;
    t->words -= ets_object_words(o);
    ets_object_free(o);
    return true;
}

struct ets_object *ets_tree_end(const struct ets_tree *t, int side)
{
    struct ets_object *o = t->root;
    while (o && o->link[side])
        o = o->link[side];
    return o;
}

struct ets_object *ets_tree_beyond(struct ets_tree *t, term key, int side)
{
    struct ets_tree_walk *w = atomic_exchange_explicit(&t->finger, NULL, memory_order_acquire);
    if (!w)
        w = mem_zero_alloc(sizeof *w);
    if (!w->last || w->side != side || key_order(key, ets_object_key(w->last, t->position)) != 0)
        ets_tree_walk_beyond(w, t, side, key);
    w->last = ets_tree_walk_next(w);
    struct ets_object *beyond = w->last;
    atomic_store_explicit(&t->last, beyond, memory_order_relaxed);
    w = atomic_exchange_explicit(&t->finger, w, memory_order_acq_rel);
    if (w)
        mem_free(w, sizeof *w);
    return beyond;
}

struct ets_object *ets_tree_nth(const struct ets_tree *t, size_t n)
{
    struct ets_tree_walk w;
    struct ets_object *o;
    ets_tree_walk_all(&w, t, ETS_RIGHT);
    do
        o = ets_tree_walk_next(&w);
    while (n-- > 0);
    return o;
}

// Goes down on the near side: what is passed there comes later.
static void descend(struct ets_tree_walk *w, struct ets_object *o)
{
    for (; o; o = o->link[!w->side])
        w->path[w->depth++] = o;
}

void ets_tree_walk_all(struct ets_tree_walk *w, const struct ets_tree *t, int side)
{
    w->side = side;
    w->depth = 0;
    descend(w, t->root);
}

void ets_tree_walk_range(struct ets_tree_walk *w, const struct ets_tree *t, int side, ets_tree_where *where,
                         const void *what)
{
    w->side = side;
    w->depth = 0;
    for (struct ets_object *o = t->root; o;) {
        int there = where(what, ets_object_key(o, t->position));
        bool passed = side == ETS_RIGHT ? there > 0 : there < 0;
        if (!passed)
            w->path[w->depth++] = o;
        o = o->link[passed ? side : !side];
    }
}

void ets_tree_walk_beyond(struct ets_tree_walk *w, const struct ets_tree *t, int side, term key)
{
    w->side = side;
    w->depth = 0;
    for (struct ets_object *o = t->root; o;) {
        int order = key_order(key, ets_object_key(o, t->position));
        bool passed = side == ETS_RIGHT ? order >= 0 : order <= 0;
        if (!passed)
            w->path[w->depth++] = o;
        o = o->link[passed ? side : !side];
    }
}

struct ets_object *ets_tree_walk_next(struct ets_tree_walk *w)
{
    if (w->depth == 0)
        return NULL;
    struct ets_object *o = w->path[--w->depth];
    descend(w, o->link[w->side]);
    return o;
}
