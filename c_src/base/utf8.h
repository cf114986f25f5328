// SPDX-License-Identifier: Apache-2.0
// UTF-8, strictly: no overlong forms, no surrogates, nothing above 10FFFF.
#ifndef TANDEM_BASE_UTF8_H
#define TANDEM_BASE_UTF8_H

#include "base/types.h"

enum { UTF8_MAX_BYTES = 4 };

enum utf8_result {
    UTF8_CUT = -1,    // the first byte asks for more bytes than there are, whatever those are
    UTF8_BAD = 0,
};

// Bytes of the character at a place where `left` > 0 bytes are left, or an enum utf8_result.
int utf8_decode(const uint8_t *at, size_t left, uint32_t *character);

// Writes a character, which must be one, and gives its bytes.
size_t utf8_encode(uint32_t character, uint8_t *to);

bool utf8_is_valid(const uint8_t *bytes, size_t n);    // nothing but whole characters

static inline bool utf8_is_character(uint64_t value)
{
    return value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

static inline size_t utf8_size(uint32_t character)
{
    return character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
}

#endif
