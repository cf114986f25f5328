// SPDX-License-Identifier: Apache-2.0
// The compact encoding of operands in object code: a tag of three bits and a number of any size, in one byte or more.
#ifndef TANDEM_CODE_COMPACT_H
#define TANDEM_CODE_COMPACT_H

#include "base/reader.h"

enum compact_tag {
    COMPACT_NUMBER,     // u: an untagged number
    COMPACT_INTEGER,    // i
    COMPACT_ATOM,       // a: index of an atom, 0: the empty list
    COMPACT_X,
    COMPACT_Y,
    COMPACT_LABEL,        // f
    COMPACT_CHARACTER,    // h: no longer in use
    COMPACT_EXTENDED,     // z: the number tells which: enum compact_extended
};

enum compact_extended {
    EXTENDED_LIST = 1,
    EXTENDED_FLOAT_REGISTER = 2,
    EXTENDED_ALLOCATION = 3,
    EXTENDED_LITERAL = 4,
    EXTENDED_TYPED_REGISTER = 5,
};

struct compact {
    enum compact_tag tag;
    word value;              // of an integer: a sword that fits a small integer
    const uint8_t *bytes;    // NULL, or the number when it fits neither: big-endian, of an integer in two's complement
    size_t size;
};

// The next operand. On failure a number 0.
struct compact compact_read(struct reader *r);

// A number that fits a word and is at most `max`; otherwise fails.
word compact_number(struct reader *r, word max);

#endif
