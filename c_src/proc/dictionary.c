// SPDX-License-Identifier: Apache-2.0
#include "proc/dictionary.h"

#include "base/memory.h"
#include "base/turn.h"
#include "term/compare.h"
#include "term/hash.h"

enum { FIRST_PAIRS = CONFIG_STRESS ? 2 : 8 };

// Open addressing, at most 3/4 full. pairs[2 * i] is a key, NONE: free; pairs[2 * i + 1] its value.
struct dictionary {
    size_t count, mask;
    term pairs[];
};

static size_t bytes_of(size_t capacity)
{
    return sizeof(struct dictionary) + capacity * 2 * sizeof(term);
}

static struct dictionary *new (size_t capacity)
{
    struct dictionary *d = mem_alloc(bytes_of(capacity));
    d->count = 0;
    d->mask = capacity - 1;
    for (size_t i = 0; i < 2 * capacity; turn_step(&i))
        d->pairs[i] = NONE;
    return d;
}

static size_t home(const struct dictionary *d, term key)
{
    return (is_immediate(key) ? (size_t)((key >> 4) * 0x9E3779B97F4A7C15u >> 32) : term_hash(key)) & d->mask;
}

// The place of a key, or the free place where it would go.
static size_t place(const struct dictionary *d, term key)
{
    size_t i = home(d, key);
    while (d->pairs[2 * i] != NONE && !term_equal(d->pairs[2 * i], key))
        i = (i + 1) & d->mask;
    return i;
}

static struct dictionary *grow(struct dictionary *old)
{
    struct dictionary *d = new ((old->mask + 1) * 2);
    d->count = old->count;
    for (size_t i = 0; i <= old->mask; turn_step(&i))
        if (old->pairs[2 * i] != NONE) {
            size_t to = place(d, old->pairs[2 * i]);
            d->pairs[2 * to] = old->pairs[2 * i];
            d->pairs[2 * to + 1] = old->pairs[2 * i + 1];
        }
    return d;
}

static bool is_full(const struct dictionary *d)
{
    return (d->count + 1) * 4 > (d->mask + 1) * 3;
}

bool dictionary_grows_long(const struct proc *p)
{
    enum { MANY_PAIRS = CONFIG_STRESS ? 16 : 1 << 14 };
    return p->dictionary && p->dictionary->mask >= MANY_PAIRS && is_full(p->dictionary);
}

term dictionary_get(const struct proc *p, term key)
{
    const struct dictionary *d = p->dictionary;
    return d ? d->pairs[2 * place(d, key) + 1] : NONE;
}

term dictionary_put(struct proc *p, term key, term value)
{
    if (!p->dictionary)
        p->dictionary = new (FIRST_PAIRS);
    struct dictionary *d = p->dictionary;
    if (is_full(d)) {
        p->dictionary = grow(d);    // meanwhile the one before is there to be looked at
        mem_free(d, bytes_of(d->mask + 1));
        d = p->dictionary;
    }
    size_t i = place(d, key);
    term before = d->pairs[2 * i + 1];
    if (before == NONE) {
        d->pairs[2 * i] = key;
        d->count++;
    }
    d->pairs[2 * i + 1] = value;
    return before;
}

// Moves later pairs of the same run into the hole, so that look-ups still find them.
static void close_hole(struct dictionary *d, size_t hole)
{
    for (size_t i = (hole + 1) & d->mask; d->pairs[2 * i] != NONE; i = (i + 1) & d->mask) {
        size_t want = home(d, d->pairs[2 * i]);
        if (((i - want) & d->mask) < ((i - hole) & d->mask))
            continue;
        d->pairs[2 * hole] = d->pairs[2 * i];
        d->pairs[2 * hole + 1] = d->pairs[2 * i + 1];
        hole = i;
    }
    d->pairs[2 * hole] = d->pairs[2 * hole + 1] = NONE;
}

term dictionary_erase(struct proc *p, term key)
{
    struct dictionary *d = p->dictionary;
    if (!d)
        return NONE;
    size_t i = place(d, key);
    term before = d->pairs[2 * i + 1];
    if (before == NONE)
        return NONE;
    close_hole(d, i);
    if (--d->count == 0)
        dictionary_clear(p);
    return before;
}

void dictionary_clear(struct proc *p)
{
    if (p->dictionary)
        mem_free(p->dictionary, bytes_of(p->dictionary->mask + 1));
    p->dictionary = NULL;
}

term dictionary_pairs(const struct proc *p, struct heap *h)
{
    const struct dictionary *d = p->dictionary;
    term list = NIL;
    for (size_t i = 0, steps = 0; d && i <= d->mask; i++, turn_step(&steps))
        if (d->pairs[2 * i] != NONE)
            list = cons(h, tuple2(h, d->pairs[2 * i], d->pairs[2 * i + 1]), list);
    return list;
}

static term keys_where(const struct proc *p, struct heap *h, term value)
{
    const struct dictionary *d = p->dictionary;
    term list = NIL;
    for (size_t i = 0; d && i <= d->mask; i++)
        if (d->pairs[2 * i] != NONE && (value == NONE || term_equal(d->pairs[2 * i + 1], value)))
            list = cons(h, d->pairs[2 * i], list);
    return list;
}

term dictionary_keys(const struct proc *p, struct heap *h)
{
    return keys_where(p, h, NONE);
}

term dictionary_keys_of(const struct proc *p, struct heap *h, term value)
{
    return keys_where(p, h, value);
}

struct root dictionary_root(const struct proc *p)
{
    struct dictionary *d = p->dictionary;
    return d ? (struct root){d->pairs, (d->mask + 1) * 2} : (struct root){NULL, 0};
}
