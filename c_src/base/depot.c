// SPDX-License-Identifier: Apache-2.0
// The blocks are bits in their slabs' records. Blocks that were freed in any order leave in that of their addresses: 100,000
// messages that were allocated after others had come and gone between 400 processes are walked along in a tenth of the time
// that lists of blocks in the order of their ends took, where each message was a cache miss.
#include "base/depot.h"

#include "base/lock.h"

// Slabs with free blocks. Blocks are taken from the first one until it has none.
static struct depot {
    struct lock lock;
    _Atomic(struct slab *) slabs;
} depots[CLASSES];

// With the lock held.
static struct slab *first_slab(struct depot *d)
{
    return atomic_load_explicit(&d->slabs, memory_order_relaxed);
}

static void set_first(struct depot *d, struct slab *s)
{
    atomic_store_explicit(&d->slabs, s, memory_order_relaxed);
}

static void put_block(struct depot *d, size_t class, struct free_block *b)
{
    struct slab *s = slab_of(b);
    size_t grain = slab_offset(b) / SLAB_GRAIN;
    if (s->idle == 0) {
        s->next = first_slab(d);
        set_first(d, s);
    }
    s->idle += (uint32_t)block_bytes(class);
    s->free[grain / 64] |= (uint64_t)1 << grain % 64;
}

void depot_put(size_t class, struct free_block *blocks)
{
    struct depot *d = &depots[class];
    lock_take(&d->lock);
    for (struct free_block *b = blocks, *next; b; b = next) {
        next = b->next;
        put_block(d, class, b);
    }
    lock_give(&d->lock);
}

// Blocks of one class, in order.
struct batch {
    struct free_block *first, **last;
    size_t count, most;
};

static void take_word(struct batch *batch, uint64_t *word, char *start)
{
    uint64_t bits = *word;
    for (; bits && batch->count < batch->most; bits &= bits - 1, batch->count++) {
        struct free_block *b = (struct free_block *)(void *)(start + (size_t)__builtin_ctzll(bits) * SLAB_GRAIN);
        *batch->last = b;
        batch->last = &b->next;
    }
    *word = bits;
}

static void take_blocks(struct batch *batch, size_t class, struct slab *s)
{
    char *start = slab_bytes(s);
    size_t before = batch->count;
    for (size_t i = 0; i < SLAB_WORDS && batch->count < batch->most; i++)
        if (s->free[i])
            take_word(batch, &s->free[i], start + i * 64 * SLAB_GRAIN);
    s->idle -= (uint32_t)((batch->count - before) * block_bytes(class));
}

struct free_block *depot_take(size_t class, size_t *count)
{
    struct depot *d = &depots[class];
    if (!atomic_load_explicit(&d->slabs, memory_order_relaxed))
        return NULL;
    struct batch batch = {.last = &batch.first, .most = batch_blocks(class)};
    lock_take(&d->lock);
    for (struct slab *s; batch.count < batch.most && (s = first_slab(d));) {
        take_blocks(&batch, class, s);
        if (s->idle == 0)
            set_first(d, s->next);
    }
    lock_give(&d->lock);
    *batch.last = NULL;
    *count = batch.count;
    return batch.first;
}

void depot_close(void)
{
    for (size_t class = 0; class < CLASSES; class ++)
        atomic_store(&depots[class].slabs, NULL);
}

static bool is_idle(const struct slab *s)
{
    return s->idle == atomic_load_explicit(&s->cut, memory_order_relaxed);
}

// Those that are idle as a whole.
static struct slab *remove_idle(struct depot *d)
{
    struct slab *idle = NULL, *kept = NULL, **last = &kept;
    lock_take(&d->lock);
    for (struct slab *s = first_slab(d), *next; s; s = next) {
        next = s->next;
        if (is_idle(s)) {
            s->next = idle;
            idle = s;
        } else {
            *last = s;
            last = &s->next;
        }
    }
    *last = NULL;
    set_first(d, kept);
    lock_give(&d->lock);
    return idle;
}

void depot_release(void)
{
    for (size_t class = 0; class < CLASSES; class ++)
        for (struct slab *s = remove_idle(&depots[class]), *next; s; s = next) {
            next = s->next;
            slab_release(s);
        }
}
