// SPDX-License-Identifier: Apache-2.0
// The address range of literals: reserved whole, made accessible as it is used. Sizes are rounded up by at most an eighth to one of a
// few; what is freed is taken again for the same size, oldest first, and large blocks give their pages back meanwhile.
#include "term/heap.h"

#include "base/die.h"
#include "base/lock.h"
#include "term/binary.h"

#include <string.h>
#include <sys/mman.h>

#if CONFIG_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

enum {
    COMMIT_BYTES = 1 << 20,
    PAGE_BYTES = 4096,
    LARGE_WORDS = 8192,
    EXACT = 8,    // words up to which sizes are not rounded
    STEPS = 8,    // sizes between one power of two and the next
    SIZES = 256,
};

word literals_from;

static struct {
    struct lock lock;
    char *top, *committed;
    struct fragment *free[SIZES], **last[SIZES];
} range;

void literals_open(void)
{
    size_t bytes = (size_t)1 << LITERALS_BYTES_LOG2;
    void *at = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        die("cannot reserve %zu GiB of addresses for literals, which take no memory: see that there is no limit on "
            "them (ulimit -v)",
            bytes >> 30);
    lock_init(&range.lock);
    range.top = range.committed = at;
    for (unsigned i = 0; i < SIZES; i++)
        range.last[i] = &range.free[i];
    literals_from = (word)(uintptr_t)at;
}

// The number of a size, and how many words it has.
static unsigned size_of(size_t words, size_t *rounded)
{
    *rounded = words;
    if (words <= EXACT)
        return (unsigned)words;
    unsigned shift = 60 - (unsigned)__builtin_clzll(words - 1);
    unsigned steps = (unsigned)((words - 1) >> shift) + 1;
    *rounded = (size_t)steps << shift;
    return shift * STEPS + steps;
}

// To the sanitizer, and to the stress build, what is free is as wrong to look at as any freed block.
static void mark(struct fragment *f, size_t words, bool usable)
{
#if CONFIG_ADDRESS_SANITIZER
    if (usable)
        ASAN_UNPOISON_MEMORY_REGION(f->words, words * sizeof(term));
    else
        ASAN_POISON_MEMORY_REGION(f->words, words * sizeof(term));
#endif
    if (CONFIG_STRESS && !usable)
        memset(f->words, 0xA5, words * sizeof(term));
}

static void give_pages_back(struct fragment *f)
{
    word from = ((word)(uintptr_t)f->words + PAGE_BYTES - 1) & ~(word)(PAGE_BYTES - 1);
    word to = (word)(uintptr_t)(f->words + f->size) & ~(word)(PAGE_BYTES - 1);
    madvise((void *)(uintptr_t)from, to - from, MADV_DONTNEED);
}

static struct fragment *reuse(unsigned size)
{
    struct fragment *f = range.free[size];
    if (f) {
        range.free[size] = f->next;
        if (!f->next)
            range.last[size] = &range.free[size];
    }
    return f;
}

static struct fragment *extend(size_t words)
{
    size_t bytes = sizeof(struct fragment) + words * sizeof(term);
    if ((word)(uintptr_t)range.top + bytes - literals_from > (word)1 << LITERALS_BYTES_LOG2)
        die("the address range of literals is full");
    if (range.top + bytes > range.committed) {
        size_t missing = (size_t)(range.top + bytes - range.committed);
        size_t grow = (missing + COMMIT_BYTES - 1) / COMMIT_BYTES * COMMIT_BYTES;
        if (mprotect(range.committed, grow, PROT_READ | PROT_WRITE))
            die("no memory for literals");
        range.committed += grow;
    }
    struct fragment *f = (struct fragment *)(void *)range.top;
    range.top += bytes;
    return f;
}

struct fragment *literals_new(size_t words)
{
    size_t rounded;
    unsigned size = size_of(words, &rounded);
    lock_take(&range.lock);
    struct fragment *f = reuse(size);
    if (!f)
        f = extend(rounded);
    lock_give(&range.lock);
    *f = (struct fragment){.size = (uint32_t)words};
    mark(f, words, true);
    return f;
}

void literals_free(struct fragment *f)
{
    size_t rounded;
    unsigned size = size_of(f->size, &rounded);
    if (f->shared)
        binary_drop_chain(f->shared);
    f->shared = NULL;
    mark(f, f->size, false);
    if (f->size >= LARGE_WORDS)
        give_pages_back(f);
    f->next = NULL;
    lock_take(&range.lock);
    *range.last[size] = f;
    range.last[size] = &f->next;
    lock_give(&range.lock);
}

// Fragments lie one behind the other, those that were freed too.
void literals_close(void)
{
    size_t words;
    for (char *at = (char *)(uintptr_t)literals_from; at < range.top;
         at += sizeof(struct fragment) + words * sizeof(term)) {
        struct fragment *f = (struct fragment *)(void *)at;
        size_of(f->size, &words);
        mark(f, words, true);
        if (f->shared)
            binary_drop_chain(f->shared);
    }
    munmap((void *)(uintptr_t)literals_from, (size_t)1 << LITERALS_BYTES_LOG2);
    memset(&range, 0, sizeof range);
    literals_from = 0;
}
