// SPDX-License-Identifier: Apache-2.0
#include "proc/wheel.h"

enum { MASK = WHEEL_SLOTS - 1 };
#define FARTHEST \
    (((int64_t)1 << WHEEL_LEVELS * WHEEL_BITS) - 1)    // beyond, a member waits in the last level and is put again

void slots_init(struct slots *w, int64_t now)
{
    *w = (struct slots){.now = now};
    for (unsigned i = 0; i < WHEEL_LEVELS * WHEEL_SLOTS; i++)
        list_init(&w->slots[i]);
}

static void place(struct slots *w, struct due *d, unsigned level, int64_t tick)
{
    unsigned slot = (unsigned)(tick >> WHEEL_BITS * level) & MASK;
    d->at = (uint16_t)(level * WHEEL_SLOTS + slot);
    w->used[level][slot / 64] |= (uint64_t)1 << slot % 64;
    list_add(&w->slots[d->at], &d->siblings);
}

static void put(struct slots *w, struct due *d)
{
    int64_t tick = d->tick > w->now ? d->tick : w->now + 1;
    int64_t distance = tick - w->now < FARTHEST ? tick - w->now : FARTHEST;
    unsigned level = 0;
    while (distance >> WHEEL_BITS * (level + 1))
        level++;
    place(w, d, level, w->now + distance);
}

void slots_add(struct slots *w, struct due *d)
{
    put(w, d);
}

static void mark_unused(struct slots *w, unsigned at)
{
    unsigned slot = at & MASK;
    if (list_empty(&w->slots[at]))
        w->used[at / WHEEL_SLOTS][slot / 64] &= ~((uint64_t)1 << slot % 64);
}

void slots_remove(struct slots *w, struct due *d)
{
    list_remove(&d->siblings);
    mark_unused(w, d->at);
}

static void spread(struct slots *w, unsigned level)
{
    unsigned at = level * WHEEL_SLOTS + ((unsigned)(w->now >> WHEEL_BITS * level) & MASK);
    struct list members;
    list_init(&members);
    list_move_all(&members, &w->slots[at]);
    mark_unused(w, at);
    while (!list_empty(&members)) {
        struct due *d = CONTAINER_OF(members.next, struct due, siblings);
        list_remove(&d->siblings);
        if (d->tick <= w->now)
            place(w, d, 0, w->now);
        else
            put(w, d);
    }
}

// The distance in slots, 1 to WHEEL_SLOTS, from a slot to the next used one of a level; 0: none.
static unsigned distance_to_used(const struct slots *w, unsigned level, unsigned from)
{
    for (unsigned d = 1; d <= WHEEL_SLOTS;) {
        unsigned slot = (from + d) & MASK;
        uint64_t bits = w->used[level][slot / 64] >> slot % 64;
        if (bits) {
            d += (unsigned)__builtin_ctzll(bits);
            return d <= WHEEL_SLOTS ? d : 0;
        }
        d += 64 - slot % 64;
    }
    return 0;
}

int64_t slots_next(const struct slots *w)
{
    int64_t next = INT64_MAX;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        int64_t here = w->now >> WHEEL_BITS * level;
        unsigned d = distance_to_used(w, level, (unsigned)here & MASK);
        int64_t tick = (here + d) << WHEEL_BITS * level;
        if (d && tick < next)
            next = tick;
    }
    return next;
}

static void take_tick(struct slots *w, struct list *taken)
{
    for (unsigned level = WHEEL_LEVELS - 1; level > 0; level--)
        if (!(w->now & (((int64_t)1 << WHEEL_BITS * level) - 1)))
            spread(w, level);
    unsigned at = (unsigned)w->now & MASK;
    list_move_all(taken, &w->slots[at]);
    mark_unused(w, at);
}

void slots_take(struct slots *w, int64_t tick, struct list *taken)
{
    for (int64_t next; (next = slots_next(w)) <= tick;) {
        w->now = next;
        take_tick(w, taken);
    }
    if (tick > w->now)
        w->now = tick;
}
