// SPDX-License-Identifier: Apache-2.0
// Instructions: matching of bit strings. The cursor and its rules are term/match.h's.
#include "code/interp.h"

#include "term/match.h"

enum { FIELD_WORDS = 16 };    // enough for any field but a big integer of many limbs, which then takes a fragment

// Operands: label, live registers, source, slots, destination.
OP(match_start_s)
{
    if (!HAS_WORDS(match_words(A(3))))
        COLLECT(match_words(A(3)), A(1));
    term source = S(2);
    SWAP_OUT();
    term context = match_start(&p->heap, source, A(3));
    SWAP_IN();
    if (!context)
        JUMP(A(0));
    D(4) = context;
    NEXT(5);
}

// The compiler knows that the source is a binary or a context. Operands: source, live registers, destination.
OP(match_start_fast_s)
{
    if (!HAS_WORDS(match_words(0)))
        COLLECT(match_words(0), A(1));
    term source = S(0);
    SWAP_OUT();
    term context = match_start(&p->heap, source, 0);
    SWAP_IN();
    if (UNLIKELY(!context)) {
        raise_error(x, ATOM_badarg);
        TAIL(op_raise);
    }
    D(2) = context;
    NEXT(3);
}

#define FIXED_FIELD(name) \
    OP(name##_xx) \
    { \
        SWAP_OUT(); \
        term field = name(&p->heap, X(1)); \
        SWAP_IN(); \
        if (!field) \
            JUMP(A(0)); \
        X(2) = field; \
        NEXT(3); \
    }

FIXED_FIELD(match_u8)
FIXED_FIELD(match_u16)
FIXED_FIELD(match_u32)

// A size operand that doesn't count as one makes the match fail.
static bool field_bits(term size, word unit, size_t *bits)
{
    term why;
    return size_in_bits(size, (unsigned)unit, bits, &why);
}

// Operands: label, live registers, context, size, unit, flags, destination.
#define SIZED_FIELD(name, flag_argument) \
    OP(name##_s) \
    { \
        size_t bits; \
        if (!HAS_WORDS(FIELD_WORDS)) \
            COLLECT(FIELD_WORDS, A(1)); \
        term context = S(2); \
        if (!field_bits(S(3), A(4), &bits)) \
            JUMP(A(0)); \
        SWAP_OUT(); \
        term field = name(&p->heap, context, bits flag_argument); \
        SWAP_IN(); \
        if (!field) \
            JUMP(A(0)); \
        D(6) = field; \
        NEXT(7); \
    }

#define WITH_FLAGS , (unsigned)A(5)
#define WITHOUT_FLAGS
SIZED_FIELD(match_integer, WITH_FLAGS)
SIZED_FIELD(match_float, WITH_FLAGS)
SIZED_FIELD(match_binary, WITHOUT_FLAGS)

// Operands: label, live registers, context, unit, destination.
OP(match_rest_s)
{
    if (!HAS_WORDS(FIELD_WORDS))
        COLLECT(FIELD_WORDS, A(1));
    term context = S(2);
    SWAP_OUT();
    term rest = match_rest(&p->heap, context, A(3));
    SWAP_IN();
    if (!rest)
        JUMP(A(0));
    D(4) = rest;
    NEXT(5);
}

// Operands: label, context, size or `all`, unit.
OP(match_skip_s)
{
    term context = S(1), size = S(2);
    size_t bits = match_left(context);
    bool fits = size == ATOM_all ? match_test_unit(context, A(3)) : field_bits(size, A(3), &bits);
    if (!fits || !match_skip(context, bits))
        JUMP(A(0));
    NEXT(4);
}

// Operands: label, context, bits, and a mask of what may not be set in the number of bits beyond them.
OP(match_ensure_s)
{
    size_t left = match_left(S(1));
    if (left < A(2) || (left - A(2)) & A(3))
        JUMP(A(0));
    NEXT(4);
}

// Operands: label, context, bits, unit of what is beyond them.
OP(match_ensure_units_s)
{
    size_t left = match_left(S(1));
    if (left < A(2) || (left - A(2)) % A(3))
        JUMP(A(0));
    NEXT(4);
}

// Operands: label, context, bits, the unsigned integer that they must be.
OP(match_equal_s)
{
    if (!match_equal(S(1), A(2), A(3)))
        JUMP(A(0));
    NEXT(4);
}

OP(match_test_tail_s)
{
    if (!match_test_tail(S(1), A(2)))
        JUMP(A(0));
    NEXT(3);
}

OP(match_test_unit_s)
{
    if (!match_test_unit(S(1), A(2)))
        JUMP(A(0));
    NEXT(3);
}

// Operands: label, context, bits, address of the expected bytes.
OP(match_string_s)
{
    if (!match_string(S(1), (const uint8_t *)(uintptr_t)A(3), A(2)))
        JUMP(A(0));
    NEXT(4);
}

OP(match_utf8_s)
{
    term character = match_utf8(S(1));
    if (!character)
        JUMP(A(0));
    D(2) = character;
    NEXT(3);
}

OP(match_utf16_s)
{
    term character = match_utf16(S(1), (unsigned)A(2));
    if (!character)
        JUMP(A(0));
    D(3) = character;
    NEXT(4);
}

OP(match_utf32_s)
{
    term character = match_utf32(S(1), (unsigned)A(2));
    if (!character)
        JUMP(A(0));
    D(3) = character;
    NEXT(4);
}

// Operands: live registers, context, destination.
OP(match_tail_s)
{
    if (!HAS_WORDS(FIELD_WORDS))
        COLLECT(FIELD_WORDS, A(0));
    term context = S(1);
    SWAP_OUT();
    D(2) = match_tail(&p->heap, context);
    SWAP_IN();
    NEXT(3);
}

// A context becomes the binary that it started with; anything else stays.
OP(match_source_d)
{
    term context = D(0);
    if (is_kind(context, KIND_MATCH)) {
        SWAP_OUT();
        D(0) = match_source(&p->heap, context, boxed_ptr(context)[MATCH_HEAD]);
        SWAP_IN();
    }
    NEXT(1);
}

OP(match_save_s)
{
    match_save(S(0), A(1));
    NEXT(2);
}

OP(match_restore_s)
{
    match_restore(S(0), A(1));
    NEXT(2);
}

OP(match_position_s)
{
    D(1) = small((sword)match_position(S(0)));
    NEXT(2);
}

OP(match_set_position_s)
{
    match_set_position(S(0), (size_t)small_value(S(1)));
    NEXT(2);
}
