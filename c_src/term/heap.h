// SPDX-License-Identifier: Apache-2.0
// Where compound terms live: a process, a message, a module's literals each own a struct heap.
// A heap is a block of words filled from `start` to `top`, up to `limit`. heap_alloc never collects and never fails: when the
// block is full it takes a fragment, and the next collection moves the fragment's live terms into the block. So code that
// builds terms holds plain C variables and needs no roots; only functions that take a struct proc may collect.
// In a process the stack grows down from `end` towards `top`, and `limit` is CONFIG_STACK_RESERVE words below the stack.
// Shared binaries of a heap (and of each fragment) hang on a chain through their own words (term/binary.h), so that whoever
// frees the heap can drop them. Old generation: objects that survived two collections, in a block of their own.
// Owned by one thread at a time: whoever runs the process, or whoever builds the message.
#ifndef TANDEM_TERM_HEAP_H
#define TANDEM_TERM_HEAP_H

#include "base/config.h"
#include "base/types.h"
#include "term/term.h"

// A block of exactly `size` words beside a heap: a message's terms, or what did not fit.
struct fragment {
    struct fragment *next;
    term *shared;     // chain of the shared binaries in it, NULL at the end
    uint32_t size;    // words in the block
    uint32_t used;    // words that hold terms
    term words[];
};

struct old_heap {
    term *start, *top, *end;
    term *shared;
};

struct heap {
    term *start, *top, *limit, *end;
    term *high;                    // words below survived a collection
    struct old_heap *old;          // NULL until something is old
    struct fragment *fragments;    // newest first; only the newest has room
    term *shared;                  // chain of the shared binaries in the block and its fragments built here
    uint32_t fragment_words;       // in all fragments
    uint32_t young_collections;    // since the last full one
    size_t shared_bytes;           // of shared binaries since the last collection, for deciding when to collect
};

// An empty heap of its own block. heap_done frees everything, shared binaries included.
void heap_init(struct heap *h, size_t words);
void heap_done(struct heap *h);

struct fragment *fragment_new(size_t words);
void fragment_free(struct fragment *f);    // drops its shared binaries too

// A heap over an empty fragment, to build into; it must not grow beyond it. close hands the contents back to the fragment.
void heap_over_fragment(struct heap *h, struct fragment *f);
void heap_close_fragment(struct heap *h, struct fragment *f);

// Makes a fragment part of the heap, which owns it from then on: how a received message becomes the receiver's.
void heap_adopt(struct heap *h, struct fragment *f);

term *heap_alloc_slow(struct heap *h, size_t words);

// Words for one or several objects, uninitialised; the caller fills them before anything can collect.
static inline term *heap_alloc(struct heap *h, size_t words)
{
    if (LIKELY(h->top <= h->limit && (size_t)(h->limit - h->top) >= words)) {
        term *room = h->top;
        h->top += words;
        return room;
    }
    return heap_alloc_slow(h, words);
}

// The stack of a process's heap: its lowest used word.
static inline term *heap_stack(const struct heap *h)
{
    return h->limit + CONFIG_STACK_RESERVE;
}

static inline void heap_set_stack(struct heap *h, term *stack)
{
    h->limit = stack - CONFIG_STACK_RESERVE;
}

static inline term cons(struct heap *h, term first, term rest)
{
    term *cell = heap_alloc(h, 2);
    cell[0] = first;
    cell[1] = rest;
    return list_term(cell);
}

// A tuple of `arity` elements that the caller fills.
static inline term tuple_alloc(struct heap *h, size_t arity)
{
    term *object = heap_alloc(h, arity + 1);
    object[0] = header(KIND_TUPLE, arity);
    return boxed_term(object);
}

term tuple2(struct heap *h, term a, term b);
term tuple3(struct heap *h, term a, term b, term c);
term tuple4(struct heap *h, term a, term b, term c, term d);
term tuple_of(struct heap *h, size_t arity, const term *elements);
term list_of(struct heap *h, size_t length, const term *elements, term rest);
term float_term(struct heap *h, double value);

// Literals live in one reserved range of addresses, so that the collector and copies know them by their address alone.
extern word literals_from;    // first address of the range
enum { LITERALS_BYTES_LOG2 = 34 };

static inline bool is_literal_ptr(const void *pointer)
{
    return (word)(uintptr_t)pointer - literals_from < (word)1 << LITERALS_BYTES_LOG2;
}

void literals_open(void);                       // once, before any heap
void literals_close(void);                      // all of them
struct fragment *literals_new(size_t words);    // a fragment in the range: fill it once, never changed afterwards
void literals_free(struct fragment *f);

// Proper list length, or -1 for anything else.
sword list_length(term t);

#endif
