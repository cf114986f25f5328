// SPDX-License-Identifier: Apache-2.0
// Free blocks that no thread holds: batches of one size class, which any thread may put here and take. What stays here idle can
// go back to the system, a slab at a time.
#ifndef TANDEM_BASE_DEPOT_H
#define TANDEM_BASE_DEPOT_H

#include "base/config.h"
#include "base/types.h"

enum {
    CLASS_BYTES = 16,
    SMALL_MAX = 1024,
    CLASSES = SMALL_MAX / CLASS_BYTES + 1,
    BATCH_BYTES = CONFIG_STRESS ? SMALL_MAX : 8 * SMALL_MAX,    // how much of a class threads pass on at once
};

struct free_block {
    struct free_block *next;     // in the same batch
    struct free_block *batch;    // of a batch's first block: the next batch
};

static inline size_t block_bytes(size_t class)
{
    return class ? class * CLASS_BYTES : CLASS_BYTES;
}

static inline size_t batch_blocks(size_t class)
{
    return BATCH_BYTES / block_bytes(class);
}

void depot_put(size_t class, struct free_block *batch);
struct free_block *depot_take(size_t class);    // NULL: none
size_t depot_idle(void);                        // bytes here, about

void depot_close(void);    // forgets them: their slabs are closed

// Gives slabs that lie here as a whole back to the system. Takes time for each block that is here; meanwhile other threads
// find the depot empty. Any thread; a second one at the same time does nothing.
void depot_release(void);

#endif
