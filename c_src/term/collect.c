// SPDX-License-Identifier: Apache-2.0
#include "term/collect.h"

#include "base/die.h"
#include "base/memory.h"
#include "base/turn.h"
#include "term/binary.h"
#include "term/layout.h"

#include <string.h>

enum {
    FULL_AFTER = 65535,     // young collections in a row, when nothing else asks for a full one
    PASSED_FULL = 16,       // or after young blocks of so many times the old block's words,
    PASSED_WORDS = 8192,    // which counts as so many at least: a server's small state is not moved every few calls
    SHRINK_WORDS = 512,     // blocks below are never made smaller
    OLD_SLACK = 2,          // a new old block has room for this many times what goes into it at first
    BUSY_AFTER = 8,         // young collections that tell a busy process from one that was born small
    BUSY_WORDS = 256,       // and the least size of its block, so that collections don't outweigh its work
    TURN_WORDS =
        CONFIG_STRESS ? 256 : 1024,    // looked at or moved between two moments in which others may have their turn
};

// One collection. What is mature, the first words of the block that is left, goes to the old block; words between keep_from
// and keep_to (the old block, in a young collection) stay where they are; all others go to the young block.
struct collection {
    term *top, *start;            // young target
    term *old_top, *old_start;    // old target
    const term *block;            // the block that is left
    size_t block_bytes, mature_bytes;
    const term *keep_from, *keep_to;
    bool in_turns;
    size_t told;    // words of the targets that have been counted for the turn
};

static inline size_t bytes_from(const term *from, const void *to)    // huge if `to` is below
{
    return (size_t)((word)(uintptr_t)to - (word)(uintptr_t)from);
}

static inline bool within(const term *at, const term *from, const term *to)
{
    return bytes_from(from, at) < bytes_from(from, to);
}

// It keeps registers, so that a call that is seldom made costs its caller nothing; so does forward_many.
COLD __attribute__((preserve_most)) static void copy_words(term *to, const term *from, size_t words)
{
    for (size_t n; words > 0; words -= n, to += n, from += n) {
        n = words < TURN_WORDS ? words : TURN_WORDS;
        memcpy(to, from, n * sizeof *to);
        turn_pass(n);
    }
}

// A moved cell has NONE as head and the new place as tail; a moved object the new place instead of its header.
static inline term move_cell(term *cell, term **top)
{
    if (cell[0] == NONE)
        return cell[1];
    term *to = *top;
    *top = to + 2;
    to[0] = cell[0];
    to[1] = cell[1];
    cell[0] = NONE;
    return cell[1] = list_term(to);
}

// Most objects have few words: a loop takes half the time of a call of memcpy.
static inline term move_object(term *object, term **top)
{
    word h = object[0];
    if (is_boxed(h))
        return h;
    size_t words = header_size(h);
    term *to = *top;
    *top = to + words + 1;
    to[0] = h;
    if (UNLIKELY(words > TURN_WORDS))
        copy_words(to + 1, object + 1, words);
    else
#pragma clang loop vectorize(disable) unroll(disable)
        for (size_t i = 1; i <= words; i++)
            to[i] = object[i];
    return object[0] = boxed_term(to);
}

static inline void forward(struct collection *c, term *slot)
{
    term t = *slot;
    if (is_immediate(t) || is_header(t))
        return;
    term *at = (term *)(uintptr_t)(t & ~(term)3);
    size_t offset = bytes_from(c->block, at);
    if (offset >= c->block_bytes && (is_literal_ptr(at) || within(at, c->keep_from, c->keep_to)))
        return;
    term **top = offset < c->mature_bytes ? &c->old_top : &c->top;
    *slot = is_list(t) ? move_cell(at, top) : move_object(at, top);
}

// Words that were moved count as well: their places are looked at one after the other, where they come from nobody has looked.
static NOINLINE void take_turns(struct collection *c)
{
    size_t moved = (size_t)(c->top - c->start) + (size_t)(c->old_top - c->old_start);
    turn_pass(TURN_WORDS + moved - c->told);
    c->told = moved;
}

static inline void forward_few(struct collection *c, term *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        forward(c, words + i);
}

COLD __attribute__((preserve_most)) static void forward_many(struct collection *c, term *words, size_t count)
{
    for (size_t n; count > 0; count -= n, words += n) {
        n = count < TURN_WORDS ? count : TURN_WORDS;
        forward_few(c, words, n);
        take_turns(c);
    }
}

static inline void forward_range(struct collection *c, term *words, size_t count)
{
    if (UNLIKELY(count > TURN_WORDS))
        forward_many(c, words, count);
    else
        forward_few(c, words, count);
}

static NOINLINE term *scan_object(struct collection *c, term *at)
{
    struct layout l = layout_of(*at);
    forward_range(c, at + l.first, l.count);
    return at + 1 + header_size(*at);
}

// The elements of tuples are words like any others.
static inline term *scan_one(struct collection *c, term *at)
{
    if (!is_header(*at))
        forward(c, at);
    else if (UNLIKELY(header_kind(*at) != KIND_TUPLE))
        return scan_object(c, at);
    return at + 1;
}

static NOINLINE term *scan_in_turns(struct collection *c, term *at, term *const *top)
{
    while (at < *top) {
        const term *to = at + TURN_WORDS;
        while (at < *top && at < to)
            at = scan_one(c, at);
        if (at >= to)
            take_turns(c);
    }
    return at;
}

static term *scan_until(struct collection *c, term *at, term *const *top)
{
    if (UNLIKELY(c->in_turns))
        return scan_in_turns(c, at, top);
    while (at < *top)
        at = scan_one(c, at);
    return at;
}

static void scan_all(struct collection *c)
{
    term *young = c->start, *old = c->old_start;
    while (young < c->top || old < c->old_top) {
        young = scan_until(c, young, &c->top);
        old = scan_until(c, old, &c->old_top);
    }
}

// Puts the survivors of a chain of shared binaries on the chains of where they went, and drops the others.
static void sweep(struct collection *c, term *object, term **young, term **old)
{
    for (size_t steps = 0; object; turn_step(&steps)) {
        term *next = (term *)(uintptr_t)object[3];
        if (is_boxed(object[0])) {
            term *to = boxed_ptr(object[0]);
            term **chain = within(to, c->old_start, c->old_top) ? old : young;
            to[3] = (term)(uintptr_t)*chain;
            *chain = to;
        } else {
            shared_drop((struct shared *)(uintptr_t)object[2]);
        }
        object = next;
    }
}

// Block sizes grow by half, so that heaps of similar size fall into few sizes.
size_t heap_next_size(size_t size)
{
    return size + size / 2 + 1;
}

static size_t fitting(size_t words)
{
    size_t size = CONFIG_FIRST_HEAP;
    while (size < words)
        size = heap_next_size(size);
    return CONFIG_STRESS ? words : size;
}

static size_t stack_words(const struct heap *h)
{
    return (size_t)(h->end - heap_stack(h));
}

// Moves the stack to the end of a new block and makes the block the heap's; the old one is the caller's to free.
static void switch_block(struct heap *h, term *block, size_t size, const struct collection *c)
{
    size_t stack = stack_words(h);
    copy_words(block + size - stack, heap_stack(h), stack);
    h->start = block;
    h->top = c->top;
    h->end = block + size;
    heap_set_stack(h, h->end - stack);
}

static void forward_roots(struct collection *c, struct heap *h, const struct root *roots, size_t root_count)
{
    forward_range(c, heap_stack(h), stack_words(h));
    for (size_t i = 0; i < root_count; i++)
        forward_range(c, roots[i].words, roots[i].count);
}

static void free_fragments(struct heap *h)
{
    size_t steps = 0;
    for (struct fragment *f = h->fragments, *next; f; f = next, turn_step(&steps)) {
        next = f->next;
        ENSURE(!f->shared);
        fragment_free(f);
    }
    h->fragments = NULL;
    h->fragment_words = 0;
}

static void free_block(term *block, size_t words)
{
    if (CONFIG_STRESS)
        memset(block, 0xA5, words * sizeof *block);
    mem_free(block, words * sizeof *block);
}

// Runs a prepared collection into a new young block of `size` words.
static size_t run(struct heap *h, struct collection *c, size_t size, const struct root *roots, size_t root_count)
{
    term *from = h->start;
    size_t from_size = (size_t)(h->end - h->start);
    term *block = mem_alloc(size * sizeof *block);
    c->start = c->top = block;
    c->in_turns = turn_under_way();
    c->block = from;
    c->block_bytes = from_size * sizeof *from;
    forward_roots(c, h, roots, root_count);
    scan_all(c);
    term *young_chain = NULL, *old_chain = h->old ? h->old->shared : NULL;
    sweep(c, h->shared, &young_chain, &old_chain);
    h->shared = young_chain;
    if (h->old)
        h->old->shared = old_chain;
    switch_block(h, block, size, c);
    h->shared_bytes = 0;
    free_fragments(h);
    free_block(from, from_size);
    return (size_t)(c->top - c->start) + (size_t)(c->old_top - c->old_start);
}

static void old_open(struct heap *h, size_t words)
{
    h->old = mem_alloc(sizeof *h->old);
    term *block = mem_alloc(words * sizeof *block);
    *h->old = (struct old_heap){block, block, block + words, NULL};
}

static void old_close(struct heap *h)
{
    if (!h->old)
        return;
    free_block(h->old->start, (size_t)(h->old->end - h->old->start));
    mem_free(h->old, sizeof *h->old);
    h->old = NULL;
}

static size_t max_of(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t used_words(const struct heap *h)
{
    size_t words = (size_t)(h->top - h->start);
    for (const struct fragment *f = h->fragments; f; f = f->next)
        words += f->used;
    return words;
}

// The size that the block keeps if its terms let it: the present one, but more for a busy process. A loop that builds 8
// words a turn and keeps the last ones takes 9 ns a turn, not 41.
static size_t usual_size(const struct heap *h)
{
    size_t size = (size_t)(h->end - h->start);
    bool busy = !CONFIG_STRESS && h->young_collections >= BUSY_AFTER;
    return busy ? max_of(size, BUSY_WORDS) : size;
}

// A block that holds all that may survive.
static size_t young_size(const struct heap *h, size_t survivors)
{
    size_t least = survivors + stack_words(h) + CONFIG_STACK_RESERVE;
    size_t size = usual_size(h);
    return least <= size ? size : fitting(least);
}

static size_t collect_young(struct heap *h, const struct root *roots, size_t root_count)
{
    size_t mature = (size_t)(h->high - h->start);
    struct collection c = {.mature_bytes = mature * sizeof(term)};
    if (!h->old && mature)
        old_open(h, fitting(mature * OLD_SLACK));
    if (h->old) {
        c.keep_from = h->old->start;
        c.keep_to = h->old->top;
        c.old_start = c.old_top = h->old->top;
    }
    size_t moved = run(h, &c, young_size(h, used_words(h) - mature), roots, root_count);
    if (h->old)
        h->old->top = c.old_top;
    h->young_collections++;
    return moved;
}

// Everything, old block included, into one young block of at least `size` words.
static size_t collect_into(struct heap *h, const struct root *roots, size_t root_count, size_t size)
{
    struct collection c = {.mature_bytes = 0};
    if (h->old && h->old->shared) {
        term *last = h->old->shared;
        while (last[3])
            last = (term *)(uintptr_t)last[3];
        last[3] = (term)(uintptr_t)h->shared;
        h->shared = h->old->shared;
        h->old->shared = NULL;
    }
    size_t moved = run(h, &c, size, roots, root_count);
    old_close(h);
    h->young_collections = 0;
    return moved;
}

static size_t collect_full(struct heap *h, const struct root *roots, size_t root_count)
{
    size_t old = h->old ? (size_t)(h->old->top - h->old->start) : 0;
    return collect_into(h, roots, root_count, young_size(h, used_words(h) + old));
}

// The old block is full; or so much was collected since the last full collection that one more costs little beside it, and
// gives back what has died in the old block.
static bool must_be_full(const struct heap *h)
{
    size_t mature = (size_t)(h->high - h->start);
    if (h->young_collections >= FULL_AFTER)
        return true;
    if (!h->old)
        return false;
    size_t passed = (size_t)(h->end - h->start) * h->young_collections;
    size_t size = max_of((size_t)(h->old->end - h->old->start), PASSED_WORDS);
    return (size_t)(h->old->end - h->old->top) < mature || passed / PASSED_FULL > size;
}

// A second move of the young block alone, when it came out too small or far too large. Costs the live words only.
static size_t resize(struct heap *h, const struct root *roots, size_t root_count, size_t size)
{
    struct collection c = {.mature_bytes = 0};
    if (h->old) {
        c.keep_from = h->old->start;
        c.keep_to = h->old->top;
    }
    return run(h, &c, size, roots, root_count);
}

// `usual` is what usual_size was: room taken for fragments whose terms then did not survive is given back.
static size_t settle(struct heap *h, const struct root *roots, size_t root_count, size_t need, bool full, size_t usual)
{
    size_t size = (size_t)(h->end - h->start);
    size_t least = (size_t)(h->top - h->start) + stack_words(h) + CONFIG_STACK_RESERVE + need;
    bool exact = CONFIG_STRESS && least <= CONFIG_EXACT_WORDS;
    size_t good = exact ? least : fitting(least * 3 / 2);
    bool small = least > size || (!exact && least * 4 > size * 3);
    bool large = full && size > SHRINK_WORDS && least * 4 < size;
    if (small || large)
        return resize(h, roots, root_count, good);
    if (size > max_of(good, usual))
        return resize(h, roots, root_count, max_of(good, usual));
    return 0;
}

size_t heap_collect_words(const struct heap *h, bool full)
{
    size_t words = (size_t)(h->top - h->start) + h->fragment_words + stack_words(h);
    return h->old && (full || must_be_full(h)) ? words + (size_t)(h->old->top - h->old->start) : words;
}

size_t heap_collect(struct heap *h, const struct root *roots, size_t root_count, size_t need, bool full)
{
    size_t usual = usual_size(h);
    full = full || must_be_full(h);
    size_t moved = full ? collect_full(h, roots, root_count) : collect_young(h, roots, root_count);
    moved += settle(h, roots, root_count, need, full, usual);
    h->high = h->top;
    if (CONFIG_STRESS)
        heap_verify(h, roots, root_count);
    return moved;
}
