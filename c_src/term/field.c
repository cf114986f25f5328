// SPDX-License-Identifier: Apache-2.0
// Integers as bytes and as bit fields. A field is read and written limb by limb, the least significant limb first:
// big-endian fields from their end, little-endian ones from their start. In a little-endian field that is not whole
// bytes the last, partial byte holds the most significant bits.
#include "base/turn.h"
#include "term/big.h"
#include "term/number.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "limbs in memory are little-endian bytes");

size_t integer_bytes_words(size_t n)
{
    return 1 + (n + 7) / 8;
}

term integer_from_bytes(struct heap *h, const uint8_t *bytes, size_t n, bool negative)
{
    while (n > 0 && bytes[n - 1] == 0)
        n--;
    if (n <= 8) {
        word limb = 0;
        memcpy(&limb, bytes, n);
        return big_from_limb(h, limb, negative);
    }
    size_t limbs = (n + 7) / 8;
    if (limbs > CONFIG_MAX_BIG_LIMBS)
        return NONE;
    term why;
    term *object = big_alloc(h, limbs);
    object[limbs] = 0;
    memcpy(object + 1, bytes, n);
    return big_finish(h, object, limbs, limbs, negative, &why);
}

size_t integer_byte_size(term t)
{
    struct magnitude m;
    magnitude_of(t, &m);
    return (magnitude_bits(&m) + 7) / 8;
}

void integer_to_bytes(term t, uint8_t *bytes, size_t n)
{
    struct magnitude m;
    magnitude_of(t, &m);
    size_t filled = m.n * 8 < n ? m.n * 8 : n;
    memcpy(bytes, m.limbs, filled);
    memset(bytes + filled, 0, n - filled);
}

// Up to 64 bits at any place, the first one most significant. Touches only the bytes that hold them.
static word read_bits(const uint8_t *base, size_t at, size_t n)
{
    if (n == 0)
        return 0;
    const uint8_t *byte = base + at / 8;
    size_t skip = at % 8, bytes = (skip + n + 7) / 8;
    word value = 0;
    if (bytes == 8) {
        memcpy(&value, byte, 8);
        value = __builtin_bswap64(value) << skip;
        return value >> (64 - n);
    }
    if (bytes == 9) {
        memcpy(&value, byte, 8);
        value = __builtin_bswap64(value) << skip | (word)byte[8] >> (8 - skip);
        return value >> (64 - n);
    }
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | byte[i];
    return value >> (bytes * 8 - skip - n) & ~(word)0 >> (64 - n);
}

static void write_bits(uint8_t *base, size_t at, size_t n, word value)
{
    if (n == 64 && at % 8 == 0) {
        value = __builtin_bswap64(value);
        memcpy(base + at / 8, &value, 8);
        return;
    }
    while (n > 0) {
        size_t skip = at % 8, take = 8 - skip < n ? 8 - skip : n, below = 8 - skip - take;
        uint8_t mask = (uint8_t)((0xFFu >> (8 - take)) << below);
        uint8_t bits = (uint8_t)(value >> (n - take) << below);
        base[at / 8] = (uint8_t)((base[at / 8] & ~mask) | (bits & mask));
        at += take;
        n -= take;
    }
}

// Up to 64 bits of a little-endian field.
static word read_little(const uint8_t *base, size_t at, size_t n)
{
    size_t whole = n / 8 * 8;
    word value = whole == 0 ? 0 : __builtin_bswap64(read_bits(base, at, whole) << (64 - whole));
    return whole == n ? value : value | read_bits(base, at + whole, n - whole) << whole;
}

static void write_little(uint8_t *base, size_t at, size_t n, word value)
{
    size_t whole = n / 8 * 8;
    if (whole > 0)
        write_bits(base, at, whole, __builtin_bswap64(value) >> (64 - whole));
    if (whole < n)
        write_bits(base, at + whole, n - whole, value >> whole);
}

// Limb i of a field of n bits.
static word field_limb(const uint8_t *base, size_t offset, size_t n, bool little, size_t i)
{
    size_t size = n - 64 * i < 64 ? n - 64 * i : 64;
    return little ? read_little(base, offset + 64 * i, size) : read_bits(base, offset + n - 64 * i - size, size);
}

static term small_field(struct heap *h, word value, size_t n, bool is_signed)
{
    bool negative = is_signed && n > 0 && value >> (n - 1) != 0;
    if (negative)
        value = -(value << (64 - n)) >> (64 - n);
    return big_from_limb(h, value, negative);
}

// Turns two's complement of n bits, the sign bit set, into its magnitude. False: that has one bit more.
static bool negate_limbs(word *limbs, size_t count, size_t n)
{
    word carry = 1;
    for (size_t i = 0; i < count; i++) {
        limbs[i] = ~limbs[i] + carry;
        carry &= limbs[i] == 0;
    }
    if (n % 64 != 0)
        limbs[count - 1] &= ~(word)0 >> (64 - n % 64);
    return !carry;
}

// How many bits of a field matter to its value, beyond those that repeat its sign: whole limbs are left out as long as there are more
// than an integer may have. 0: none may be left out, and there are too many.
static size_t bits_that_count(const uint8_t *base, size_t bit_offset, size_t n, bool little, bool negative)
{
    size_t count = n;
    while (count > (CONFIG_MAX_BIG_LIMBS + 1) * (size_t)64) {
        size_t top = (count - 1) / 64, width = count - top * 64;
        word blank = negative ? ~(word)0 >> (64 - width) : 0;
        if (field_limb(base, bit_offset, n, little, top) != blank)
            return 0;
        count = top * 64;
    }
    return count;
}

term integer_from_field(struct heap *h, const uint8_t *base, size_t bit_offset, size_t n, bool is_signed, bool little)
{
    if (n == 0)
        return small(0);
    if (n <= 64)
        return small_field(h, field_limb(base, bit_offset, n, little, 0), n, is_signed);
    bool negative = is_signed && (field_limb(base, bit_offset, n, little, (n - 1) / 64) >> ((n - 1) % 64) & 1) != 0;
    size_t count = bits_that_count(base, bit_offset, n, little, negative), limbs = count / 64 + (count % 64 != 0);
    if (!count)
        return NONE;
    term why, *object = big_alloc(h, limbs);
    for (size_t i = 0; i < limbs; i++)
        object[1 + i] = field_limb(base, bit_offset, n, little, i);
    if (negative && !negate_limbs(object + 1, limbs, count))
        object[limbs] = 1;    // too large all the same
    return big_finish(h, object, limbs, limbs, negative, &why);
}

// The same bit n times.
static void fill_bits(uint8_t *base, size_t at, size_t n, bool ones)
{
    word value = ones ? ~(word)0 : 0;
    size_t first = (8 - at % 8) % 8;
    if (first > n)
        first = n;
    write_bits(base, at, first, value);
    at += first;
    n -= first;
    for (size_t run; n >= 8; at += run * 8, n -= run * 8, turn_bytes(run)) {
        run = n / 8 < TURN_BYTES ? n / 8 : TURN_BYTES;
        memset(base + at / 8, (int)(value & 0xFF), run);
    }
    write_bits(base, at, n, value);
}

void integer_to_field(term integer, uint8_t *base, size_t bit_offset, size_t n, bool little)
{
    struct magnitude m;
    magnitude_of(integer, &m);
    word carry = 1;
    size_t i = 0, done = 0, steps = 0;
    for (; done < n && i < m.n; i++, done += 64, turn_step(&steps)) {
        word limb = m.limbs[i];
        if (m.negative) {
            limb = ~limb + carry;
            carry &= limb == 0;
        }
        size_t size = n - done < 64 ? n - done : 64;
        if (little)
            write_little(base, bit_offset + done, size, limb);
        else
            write_bits(base, bit_offset + n - done - size, size, limb);
    }
    if (done < n)
        fill_bits(base, bit_offset + (little ? done : 0), n - done, m.negative);
}
