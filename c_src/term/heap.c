// SPDX-License-Identifier: Apache-2.0
#include "term/heap.h"

#include "base/die.h"
#include "base/memory.h"
#include "base/turn.h"
#include "term/binary.h"

#include <string.h>

// Words of the fragments that a full heap takes: a quarter of what it has in fragments already, within these limits.
enum { OVERFLOW_MIN = 128, OVERFLOW_MAX = CONFIG_STRESS ? 128 : 32768 };

static size_t fragment_bytes(size_t words)
{
    return sizeof(struct fragment) + words * sizeof(term);
}

struct fragment *fragment_new(size_t words)
{
    struct fragment *f = mem_alloc(fragment_bytes(words));
    f->next = NULL;
    f->shared = NULL;
    f->size = (uint32_t)words;
    f->used = 0;
    return f;
}

void fragment_free(struct fragment *f)
{
    if (f->shared)
        binary_drop_chain(f->shared);
    mem_free(f, fragment_bytes(f->size));
}

void heap_init(struct heap *h, size_t words)
{
    term *block = mem_alloc(words * sizeof *block);
    *h = (struct heap){.start = block, .top = block, .limit = block + words, .end = block + words, .high = block};
}

static void free_fragments(struct fragment *f)
{
    while (f) {
        struct fragment *next = f->next;
        fragment_free(f);
        f = next;
    }
}

void heap_done(struct heap *h)
{
    binary_drop_chain(h->shared);
    free_fragments(h->fragments);
    mem_free(h->start, (size_t)(h->end - h->start) * sizeof(term));
    if (h->old) {
        binary_drop_chain(h->old->shared);
        mem_free(h->old->start, (size_t)(h->old->end - h->old->start) * sizeof(term));
        mem_free(h->old, sizeof *h->old);
    }
    *h = (struct heap){.start = NULL};
}

void heap_over_fragment(struct heap *h, struct fragment *f)
{
    term *from = f->words + f->used;
    term *end = f->words + f->size;
    *h = (struct heap){.start = from, .top = from, .limit = end, .end = end, .high = from};
}

void heap_close_fragment(struct heap *h, struct fragment *f)
{
    ENSURE(!h->fragments);
    f->used = (uint32_t)(h->top - f->words);
    if (h->shared) {
        term *last = h->shared;
        while (last[3])
            last = (term *)(uintptr_t)last[3];
        last[3] = (term)(uintptr_t)f->shared;
        f->shared = h->shared;
    }
}

// The fragment goes behind the newest one, which may still have room for heap_alloc.
void heap_adopt(struct heap *h, struct fragment *f)
{
    if (f->shared) {
        term *last = f->shared;
        h->shared_bytes += last[1];
        while (last[3]) {
            last = (term *)(uintptr_t)last[3];
            h->shared_bytes += last[1];
        }
        last[3] = (term)(uintptr_t)h->shared;
        h->shared = f->shared;
        f->shared = NULL;
    }
    h->fragment_words += f->size;
    f->used = f->size;
    if (h->fragments) {
        f->next = h->fragments->next;
        h->fragments->next = f;
    } else {
        f->next = NULL;
        h->fragments = f;
    }
}

static size_t overflow_size(const struct heap *h, size_t words)
{
    size_t size = h->fragment_words / 4;
    size = size < OVERFLOW_MIN ? OVERFLOW_MIN : size > OVERFLOW_MAX ? OVERFLOW_MAX : size;
    return words > size ? words : size;
}

term *heap_alloc_slow(struct heap *h, size_t words)
{
    struct fragment *f = h->fragments;
    if (!f || f->size - f->used < words) {
        f = fragment_new(overflow_size(h, words));
        f->next = h->fragments;
        h->fragments = f;
        h->fragment_words += f->size;
    }
    term *room = f->words + f->used;
    f->used += (uint32_t)words;
    return room;
}

term tuple2(struct heap *h, term a, term b)
{
    return tuple_of(h, 2, (term[]){a, b});
}

term tuple3(struct heap *h, term a, term b, term c)
{
    return tuple_of(h, 3, (term[]){a, b, c});
}

term tuple4(struct heap *h, term a, term b, term c, term d)
{
    return tuple_of(h, 4, (term[]){a, b, c, d});
}

term tuple_of(struct heap *h, size_t arity, const term *elements)
{
    term t = tuple_alloc(h, arity);
    if (arity)
        memcpy(tuple_elements(t), elements, arity * sizeof *elements);
    return t;
}

term list_of(struct heap *h, size_t length, const term *elements, term rest)
{
    for (size_t steps = 0; length-- > 0; turn_step(&steps))
        rest = cons(h, elements[length], rest);
    return rest;
}

term float_term(struct heap *h, double value)
{
    term *object = heap_alloc(h, 2);
    object[0] = header(KIND_FLOAT, 1);
    memcpy(object + 1, &value, sizeof value);
    return boxed_term(object);
}

sword list_length(term t)
{
    size_t length = 0;
    for (; is_list(t); t = tail(t))
        turn_step(&length);
    return is_nil(t) ? (sword)length : -1;
}
