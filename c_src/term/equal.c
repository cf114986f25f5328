// SPDX-License-Identifier: Apache-2.0
// =:=, apart from the order of terms because it needs less: no order of keys, and tries of equal keys have equal shape.
#include "base/die.h"
#include "base/turn.h"
#include "term/binary.h"
#include "term/compare.h"
#include "term/fun.h"
#include "term/ident.h"
#include "term/work.h"

#include <string.h>

static bool equal_words(term a, term b)    // objects of words that are no terms
{
    const term *x = boxed_ptr(a), *y = boxed_ptr(b);
    return x[0] == y[0] && memcmp(x, y, (header_size(x[0]) + 1) * sizeof(term)) == 0;
}

static int equal_bits(term a, term b, bool soon)
{
    if (!is_bitstring(b))
        return 0;
    struct bits x = bits_of(a), y = bits_of(b);
    if (x.size != y.size)
        return 0;
    return soon && x.size > COMPARE_BITS ? COMPARE_LATER : bits_compare(x, y) == 0;
}

static bool equal_rows(struct work *w, const term *a, const term *b, size_t n)
{
    if (n > 0)
        work_push(w, 0, a, b, n);
    return true;
}

static bool equal_objects(struct work *w, term a, term b)    // with the same header; all words after it are terms
{
    const term *x = boxed_ptr(a), *y = boxed_ptr(b);
    return x[0] == y[0] && equal_rows(w, x + 1, y + 1, header_size(x[0]));
}

static bool equal_funs(struct work *w, term a, term b)
{
    if (!is_kind(b, KIND_FUN))
        return false;
    const struct fun_entry *x = fun_entry_of(a), *y = fun_entry_of(b);
    return x->module == y->module && x->index == y->index && x->old_unique == y->old_unique && x->free == y->free &&
           equal_rows(w, fun_free(a), fun_free(b), x->free);
}

// Runs over two lists as long as their heads are the same words, and leaves the rest to the walk.
static bool equal_lists(struct work *w, term a, term b)
{
    for (size_t steps = 0;;) {
        const term *x = list_ptr(a), *y = list_ptr(b);
        if (x[0] != y[0]) {
            if (is_immediate(x[0]) || is_immediate(y[0]))
                return false;
            return equal_rows(w, x, y, 2);
        }
        a = x[1];
        b = y[1];
        if (a == b)
            return true;
        if (!is_list(a) || !is_list(b))
            return equal_rows(w, &x[1], &y[1], 1);
        if (UNLIKELY(++steps == TURN_STRIDE)) {
            turn_pass(TURN_STRIDE);
            return equal_rows(w, &x[1], &y[1], 1);
        }
    }
}

// Compares what two terms are outside; what is inside goes on the stack.
static int equal_pair(struct work *w, term a, term b, bool soon)
{
    if (is_immediate(a) || is_immediate(b) || term_tag(a) != term_tag(b))
        return false;
    switch (kind_of(a)) {
    case KIND_LIST:
        return equal_lists(w, a, b);
    case KIND_TUPLE:
    case KIND_MAP:
    case KIND_TRIE:
        return equal_objects(w, a, b);
    case KIND_BIG:
    case KIND_BIG_NEG:
    case KIND_EXPORT:
    case KIND_FOREIGN_PID:
    case KIND_FOREIGN_PORT:
        return equal_words(a, b);
    case KIND_REF:
    case KIND_FOREIGN_REF:
        return is_ref(b) && ref_equal(a, b);
    case KIND_FUN:
        return equal_funs(w, a, b);
    case KIND_FLOAT:
        return is_float(b) && float_value(a) == float_value(b);
    case KIND_REFC_BIN:
    case KIND_HEAP_BIN:
    case KIND_SUB_BIN:
        return equal_bits(a, b, soon);
    case KIND_SMALL:
    case KIND_ATOM:
    case KIND_NIL:
    case KIND_PID:
    case KIND_MATCH:
    case KIND_COUNT:
        break;
    }
    die("comparing a word that is no term: %llx", (unsigned long long)a);
}

static inline int equal_walk(struct work *w, bool soon)
{
    for (size_t steps = 0; w->count > 0;) {
        if (UNLIKELY(++steps % TURN_STRIDE == 0)) {
            if (soon && steps >= COMPARE_STEPS)
                return COMPARE_LATER;
            if (turn_pass(TURN_STRIDE))
                return 0;
        }
        struct span *s = work_top(w);
        term a = *s->at++, b = *s->with++;
        if (--s->left == 0)
            w->count--;
        int equal = a == b ? 1 : equal_pair(w, a, b, soon);
        if (equal != 1)
            return equal;
    }
    return 1;
}

static inline int equal(term a, term b, bool soon)
{
    struct work w;
    work_init(&w);
    int result = equal_pair(&w, a, b, soon);
    if (result == 1)
        result = equal_walk(&w, soon);
    work_done(&w);
    return result;
}

bool term_equal_slow(term a, term b)
{
    return equal(a, b, false) == 1;
}

int term_equal_soon(term a, term b)
{
    return equal(a, b, true);
}
