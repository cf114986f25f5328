// SPDX-License-Identifier: Apache-2.0
#include "proc/ref_index.h"

#include "base/memory.h"
#include "base/table.h"

#include <string.h>

enum { FEWEST = CONFIG_TABLE_START, SHRINK_AT = 8 };    // buckets an entry at which half of them are given back

static struct ref_entry **bucket(const struct ref_index *x, const struct ref_ids *ids)
{
    return x->buckets + ((table_hash_word((uint64_t)ids->id[1] << 32 | ids->id[0]) ^ ids->id[2]) & x->mask);
}

void ref_index_init(struct ref_index *x)
{
    x->count = 0;
    x->mask = FEWEST - 1;
    x->buckets = mem_zero_alloc(FEWEST * sizeof *x->buckets);
}

void ref_index_done(struct ref_index *x)
{
    mem_free(x->buckets, (x->mask + 1) * sizeof *x->buckets);
    x->buckets = NULL;
}

static void put(struct ref_index *x, struct ref_entry *e)
{
    struct ref_entry **first = bucket(x, &e->ids);
    e->next = *first;
    *first = e;
}

static NOINLINE void resize(struct ref_index *x, size_t buckets)
{
    struct ref_index old = *x;
    x->mask = buckets - 1;
    x->buckets = mem_zero_alloc(buckets * sizeof *x->buckets);
    for (size_t i = 0; i <= old.mask; i++)
        for (struct ref_entry *e = old.buckets[i], *next; e; e = next) {
            next = e->next;
            put(x, e);
        }
    ref_index_done(&old);
}

void ref_index_add(struct ref_index *x, struct ref_entry *e)
{
    if (UNLIKELY(++x->count > x->mask))
        resize(x, (x->mask + 1) * 2);
    put(x, e);
}

// Where the pointer to it stands, or to NULL.
static struct ref_entry **place_of(const struct ref_index *x, const struct ref_ids *ids)
{
    struct ref_entry **at = bucket(x, ids);
    while (*at && memcmp(&(*at)->ids, ids, sizeof *ids) != 0)
        at = &(*at)->next;
    return at;
}

struct ref_entry *ref_index_find(const struct ref_index *x, const struct ref_ids *ids)
{
    return *place_of(x, ids);
}

struct ref_entry *ref_index_remove(struct ref_index *x, const struct ref_ids *ids)
{
    struct ref_entry **at = place_of(x, ids), *e = *at;
    if (!e)
        return NULL;
    *at = e->next;
    if (UNLIKELY(--x->count * SHRINK_AT < x->mask) && x->mask >= FEWEST)
        resize(x, (x->mask + 1) / 2);
    return e;
}

void ref_index_each(const struct ref_index *x, void (*visit)(struct ref_entry *e, void *about), void *about)
{
    for (size_t i = 0; i <= x->mask; i++)
        for (struct ref_entry *e = x->buckets[i], *next; e; e = next) {
            next = e->next;
            visit(e, about);
        }
}
