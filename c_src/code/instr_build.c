// SPDX-License-Identifier: Apache-2.0
// Instructions: construction of bit strings. Up to OTP 24 one instruction makes the target and others fill it; later
// compilers describe the whole construction by one instruction (create_bin). The rules are term/build.h's.
#include "code/interp.h"

#include "code/segments.h"
#include "proc/errand.h"
#include "term/build.h"
#include "term/number.h"

#define BUILD() (&interp_of(x)->build)

// As HAS_WORDS; large binaries count as well, as they take few words of the heap.
#define HAS_ROOM(n) (HAS_WORDS(n) && p->heap.shared_bytes <= CONFIG_SHARED_BYTES)

#define REFUSE(reason, label) \
    do { \
        raise_error(x, reason); \
        FAIL_OR_RAISE(label); \
    } while (0)

// Operands: label, live registers, size, unit, words wanted as well, destination.
OP(build_init_s)
{
    size_t bits;
    term why;
    word words = A(4) + heap_bin_words(CONFIG_HEAP_BINARY_MAX) + SUB_BIN_WORDS;
    if (!HAS_ROOM(words))
        COLLECT(words, A(1));
    if (!size_in_bits(S(2), (unsigned)A(3), &bits, &why))
        REFUSE(why, A(0));
    if (!size_allowed(bits))
        REFUSE(ATOM_system_limit, A(0));
    SWAP_OUT();
    D(5) = build_init(&p->heap, BUILD(), bits);
    SWAP_IN();
    NEXT(6);
}

// Operands: label, size, words wanted as well, live registers, unit, source, destination. The size is in bits.
OP(build_append_s)
{
    size_t bits;
    term why;
    word words = A(2) + REFC_BIN_WORDS + SUB_BIN_WORDS + heap_bin_words(CONFIG_HEAP_BINARY_MAX);
    if (!HAS_ROOM(words))
        COLLECT(words, A(3));
    if (!size_in_bits(S(1), 1, &bits, &why))
        REFUSE(why, A(0));
    term source = S(5);
    SWAP_OUT();
    term target = build_append(&p->heap, BUILD(), source, bits, (unsigned)A(4), &why);
    SWAP_IN();
    if (!target)
        REFUSE(why, A(0));
    D(6) = target;
    NEXT(7);
}

// Operands: label, size, unit of the size, source, destination.
OP(build_private_append_s)
{
    size_t bits;
    term why;
    if (!size_in_bits(S(1), (unsigned)A(2), &bits, &why))
        REFUSE(why, A(0));
    term source = S(3);
    SWAP_OUT();
    term target = build_private_append(&p->heap, BUILD(), source, bits, 1, &why);
    SWAP_IN();
    if (!target)
        REFUSE(why, A(0));
    D(4) = target;
    NEXT(5);
}

OP(build_init_writable_plain)
{
    SWAP_OUT();
    x[0] = build_init_writable(&p->heap, x[0]);
    SWAP_IN();
    NEXT(0);
}

// Operands: label, sum so far, size, unit, destination.
OP(build_add_s)
{
    size_t sum, bits;
    term why;
    if (!size_in_bits(S(1), 1, &sum, &why) || !size_in_bits(S(2), (unsigned)A(3), &bits, &why))
        REFUSE(why, A(0));
    if (!size_add(sum, bits, &sum))
        REFUSE(ATOM_system_limit, A(0));
    D(4) = small((sword)sum);
    NEXT(5);
}

// Sizes in bytes.
OP(build_utf8_size_s)
{
    D(1) = small((sword)(build_utf8_bits(S(0)) / 8));
    NEXT(2);
}

OP(build_utf16_size_s)
{
    D(1) = small((sword)(build_utf16_bits(S(0)) / 8));
    NEXT(2);
}

// Operands: label, size, unit, flags, value.
#define PUT_NUMBER(name) \
    OP(name##_s) \
    { \
        size_t bits; \
        term why = ATOM_badarg; \
        if (!size_in_bits(S(1), (unsigned)A(2), &bits, &why) || !name(BUILD(), S(4), bits, (unsigned)A(3))) \
            REFUSE(why, A(0)); \
        NEXT(5); \
    }

PUT_NUMBER(build_integer)
PUT_NUMBER(build_float)

// Operands: label, size, unit, value.
OP(build_binary_s)
{
    size_t bits;
    term why = ATOM_badarg;
    if (!size_in_bits(S(1), (unsigned)A(2), &bits, &why) || !build_binary(BUILD(), S(3), bits))
        REFUSE(why, A(0));
    NEXT(4);
}

OP(build_binary_all_s)
{
    if (!build_binary_all(BUILD(), S(2), (unsigned)A(1)))
        REFUSE(ATOM_badarg, A(0));
    NEXT(3);
}

// Operands: bytes, address.
OP(build_string_plain)
{
    if (!build_string(BUILD(), (const uint8_t *)(uintptr_t)A(1), A(0) * 8)) {
        raise_error(x, ATOM_badarg);
        TAIL(op_raise);
    }
    NEXT(2);
}

OP(build_utf8_s)
{
    if (!build_utf8(BUILD(), S(1)))
        REFUSE(ATOM_badarg, A(0));
    NEXT(2);
}

OP(build_utf16_s)
{
    if (!build_utf16(BUILD(), S(1), (unsigned)A(2)))
        REFUSE(ATOM_badarg, A(0));
    NEXT(3);
}

OP(build_utf32_s)
{
    if (!build_utf32(BUILD(), S(1), (unsigned)A(2)))
        REFUSE(ATOM_badarg, A(0));
    NEXT(3);
}

// What is left, or failed. Reductions are charged for long fields.
static NOINLINE OP(create_bin_late)
{
    SWAP_OUT();
    term result = segments_finish(p, x);
    SWAP_IN();
    if (result) {
        reds -= interp_charged(x);
        D(3) = result;
        NEXT(5 + A(4) * SEGMENT_OPERANDS);
    }
    if (!errand_waits(p))
        FAIL_OR_RAISE(A(0));
    interp_of(x)->live = A(2);
    TAIL(op_yield);
}

// Operands: label, words wanted as well, live registers, destination, number of segments; then the segments.
OP(create_bin_plain)
{
    if (UNLIKELY(errand_waits(p)))
        TAIL(op_create_bin_late);
    word words = A(1) + SEGMENTS_WORDS;
    if (!HAS_ROOM(words))
        COLLECT(words, A(2));
    SWAP_OUT();
    term result = segments_build(p, x, E, &A(5), A(4));
    SWAP_IN();
    if (UNLIKELY(!result))
        TAIL(op_create_bin_late);
    D(3) = result;
    NEXT(5 + A(4) * SEGMENT_OPERANDS);
}
