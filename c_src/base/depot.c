// SPDX-License-Identifier: Apache-2.0
#include "base/depot.h"

#include "base/lock.h"
#include "base/slab.h"

static struct depot {
    struct lock lock;
    _Atomic(struct free_block *) batches;
} depots[CLASSES];

static _Atomic int64_t idle;

static void count(size_t class, int64_t batches)
{
    atomic_fetch_add_explicit(&idle, batches * (int64_t)(batch_blocks(class) * block_bytes(class)),
                              memory_order_relaxed);
}

size_t depot_idle(void)
{
    int64_t bytes = atomic_load_explicit(&idle, memory_order_relaxed);
    return bytes > 0 ? (size_t)bytes : 0;
}

void depot_put(size_t class, struct free_block *batch)
{
    struct depot *d = &depots[class];
    lock_take(&d->lock);
    batch->batch = atomic_load_explicit(&d->batches, memory_order_relaxed);
    atomic_store_explicit(&d->batches, batch, memory_order_relaxed);
    lock_give(&d->lock);
    count(class, 1);
}

struct free_block *depot_take(size_t class)
{
    struct depot *d = &depots[class];
    if (!atomic_load_explicit(&d->batches, memory_order_relaxed))
        return NULL;
    lock_take(&d->lock);
    struct free_block *batch = atomic_load_explicit(&d->batches, memory_order_relaxed);
    if (batch)
        atomic_store_explicit(&d->batches, batch->batch, memory_order_relaxed);
    lock_give(&d->lock);
    if (batch)
        count(class, -1);
    return batch;
}

void depot_close(void)
{
    for (size_t class = 0; class < CLASSES; class ++)
        atomic_store(&depots[class].batches, NULL);
    atomic_store(&idle, 0);
}

static struct free_block *take_all(size_t class)
{
    struct depot *d = &depots[class];
    lock_take(&d->lock);
    struct free_block *batches = atomic_load_explicit(&d->batches, memory_order_relaxed);
    atomic_store_explicit(&d->batches, NULL, memory_order_relaxed);
    lock_give(&d->lock);
    for (struct free_block *b = batches; b; b = b->batch)
        count(class, -1);
    return batches;
}

static void count_idle(struct free_block *batches, size_t class)
{
    for (struct free_block *batch = batches; batch; batch = batch->batch)
        for (struct free_block *b = batch; b; b = b->next)
            slab_of(b)->idle += (uint32_t)block_bytes(class);
}

static bool is_idle(const struct slab *s)
{
    return s->idle && s->idle == atomic_load_explicit(&s->cut, memory_order_relaxed);
}

// What is kept, in fresh batches; idle slabs join `released`, once.
struct sorted {
    struct free_block *kept;    // batches
    struct free_block *batch;
    size_t count;    // blocks in batch
    struct slab *released;
};

static void keep(struct sorted *s, struct free_block *b, size_t class)
{
    b->next = s->batch;
    s->batch = b;
    if (++s->count < batch_blocks(class))
        return;
    b->batch = s->kept;
    s->kept = b;
    s->batch = NULL;
    s->count = 0;
}

static void sort_block(struct sorted *s, struct free_block *b, size_t class)
{
    struct slab *slab = slab_of(b);
    if (!is_idle(slab)) {
        keep(s, b, class);
    } else if (!slab->next) {
        slab->next = s->released ? s->released : slab;
        s->released = slab;
    }
}

static void sort(struct sorted *s, struct free_block *batches, size_t class)
{
    for (struct free_block *batch = batches, *after; batch; batch = after) {
        after = batch->batch;
        for (struct free_block *b = batch, *next; b; b = next) {
            next = b->next;
            sort_block(s, b, class);
        }
    }
    if (s->batch) {
        s->batch->batch = s->kept;
        s->kept = s->batch;
    }
    s->batch = NULL;
    s->count = 0;
}

static void put_back(struct free_block *batches, size_t class)
{
    for (struct free_block *batch = batches, *after; batch; batch = after) {
        after = batch->batch;
        for (struct free_block *b = batch; b; b = b->next)
            slab_of(b)->idle = 0;
        depot_put(class, batch);
    }
}

// The last one points to itself.
static void release(struct slab *s)
{
    while (s) {
        struct slab *next = s->next == s ? NULL : s->next;
        s->next = NULL;
        slab_release(s);
        s = next;
    }
}

void depot_release(void)
{
    static _Atomic bool busy;
    struct free_block *taken[CLASSES];
    struct sorted s = {.kept = NULL};
    if (atomic_exchange(&busy, true))
        return;
    for (size_t class = 0; class < CLASSES; class ++) {
        taken[class] = take_all(class);
        count_idle(taken[class], class);
    }
    for (size_t class = 0; class < CLASSES; class ++) {
        s.kept = NULL;
        sort(&s, taken[class], class);
        taken[class] = s.kept;
    }
    for (size_t class = 0; class < CLASSES; class ++)
        put_back(taken[class], class);
    release(s.released);
    atomic_store(&busy, false);
}
