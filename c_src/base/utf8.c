// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <string.h>

int utf8_decode(const uint8_t *at, size_t left, uint32_t *character)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t first = at[0];
    if (first < 0x80) {
        *character = first;
        return 1;
    }
    if (first < 0xC0 || first > 0xF7)
        return UTF8_BAD;
    size_t n = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (left < n)
        return UTF8_CUT;
    uint32_t value = first & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return UTF8_BAD;
        value = value << 6 | (at[i] & 0x3F);
    }
    if (value < lowest[n] || !utf8_is_character(value))
        return UTF8_BAD;
    *character = value;
    return (int)n;
}

size_t utf8_encode(uint32_t character, uint8_t *to)
{
    static const uint8_t marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t n = utf8_size(character);
    for (size_t i = n - 1; i > 0; i--) {
        to[i] = 0x80 | (character & 0x3F);
        character >>= 6;
    }
    to[0] = (uint8_t)(marks[n] | character);
    return n;
}

bool utf8_is_valid(const uint8_t *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        uint64_t eight;
        uint32_t character;
        if (at + 8 <= n && (memcpy(&eight, bytes + at, 8), (eight & 0x8080808080808080u) == 0)) {
            at += 8;
            continue;
        }
        int size = utf8_decode(bytes + at, n - at, &character);
        if (size <= 0)
            return false;
        at += (size_t)size;
    }
    return true;
}
