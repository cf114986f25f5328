// SPDX-License-Identifier: Apache-2.0
#include "term/big.h"

#include "base/die.h"
#include "base/memory.h"
#include "base/offload.h"
#include "base/os.h"
#include "term/atom.h"

#include <gmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

_Static_assert(sizeof(mp_limb_t) == sizeof(word) && GMP_NAIL_BITS == 0, "limbs are whole words");

// Room in which GMP calculates. A thread that ends leaves what it freed in an arena of malloc's, which nobody empties: what is large
// is the system's again at once. In the 68 ms of a product of two numbers of 1.25 MB the difference can't be seen.

enum { MAPPED_LEAST = 128 * 1024 };

static void *room_take(size_t bytes)
{
    void *room = bytes < MAPPED_LEAST ? malloc(bytes)
                                      : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (UNLIKELY(!room || room == MAP_FAILED))
        die("no memory for %zu bytes", bytes);
    return room;
}

static void room_give(void *room, size_t bytes)
{
    if (bytes < MAPPED_LEAST)
        free(room);
    else
        munmap(room, bytes);
}

static void *room_resize(void *room, size_t old_bytes, size_t new_bytes)
{
    void *moved = room_take(new_bytes);
    memcpy(moved, room, old_bytes < new_bytes ? old_bytes : new_bytes);
    room_give(room, old_bytes);
    return moved;
}

void big_open(void)
{
    if (os_process_is_ours)
        mp_set_memory_functions(room_take, room_resize, room_give);
}

word *scratch_take(struct scratch *s, size_t words)
{
    s->n = words;
    s->words = words <= SCRATCH_LOCAL ? s->local : mem_alloc(words * sizeof(word));
    return s->words;
}

void scratch_give(struct scratch *s)
{
    if (s->words != s->local)
        mem_free(s->words, s->n * sizeof(word));
}

void magnitude_of(term integer, struct magnitude *m)
{
    if (is_small(integer)) {
        sword value = small_value(integer);
        m->negative = value < 0;
        m->single = value < 0 ? -(word)value : (word)value;
        m->limbs = &m->single;
        m->n = value != 0;
        return;
    }
    const term *object = boxed_ptr(integer);
    m->negative = header_kind(object[0]) == KIND_BIG_NEG;
    m->limbs = object + 1;
    m->n = header_size(object[0]);
}

int magnitude_compare(const struct magnitude *a, const struct magnitude *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    return a->n == 0 ? 0 : mpn_cmp(a->limbs, b->limbs, (mp_size_t)a->n);
}

term *big_alloc(struct heap *h, size_t limbs)
{
    return heap_alloc(h, 1 + limbs);
}

// The last words of the heap's latest object are not needed. In a fragment they stay, as a dead object.
static void give_back(struct heap *h, term *object, size_t asked, size_t used)
{
    if (asked == used)
        return;
    if (object >= h->start && object + asked == h->top)
        h->top = object + used;
    else
        object[used] = header(KIND_BIG, asked - used - 1);
}

static bool limb_fits_small(word limb, bool negative)
{
    return limb <= (word)SMALL_MAX_VALUE + negative;
}

static term small_of(word limb, bool negative)
{
    return small(negative ? -(sword)limb : (sword)limb);
}

term big_finish(struct heap *h, term *object, size_t asked, size_t filled, bool negative, term *why)
{
    while (filled > 0 && object[filled] == 0)
        filled--;
    if (filled == 0 || (filled == 1 && limb_fits_small(object[1], negative))) {
        term result = filled == 0 ? small(0) : small_of(object[1], negative);
        give_back(h, object, 1 + asked, 0);
        return result;
    }
    if (filled > CONFIG_MAX_BIG_LIMBS) {
        give_back(h, object, 1 + asked, 0);
        *why = ATOM_system_limit;
        return NONE;
    }
    object[0] = header(negative ? KIND_BIG_NEG : KIND_BIG, filled);
    give_back(h, object, 1 + asked, 1 + filled);
    return boxed_term(object);
}

term big_from_limb(struct heap *h, word limb, bool negative)
{
    if (limb_fits_small(limb, negative))
        return small_of(limb, negative);
    term *object = heap_alloc(h, 2);
    object[0] = header(negative ? KIND_BIG_NEG : KIND_BIG, 1);
    object[1] = limb;
    return boxed_term(object);
}

term big_from_limbs2(struct heap *h, word low, word high, bool negative)
{
    if (high == 0)
        return big_from_limb(h, low, negative);
    term *object = heap_alloc(h, 3);
    object[0] = header(negative ? KIND_BIG_NEG : KIND_BIG, 2);
    object[1] = low;
    object[2] = high;
    return boxed_term(object);
}

term big_add(struct heap *h, const struct magnitude *a, const struct magnitude *b, bool subtract, term *why)
{
    bool b_negative = b->negative != subtract;
    bool a_larger = magnitude_compare(a, b) >= 0;
    const struct magnitude *large = a_larger ? a : b, *little = a_larger ? b : a;
    bool negative = a_larger ? a->negative : b_negative;
    size_t asked = large->n + 1;
    term *object = big_alloc(h, asked);
    if (a->negative == b_negative)
        object[asked] = mpn_add(object + 1, large->limbs, (mp_size_t)large->n, little->limbs, (mp_size_t)little->n);
    else
        object[asked] = mpn_sub(object + 1, large->limbs, (mp_size_t)large->n, little->limbs, (mp_size_t)little->n);
    return big_finish(h, object, asked, asked, negative, why);
}

// What takes long is done by another thread, while others have their turn.

struct calculation {
    word *result, *rest;
    const word *a, *b;
    size_t a_limbs, b_limbs;
};

static void multiply(void *room)
{
    struct calculation *c = room;
    if (c->a == c->b && c->a_limbs == c->b_limbs)
        mpn_sqr(c->result, c->a, (mp_size_t)c->a_limbs);
    else
        mpn_mul(c->result, c->a, (mp_size_t)c->a_limbs, c->b, (mp_size_t)c->b_limbs);
}

static void divide(void *room)
{
    struct calculation *c = room;
    mpn_tdiv_qr(c->result, c->rest, 0, c->a, (mp_size_t)c->a_limbs, c->b, (mp_size_t)c->b_limbs);
}

void big_calculate(void (*calculate)(void *room), void *room, size_t n, size_t m)
{
    if (big_is_long(n, m))
        offload(calculate, room);
    else
        calculate(room);
}

term big_multiply(struct heap *h, const struct magnitude *a, const struct magnitude *b, term *why)
{
    const struct magnitude *large = a->n >= b->n ? a : b, *little = a->n >= b->n ? b : a;
    size_t asked = a->n + b->n;
    if (asked - 1 > CONFIG_MAX_BIG_LIMBS) {
        *why = ATOM_system_limit;
        return NONE;
    }
    term *object = big_alloc(h, asked);
    struct calculation c = {
        .result = object + 1, .a = large->limbs, .b = little->limbs, .a_limbs = large->n, .b_limbs = little->n};
    big_calculate(multiply, &c, large->n, little->n);
    return big_finish(h, object, asked, asked, a->negative != b->negative, why);
}

static void divide_by(const struct magnitude *a, const struct magnitude *b, word *quotient, word *rest)
{
    struct calculation c = {
        .result = quotient, .rest = rest, .a = a->limbs, .b = b->limbs, .a_limbs = a->n, .b_limbs = b->n};
    big_calculate(divide, &c, a->n - b->n + 1, b->n);
}

term big_quotient(struct heap *h, const struct magnitude *a, const struct magnitude *b, term *why)
{
    size_t asked = a->n - b->n + 1;
    term *object = big_alloc(h, asked);
    if (b->n == 1) {
        mpn_divrem_1(object + 1, 0, a->limbs, (mp_size_t)a->n, b->limbs[0]);
    } else {
        struct scratch s;
        divide_by(a, b, object + 1, scratch_take(&s, b->n));
        scratch_give(&s);
    }
    return big_finish(h, object, asked, asked, a->negative != b->negative, why);
}

term big_remainder(struct heap *h, const struct magnitude *a, const struct magnitude *b, term *why)
{
    if (b->n == 1)
        return big_from_limb(h, mpn_mod_1(a->limbs, (mp_size_t)a->n, b->limbs[0]), a->negative);
    struct scratch s;
    word *quotient = scratch_take(&s, a->n - b->n + 1);
    term *object = big_alloc(h, b->n);
    divide_by(a, b, quotient, object + 1);
    scratch_give(&s);
    return big_finish(h, object, b->n, b->n, a->negative, why);
}

term big_copy(struct heap *h, const struct magnitude *a, bool negative, term *why)
{
    term *object = big_alloc(h, a->n);
    memcpy(object + 1, a->limbs, a->n * sizeof(word));
    return big_finish(h, object, a->n, a->n, negative, why);
}

// Limb i of the two's complement of m; limbs are asked for in order, *borrow starts as 1.
static inline word complement_limb(const struct magnitude *m, size_t i, word *borrow)
{
    word limb = i < m->n ? m->limbs[i] : 0;
    if (!m->negative)
        return limb;
    limb = ~limb + *borrow;
    *borrow &= limb == 0;
    return limb;
}

static inline word bitwise_limb(enum bitwise op, word a, word b)
{
    switch (op) {
    case BITWISE_AND:
        return a & b;
    case BITWISE_OR:
        return a | b;
    case BITWISE_XOR:
        return a ^ b;
    }
    return 0;
}

term big_bitwise(struct heap *h, enum bitwise op, const struct magnitude *a, const struct magnitude *b, term *why)
{
    size_t asked = (a->n > b->n ? a->n : b->n) + 1;
    bool negative = bitwise_limb(op, a->negative, b->negative);
    term *object = big_alloc(h, asked);
    word a_borrow = 1, b_borrow = 1, borrow = 1;
    for (size_t i = 0; i < asked; i++) {
        word limb = bitwise_limb(op, complement_limb(a, i, &a_borrow), complement_limb(b, i, &b_borrow));
        if (negative) {
            limb = ~limb + borrow;
            borrow &= limb == 0;
        }
        object[1 + i] = limb;
    }
    return big_finish(h, object, asked, asked, negative, why);
}

term big_not(struct heap *h, const struct magnitude *a, term *why)
{
    size_t asked = a->n + 1;
    term *object = big_alloc(h, asked);
    if (a->negative)
        object[asked] = mpn_sub_1(object + 1, a->limbs, (mp_size_t)a->n, 1);
    else
        object[asked] = mpn_add_1(object + 1, a->limbs, (mp_size_t)a->n, 1);
    return big_finish(h, object, asked, asked, !a->negative, why);
}

term big_shift_left(struct heap *h, const struct magnitude *a, size_t bits, term *why)
{
    size_t whole = bits / 64;
    if (whole > CONFIG_MAX_BIG_LIMBS || a->n + whole > CONFIG_MAX_BIG_LIMBS) {
        *why = ATOM_system_limit;
        return NONE;
    }
    size_t asked = a->n + whole + 1;
    term *object = big_alloc(h, asked);
    memset(object + 1, 0, whole * sizeof(word));
    if (bits % 64 == 0) {
        memcpy(object + 1 + whole, a->limbs, a->n * sizeof(word));
        object[asked] = 0;
    } else {
        object[asked] = mpn_lshift(object + 1 + whole, a->limbs, (mp_size_t)a->n, bits % 64);
    }
    return big_finish(h, object, asked, asked, a->negative, why);
}

static bool has_low_bits(const struct magnitude *a, size_t bits)
{
    for (size_t i = 0; i < bits / 64; i++)
        if (a->limbs[i] != 0)
            return true;
    return bits % 64 != 0 && a->limbs[bits / 64] << (64 - bits % 64) != 0;
}

term big_shift_right(struct heap *h, const struct magnitude *a, size_t bits, term *why)
{
    size_t whole = bits / 64;
    if (whole >= a->n)
        return small(a->negative ? -1 : 0);
    size_t left = a->n - whole;
    term *object = big_alloc(h, left + 1);
    if (bits % 64 == 0)
        memcpy(object + 1, a->limbs + whole, left * sizeof(word));
    else
        mpn_rshift(object + 1, a->limbs + whole, (mp_size_t)left, bits % 64);
    object[1 + left] = a->negative && has_low_bits(a, bits) ? mpn_add_1(object + 1, object + 1, (mp_size_t)left, 1) : 0;
    return big_finish(h, object, left + 1, left + 1, a->negative, why);
}
