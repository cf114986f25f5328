// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include "base/config.h"
#include "base/memory.h"

enum { SHRINK_AT = 16 };    // slots an entry at which half of them are given back

void table_init(struct table *t, bool (*equal)(const void *entry, const void *key))
{
    t->count = 0;
    t->mask = CONFIG_TABLE_START - 1;
    t->equal = equal;
    t->slots = mem_zero_alloc(CONFIG_TABLE_START * sizeof *t->slots);
}

void table_done(struct table *t)
{
    mem_free(t->slots, (t->mask + 1) * sizeof *t->slots);
    t->slots = NULL;
}

void table_free(struct table *t, size_t entry_bytes)
{
    size_t at = 0;
    for (void *entry; (entry = table_next(t, &at)) != NULL;)
        mem_free(entry, entry_bytes);
    table_done(t);
}

static size_t probe(const struct table *t, uint64_t hash, const void *key)
{
    size_t i = hash & t->mask;
    while (t->slots[i].entry && !(t->slots[i].hash == hash && t->equal(t->slots[i].entry, key)))
        i = (i + 1) & t->mask;
    return i;
}

void *table_find(const struct table *t, uint64_t hash, const void *key)
{
    return t->slots[probe(t, hash, key)].entry;
}

static void place(struct table *t, uint64_t hash, void *entry)
{
    size_t i = hash & t->mask;
    while (t->slots[i].entry)
        i = (i + 1) & t->mask;
    t->slots[i] = (struct table_slot){hash, entry};
}

static void resize(struct table *t, size_t new_slots)
{
    struct table_slot *old = t->slots;
    size_t slots = t->mask + 1;
    t->mask = new_slots - 1;
    t->slots = mem_zero_alloc(new_slots * sizeof *old);
    for (size_t i = 0; i < slots; i++)
        if (old[i].entry)
            place(t, old[i].hash, old[i].entry);
    mem_free(old, slots * sizeof *old);
}

void table_add(struct table *t, uint64_t hash, void *entry)
{
    if ((t->count + 1) * 2 > t->mask + 1)
        resize(t, (t->mask + 1) * 2);
    place(t, hash, entry);
    t->count++;
}

// Closes the gap by moving back every later entry of the run that may stand there.
void *table_remove(struct table *t, uint64_t hash, const void *key)
{
    size_t gap = probe(t, hash, key);
    void *entry = t->slots[gap].entry;
    if (!entry)
        return NULL;
    for (size_t i = (gap + 1) & t->mask; t->slots[i].entry; i = (i + 1) & t->mask) {
        size_t home = t->slots[i].hash & t->mask;
        if (((i - home) & t->mask) >= ((i - gap) & t->mask)) {
            t->slots[gap] = t->slots[i];
            gap = i;
        }
    }
    t->slots[gap] = (struct table_slot){0, NULL};
    t->count--;
    if (UNLIKELY(t->count * SHRINK_AT < t->mask) && t->mask >= CONFIG_TABLE_START)
        resize(t, (t->mask + 1) / 2);
    return entry;
}

void *table_next(const struct table *t, size_t *at)
{
    while (*at <= t->mask) {
        void *entry = t->slots[(*at)++].entry;
        if (entry)
            return entry;
    }
    return NULL;
}
