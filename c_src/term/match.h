// SPDX-License-Identifier: Apache-2.0
// Matching of bit strings: a MATCH object is a cursor over one, made by match_start and moved by the functions below,
// which are what the bit syntax instructions call. A match_ function that doesn't fit moves nothing and gives NONE or
// false, which is the instruction's failure. Sizes are in bits and may be any size_t: nothing overflows. The object
// holds the whole binary, never an address inside it, so a collection between two steps does no harm. Positions are
// absolute, counted in bits from the first bit of the whole binary.
#ifndef TANDEM_TERM_MATCH_H
#define TANDEM_TERM_MATCH_H

#include "term/binary.h"

// Operand of the bit syntax instructions, as the compilers write it. FIELD_NATIVE is little-endian here.
enum field_flag {
    FIELD_ALIGNED = 1,
    FIELD_LITTLE = 2,
    FIELD_SIGNED = 4,
    FIELD_EXACT = 8,
    FIELD_NATIVE = 16,
};

static inline bool field_is_little(unsigned flags)
{
    return flags & (FIELD_LITTLE | FIELD_NATIVE);
}

static inline size_t match_words(size_t slots)
{
    return MATCH_HEAD + slots;
}

// A context for a bit string, at its start, with room for `slots` saved offsets of which slot 0 (if any) holds the
// start. Given a context it is used again, from where it stands, or copied if it has fewer slots. NONE: neither of
// both.
term match_start(struct heap *h, term source, size_t slots);

// How far it is. `left` is what is not matched yet.
static inline size_t match_position(term context)
{
    return (size_t)boxed_ptr(context)[2];
}

static inline void match_set_position(term context, size_t position)    // one beyond the end is taken for the end
{
    term *m = boxed_ptr(context);
    m[2] = LIKELY(position <= m[3]) ? position : m[3];
}

static inline size_t match_left(term context)
{
    const term *m = boxed_ptr(context);
    return (size_t)(m[3] - m[2]);
}

static inline bool match_has(term context, size_t bits)
{
    return match_left(context) >= bits;
}

// A slot that the context doesn't have is left alone.
static inline void match_save(term context, size_t slot)
{
    term *m = boxed_ptr(context);
    if (LIKELY(match_words(slot) <= header_size(m[0])))
        m[MATCH_HEAD + slot] = m[2];
}

static inline void match_restore(term context, size_t slot)
{
    term *m = boxed_ptr(context);
    if (LIKELY(match_words(slot) <= header_size(m[0])))
        m[2] = m[MATCH_HEAD + slot];
}

static inline bool match_skip(term context, size_t bits)
{
    if (!match_has(context, bits))
        return false;
    boxed_ptr(context)[2] += bits;
    return true;
}

// Exactly that many bits are left. / What is left divides into units. (None moves.)
static inline bool match_test_tail(term context, size_t bits)
{
    return match_left(context) == bits;
}

static inline bool match_test_unit(term context, size_t unit)
{
    return unit != 0 && match_left(context) % unit == 0;
}

// The address of the next byte if the context stands on one and has `bits` left; else NULL.
static inline const uint8_t *match_aligned(term context, size_t bits)
{
    const term *m = boxed_ptr(context);
    if (m[2] % 8 || m[3] - m[2] < bits)
        return NULL;
    return bits_whole(m[1]).base + m[2] / 8;
}

// Integers. The first three are for the common fields: unsigned, big-endian, `size` 8, 16 or 32 (or signed:
// match_integer).
term match_integer(struct heap *h, term context, size_t bits, unsigned flags);

static inline term match_u8(struct heap *h, term context)
{
    const uint8_t *at = match_aligned(context, 8);
    if (UNLIKELY(!at))
        return match_integer(h, context, 8, 0);
    boxed_ptr(context)[2] += 8;
    return small(at[0]);
}

static inline term match_u16(struct heap *h, term context)
{
    const uint8_t *at = match_aligned(context, 16);
    if (UNLIKELY(!at))
        return match_integer(h, context, 16, 0);
    boxed_ptr(context)[2] += 16;
    return small((sword)at[0] << 8 | at[1]);
}

static inline term match_u32(struct heap *h, term context)
{
    const uint8_t *at = match_aligned(context, 32);
    if (UNLIKELY(!at))
        return match_integer(h, context, 32, 0);
    boxed_ptr(context)[2] += 32;
    return small((sword)at[0] << 24 | (sword)at[1] << 16 | (sword)at[2] << 8 | at[3]);
}

// Floats: 16, 32 or 64 bits (0 bits are 0.0). NONE also for infinities and not-a-number.
term match_float(struct heap *h, term context, size_t bits, unsigned flags);

// Parts. The rest must divide into units.
term match_binary(struct heap *h, term context, size_t bits);
term match_rest(struct heap *h, term context, size_t unit);
term match_tail(struct heap *h, term context);                    // the rest, of any size; doesn't move
term match_source(struct heap *h, term context, size_t start);    // from a position (slot 0) to the end; doesn't move

// Skips `bits` bits if they equal those at `expected`.
bool match_string(term context, const uint8_t *expected, size_t bits);

// Skips `bits` bits, up to 64, if they are that unsigned integer, big-endian.
bool match_equal(term context, size_t bits, uint64_t value);

// Unicode characters, as small integers. To skip one is to get it and forget it. utf32 refuses what is no character.
term match_utf8(term context);
term match_utf16(term context, unsigned flags);
term match_utf32(term context, unsigned flags);

static inline bool is_unicode(term t)
{
    return is_small(t) && (word)small_value(t) <= 0x10FFFF && (small_value(t) < 0xD800 || small_value(t) > 0xDFFF);
}

#endif
