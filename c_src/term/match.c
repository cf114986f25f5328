// SPDX-License-Identifier: Apache-2.0
#include "term/match.h"

#include "base/utf8.h"
#include "term/number.h"

#include <math.h>
#include <string.h>

static term new_context(struct heap *h, term whole, size_t at, size_t end, size_t slots)
{
    term *m = heap_alloc(h, match_words(slots));
    m[0] = header(KIND_MATCH, match_words(slots) - 1);
    m[1] = whole;
    m[2] = at;
    m[3] = end;
    for (size_t i = 0; i < slots; i++)
        m[MATCH_HEAD + i] = at;
    return boxed_term(m);
}

static term restart(struct heap *h, term context, size_t slots)
{
    const term *m = boxed_ptr(context);
    if (match_words(slots) > 1 + header_size(m[0]))
        return new_context(h, m[1], m[2], m[3], slots);
    if (slots > 0)
        match_save(context, 0);
    return context;
}

term match_start(struct heap *h, term source, size_t slots)
{
    if (is_kind(source, KIND_MATCH))
        return restart(h, source, slots);
    if (!is_bitstring(source))
        return NONE;
    struct bits b = bits_of(source);
    term whole = is_kind(source, KIND_SUB_BIN) ? boxed_ptr(source)[1] : source;
    return new_context(h, whole, b.offset, b.offset + b.size, slots);
}

// The next n bits, moved to the start of a buffer that has room for them.
static void take(term context, size_t n, uint8_t *to)
{
    term *m = boxed_ptr(context);
    bits_copy(to, 0, bits_whole(m[1]).base, m[2], n);
    m[2] += n;
}

static uint64_t load_big(const uint8_t *at)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | at[i];
    return value;
}

// A field of 1 to 64 bits that starts a buffer of 8 bytes. Little-endian: the last, shorter byte is the most
// significant.
static uint64_t field_value(const uint8_t *field, size_t bits, bool little)
{
    if (!little)
        return load_big(field) >> (64 - bits);
    uint64_t value = 0;
    size_t whole = bits / 8, rest = bits % 8;
    for (size_t i = 0; i < whole; i++)
        value |= (uint64_t)field[i] << 8 * i;
    if (rest)
        value |= (uint64_t)(field[whole] >> (8 - rest)) << 8 * whole;
    return value;
}

term match_integer(struct heap *h, term context, size_t bits, unsigned flags)
{
    if (!match_has(context, bits))
        return NONE;
    if (bits == 0)
        return small(0);
    if (bits > 64) {
        term *m = boxed_ptr(context);
        const uint8_t *base = bits_whole(m[1]).base;
        term result = integer_from_field(h, base, m[2], bits, flags & FIELD_SIGNED, field_is_little(flags));
        if (result != NONE)
            m[2] += bits;
        return result;
    }
    uint8_t field[8] = {0};
    take(context, bits, field);
    uint64_t value = field_value(field, bits, field_is_little(flags));
    if (!(flags & FIELD_SIGNED))
        return integer_from_u64(h, value);
    unsigned spare = (unsigned)(64 - bits);
    return integer_from_i64(h, (int64_t)(value << spare) >> spare);
}

// Half precision has 5 bits of exponent (bias 15) and 10 of fraction. Not finite: as a double that is not.
static double half_value(uint64_t half)
{
    uint64_t sign = half >> 15, exponent = half >> 10 & 31, fraction = half & 0x3FF;
    if (exponent == 0)
        return (sign ? -0x1p-24 : 0x1p-24) * (double)fraction;
    if (exponent == 31)
        return INFINITY;
    uint64_t bits = sign << 63 | (exponent - 15 + 1023) << 52 | fraction << 42;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double float_field(uint64_t bits, size_t size)
{
    if (size == 16)
        return half_value(bits);
    if (size == 32) {
        uint32_t half = (uint32_t)bits;
        float single;
        memcpy(&single, &half, sizeof single);
        return single;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

term match_float(struct heap *h, term context, size_t bits, unsigned flags)
{
    if (bits == 0)
        return float_term(h, 0.0);
    if ((bits != 16 && bits != 32 && bits != 64) || !match_has(context, bits))
        return NONE;
    size_t position = match_position(context);
    uint8_t field[8] = {0};
    take(context, bits, field);
    double value = float_field(field_value(field, bits, field_is_little(flags)), bits);
    if (isfinite(value))
        return float_term(h, value);
    match_set_position(context, position);
    return NONE;
}

term match_binary(struct heap *h, term context, size_t bits)
{
    if (!match_has(context, bits))
        return NONE;
    term *m = boxed_ptr(context);
    size_t at = m[2];
    m[2] += bits;
    return binary_part_bits(h, m[1], at, bits);
}

term match_rest(struct heap *h, term context, size_t unit)
{
    return match_test_unit(context, unit) ? match_binary(h, context, match_left(context)) : NONE;
}

term match_tail(struct heap *h, term context)
{
    return match_source(h, context, match_position(context));
}

term match_source(struct heap *h, term context, size_t start)
{
    const term *m = boxed_ptr(context);
    size_t from = start < m[3] ? start : m[3];
    return binary_part_bits(h, m[1], from, m[3] - from);
}

bool match_string(term context, const uint8_t *expected, size_t bits)
{
    if (!match_has(context, bits))
        return false;
    term *m = boxed_ptr(context);
    struct bits next = {bits_whole(m[1]).base, m[2], bits};
    if (bits_compare(next, (struct bits){expected, 0, bits}) != 0)
        return false;
    m[2] += bits;
    return true;
}

bool match_equal(term context, size_t bits, uint64_t value)
{
    uint8_t field[8] = {0};
    if (!match_has(context, bits))
        return false;
    size_t position = match_position(context);
    take(context, bits, field);
    if ((bits ? field_value(field, bits, false) : 0) == value)
        return true;
    match_set_position(context, position);
    return false;
}

// The next bytes, up to 4: in place, or in the buffer if they don't start on a byte. How many in *n.
static const uint8_t *peek(term context, uint8_t buffer[4], size_t *n)
{
    const term *m = boxed_ptr(context);
    size_t left = match_left(context) / 8;
    *n = left < 4 ? left : 4;
    const uint8_t *base = bits_whole(m[1]).base;
    if (m[2] % 8 == 0)
        return base + m[2] / 8;
    bits_copy(buffer, 0, base, m[2], *n * 8);
    return buffer;
}

term match_utf8(term context)
{
    uint8_t buffer[4];
    size_t n;
    const uint8_t *at = peek(context, buffer, &n);
    uint32_t character;
    int size = n == 0 ? UTF8_BAD : utf8_decode(at, n, &character);
    if (size <= 0)
        return NONE;
    boxed_ptr(context)[2] += (size_t)size * 8;
    return small(character);
}

static uint32_t load_u16(const uint8_t *at, bool little)
{
    return little ? (uint32_t)(at[0] | at[1] << 8) : (uint32_t)(at[0] << 8 | at[1]);
}

term match_utf16(term context, unsigned flags)
{
    uint8_t buffer[4];
    size_t n;
    bool little = field_is_little(flags);
    const uint8_t *at = peek(context, buffer, &n);
    if (n < 2)
        return NONE;
    uint32_t first = load_u16(at, little);
    if (first < 0xD800 || first > 0xDFFF) {
        boxed_ptr(context)[2] += 16;
        return small(first);
    }
    if (first > 0xDBFF || n < 4)
        return NONE;
    uint32_t second = load_u16(at + 2, little);
    if (second < 0xDC00 || second > 0xDFFF)
        return NONE;
    boxed_ptr(context)[2] += 32;
    return small(0x10000 + ((first & 0x3FF) << 10 | (second & 0x3FF)));
}

term match_utf32(term context, unsigned flags)
{
    uint8_t buffer[4];
    size_t n;
    const uint8_t *at = peek(context, buffer, &n);
    if (n < 4)
        return NONE;
    bool little = field_is_little(flags);
    uint32_t one = load_u16(at, little), two = load_u16(at + 2, little);
    uint32_t value = little ? two << 16 | one : one << 16 | two;
    if (!utf8_is_character(value))
        return NONE;
    boxed_ptr(context)[2] += 32;
    return small(value);
}
