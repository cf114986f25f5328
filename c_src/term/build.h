// SPDX-License-Identifier: Apache-2.0
// Construction of bit strings: one function of the first group makes the target, with all of its bits; then put
// functions fill it from front to back. The state between is a struct build of the worker; nothing may collect before
// the last put. A put gives false, and the construction is off, when the value doesn't fit its field: wrong type, or
// too short (integers are truncated instead). Sizes are in bits. Appending takes amortised constant time a bit: it
// extends the source in place when the source ends where its shared block is used up to (term/binary.h), else copies it
// to a block twice as large. The source itself never changes.
// Puts of very many bits may be left for later: then build_late does them, in turns with others (base/turn.h).
#ifndef TANDEM_TERM_BUILD_H
#define TANDEM_TERM_BUILD_H

#include "base/memory.h"
#include "term/match.h"

// What is to be put when all else has been: the fields it stands between are there already. What doesn't find room in the list is put
// at once.
enum { BUILD_LATE_BITS = 64 * 1024 * 8, BUILD_LATE_MAX = 8 };
struct build_late {
    size_t count;
    term target;
    struct late_field {
        uint8_t *to;
        size_t at, size;    // in bits
        struct bits from;
        term integer;    // instead of bits from somewhere; or NONE
        bool little;
    } fields[BUILD_LATE_MAX];
};

struct build {
    uint8_t *bytes;
    size_t at, end;             // in bits from bytes: the next field, the end of the target
    struct build_late *late;    // NULL: nothing is left for later
};

// The largest target: larger ones are a system limit.
#define BUILD_MAX_BITS ((size_t)1 << 35)

// A size operand times its unit. False: *why is ATOM_badarg (negative, no integer) or ATOM_system_limit.
bool size_in_bits(term size, unsigned unit, size_t *bits, term *why);

// Whether a target may have so many bits: not beyond BUILD_MAX_BITS, nor what memory allows.
static inline bool size_allowed(size_t bits)
{
    return bits <= BUILD_MAX_BITS && mem_allows(bits / 8);
}

// a + b, or false when that is not allowed.
static inline bool size_add(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum) && size_allowed(*sum);
}

// The target, which is complete when the puts have filled it. bits: size_allowed.
term build_init(struct heap *h, struct build *b, size_t bits);

// A target that begins with all of `source` and has room for `bits` more. NONE: *why is ATOM_badarg (no bit string, or
// not made of units) or ATOM_system_limit.
term build_append(struct heap *h, struct build *b, term source, size_t bits, unsigned unit, term *why);

// The same where the compiler promises that nobody sees the source again: its own object may become the target.
term build_private_append(struct heap *h, struct build *b, term source, size_t bits, unsigned unit, term *why);

// An empty binary with room for that many bytes (any term; a default if it is no small integer), to be appended to.
term build_init_writable(struct heap *h, term bytes);

static inline size_t build_left(const struct build *b)
{
    return b->end - b->at;
}

bool build_integer_slow(struct build *b, term value, size_t bits, unsigned flags);

static inline bool build_integer(struct build *b, term value, size_t bits, unsigned flags)
{
    if (LIKELY(bits == 8 && b->at % 8 == 0 && is_small(value) && b->at < b->end)) {
        b->bytes[b->at / 8] = (uint8_t)small_value(value);
        b->at += 8;
        return true;
    }
    return build_integer_slow(b, value, bits, flags);
}

bool build_float(struct build *b, term value, size_t bits, unsigned flags);    // 16, 32, 64 bits; any number
bool build_binary(struct build *b, term value, size_t bits);                   // the first bits of a bit string
bool build_binary_all(struct build *b, term value, unsigned unit);             // all of it; must be made of units
bool build_string(struct build *b, const uint8_t *bytes, size_t bits);
bool build_utf8(struct build *b, term value);
bool build_utf16(struct build *b, term value, unsigned flags);
bool build_utf32(struct build *b, term value, unsigned flags);

// Terms and targets must stay where they are meanwhile.
void build_late(const struct build_late *late);

// Bits that a character takes. Anything that is no character counts as the longest: its put fails.
size_t build_utf8_bits(term value);
size_t build_utf16_bits(term value);

#endif
