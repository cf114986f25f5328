// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include "base/config.h"
#include "base/depot.h"
#include "base/die.h"
#include "base/keeper.h"
#include "base/large.h"
#include "base/machine.h"
#include "base/os.h"
#include "base/slab.h"
#include "base/unmap.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOTE_BYTES = 256 * 1024,    // of large blocks freed, before the keeper is told
    KEPT_BLOCK = 32 << 20,      // larger ones go back when they are freed
    KEPT_FREE = 64 << 20,
    TRIMMED_FREE = 256 * 1024,
    ANCHOR_BYTES = 128 * 1024,
    LOOK_BYTES = 64 * 1024,    // a thread that passed the limit looks again after so many bytes
    LOOK_RARELY = 1 << 20,     // one that is far from it after no more than these
    LOOK_CLOSELY = 256,        // and one that finds it passed by a quarter, after these
    OVERDRAFT = 32,            // a limit is overdrawn when it is passed by this part of it
};

// A thread's free blocks of one class. The first batch fills and empties; a full one is set aside, and when two are full
// one goes to the depot. So a thread that only frees doesn't hoard what one that only allocates lacks.
struct blocks {
    struct free_block *first;
    struct free_block *full;    // another batch, or NULL
    size_t room;                // blocks until the first batch is full
    char *slab, *slab_end;      // what is left of the slab that is being cut
};

// One a thread. Registered in a list that only grows, so that mem_in_use can add up; a thread's cache outlives the thread.
struct cache {
    struct blocks free[CLASSES];
    _Atomic int64_t in_use;
    int64_t look_at;       // in_use at which the thread compares the sum with the limit
    size_t large_freed;    // since the keeper was told
    bool passed, overdrawn;
    _Atomic(void *) anchor;    // in the thread's arena, for mem_trim; NULL: none, or at work
    _Atomic int64_t uses[MEM_USES];
    struct cache *next;
};

static _Atomic(struct cache *) caches;
static _Thread_local struct cache *own;
static _Atomic size_t limit;

static void *from_system(size_t bytes)
{
    void *block = large_take(bytes);
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

static COLD struct cache *cache_open(void)
{
    struct cache *c = from_system(sizeof *c);
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < CLASSES; i++)
        c->free[i].room = batch_blocks(i);
    if (os_process_is_ours && !CONFIG_PLAIN_MEMORY)
        c->anchor = malloc(ANCHOR_BYTES);
    c->look_at = LOOK_BYTES;
    c->next = atomic_load(&caches);
    while (!atomic_compare_exchange_weak(&caches, &c->next, c)) {
    }
    return own = c;
}

static struct cache *cache(void)
{
    return LIKELY(own != NULL) ? own : cache_open();
}

// Asking the system takes longer than appending to a binary.
static size_t physical_memory(void)
{
    static _Atomic size_t known;
    size_t bytes = atomic_load_explicit(&known, memory_order_relaxed);
    if (bytes == 0) {
        bytes = machine_memory();
        atomic_store_explicit(&known, bytes, memory_order_relaxed);
    }
    return bytes;
}

size_t mem_limit(void)
{
    size_t set = atomic_load_explicit(&limit, memory_order_relaxed);
    return set ? set : physical_memory();
}

void mem_set_limit(size_t bytes)
{
    atomic_store_explicit(&limit, bytes, memory_order_relaxed);
}

static bool is_passed_by(size_t used, size_t most, size_t part)
{
    return used > most && used - most > most / part;
}

// The sum is looked at before a thread can have taken a quarter of what is left, so that the limit is passed by little however
// many threads there are. If it is passed by much all the same, by many that take little each, most of them have to end.
static COLD void look(struct cache *c, int64_t held)
{
    size_t most = mem_limit(), used = mem_in_use();
    int64_t left = used < most ? (int64_t)((most - used) / 4) : 0;
    int64_t least = is_passed_by(used, most, 4) ? LOOK_CLOSELY : LOOK_BYTES;
    c->passed = c->passed || used > most;
    c->overdrawn = is_passed_by(used, most, OVERDRAFT);
    c->look_at = held + (left < least ? least : left > LOOK_RARELY ? LOOK_RARELY : left);
}

bool mem_overdrawn(void)
{
    struct cache *c = cache();
    if (LIKELY(!c->overdrawn))
        return false;
    c->overdrawn = is_passed_by(mem_in_use(), mem_limit(), OVERDRAFT);
    c->passed = c->passed || c->overdrawn;
    return c->overdrawn;
}

bool mem_allows_large(size_t bytes)
{
    size_t most = mem_limit(), used = mem_in_use();
    if (used <= most && bytes <= most - used)
        return true;
    cache()->passed = true;
    return false;
}

bool mem_passed(void)
{
    struct cache *c = cache();
    bool passed = c->passed;
    c->passed = false;
    return passed;
}

// Only the owning thread writes its count: a relaxed load and store, no locked instruction.
static void count(struct cache *c, int64_t change)
{
    int64_t held = atomic_load_explicit(&c->in_use, memory_order_relaxed) + change;
    atomic_store_explicit(&c->in_use, held, memory_order_relaxed);
    if (UNLIKELY(held > c->look_at))
        look(c, held);
}

static void count_freed(struct cache *c, size_t bytes)
{
    int64_t held = atomic_load_explicit(&c->in_use, memory_order_relaxed);
    atomic_store_explicit(&c->in_use, held - (int64_t)bytes, memory_order_relaxed);
}

static void count_large_freed(struct cache *c, size_t bytes)
{
    c->large_freed += bytes;
    if (c->large_freed < NOTE_BYTES)
        return;
    keeper_note(c->large_freed);
    c->large_freed = 0;
}

size_t mem_rounded(size_t bytes)
{
    size_t class = class_of(bytes);
    return is_small_class(class) ? block_bytes(class) : bytes;
}

void mem_count_use(enum mem_use use, int64_t bytes)
{
    _Atomic int64_t *counter = &cache()->uses[use];
    int64_t held = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, held + bytes, memory_order_relaxed);
}

size_t mem_used_for(enum mem_use use)
{
    int64_t sum = 0;
    for (struct cache *c = atomic_load(&caches); c; c = c->next)
        sum += atomic_load_explicit(&c->uses[use], memory_order_relaxed);
    return sum > 0 ? (size_t)sum : 0;
}

static void slab_open(struct blocks *b)
{
    if (b->slab_end)
        slab_close(b->slab_end - SLAB_BYTES, (size_t)(b->slab - (b->slab_end - SLAB_BYTES)));
    b->slab = slab_new();
    if (UNLIKELY(!b->slab))
        die("no memory for small blocks");
    b->slab_end = b->slab + SLAB_BYTES;
}

static void *carve(struct blocks *b, size_t bytes)
{
    if ((size_t)(b->slab_end - b->slab) < bytes)
        slab_open(b);
    void *block = b->slab;
    b->slab += bytes;
    return block;
}

static NOINLINE void *refill(struct blocks *b, size_t class)
{
    struct free_block *block = b->full;
    size_t count = batch_blocks(class);
    b->full = NULL;
    if (!block)
        block = depot_take(class, &count);
    if (!block)
        return carve(b, block_bytes(class));
    b->first = block->next;
    b->room = batch_blocks(class) - count + 1;
    return block;
}

static NOINLINE void set_aside(struct blocks *b, size_t class)
{
    struct free_block *full = b->full;
    b->full = b->first;
    b->first = NULL;
    b->room = batch_blocks(class);
    if (full) {
        depot_put(class, full);
        keeper_note(BATCH_BYTES);
    }
}

// What is freed is kept until the keeper comes: pages that go back at once come back one fault at a time. A binary of 1 MB from
// the host takes 0.33 ms instead of 0.6.
void mem_open(void)
{
    if (!os_process_is_ours)
        return;
    mallopt(M_MMAP_THRESHOLD, KEPT_BLOCK);
    mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
}

// What is free at the end of an arena goes back when something beside it is freed, if it is much; malloc_trim gives back only that of
// the first thread's arena. So of each thread's anchor the better part is freed here, and taken again.
void mem_trim(void)
{
    malloc_trim(0);
    if (!os_process_is_ours || CONFIG_PLAIN_MEMORY)
        return;
    mallopt(M_TRIM_THRESHOLD, TRIMMED_FREE);
    for (struct cache *c = atomic_load(&caches); c; c = c->next) {
        void *anchor = atomic_exchange(&c->anchor, NULL), *low = anchor ? realloc(anchor, 1) : NULL;
        void *whole = low ? realloc(low, ANCHOR_BYTES) : NULL;
        atomic_store(&c->anchor, whole ? whole : low);
    }
    mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
}

void mem_close(void)
{
    keeper_close();
    for (struct cache *c = atomic_exchange(&caches, NULL), *next; c; c = next) {
        next = c->next;
        free(c->anchor);
        free(c);
    }
    own = NULL;
    large_release();
    unmap_close();
    depot_close();
    slabs_close();
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
        return refill(b, class);
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
    count_freed(c, bytes);
    if (!is_small_class(class)) {
        large_put(block, bytes);
        count_large_freed(c, bytes);
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
    struct cache *c = cache();
    count(c, (int64_t)new_bytes - (int64_t)old_bytes);
    if (new_bytes < old_bytes)
        count_large_freed(c, old_bytes - new_bytes);
    void *moved = large_resize(block, new_bytes ? new_bytes : 1);
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
