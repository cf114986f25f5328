// SPDX-License-Identifier: Apache-2.0
#include "base/slab.h"

#include "base/lock.h"

#include <string.h>
#include <sys/mman.h>

enum {
    REGION_LOG2 = 26,
    SLAB_LOG2 = 16,
    REGION_SLABS = 1 << (REGION_LOG2 - SLAB_LOG2),
};

#define REGION_BYTES ((size_t)1 << REGION_LOG2)

_Static_assert(SLAB_BYTES == 1 << SLAB_LOG2, "slabs are found by their address");

// At an address that is a multiple of its size. It takes the place of the first slabs; of their records only the first one's `next`
// is used.
struct region {
    struct slab slabs[REGION_SLABS];
};

#define RECORD_BYTES ((sizeof(struct region) + SLAB_BYTES - 1) & -(size_t)SLAB_BYTES)

static struct {
    struct lock lock;
    struct slab *free;       // their pages are with the system
    char *next, *end;        // slabs of the last region that were never used
    struct slab *regions;    // the first slab of each
} slabs;

static char *reserve(size_t bytes)
{
    char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

// Twice the size holds an aligned region; what is around it is given back.
static bool region_new(void)
{
    char *at = reserve(2 * REGION_BYTES);
    if (!at)
        return false;
    size_t before = -(uintptr_t)at & (REGION_BYTES - 1);
    if (before)
        munmap(at, before);
    munmap(at + before + REGION_BYTES, REGION_BYTES - before);
    struct slab *first = (struct slab *)(void *)(at + before);
    first->next = slabs.regions;
    slabs.regions = first;
    slabs.next = at + before + RECORD_BYTES;
    slabs.end = at + before + REGION_BYTES;
    return true;
}

static struct region *region_of(const void *block)
{
    return (struct region *)((uintptr_t)block & ~(uintptr_t)(REGION_BYTES - 1));
}

struct slab *slab_of(const void *block)
{
    struct region *r = region_of(block);
    return r->slabs + (((uintptr_t)block - (uintptr_t)r) >> SLAB_LOG2);
}

char *slab_bytes(struct slab *s)
{
    struct region *r = region_of(s);
    return (char *)r + ((size_t)(s - r->slabs) << SLAB_LOG2);
}

// With the lock held.
static void *take(void)
{
    if (slabs.free) {
        struct slab *s = slabs.free;
        slabs.free = s->next;
        s->next = NULL;
        return slab_bytes(s);
    }
    if (slabs.next == slabs.end && !region_new())
        return NULL;
    void *slab = slabs.next;
    slabs.next += SLAB_BYTES;
    return slab;
}

void slabs_close(void)
{
    for (struct slab *first = slabs.regions, *next; first; first = next) {
        next = first->next;
        munmap(first, REGION_BYTES);
    }
    slabs.regions = slabs.free = NULL;
    slabs.next = slabs.end = NULL;
}

void *slab_new(void)
{
    lock_take(&slabs.lock);
    void *slab = take();
    lock_give(&slabs.lock);
    return slab;
}

void slab_close(void *slab, size_t cut)
{
    atomic_store_explicit(&slab_of(slab)->cut, (uint32_t)cut, memory_order_relaxed);
}

void slab_release(struct slab *s)
{
    atomic_store_explicit(&s->cut, 0, memory_order_relaxed);
    s->idle = 0;
    memset(s->free, 0, sizeof s->free);
    madvise(slab_bytes(s), SLAB_BYTES, MADV_DONTNEED);
    lock_take(&slabs.lock);
    s->next = slabs.free;
    slabs.free = s;
    lock_give(&slabs.lock);
}
