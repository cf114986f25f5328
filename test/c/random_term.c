// SPDX-License-Identifier: Apache-2.0
#include "random_term.h"

#include "base/types.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/fun.h"
#include "term/ident.h"
#include "term/map.h"

#include <check.h>
#include <string.h>

enum { SHARED_BYTES = 200, LITERAL_WORDS = 4000, MOST_PAIRS = 60 };

size_t random_below(struct random_terms *r, size_t limit)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (size_t)(r->state >> 11) % limit;
}

// A word that is not a term but looks like one.
static word raw_word(struct random_terms *r, const struct heap *h)
{
    switch (random_below(r, 5)) {
    case 0:
        return boxed_term(h->start);
    case 1:
        return list_term(h->start);
    case 2:
        return header(KIND_TUPLE, random_below(r, 1000000));
    case 3:
        return 0;
    }
    return (word)random_below(r, SIZE_MAX);
}

static term random_big(struct random_terms *r, struct heap *h)
{
    size_t limbs = 1 + random_below(r, 6);
    term *object = heap_alloc(h, limbs + 1);
    object[0] = header(random_below(r, 2) ? KIND_BIG : KIND_BIG_NEG, limbs);
    for (size_t i = 1; i <= limbs; i++)
        object[i] = raw_word(r, h);
    object[limbs] |= (word)1 << 63;
    return boxed_term(object);
}

static term random_float(struct random_terms *r, struct heap *h)
{
    term *object = heap_alloc(h, 2);
    object[0] = header(KIND_FLOAT, 1);
    object[1] = raw_word(r, h) & 0x7FEFFFFFFFFFFFFF;
    return boxed_term(object);
}

static struct node *random_node(struct random_terms *r)
{
    static const char *const names[] = {"one@host", "two@host", "three@host"};
    size_t i = random_below(r, COUNT_OF(names) + 1);
    return i < COUNT_OF(names) ? node_intern(atom_from_c(names[i]), (uint32_t)i + 1) : node_self();
}

static term random_ident(struct random_terms *r, struct heap *h)
{
    struct node *n = random_node(r);
    struct ref_ids ids = {.count = random_below(r, 2) ? 3 : 5};
    switch (random_below(r, 3)) {
    case 0:
        return pid_make(h, n, (uint32_t)random_below(r, 1000), (uint32_t)raw_word(r, h));
    case 1:
        return port_make(h, random_node(r), raw_word(r, h));
    }
    for (size_t i = 0; i < ids.count; i++)
        ids.id[i] = (uint32_t)raw_word(r, h);
    return ref_make(h, n, &ids);
}

static term random_whole(struct random_terms *r, struct heap *h)
{
    size_t n = random_below(r, CONFIG_HEAP_BINARY_MAX + 1);
    uint8_t *bytes;
    switch (random_below(r, 4)) {
    case 0: {
        struct shared *s = r->shared[random_below(r, RANDOM_SHARED)];
        shared_hold(s);
        return binary_share(h, s);
    }
    case 1:
        n += CONFIG_HEAP_BINARY_MAX + 1;
        break;
    }
    term t = binary_alloc(h, n, &bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)random_below(r, 256);
    return t;
}

term random_bits(struct random_terms *r, struct heap *h)
{
    term whole = random_whole(r, h);
    size_t size = bit_size(whole);
    if (random_below(r, 2) || size == 0)
        return whole;
    size_t from = random_below(r, size);
    term part = binary_part_bits(h, whole, from, random_below(r, size - from + 1));
    size = bit_size(part);
    return random_below(r, 3) || size == 0 ? part : binary_part_bits(h, part, random_below(r, size), 1);
}

term random_leaf(struct random_terms *r, struct heap *h)
{
    static const term atoms[] = {ATOM_ok, ATOM_error, ATOM_true, ATOM_undefined};
    switch (random_below(r, 12)) {
    case 0:
    case 1:
        return small((sword)random_below(r, SIZE_MAX) >> random_below(r, 60) >> 4);
    case 2:
        return atoms[random_below(r, COUNT_OF(atoms))];
    case 3:
        return NIL;
    case 4:
        return random_float(r, h);
    case 5:
        return random_big(r, h);
    case 6:
    case 7:
        return random_ident(r, h);
    case 8:
        return export_make(h, export_get(ATOM_erlang, ATOM_self, (uint32_t)random_below(r, 4)));
    case 9:
        return r->literal[random_below(r, RANDOM_LITERALS)];
    case 10:
        return tuple_alloc(h, 0);
    }
    return random_bits(r, h);
}

static term random_list(struct random_terms *r, struct heap *h, unsigned depth)
{
    term list = random_below(r, 4) ? NIL : random_leaf(r, h);
    for (size_t n = random_below(r, 10); n > 0; n--)
        list = cons(h, random_term(r, h, depth), list);
    return list;
}

static term random_tuple(struct random_terms *r, struct heap *h, unsigned depth)
{
    term element[8];
    size_t n = random_below(r, COUNT_OF(element) + 1);
    for (size_t i = 0; i < n; i++)
        element[i] = random_term(r, h, depth);
    return tuple_of(h, n, element);
}

static term random_map(struct random_terms *r, struct heap *h, unsigned depth)
{
    term pairs[2 * MOST_PAIRS];
    size_t n = random_below(r, 3) ? random_below(r, 6) : random_below(r, MOST_PAIRS + 1);
    for (size_t i = 0; i < n; i++) {
        pairs[2 * i] = random_leaf(r, h);
        pairs[2 * i + 1] = random_term(r, h, n > 6 ? 0 : depth);
    }
    term map = map_from_pairs(h, pairs, n);
    for (size_t i = random_below(r, 4); i > 0; i--)
        map = map_put(h, map, random_leaf(r, h), random_leaf(r, h));
    return map;
}

static term random_fun(struct random_terms *r, struct heap *h, unsigned depth)
{
    term free[3];
    struct fun_entry like = {.module = ATOM_erlang, .free = (uint32_t)random_below(r, COUNT_OF(free) + 1)};
    like.index = like.old_index = like.free;
    term creator = pid_make(h, random_node(r), 7, 1);
    for (size_t i = 0; i < like.free; i++)
        free[i] = random_term(r, h, depth);
    return fun_make(h, fun_entry_get(&like), creator, free);
}

term random_term(struct random_terms *r, struct heap *h, unsigned depth)
{
    if (r->part_count > 0 && random_below(r, 4) == 0) {
        term part = r->parts[random_below(r, r->part_count)];
        if (part != NONE)
            return part;
    }
    if (depth == 0)
        return random_leaf(r, h);
    switch (random_below(r, 8)) {
    case 0:
    case 1:
        return random_list(r, h, depth - 1);
    case 2:
    case 3:
        return random_tuple(r, h, depth - 1);
    case 4:
        return random_map(r, h, depth - 1);
    case 5:
        return random_fun(r, h, depth - 1);
    }
    return random_leaf(r, h);
}

static void make_literals(struct random_terms *r)
{
    struct heap h;
    r->literals = literals_new(LITERAL_WORDS);
    heap_over_fragment(&h, r->literals);
    for (size_t i = 0; i < RANDOM_LITERALS; i++)
        r->literal[i] = NIL;
    for (size_t i = 0; i < RANDOM_LITERALS; i++) {
        term list = cons(&h, small((sword)i), NIL);
        term first = random_leaf(r, &h), second = random_leaf(r, &h);
        r->literal[i] = tuple3(&h, first, second, list);
    }
    ck_assert(!h.fragments);
    heap_close_fragment(&h, r->literals);
}

void random_open(struct random_terms *r, uint64_t seed)
{
    memset(r, 0, sizeof *r);
    r->state = (seed + 1) * 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < RANDOM_SHARED; i++) {
        r->shared[i] = shared_new(SHARED_BYTES + i, SHARED_BYTES + i);
        memset(r->shared[i]->bytes, (int)i + 1, SHARED_BYTES + i);
    }
    make_literals(r);
}

void random_close(struct random_terms *r)
{
    literals_free(r->literals);
    for (size_t i = 0; i < RANDOM_SHARED; i++) {
        ck_assert_int_eq(atomic_load(&r->shared[i]->count), 1);
        shared_drop(r->shared[i]);
    }
}
