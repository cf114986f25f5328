// SPDX-License-Identifier: Apache-2.0
// Integers of any size as sign and magnitude, on GMP's mpn layer. For term/'s own files about numbers; others use
// term/number.h. A struct magnitude is a view of an integer term, small ones included; it borrows the term's limbs.
// Results are built on the heap: an object with room for the most limbs the result may have, then big_finish, which
// makes it a small integer if it fits, gives the surplus back, and refuses more than CONFIG_MAX_BIG_LIMBS limbs: NONE,
// and ATOM_system_limit in *why.
#ifndef TANDEM_TERM_BIG_H
#define TANDEM_TERM_BIG_H

#include "term/heap.h"

struct magnitude {
    const word *limbs;    // least significant first, the top one not 0; may point to `single`: never copy the struct
    size_t n;             // 0 for zero
    bool negative;
    word single;
};

void big_open(void);    // once, before threads are started

void magnitude_of(term integer, struct magnitude *m);
int magnitude_compare(const struct magnitude *a, const struct magnitude *b);    // signs ignored

// Bits of the magnitude, without leading zeros.
static inline size_t magnitude_bits(const struct magnitude *m)
{
    return m->n == 0 ? 0 : m->n * 64 - (size_t)__builtin_clzll(m->limbs[m->n - 1]);
}

// An object for up to `limbs` limbs; object[1..limbs] is the caller's to fill. big_finish takes how many were asked for
// and how many are filled.
term *big_alloc(struct heap *h, size_t limbs);
term big_finish(struct heap *h, term *object, size_t asked, size_t filled, bool negative, term *why);

// The term of one limb or two.
term big_from_limb(struct heap *h, word limb, bool negative);
term big_from_limbs2(struct heap *h, word low, word high, bool negative);

// Neither operand may be zero.
term big_add(struct heap *h, const struct magnitude *a, const struct magnitude *b, bool subtract, term *why);
term big_multiply(struct heap *h, const struct magnitude *a, const struct magnitude *b, term *why);

// Towards zero; |a| >= |b|, b is not zero.
term big_quotient(struct heap *h, const struct magnitude *a, const struct magnitude *b, term *why);
term big_remainder(struct heap *h, const struct magnitude *a, const struct magnitude *b, term *why);

// Calls calculate(room); inside a turn others have theirs meanwhile if it takes long: longer than multiplying by hand numbers of n and m
// limbs.
void big_calculate(void (*calculate)(void *room), void *room, size_t n, size_t m);
enum { BIG_LONG = CONFIG_STRESS ? 8 : 1 << 20 };    // products of limbs, that is well below a millisecond

static inline bool big_is_long(size_t n, size_t m)
{
    return n * m > BIG_LONG;
}

term big_copy(struct heap *h, const struct magnitude *a, bool negative, term *why);

// On two's complement of any width.
enum bitwise { BITWISE_AND, BITWISE_OR, BITWISE_XOR };
term big_bitwise(struct heap *h, enum bitwise op, const struct magnitude *a, const struct magnitude *b, term *why);
term big_not(struct heap *h, const struct magnitude *a, term *why);
term big_shift_left(struct heap *h, const struct magnitude *a, size_t bits, term *why);     // a is not zero
term big_shift_right(struct heap *h, const struct magnitude *a, size_t bits, term *why);    // rounds down

// Words beside the heap for intermediate results; few are on the C stack, more in a block.
enum { SCRATCH_LOCAL = 32 };
struct scratch {
    word *words;
    size_t n;
    word local[SCRATCH_LOCAL];
};

word *scratch_take(struct scratch *s, size_t words);
void scratch_give(struct scratch *s);

#endif
