// SPDX-License-Identifier: Apache-2.0
// Where small blocks are cut from: slabs of the same size, in regions of address space that start with what is known about
// their slabs. So an idle slab's pages can go back to the system, and a block's address tells its slab.
// A slab belongs to the thread that cuts it until slab_close; afterwards to nobody. Any thread may ask for slabs; what is
// idle is counted by one thread at a time (base/depot.c).
#ifndef TANDEM_BASE_SLAB_H
#define TANDEM_BASE_SLAB_H

#include "base/types.h"

#include <stdatomic.h>

enum { SLAB_BYTES = 64 * 1024 };

struct slab {
    _Atomic uint32_t cut;    // bytes handed out as blocks; 0 while it is being cut, or free
    uint32_t idle;           // bytes of these found free, in the count under way
    struct slab *next;       // free, or about to be
};

void slabs_close(void);    // all of them, with what is in them
void *slab_new(void);      // SLAB_BYTES; NULL: no memory
void slab_close(void *slab, size_t cut);
void slab_release(struct slab *s);    // nothing of it is in use: its memory goes back to the system
struct slab *slab_of(const void *block);

#endif
