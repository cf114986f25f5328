// SPDX-License-Identifier: Apache-2.0
// Free blocks that no thread holds. Any thread may put blocks of one size class here, in whatever order, and take them: those
// that lie side by side come one after the other, so that what is allocated at once can be walked along quickly later. A slab
// whose blocks are all here can go back to the system.
#ifndef TANDEM_BASE_DEPOT_H
#define TANDEM_BASE_DEPOT_H

#include "base/config.h"
#include "base/slab.h"

enum {
    CLASS_BYTES = SLAB_GRAIN,
    SMALL_MAX = 1024,
    CLASSES = SMALL_MAX / CLASS_BYTES + 1,
    BATCH_BYTES = CONFIG_STRESS ? SMALL_MAX : 8 * SMALL_MAX,    // how much of a class threads pass on at once
};

struct free_block {
    struct free_block *next;
};

static inline size_t block_bytes(size_t class)
{
    return class ? class * CLASS_BYTES : CLASS_BYTES;
}

static inline size_t batch_blocks(size_t class)
{
    return BATCH_BYTES / block_bytes(class);
}

void depot_put(size_t class, struct free_block *blocks);

// At most a batch; sets how many. NULL: none.
struct free_block *depot_take(size_t class, size_t *count);

void depot_close(void);    // forgets them: their slabs are closed

// Gives slabs that lie here as a whole back to the system. Any thread.
void depot_release(void);

#endif
