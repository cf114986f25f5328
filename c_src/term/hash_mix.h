// SPDX-License-Identifier: Apache-2.0
// The mixing that term/hash.c and term/hash_portable.c are made of: Bob Jenkins' function of 1996 over three words of
// 32 bits (public domain), and how the BEAM feeds it. The numbers can't be chosen otherwise: phash2 is the same on
// every node.
#ifndef TANDEM_TERM_HASH_MIX_H
#define TANDEM_TERM_HASH_MIX_H

#include "term/binary.h"
#include "term/work.h"

#define MIX_GOLDEN 0x9E3779B9u

// What is mixed, each a multiple of the golden ratio.
enum mix {
    MIX_NUMBER = 1,
    MIX_NIL = 2,
    MIX_ATOM = 3,
    MIX_STRING = 4,
    MIX_PID = 5,
    MIX_PORT = 6,
    MIX_REF = 7,
    MIX_REF_REST = 8,
    MIX_TUPLE = 9,
    MIX_NEGATIVE = 10,
    MIX_POSITIVE = 11,
    MIX_FLOAT = 12,
    MIX_BINARY = 13,
    MIX_FUNCTION = 14,
    MIX_LAST_BITS = 15,
    MIX_MAP = 16,
    MIX_HEAD = 17,
    MIX_TAIL = 18,
    MIX_PAIRS = 19,
    MIX_FUN = 20,
    MIX_FUN_INDEX = 21,
    MIX_SALT = 22,
};

struct mix_state {
    uint32_t a, b, c;
};

static inline void mix(struct mix_state *m)
{
    static const struct {
        uint8_t a, b, c;
    } shifts[3] = {{13, 8, 13}, {12, 16, 5}, {3, 10, 15}};
#pragma clang loop unroll(full)
    for (int i = 0; i < 3; i++) {
        m->a = (m->a - m->b - m->c) ^ m->c >> shifts[i].a;
        m->b = (m->b - m->c - m->a) ^ m->a << shifts[i].b;
        m->c = (m->c - m->a - m->b) ^ m->b >> shifts[i].c;
    }
}

// Two words of what is hashed into the hash so far.
static inline uint32_t mix_two(uint32_t hash, uint32_t x, uint32_t y, enum mix what)
{
    struct mix_state m = {MIX_GOLDEN * what + x, MIX_GOLDEN * what + y, hash};
    mix(&m);
    return m.c;
}

static inline uint32_t mix_one(uint32_t hash, uint32_t x, enum mix what)
{
    return mix_two(hash, x, 0, what);
}

static inline uint32_t mix_word(uint32_t hash, word w, enum mix what)
{
    return mix_two(hash, (uint32_t)w, (uint32_t)(w >> 32), what);
}

uint32_t mix_binary(uint32_t hash, struct bits bits);
uint32_t mix_big(uint32_t hash, term big);

// The bits of a float, 0.0 for both zeros.
word mix_float_bits(term t);

static inline bool mix_is_byte(term t)
{
    return (t & ~(term)0xFF0) == TAG_SMALL;
}

// The bytes that a list begins with, four at a time. True if the list is all bytes: *cell is its last one then, else
// the first whose head is no byte. The bytes after the last four are left in *rest, their number in *count.
bool mix_string(uint32_t *hash, const term **cell, uint32_t *rest, unsigned *count);

#endif
