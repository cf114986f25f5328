// SPDX-License-Identifier: Apache-2.0
#include "term/binary.h"

#include "base/turn.h"

#include <string.h>

// The n <= 8 bits at an offset, in the low bits. Touches no byte beyond them.
static unsigned get_bits(const uint8_t *base, size_t offset, size_t n)
{
    const uint8_t *at = base + offset / 8;
    size_t skip = offset % 8;
    unsigned pair = (unsigned)at[0] << 8;
    if (skip + n > 8)
        pair |= at[1];
    return pair >> (16 - skip - n) & (0xFFu >> (8 - n));
}

// Sets n bits at an offset, none beyond the byte it is in.
static void put_bits(uint8_t *base, size_t offset, size_t n, unsigned value)
{
    size_t shift = 8 - offset % 8 - n;
    unsigned mask = (0xFFu >> (8 - n)) << shift;
    uint8_t *at = base + offset / 8;
    *at = (uint8_t)((*at & ~mask) | (value << shift & mask));
}

static uint64_t load_big(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return __builtin_bswap64(value);
}

static void store_big(uint8_t *at, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(at, &value, sizeof value);
}

// n whole bytes from a place `shift` (1 to 7) bits into a byte; reads n + 1 bytes.
static void copy_shifted(uint8_t *to, const uint8_t *from, unsigned shift, size_t n)
{
    for (; n >= 8; n -= 8, to += 8, from += 8)
        store_big(to, load_big(from) << shift | from[8] >> (8 - shift));
    for (; n > 0; n--, to++, from++)
        *to = (uint8_t)(from[0] << shift | from[1] >> (8 - shift));
}

static void copy_bytes(uint8_t *to, const uint8_t *from, unsigned shift, size_t n)
{
    for (size_t at = 0, run; at < n; at += run, turn_bytes(run)) {
        run = n - at < TURN_BYTES ? n - at : TURN_BYTES;
        if (shift == 0)
            memcpy(to + at, from + at, run);
        else
            copy_shifted(to + at, from + at, shift, run);
    }
}

void bits_copy(uint8_t *to, size_t to_offset, const uint8_t *from, size_t from_offset, size_t n)
{
    size_t first = (8 - to_offset % 8) % 8;
    if (first > n)
        first = n;
    if (first > 0) {
        put_bits(to, to_offset, first, get_bits(from, from_offset, first));
        to_offset += first;
        from_offset += first;
        n -= first;
    }
    size_t whole = n / 8;
    if (whole > 0) {
        unsigned shift = from_offset % 8;
        copy_bytes(to + to_offset / 8, from + from_offset / 8, shift, whole);
    }
    if (n % 8)
        put_bits(to, to_offset + whole * 8, n % 8, get_bits(from, from_offset + whole * 8, n % 8));
}

static int compare_bytes(const uint8_t *a, const uint8_t *b, size_t n)
{
    int order = 0;
    for (size_t at = 0, run; at < n && order == 0; at += run, turn_bytes(run)) {
        run = n - at < TURN_BYTES ? n - at : TURN_BYTES;
        order = memcmp(a + at, b + at, run);
    }
    return order;
}

// The first n bits of both.
static int compare_first(struct bits a, struct bits b, size_t n)
{
    size_t at = 0;
    if (a.offset % 8 == 0 && b.offset % 8 == 0) {
        int order = compare_bytes(a.base + a.offset / 8, b.base + b.offset / 8, n / 8);
        if (order)
            return order;
        at = n - n % 8;
    }
    for (size_t steps = 0; at < n; turn_step(&steps)) {
        size_t step = n - at < 8 ? n - at : 8;
        int order = (int)get_bits(a.base, a.offset + at, step) - (int)get_bits(b.base, b.offset + at, step);
        if (order)
            return order;
        at += step;
    }
    return 0;
}

int bits_compare(struct bits a, struct bits b)
{
    int order = compare_first(a, b, a.size < b.size ? a.size : b.size);
    return order ? order : (a.size > b.size) - (a.size < b.size);
}
