// SPDX-License-Identifier: Apache-2.0
#include "term/hash_mix.h"

#include "base/memory.h"
#include "base/turn.h"

static uint32_t little_u32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

// Twelve bytes a round. What is left at the end goes around the lowest byte of the last word, which takes the size.
static uint32_t mix_bytes(uint32_t hash, const uint8_t *p, size_t size)
{
    struct mix_state m = {MIX_GOLDEN, MIX_GOLDEN, hash};
    size_t left = size, steps = 0;
    for (; left >= 12; left -= 12, p += 12, turn_step(&steps)) {
        m.a += little_u32(p);
        m.b += little_u32(p + 4);
        m.c += little_u32(p + 8);
        mix(&m);
    }
    uint8_t end[12] = {0};
    for (size_t i = 0; i < left; i++)
        end[i < 8 ? i : i + 1] = p[i];
    m.a += little_u32(end);
    m.b += little_u32(end + 4);
    m.c += little_u32(end + 8) + (uint32_t)size;
    mix(&m);
    return m.c;
}

static uint32_t mix_aligned(uint32_t hash, const uint8_t *p, size_t bits)
{
    hash = mix_bytes(hash, p, (uint32_t)(bits / 8));
    unsigned last = bits % 8;
    return last ? mix_two(hash, last, p[bits / 8] >> (8 - last), MIX_LAST_BITS) : hash;
}

uint32_t mix_binary(uint32_t hash, struct bits bits)
{
    hash += MIX_GOLDEN * MIX_BINARY;
    if (bits.size == 0)
        return hash;
    if (bits.offset % 8 == 0)
        return mix_aligned(hash, bits.base + bits.offset / 8, bits.size);
    size_t room = (bits.size + 7) / 8;
    uint8_t *copy = mem_alloc(room);
    copy[room - 1] = 0;
    bits_copy(copy, 0, bits.base, bits.offset, bits.size);
    hash = mix_aligned(hash, copy, bits.size);
    mem_free(copy, room);
    return hash;
}

uint32_t mix_big(uint32_t hash, term big)
{
    const term *object = boxed_ptr(big);
    enum mix what = header_kind(object[0]) == KIND_BIG_NEG ? MIX_NEGATIVE : MIX_POSITIVE;
    for (size_t i = 1; i <= header_size(object[0]); i++)
        hash = mix_word(hash, object[i], what);
    return hash;
}

word mix_float_bits(term t)
{
    return float_value(t) == 0.0 ? 0 : boxed_ptr(t)[1];
}

bool mix_string(uint32_t *hash, const term **cell, uint32_t *rest, unsigned *count)
{
    const term *at = *cell;
    uint32_t four = 0;
    unsigned n = 0;
    bool all = false;
    for (size_t steps = 0; !all && mix_is_byte(at[0]); turn_step(&steps)) {
        four = four << 8 | (uint32_t)small_value(at[0]);
        if (++n == 4) {
            *hash = mix_one(*hash, four, MIX_STRING);
            n = four = 0;
        }
        all = !is_list(at[1]);
        at = all ? at : list_ptr(at[1]);
    }
    *cell = at;
    *rest = four;
    *count = n;
    return all;
}
