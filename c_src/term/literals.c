// SPDX-License-Identifier: Apache-2.0
// The address range of literals: reserved whole, made accessible as it is used. Freed fragments are kept in a list and
// taken again by first fit; there are few (one or two a module), so the list is short.
#include "term/heap.h"

#include "base/die.h"
#include "base/lock.h"
#include "term/binary.h"

#include <sys/mman.h>

enum { COMMIT_BYTES = 1 << 20 };

word literals_from;

static struct {
    struct lock lock;
    char *top, *committed;
    struct fragment *free;
} range;

void literals_open(void)
{
    size_t bytes = (size_t)1 << LITERALS_BYTES_LOG2;
    void *at = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        die("cannot reserve the address range of literals");
    lock_init(&range.lock);
    range.top = range.committed = at;
    literals_from = (word)(uintptr_t)at;
}

// Fragments lie one behind the other, those that were freed too.
void literals_close(void)
{
    for (char *at = (char *)(uintptr_t)literals_from; at < range.top;) {
        struct fragment *f = (struct fragment *)(void *)at;
        at += sizeof *f + f->size * sizeof(term);
        if (f->shared)
            binary_drop_chain(f->shared);
    }
    munmap((void *)(uintptr_t)literals_from, (size_t)1 << LITERALS_BYTES_LOG2);
    range.top = range.committed = NULL;
    range.free = NULL;
    literals_from = 0;
}

static struct fragment *reuse(size_t words)
{
    for (struct fragment **at = &range.free; *at; at = &(*at)->next) {
        struct fragment *f = *at;
        if (f->size >= words && f->size <= words * 2) {
            *at = f->next;
            return f;
        }
    }
    return NULL;
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
    f->size = (uint32_t)words;
    return f;
}

struct fragment *literals_new(size_t words)
{
    lock_take(&range.lock);
    struct fragment *f = reuse(words);
    if (!f)
        f = extend(words);
    lock_give(&range.lock);
    f->next = NULL;
    f->shared = NULL;
    f->used = 0;
    return f;
}

void literals_free(struct fragment *f)
{
    if (f->shared)
        binary_drop_chain(f->shared);
    f->shared = NULL;
    lock_take(&range.lock);
    f->next = range.free;
    range.free = f;
    lock_give(&range.lock);
}
