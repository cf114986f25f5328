// SPDX-License-Identifier: Apache-2.0
#include "base/large.h"

#include "base/config.h"
#include "base/lock.h"
#include "base/os.h"
#include "base/unmap.h"

#include <stdlib.h>

enum {
    LEAST_LOG2 = 17,
    MOST_LOG2 = 25,
    STEPS_LOG2 = 2,    // classes from one power of two to the next
    CLASSES = (MOST_LOG2 - LEAST_LOG2) << STEPS_LOG2,
    KEPT_BYTES = 64 << 20,
};

struct kept_block {
    struct kept_block *next;
};

static struct {
    struct lock lock;
    struct kept_block *blocks[CLASSES];
    size_t bytes;
} kept;

// CLASSES or more: it is not kept. *rounded: what a block of that class takes.
static size_t class_of(size_t bytes, size_t *rounded)
{
    *rounded = bytes;
    if (os_process_is_ours || CONFIG_PLAIN_MEMORY || bytes <= (size_t)1 << LEAST_LOG2 || bytes > (size_t)1 << MOST_LOG2)
        return CLASSES;
    unsigned log2 = 63 - (unsigned)__builtin_clzll(bytes - 1), shift = log2 - STEPS_LOG2;
    size_t steps = (bytes - 1) >> shift;    // 1 << STEPS_LOG2 and more, but less than twice that
    *rounded = (steps + 1) << shift;
    return ((log2 - LEAST_LOG2) << STEPS_LOG2) + steps - ((size_t)1 << STEPS_LOG2);
}

// Whether malloc gives it back to the system when it is freed.
static bool is_mapped(size_t bytes)
{
    return !CONFIG_PLAIN_MEMORY && bytes >= (os_process_is_ours ? (size_t)1 << MOST_LOG2 : UNMAP_LEAST);
}

void *large_take(size_t bytes)
{
    size_t rounded, class = class_of(bytes, &rounded);
    if (class >= CLASSES)
        return malloc(bytes);
    lock_take(&kept.lock);
    struct kept_block *block = kept.blocks[class];
    if (block) {
        kept.blocks[class] = block->next;
        kept.bytes -= rounded;
    }
    lock_give(&kept.lock);
    return block ? block : malloc(rounded);
}

void *large_resize(void *block, size_t bytes)
{
    size_t rounded;
    class_of(bytes, &rounded);
    return realloc(block, rounded);
}

void large_put(void *block, size_t bytes)
{
    size_t rounded, class = class_of(bytes, &rounded);
    bool keep = false;
    if (class < CLASSES) {
        struct kept_block *freed = block;
        lock_take(&kept.lock);
        keep = kept.bytes + rounded <= KEPT_BYTES;
        if (keep) {
            freed->next = kept.blocks[class];
            kept.blocks[class] = freed;
            kept.bytes += rounded;
        }
        lock_give(&kept.lock);
    }
    if (!keep && is_mapped(bytes))
        unmap_later(block, bytes);
    else if (!keep)
        free(block);
}

void large_release(void)
{
    for (size_t class = 0; class < CLASSES; class ++) {
        lock_take(&kept.lock);
        struct kept_block *block = kept.blocks[class];
        size_t rounded = ((class & ((1 << STEPS_LOG2) - 1)) + (1 << STEPS_LOG2) + 1)
                         << ((class >> STEPS_LOG2) + LEAST_LOG2 - STEPS_LOG2);
        kept.blocks[class] = NULL;
        for (struct kept_block *b = block; b; b = b->next)
            kept.bytes -= rounded;
        lock_give(&kept.lock);
        for (struct kept_block *next; block; block = next) {
            next = block->next;
            free(block);
        }
    }
}
