// SPDX-License-Identifier: Apache-2.0
// Order and equality of terms: number < atom < reference < fun < port < pid < tuple < map < nil < list < bit string.
// term_equal is =:=, term_compare the order of == and < (1 == 1.0), term_compare_exact the order of map keys (integers before
// floats). None recurses on the C stack without bound, however deep the terms are; none allocates on a heap.
#ifndef TANDEM_TERM_COMPARE_H
#define TANDEM_TERM_COMPARE_H

#include "base/config.h"
#include "base/turn.h"
#include "term/term.h"

#include <limits.h>

bool term_equal_slow(term a, term b);
int term_compare(term a, term b);    // <0, 0, >0
int term_compare_exact(term a, term b);

// The same, unless it takes long: then they give up, and do so again. Not both are small; neither of those to be equal is an immediate,
// nor are they the same word.
enum { COMPARE_LATER = INT_MIN };
int term_compare_soon(term a, term b);
int term_equal_soon(term a, term b);    // 1, 0

// What takes long: so many steps, each of at most TURN_STRIDE elements of lists, or one of these to begin with.
enum {
    COMPARE_STEPS = CONFIG_STRESS ? TURN_STRIDE : 16 * TURN_STRIDE,
    COMPARE_BITS = 64 * 1024 * 8,
    COMPARE_KEYS = 1000,
};

static inline bool term_equal(term a, term b)
{
    return a == b || (!is_immediate(a) && !is_immediate(b) && term_equal_slow(a, b));
}

static inline bool term_equals(term a, term b)    // ==
{
    return a == b || (!(is_immediate(a) && is_immediate(b)) && term_compare(a, b) == 0);
}

#endif
