// SPDX-License-Identifier: Apache-2.0
#include "term/copy.h"

#include "base/memory.h"
#include "base/turn.h"
#include "term/binary.h"
#include "term/fun.h"
#include "term/ident.h"
#include "term/layout.h"

#include <string.h>

// Terms still to be visited: a small array first, then a block that doubles.
struct visits {
    term *at;
    size_t count, capacity;
    term first[CONFIG_STRESS ? 1 : 64];
};

static COLD void grow(struct visits *v)
{
    term *bigger = mem_alloc(v->capacity * 2 * sizeof *bigger);
    memcpy(bigger, v->at, v->count * sizeof *bigger);
    if (v->at != v->first)
        mem_free(v->at, v->capacity * sizeof *v->at);
    v->at = bigger;
    v->capacity *= 2;
}

static inline void push(struct visits *v, term t)
{
    if (UNLIKELY(v->count == v->capacity))
        grow(v);
    v->at[v->count++] = t;
}

static inline bool has_words(term t, bool literals)
{
    return !is_immediate(t) && (literals || !is_literal_ptr((const void *)(uintptr_t)t));
}

// The size of a term. Into the depth it recurs a few times, which takes half the time of a list of visits; what is deeper is
// left for later.
enum { DEEP = CONFIG_STRESS ? 1 : 6 };

struct sizing {
    struct visits later;
    bool literals;    // count
    size_t limit;     // stops once there are more words
    size_t stop;      // words at which it looks up: the limit, or the next turn
    size_t passed;    // words up to the last turn
};

static NOINLINE bool may_go_on(struct sizing *s, size_t words)
{
    if (words > s->limit) {
        s->stop = s->later.count = 0;
        return false;
    }
    turn_pass(words - s->passed);
    s->passed = words;
    s->stop = s->limit - words > TURN_STRIDE ? words + TURN_STRIDE : s->limit;
    return true;
}

static size_t words_below(struct sizing *s, term t, size_t words, unsigned depth);

// A child other than the last.
static inline size_t words_beside(struct sizing *s, term t, size_t words, unsigned depth)
{
    if (!has_words(t, s->literals))
        return words;
    if (LIKELY(depth))
        return words_below(s, t, words, depth - 1);
    push(&s->later, t);
    return words;
}

// Adds the words of a term that has some.
static size_t words_below(struct sizing *s, term t, size_t words, unsigned depth)
{
    do {
        if (UNLIKELY(words > s->stop) && !may_go_on(s, words))
            return words;
        if (is_list(t)) {
            words = words_beside(s, head(t), words + 2, depth);
            t = tail(t);
            continue;
        }
        const term *object = boxed_ptr(t), *at = object, *last;
        words += 1 + header_size(object[0]);
        if (LIKELY(header_kind(object[0]) == KIND_TUPLE)) {
            last = object + header_size(object[0]);
        } else {
            struct layout l = layout_of(object[0]);
            at += l.first - 1;
            last = at + l.count;
        }
        if (at == last)
            return words;
        while (++at < last)
            words = words_beside(s, *at, words, depth);
        t = *last;
    } while (has_words(t, s->literals));
    return words;
}

// The most frequent term of a signal that is no message.
static inline bool is_plain_ref(term t)
{
    return is_boxed(t) && boxed_ptr(t)[0] == header(KIND_REF, REF_WORDS - 1);
}

// Most messages are small tuples of immediate terms. Their words; 0: it is something else. Knowing them takes 4 % off Savina's "big".
enum { FLAT_MAX = 8 };

static inline size_t flat_words(term t)
{
    if (!is_boxed(t))
        return 0;
    const term *object = boxed_ptr(t);
    size_t arity = header_size(object[0]);
    if (header_kind(object[0]) != KIND_TUPLE || arity > FLAT_MAX)
        return 0;
    for (size_t i = 1; i <= arity; i++)
        if (!is_immediate(object[i]))
            return 0;
    return 1 + arity;
}

static size_t words_within(term t, bool literals, size_t limit)
{
    struct sizing s;
    if (is_plain_ref(t))
        return REF_WORDS;
    if (!has_words(t, literals))
        return 0;
    size_t flat = flat_words(t);
    if (flat)
        return flat;
    s.literals = literals;
    s.limit = limit;
    s.passed = 0;
    s.stop = limit < TURN_STRIDE ? limit : TURN_STRIDE;
    s.later.at = s.later.first;
    s.later.count = 0;
    s.later.capacity = COUNT_OF(s.later.first);
    size_t words = words_below(&s, t, 0, DEEP);
    while (s.later.count)
        words = words_below(&s, s.later.at[--s.later.count], words, DEEP);
    if (s.later.at != s.later.first)
        mem_free(s.later.at, s.later.capacity * sizeof *s.later.at);
    return words;
}

// A term that shares its parts may be larger than any memory when it is copied: then the sum is some number above what there is.
static size_t words_of(term t, bool literals)
{
    return words_within(t, literals, mem_limit() / sizeof(term));
}

size_t term_words_within(term t, size_t limit)
{
    return words_within(t, false, limit);
}

bool term_words_exceed(term t, size_t limit)
{
    return words_within(t, false, limit) > limit;
}

size_t term_words(term t)
{
    return words_of(t, false);
}

size_t term_words_flat(term t)
{
    return words_of(t, true);
}

size_t term_words_flat_within(term t, size_t limit)
{
    return words_within(t, true, limit);
}

// The copy's target: words are appended at top, and scanned from the front for pointers into the source.
struct target {
    struct heap *heap;
    word literals_from;    // terms in that range stay where they are
    bool literals;         // are copied as well: nothing is in the range
};

static inline bool stays(const struct target *to, term t)
{
    return is_immediate(t) || (word)t - to->literals_from < (word)1 << LITERALS_BYTES_LOG2;
}

static inline term *move_cell(term *top, const term *cell)
{
    top[0] = cell[0];
    top[1] = cell[1];
    return top + 2;
}

// What else the copy of a binary or fun needs.
static NOINLINE void keep_shared(const struct target *to, term *copy)
{
    if (header_kind(copy[0]) == KIND_REFC_BIN) {
        shared_hold((struct shared *)(uintptr_t)copy[2]);
        binary_chain(to->heap, copy);
    } else if (to->literals && header_kind(copy[0]) == KIND_FUN) {
        fun_entry_keep((struct fun_entry *)(uintptr_t)copy[1]);
    }
}

static inline term *move_object(const struct target *to, term *top, const term *object)
{
    size_t words = 1 + header_size(object[0]);
#pragma clang loop vectorize(disable) unroll(disable)
    for (size_t i = 0; i < words; i++)
        top[i] = object[i];
    if (UNLIKELY(header_kind(top[0]) != KIND_TUPLE))
        keep_shared(to, top);
    return top + words;
}

// Moves what the word at `slot` points to, and tells the new top.
static inline term *move(const struct target *to, term *slot, term *top)
{
    term t = *slot;
    if (stays(to, t))
        return top;
    *slot = (t & 3) | (term)(uintptr_t)top;
    return is_list(t) ? move_cell(top, list_ptr(t)) : move_object(to, top, boxed_ptr(t));
}

// The terms of an object that is no tuple; raw words stand beside them.
static NOINLINE term *scan_object(const struct target *to, term *object, term *top)
{
    struct layout l = layout_of(object[0]);
    size_t steps = 0;
    for (size_t i = l.first; i < l.first + l.count; i++, turn_step(&steps))
        top = move(to, object + i, top);
    return top;
}

// Everything between `at` and the growing top: cells and the elements of tuples are words like any others.
static term *scan(const struct target *to, term *at, term *top)
{
    for (const term *turn = at; at < top;) {
        if (!is_header(*at)) {
            top = move(to, at++, top);
        } else if (LIKELY(header_kind(*at) == KIND_TUPLE)) {
            at++;
        } else {
            top = scan_object(to, at, top);
            at += 1 + header_size(*at);
        }
        if (UNLIKELY(at - turn >= TURN_STRIDE)) {
            turn_pass((size_t)(at - turn));
            turn = at;
        }
    }
    return top;
}

static term copy(struct heap *h, term t, size_t words, bool literals)
{
    if (!words)
        return t;
    term *room = heap_alloc(h, words);
    if (is_plain_ref(t) || flat_words(t)) {
        const term *object = boxed_ptr(t);
#pragma clang loop vectorize(disable) unroll(disable)
        for (size_t i = 0; i < words; i++)
            room[i] = object[i];
        return boxed_term(room);
    }
    struct target to = {h, literals ? (word)0 - ((word)1 << LITERALS_BYTES_LOG2) : literals_from, literals};
    term *top = scan(&to, room, move(&to, &t, room));
    ENSURE(top == room + words);
    return t;
}

term term_copy(struct heap *h, term t)
{
    return copy(h, t, words_of(t, false), false);
}

term term_copy_sized(struct heap *h, term t, size_t words)
{
    return copy(h, t, words, false);
}

term term_copy_literals(struct heap *h, term t, size_t words)
{
    return copy(h, t, words, true);
}

struct fragment *term_to_fragment(term t, term *result)
{
    size_t words = term_words_flat(t);
    *result = t;
    if (!words)
        return NULL;
    struct fragment *f = fragment_new(words);
    struct heap h;
    heap_over_fragment(&h, f);
    *result = copy(&h, t, words, true);
    heap_close_fragment(&h, f);
    return f;
}
