// SPDX-License-Identifier: Apache-2.0
#include "proc/reap.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/lock.h"
#include "base/memory.h"
#include "proc/errand.h"
#include "proc/extra.h"
#include "proc/near.h"
#include "proc/timer.h"
#include "term/collect.h"

#include <stdlib.h>
#include <string.h>

enum {
    WORTH = 256,                // bytes in use that are looked through for one that was given up
    LITTLE_BYTES = 32 << 20,    // in use: then code is not waited for
    PATIENCE_NS = 1000000,      // with workers in a slice, at first
    PATIENCE_MAX_NS = 500000000,
    PAUSE = 8,    // between two attempts, in terms of the patience that was in vain
    MAX_WATCHED = 4,
    PAGE_LOG2 = 12,
    PAGE_BITS = 1 << 15,    // 128 MB
};

_Atomic bool reap_is_due;

static struct {
    struct lock lock;    // of the lists
    struct reap_code *code;
    struct fragment *literals;
    size_t bytes;    // in them, since the last time
    _Atomic size_t holds;
    _Atomic int64_t patience, not_before;
    void (*watched[MAX_WATCHED])(struct reap *r);
} reaper = {.patience = PATIENCE_NS};

// Words from .. to - 1 belong to the owner.
struct block {
    word from, to;
    void *owner;
    bool used;
};

// What is looked for, in order of addresses.
struct reap {
    struct block *blocks;
    size_t count, capacity;
    word low, span;
    bool found;                        // something, since it was last set back
    uint64_t pages[PAGE_BITS / 64];    // those that hold parts of blocks, by the lower bits of their numbers
};

static void given_up(size_t bytes, bool soon)
{
    reaper.bytes += bytes;
    size_t used = mem_in_use();
    if (reaper.bytes >= used / WORTH || (soon && used < LITTLE_BYTES) || CONFIG_STRESS)
        atomic_store_explicit(&reap_is_due, true, memory_order_relaxed);
}

void reap_code(struct reap_code *c)
{
    lock_take(&reaper.lock);
    c->next = reaper.code;
    reaper.code = c;
    given_up((size_t)(c->to - c->from) * sizeof(word), true);
    lock_give(&reaper.lock);
}

void reap_literals(struct fragment *f)
{
    lock_take(&reaper.lock);
    f->next = reaper.literals;
    reaper.literals = f;
    given_up(f->size * sizeof(term), false);
    lock_give(&reaper.lock);
}

void reap_watch(void (*visit)(struct reap *r))
{
    size_t at = 0;
    while (reaper.watched[at])
        at++;
    ENSURE(at + 1 < MAX_WATCHED);
    reaper.watched[at] = visit;
}

void reap_hold(void)
{
    atomic_fetch_add(&reaper.holds, 1);
}

void reap_drop(void)
{
    atomic_fetch_sub(&reaper.holds, 1);
}

bool reap_held(void)
{
    return atomic_load(&reaper.holds) != 0;
}

// Blocks.

static void add_block(struct reap *r, const void *from, size_t bytes, void *owner)
{
    enum { FIRST = 64 };
    if (r->count == r->capacity) {
        size_t more = r->capacity ? r->capacity * 2 : FIRST;
        r->blocks = mem_resize(r->blocks, r->capacity * sizeof *r->blocks, more * sizeof *r->blocks);
        r->capacity = more;
    }
    word at = (word)(uintptr_t)from;
    r->blocks[r->count++] = (struct block){at, at + bytes, owner, false};
}

static int by_address(const void *a, const void *b)
{
    const struct block *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from;
}

static void note_pages(struct reap *r, const struct block *b)
{
    word first = b->from >> PAGE_LOG2, last = (b->to - 1) >> PAGE_LOG2;
    if (last - first >= PAGE_BITS)
        last = first + PAGE_BITS - 1;
    for (word page = first; page <= last; page++)
        r->pages[page % PAGE_BITS / 64] |= (uint64_t)1 << page % 64;
}

static void sort_blocks(struct reap *r)
{
    if (!r->count)
        return;
    for (size_t i = 0; i < r->count; i++)
        if (!is_literal_ptr((const void *)(uintptr_t)r->blocks[i].from))
            note_pages(r, &r->blocks[i]);
    qsort(r->blocks, r->count, sizeof *r->blocks, by_address);
    r->low = r->blocks[0].from;
    r->span = r->blocks[r->count - 1].to - r->low;
}

static int address_in_block(const void *key, const void *entry)
{
    const struct block *b = entry;
    word address = *(const word *)key;
    return address < b->from ? -1 : address >= b->to;
}

static struct block *block_at(const struct reap *r, word address)
{
    return bsearch(&address, r->blocks, r->count, sizeof *r->blocks, address_in_block);
}

// Blocks are few and lie far apart, but for literals, which have addresses of their own: most words are none of theirs.
static inline bool may_be_in_block(const struct reap *r, word address)
{
    word page = address >> PAGE_LOG2;
    if (address - r->low >= r->span)
        return false;
    return r->pages[page % PAGE_BITS / 64] >> page % 64 & 1 || is_literal_ptr((const void *)(uintptr_t)address);
}

static inline void look_at(struct reap *r, word address)
{
    struct block *b = may_be_in_block(r, address) ? block_at(r, address) : NULL;
    if (b)
        b->used = r->found = true;
}

void reap_look(struct reap *r, const term *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        look_at(r, words[i]);
}

static void blocks_done(struct reap *r)
{
    mem_free(r->blocks, r->capacity * sizeof *r->blocks);
}

static void each_process(struct reap *r, void (*visit)(struct reap *r, struct proc *p))
{
    uint32_t at = 0;
    for (term pid = proc_next(&at); pid != NONE; pid = proc_next(&at))
        visit(r, proc_find(pid));
}

// Code.

static void look_at_stack(struct reap *r, struct proc *p)
{
    look_at(r, (word)(uintptr_t)p->ip);
    for (const term *at = heap_stack(&p->heap); at < p->heap.end; at++)
        if (is_catch(*at))
            look_at(r, (word)(uintptr_t)catch_handler(*at));
        else if (is_header(*at))
            look_at(r, *at - sizeof(word));
}

static void release_code(void)
{
    struct reap r = {.count = 0};
    for (struct reap_code *c = reaper.code; c; c = c->next)
        add_block(&r, c->from, (size_t)(c->to - c->from) * sizeof(word), c);
    sort_blocks(&r);
    each_process(&r, look_at_stack);
    reaper.code = NULL;
    for (size_t i = 0; i < r.count; i++) {
        struct reap_code *c = r.blocks[i].owner;
        if (!r.blocks[i].used) {
            c->release(c);
        } else {
            c->next = reaper.code;
            reaper.code = c;
        }
    }
    blocks_done(&r);
}

// Literals and fun entries.

static void look_at_fragment(struct reap *r, const struct fragment *f)
{
    reap_look(r, f->words, f->size);
}

static void look_at_signals(struct reap *r, struct signal *s)
{
    for (; s && s != MAILBOX_CLOSED; s = s->next) {
        look_at_fragment(r, signal_fragment(s));
        if (is_near(s) && s->area)
            look_at_fragment(r, s->area);
    }
}

static void look_at_heap(struct reap *r, const struct heap *h)
{
    reap_look(r, h->start, (size_t)(h->top - h->start));
    reap_look(r, heap_stack(h), (size_t)(h->end - heap_stack(h)));
    for (const struct fragment *f = h->fragments; f; f = f->next)
        look_at_fragment(r, f);
    if (h->old)
        reap_look(r, h->old->start, (size_t)(h->old->top - h->old->start));
}

static void look_at_process(struct reap *r, struct proc *p)
{
    struct root roots[PROC_ROOTS];
    size_t root_count = proc_roots(p, roots);
    r->found = false;
    look_at(r, (word)(uintptr_t)p->ip);    // inside a fun entry while its module is awaited
    look_at_heap(r, &p->heap);
    for (size_t i = 0; i < root_count; i++)
        reap_look(r, roots[i].words, roots[i].count);
    if (errand_waits(p)) {
        size_t count;
        const term *words = errand_words(p, &count);
        reap_look(r, words, count);
    } else if (r->found) {
        p->flags |= PROC_COLLECT;
    }
    look_at_signals(r, p->mailbox.first);
    if (p->extra)
        look_at_signals(r, p->extra->collectors);
    look_at_signals(r, atomic_load(&p->mailbox.outer));
}

static bool is_used(const struct fun_entry *f, void *context)
{
    return block_at(context, (word)(uintptr_t)f)->used;
}

static bool note_entry(const struct fun_entry *f, void *context)
{
    add_block(context, f, sizeof *f, NULL);
    return true;
}

static void look_everywhere(struct reap *r)
{
    if (!r->count)
        return;
    sort_blocks(r);
    each_process(r, look_at_process);
    timers_visit(look_at_signals, r);
    for (int i = 0; reaper.watched[i]; i++)
        reaper.watched[i](r);
}

static void free_literals(void)
{
    struct reap r = {.count = 0};
    for (struct fragment *f = reaper.literals; f; f = f->next)
        add_block(&r, f->words, f->size * sizeof(term), f);
    fun_entries_free(note_entry, &r);
    look_everywhere(&r);
    fun_entries_free(is_used, &r);
    reaper.literals = NULL;
    for (size_t i = 0; i < r.count; i++) {
        struct fragment *f = r.blocks[i].owner;
        if (!f)
            continue;
        if (!r.blocks[i].used) {
            literals_free(f);
        } else {
            f->next = reaper.literals;
            reaper.literals = f;
        }
    }
    blocks_done(&r);
}

// A worker that does not come to the end of its slice is waited for a little longer each time.
static void put_off(void)
{
    int64_t patience = atomic_load(&reaper.patience);
    atomic_store(&reaper.not_before, clock_monotonic() + patience * PAUSE);
    atomic_store(&reaper.patience, patience * 2 < PATIENCE_MAX_NS ? patience * 2 : PATIENCE_MAX_NS);
}

void reap_now(void)
{
    if (clock_monotonic() < atomic_load(&reaper.not_before))
        return;
    if (!epoch_alone(atomic_load(&reaper.patience))) {
        put_off();
        return;
    }
    if (atomic_load(&reaper.holds)) {
        put_off();
    } else {
        release_code();
        free_literals();
        reaper.bytes = 0;
        atomic_store(&reap_is_due, false);
        atomic_store(&reaper.patience, PATIENCE_NS);
    }
    epoch_together();
}

void reap_close(void)
{
    for (struct fragment *f = reaper.literals, *next; f; f = next) {
        next = f->next;
        literals_free(f);
    }
    reaper.literals = NULL;
    reaper.code = NULL;
    reaper.bytes = 0;
    memset(reaper.watched, 0, sizeof reaper.watched);
    atomic_store(&reap_is_due, false);
}
