// SPDX-License-Identifier: Apache-2.0
// Where small blocks are cut from: slabs of the same size, in regions of address space that start with what is known about
// their slabs. So an idle slab's pages can go back to the system, and a block's address tells its slab.
// A slab belongs to the thread that cuts it, into blocks of one size, until slab_close; afterwards to nobody. Any thread may ask
// for slabs. What of it is free and no thread's, is known to base/depot.c.
#ifndef TANDEM_BASE_SLAB_H
#define TANDEM_BASE_SLAB_H

#include "base/types.h"

#include <stdatomic.h>

enum {
    SLAB_BYTES = 64 * 1024,
    SLAB_GRAIN = 16,    // blocks start at multiples of it
    SLAB_WORDS = SLAB_BYTES / SLAB_GRAIN / 64,
};

struct slab {
    _Atomic uint32_t cut;         // bytes handed out as blocks; 0 while it is being cut, or free
    uint32_t idle;                // bytes of these in the depot
    struct slab *next;            // in the depot, or free
    uint64_t free[SLAB_WORDS];    // a bit a grain: a block in the depot starts there
};

void slabs_close(void);    // all of them, with what is in them
void *slab_new(void);      // SLAB_BYTES; NULL: no memory
void slab_close(void *slab, size_t cut);
void slab_release(struct slab *s);    // nothing of it is in use: its memory goes back to the system
struct slab *slab_of(const void *block);
char *slab_bytes(struct slab *s);

static inline size_t slab_offset(const void *block)
{
    return (uintptr_t)block & (SLAB_BYTES - 1);
}

#endif
