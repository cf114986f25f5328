// SPDX-License-Identifier: Apache-2.0
#include "base/md5.h"

#include <string.h>

// The integer part of 2^32 times |sin(i + 1)|.
static const uint32_t sines[64] = {
    0xD76AA478, 0xE8C7B756, 0x242070DB, 0xC1BDCEEE, 0xF57C0FAF, 0x4787C62A, 0xA8304613, 0xFD469501,
    0x698098D8, 0x8B44F7AF, 0xFFFF5BB1, 0x895CD7BE, 0x6B901122, 0xFD987193, 0xA679438E, 0x49B40821,
    0xF61E2562, 0xC040B340, 0x265E5A51, 0xE9B6C7AA, 0xD62F105D, 0x02441453, 0xD8A1E681, 0xE7D3FBC8,
    0x21E1CDE6, 0xC33707D6, 0xF4D50D87, 0x455A14ED, 0xA9E3E905, 0xFCEFA3F8, 0x676F02D9, 0x8D2A4C8A,
    0xFFFA3942, 0x8771F681, 0x6D9D6122, 0xFDE5380C, 0xA4BEEA44, 0x4BDECFA9, 0xF6BB4B60, 0xBEBFBC70,
    0x289B7EC6, 0xEAA127FA, 0xD4EF3085, 0x04881D05, 0xD9D4D039, 0xE6DB99E5, 0x1FA27CF8, 0xC4AC5665,
    0xF4292244, 0x432AFF97, 0xAB9423A7, 0xFC93A039, 0x655B59C3, 0x8F0CCC92, 0xFFEFF47D, 0x85845DD1,
    0x6FA87E4F, 0xFE2CE6E0, 0xA3014314, 0x4E0811A1, 0xF7537E82, 0xBD3AF235, 0x2AD7D2BB, 0xEB86D391,
};

static const uint8_t shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t load_little(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void store_little(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t rotate_left(uint32_t value, unsigned by)
{
    return value << by | value >> (32 - by);
}

// The function of a round, and which word of the block step i of it takes.
static uint32_t mix(unsigned round, unsigned i, const uint32_t s[4], unsigned *from)
{
    uint32_t b = s[1], c = s[2], d = s[3];
    if (round == 0) {
        *from = i;
        return (b & c) | (~b & d);
    }
    if (round == 1) {
        *from = (5 * i + 1) % 16;
        return (d & b) | (~d & c);
    }
    if (round == 2) {
        *from = (3 * i + 5) % 16;
        return b ^ c ^ d;
    }
    *from = 7 * i % 16;
    return c ^ (b | ~d);
}

static void digest_block(uint32_t sums[4], const uint8_t *block)
{
    uint32_t s[4] = {sums[0], sums[1], sums[2], sums[3]};
    for (unsigned step = 0; step < 64; step++) {
        unsigned round = step / 16, from;
        uint32_t mixed = mix(round, step % 16, s, &from) + s[0] + sines[step] + load_little(block + 4 * from);
        s[0] = s[3];
        s[3] = s[2];
        s[2] = s[1];
        s[1] += rotate_left(mixed, shifts[round][step % 4]);
    }
    for (int i = 0; i < 4; i++)
        sums[i] += s[i];
}

void md5_init(struct md5 *m)
{
    *m = (struct md5){.sums = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476}};
}

void md5_update(struct md5 *m, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    while (size > 0) {
        size_t waiting = m->size % MD5_BLOCK;
        size_t n = MD5_BLOCK - waiting < size ? MD5_BLOCK - waiting : size;
        memcpy(m->block + waiting, from, n);
        m->size += n;
        from += n;
        size -= n;
        if (m->size % MD5_BLOCK == 0)
            digest_block(m->sums, m->block);
    }
}

void md5_final(struct md5 *m, uint8_t digest[MD5_SIZE])
{
    static const uint8_t padding[MD5_BLOCK] = {0x80};
    uint64_t bits = m->size * 8;
    size_t waiting = m->size % MD5_BLOCK;
    md5_update(m, padding, (waiting < 56 ? 56 : 120) - waiting);
    uint8_t length[8];
    store_little(length, (uint32_t)bits);
    store_little(length + 4, (uint32_t)(bits >> 32));
    md5_update(m, length, sizeof length);
    for (int i = 0; i < 4; i++)
        store_little(digest + 4 * i, m->sums[i]);
}

void md5(const void *bytes, size_t size, uint8_t digest[MD5_SIZE])
{
    struct md5 m;
    md5_init(&m);
    md5_update(&m, bytes, size);
    md5_final(&m, digest);
}
