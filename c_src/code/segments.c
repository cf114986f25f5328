// SPDX-License-Identifier: Apache-2.0
#include "code/segments.h"

#include "code/interp.h"
#include "proc/errand.h"
#include "term/map.h"

static term type_atom(enum segment_type type)
{
    switch (type) {
    case SEGMENT_APPEND:
    case SEGMENT_PRIVATE_APPEND:
    case SEGMENT_BINARY:
        return ATOM_binary;
    case SEGMENT_INTEGER:
        return ATOM_integer;
    case SEGMENT_FLOAT:
        return ATOM_float;
    case SEGMENT_UTF8:
        return ATOM_utf8;
    case SEGMENT_UTF16:
        return ATOM_utf16;
    case SEGMENT_UTF32:
        return ATOM_utf32;
    case SEGMENT_STRING:
        break;
    }
    return ATOM_string;
}

static COLD term refuse(struct proc *p, term *x, const word *segment, term reason, term fault, term value)
{
    struct heap *h = proc_heap(p);
    interp_of(x)->late.count = 0;
    term cause = tuple4(h, small((sword)segment[SEGMENT_NUMBER]), type_atom((enum segment_type)segment[SEGMENT_TYPE]),
                        fault, value);
    term pairs[6] = {ATOM_cause, cause, ATOM_function, ATOM_format_bs_fail, ATOM_module, ATOM_erl_erts_errors};
    raise_error(x, reason);
    worker_of(x)->failure.info = map_from_pairs(h, pairs, 3);
    return NONE;
}

// Bits that a segment adds to the target. False: *why and *fault tell.
static bool segment_bits(term *x, term *E, const word *segment, size_t *bits, term *why, term *fault)
{
    term value, size;
    *why = ATOM_badarg;
    *fault = ATOM_type;
    switch ((enum segment_type)segment[SEGMENT_TYPE]) {
    case SEGMENT_STRING:
        *bits = segment[SEGMENT_SIZE] * 8;
        return true;
    case SEGMENT_UTF8:
        *bits = build_utf8_bits(operand(x, E, segment[SEGMENT_VALUE]));
        return true;
    case SEGMENT_UTF16:
        *bits = build_utf16_bits(operand(x, E, segment[SEGMENT_VALUE]));
        return true;
    case SEGMENT_UTF32:
        *bits = 32;
        return is_unicode(operand(x, E, segment[SEGMENT_VALUE]));
    case SEGMENT_APPEND:
    case SEGMENT_PRIVATE_APPEND:
    case SEGMENT_BINARY:
    case SEGMENT_INTEGER:
    case SEGMENT_FLOAT:
        break;
    }
    value = operand(x, E, segment[SEGMENT_VALUE]);
    size = operand(x, E, segment[SEGMENT_SIZE]);
    if (size == ATOM_all) {
        *bits = is_bitstring(value) ? bit_size(value) : 0;
        return is_bitstring(value);
    }
    *fault = ATOM_size;
    return size_in_bits(size, (unsigned)segment[SEGMENT_UNIT], bits, why);
}

// The value at fault in a segment whose size was refused.
static term at_fault(term *x, term *E, const word *segment, term fault)
{
    return operand(x, E, segment[fault == ATOM_size ? SEGMENT_SIZE : SEGMENT_VALUE]);
}

static bool total_bits(struct proc *p, term *x, term *E, const word *segments, word first, word count, size_t *sum)
{
    *sum = 0;
    for (word i = first; i < count; i++) {
        const word *segment = segments + i * SEGMENT_OPERANDS;
        size_t bits;
        term why, fault;
        if (!segment_bits(x, E, segment, &bits, &why, &fault)) {
            refuse(p, x, segment, why, fault, at_fault(x, E, segment, fault));
            return false;
        }
        if (!size_add(*sum, bits, sum)) {
            refuse(p, x, segment, ATOM_system_limit, ATOM_size, at_fault(x, E, segment, ATOM_size));
            return false;
        }
    }
    return true;
}

static bool put(struct build *b, term *x, term *E, const word *segment)
{
    unsigned unit = (unsigned)segment[SEGMENT_UNIT], flags = (unsigned)segment[SEGMENT_FLAGS];
    enum segment_type type = (enum segment_type)segment[SEGMENT_TYPE];
    if (type == SEGMENT_STRING)
        return build_string(b, (const uint8_t *)(uintptr_t)segment[SEGMENT_VALUE], segment[SEGMENT_SIZE] * 8);
    term value = operand(x, E, segment[SEGMENT_VALUE]), why;
    term size = operand(x, E, segment[SEGMENT_SIZE]);
    size_t bits = 0;
    bool whole = size == ATOM_all || type == SEGMENT_UTF8 || type == SEGMENT_UTF16 || type == SEGMENT_UTF32;
    if (!whole && !size_in_bits(size, unit, &bits, &why))
        return false;
    switch (type) {
    case SEGMENT_APPEND:
    case SEGMENT_PRIVATE_APPEND:
    case SEGMENT_BINARY:
        return whole ? build_binary_all(b, value, unit) : build_binary(b, value, bits);
    case SEGMENT_INTEGER:
        return build_integer(b, value, bits, flags);
    case SEGMENT_FLOAT:
        return build_float(b, value, bits, flags);
    case SEGMENT_UTF8:
        return build_utf8(b, value);
    case SEGMENT_UTF16:
        return build_utf16(b, value, flags);
    case SEGMENT_UTF32:
        return build_utf32(b, value, flags);
    case SEGMENT_STRING:
        break;
    }
    return false;
}

static bool is_float_size(const word *segment, term size)
{
    size_t bits;
    term why;
    return size_in_bits(size, (unsigned)segment[SEGMENT_UNIT], &bits, &why) && (bits == 16 || bits == 32 || bits == 64);
}

// Why a put failed, as OTP tells it.
static term put_fault(const word *segment, term size, term value)
{
    if (segment[SEGMENT_TYPE] == SEGMENT_FLOAT) {
        if (!is_float_size(segment, size))
            return ATOM_invalid;
        return is_number(value) ? ATOM_no_float : ATOM_type;
    }
    if (segment[SEGMENT_TYPE] > SEGMENT_BINARY || !is_bitstring(value))
        return ATOM_type;
    return size == ATOM_all ? ATOM_unit : ATOM_short_;
}

static term start(struct proc *p, struct build *b, term *x, term *E, const word *segment, size_t bits)
{
    term why = ATOM_badarg;
    if (segment[SEGMENT_TYPE] > SEGMENT_PRIVATE_APPEND)
        return build_init(proc_heap(p), b, bits);
    term source = operand(x, E, segment[SEGMENT_VALUE]);
    unsigned unit = (unsigned)segment[SEGMENT_UNIT];
    bool private = segment[SEGMENT_TYPE] == SEGMENT_PRIVATE_APPEND;
    term target = (private ? build_private_append : build_append)(proc_heap(p), b, source, bits, unit, &why);
    return target ? target : refuse(p, x, segment, why, is_bitstring(source) ? ATOM_unit : ATOM_type, source);
}

term segments_build(struct proc *p, term *x, term *E, const word *segments, word count)
{
    struct build *b = &interp_of(x)->whole;
    size_t bits;
    if (!count)
        return build_init(proc_heap(p), b, 0);
    word first = segments[SEGMENT_TYPE] <= SEGMENT_PRIVATE_APPEND ? 1 : 0;    // what is appended to
    if (!total_bits(p, x, E, segments, first, count, &bits))
        return NONE;
    term target = start(p, b, x, E, segments, bits);
    if (!target)
        return NONE;
    for (word i = first; i < count; i++) {
        const word *segment = segments + i * SEGMENT_OPERANDS;
        if (put(b, x, E, segment))
            continue;
        term value = operand(x, E, segment[SEGMENT_VALUE]), size = operand(x, E, segment[SEGMENT_SIZE]);
        term fault = put_fault(segment, size, value);
        return refuse(p, x, segment, ATOM_badarg, fault, fault == ATOM_invalid ? size : value);
    }
    if (UNLIKELY(b->late->count)) {
        b->late->target = target;
        return NONE;
    }
    return target;
}

// The worker's list is others' when this stands still.
static term put_late(struct proc *p, term *args)
{
    struct build_late *list = &interp_of(p->worker->x)->late, late = *list;
    list->count = 0;
    build_late(&late);
    return args[0];
}

term segments_finish(struct proc *p, term *x)
{
    struct build_late *late = &interp_of(x)->late;
    if (errand_waits(p))
        return errand(p, NULL, 0, put_late);
    return late->count ? errand(p, &late->target, 1, put_late) : NONE;
}
