// SPDX-License-Identifier: Apache-2.0
// Memory in sized blocks. Small blocks come from lists of free blocks that belong to the calling thread, one list a size
// class of 16 bytes; larger ones from malloc. A block is freed with the size it was asked for, by any thread: what a thread
// has too much of, it passes on in batches to those who lack it (base/depot.h). What stays idle goes back to the system after
// a second or so (base/keeper.h). mem_in_use counts what all threads hold. What a thread kept is of no use to others once it has ended:
// threads that come and go take no blocks.
// There is a limit: what mem_set_limit said, else the machine's memory (base/machine.h). Allocating never fails; it only notes, for the calling
// thread, that the limit has been passed, and whoever knows what the thread works for (proc/doom.h) asks mem_passed and ends
// that. What may be large is asked for first: mem_allows. Where even that was not done and the system has nothing left, the
// engine dies.
#ifndef TANDEM_BASE_MEMORY_H
#define TANDEM_BASE_MEMORY_H

#include "base/types.h"

void mem_open(void);    // once, before threads are started; without it large blocks cost more

// When only the calling thread is left, and no block is used any more: gives back to the system what threads and the depot kept.
void mem_close(void);

void mem_trim(void);    // what malloc keeps, but nothing uses, goes back. Any thread

void *mem_alloc(size_t bytes);
void *mem_zero_alloc(size_t bytes);
void mem_free(void *block, size_t bytes);

// The bytes that a block of this size really takes, as far as this module knows.
size_t mem_rounded(size_t bytes);

// Moves the first min(old, new) bytes into a block of the new size. Block may be NULL when old is 0.
void *mem_resize(void *block, size_t old_bytes, size_t new_bytes);

// Bytes handed out and not freed, summed over all threads.
size_t mem_in_use(void);

// Bytes that may be in use; 0: as many as the machine has. Is noticed by all threads, if not at once.
void mem_set_limit(size_t bytes);
size_t mem_limit(void);

// False: so many bytes more would pass the limit, or the caller gives up for a similar reason: mem_passed will tell. Quick for
// small numbers, which are always allowed.
enum { MEM_SMALL = 256 * 1024 };
bool mem_allows_large(size_t bytes);
static inline bool mem_allows(size_t bytes)
{
    return LIKELY(bytes <= MEM_SMALL) || mem_allows_large(bytes);
}

// The limit is passed by a good deal: nothing should begin that asks for more. Then mem_passed will tell, too. Quick if it isn't so.
bool mem_overdrawn(void);

// Whether this thread passed the limit since it last asked.
bool mem_passed(void);

// What some of them are for: told by those who take and free them.
enum mem_use { MEM_BINARIES, MEM_TABLES, MEM_USES };
void mem_count_use(enum mem_use use, int64_t bytes);    // negative: freed
size_t mem_used_for(enum mem_use use);

#endif
