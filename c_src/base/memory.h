// SPDX-License-Identifier: Apache-2.0
// Memory in sized blocks. Small blocks come from lists of free blocks that belong to the calling thread, one list a size
// class of 16 bytes; larger ones from malloc. A block is freed with the size it was asked for, by any thread: what a thread
// has too much of, it passes on in batches to those who lack it. There is no failure to handle: without memory the engine
// dies. mem_in_use counts what all threads hold.
#ifndef TANDEM_BASE_MEMORY_H
#define TANDEM_BASE_MEMORY_H

#include "base/types.h"

void *mem_alloc(size_t bytes);
void *mem_zero_alloc(size_t bytes);
void mem_free(void *block, size_t bytes);

// The bytes that a block of this size really takes, as far as this module knows.
size_t mem_rounded(size_t bytes);

// Moves the first min(old, new) bytes into a block of the new size. Block may be NULL when old is 0.
void *mem_resize(void *block, size_t old_bytes, size_t new_bytes);

// Bytes handed out and not freed, summed over all threads.
size_t mem_in_use(void);

#endif
