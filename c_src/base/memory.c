// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include "base/config.h"
#include "base/die.h"
#include "base/lock.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLASS_BYTES = 16,
    SMALL_MAX = 1024,
    CLASSES = SMALL_MAX / CLASS_BYTES + 1,
    SLAB_BYTES = 32 * 1024,
    BATCH_BYTES = CONFIG_STRESS ? SMALL_MAX : 8 * SMALL_MAX,    // how much of a class threads pass on at once
};

struct free_block {
    struct free_block *next;     // in the same batch
    struct free_block *batch;    // of a batch's first block: the next batch
};

// A thread's free blocks of one class. The first batch fills and empties; a full one is set aside, and when two are full
// one goes to the depot. So a thread that only frees doesn't hoard what one that only allocates lacks.
struct blocks {
    struct free_block *first;
    struct free_block *full;    // another batch, or NULL
    size_t room;                // blocks until the first batch is full
};

// One a thread. Registered in a list that only grows, so that mem_in_use can add up; a thread's cache outlives the thread.
struct cache {
    struct blocks free[CLASSES];
    char *slab, *slab_end;
    _Atomic int64_t in_use;
    struct cache *next;
};

// Full batches that any thread may take.
static struct depot {
    struct lock lock;
    _Atomic(struct free_block *) batches;
} depots[CLASSES];

static _Atomic(struct cache *) caches;
static _Thread_local struct cache *own;

static void *from_system(size_t bytes)
{
    void *block = malloc(bytes);
    if (UNLIKELY(!block))
        die("no memory for %zu bytes", bytes);
    return block;
}

static size_t class_of(size_t bytes)
{
    return (bytes + CLASS_BYTES - 1) / CLASS_BYTES;
}

static bool is_small_class(size_t class)
{
    return !CONFIG_PLAIN_MEMORY && class < CLASSES;
}

static size_t block_bytes(size_t class)
{
    return class ? class * CLASS_BYTES : CLASS_BYTES;
}

static COLD struct cache *cache_open(void)
{
    struct cache *c = from_system(sizeof *c);
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < CLASSES; i++)
        c->free[i].room = BATCH_BYTES / block_bytes(i);
    c->next = atomic_load(&caches);
    while (!atomic_compare_exchange_weak(&caches, &c->next, c)) {
    }
    return own = c;
}

static struct cache *cache(void)
{
    return LIKELY(own != NULL) ? own : cache_open();
}

size_t mem_rounded(size_t bytes)
{
    size_t class = class_of(bytes);
    return is_small_class(class) ? block_bytes(class) : bytes;
}

// Only the owning thread writes its count: a relaxed load and store, no locked instruction.
static void count(struct cache *c, int64_t change)
{
    int64_t held = atomic_load_explicit(&c->in_use, memory_order_relaxed);
    atomic_store_explicit(&c->in_use, held + change, memory_order_relaxed);
}

static void *carve(struct cache *c, size_t bytes)
{
    if ((size_t)(c->slab_end - c->slab) < bytes) {
        c->slab = from_system(SLAB_BYTES);
        c->slab_end = c->slab + SLAB_BYTES;
    }
    void *block = c->slab;
    c->slab += bytes;
    return block;
}

static void depot_put(struct depot *d, struct free_block *batch)
{
    lock_take(&d->lock);
    batch->batch = atomic_load_explicit(&d->batches, memory_order_relaxed);
    atomic_store_explicit(&d->batches, batch, memory_order_relaxed);
    lock_give(&d->lock);
}

static struct free_block *depot_take(struct depot *d)
{
    if (!atomic_load_explicit(&d->batches, memory_order_relaxed))
        return NULL;
    lock_take(&d->lock);
    struct free_block *batch = atomic_load_explicit(&d->batches, memory_order_relaxed);
    if (batch)
        atomic_store_explicit(&d->batches, batch->batch, memory_order_relaxed);
    lock_give(&d->lock);
    return batch;
}

static NOINLINE void *refill(struct cache *c, size_t class)
{
    struct blocks *b = &c->free[class];
    struct free_block *block = b->full;
    b->full = NULL;
    if (!block)
        block = depot_take(&depots[class]);
    if (!block)
        return carve(c, block_bytes(class));
    b->first = block->next;
    b->room = 1;
    return block;
}

static NOINLINE void set_aside(struct blocks *b, size_t class)
{
    if (b->full)
        depot_put(&depots[class], b->full);
    b->full = b->first;
    b->first = NULL;
    b->room = BATCH_BYTES / block_bytes(class);
}

void *mem_alloc(size_t bytes)
{
    struct cache *c = cache();
    size_t class = class_of(bytes);
    count(c, (int64_t)bytes);
    if (!is_small_class(class))
        return from_system(bytes ? bytes : 1);
    struct blocks *b = &c->free[class];
    struct free_block *block = b->first;
    if (UNLIKELY(!block))
        return refill(c, class);
    b->first = block->next;
    b->room++;
    return block;
}

void *mem_zero_alloc(size_t bytes)
{
    return memset(mem_alloc(bytes), 0, bytes);
}

void mem_free(void *block, size_t bytes)
{
    if (!block)
        return;
    struct cache *c = cache();
    size_t class = class_of(bytes);
    count(c, -(int64_t)bytes);
    if (!is_small_class(class)) {
        free(block);
        return;
    }
    struct blocks *b = &c->free[class];
    struct free_block *freed = block;
    freed->next = b->first;
    b->first = freed;
    if (UNLIKELY(--b->room == 0))
        set_aside(b, class);
}

// What malloc gave, malloc resizes: large blocks often grow where they are, or move without a copy.
static void *resize_large(void *block, size_t old_bytes, size_t new_bytes)
{
    count(cache(), (int64_t)new_bytes - (int64_t)old_bytes);
    void *moved = realloc(block, new_bytes ? new_bytes : 1);
    if (UNLIKELY(!moved))
        die("no memory for %zu bytes", new_bytes);
    return moved;
}

void *mem_resize(void *block, size_t old_bytes, size_t new_bytes)
{
    if (block && !is_small_class(class_of(old_bytes)) && !is_small_class(class_of(new_bytes)))
        return resize_large(block, old_bytes, new_bytes);
    void *moved = mem_alloc(new_bytes);
    if (block)
        memcpy(moved, block, old_bytes < new_bytes ? old_bytes : new_bytes);
    mem_free(block, old_bytes);
    return moved;
}

size_t mem_in_use(void)
{
    int64_t sum = 0;
    for (struct cache *c = atomic_load(&caches); c; c = c->next)
        sum += atomic_load_explicit(&c->in_use, memory_order_relaxed);
    return sum > 0 ? (size_t)sum : 0;
}
