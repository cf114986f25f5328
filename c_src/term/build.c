// SPDX-License-Identifier: Apache-2.0
#include "term/build.h"

#include "base/utf8.h"
#include "term/atom.h"
#include "term/number.h"

#include <string.h>

enum {
    APPEND_MIN_CAPACITY = 256,    // bytes
    WRITABLE_DEFAULT = 1024,
    WRITABLE_MAX = 1024 * 1024,    // what a hint may reserve
};

bool size_in_bits(term size, unsigned unit, size_t *bits, term *why)
{
    *why = ATOM_badarg;
    if (is_small(size)) {
        if (small_value(size) < 0)
            return false;
        if (!__builtin_mul_overflow((size_t)small_value(size), (size_t)unit, bits) && *bits <= BUILD_MAX_BITS)
            return true;
        *why = ATOM_system_limit;
    } else if (is_kind(size, KIND_BIG)) {
        *why = ATOM_system_limit;
    }
    return false;
}

// A field of so many bits that it is left for later; NULL: it is put at once.
static struct late_field *late_field(struct build *b, size_t at, size_t size)
{
    struct build_late *late = b->late;
    if (!late || late->count == BUILD_LATE_MAX)
        return NULL;
    struct late_field *f = &late->fields[late->count++];
    *f = (struct late_field){.to = b->bytes, .at = at, .size = size};
    return f;
}

static NOINLINE void copy_many(struct build *b, size_t at, struct bits from, size_t size)
{
    struct late_field *f = late_field(b, at, size);
    if (f)
        f->from = from;
    else
        bits_copy(b->bytes, at, from.base, from.offset, size);
}

static inline void copy(struct build *b, size_t at, struct bits from, size_t size)
{
    if (UNLIKELY(size >= BUILD_LATE_BITS))
        copy_many(b, at, from, size);
    else
        bits_copy(b->bytes, at, from.base, from.offset, size);
}

static NOINLINE void put_integer(struct build *b, term value, size_t bits, bool little)
{
    struct late_field *f = bits >= BUILD_LATE_BITS ? late_field(b, b->at, bits) : NULL;
    if (f) {
        f->integer = value;
        f->little = little;
    } else {
        integer_to_field(value, b->bytes, b->at, bits, little);
    }
    b->at += bits;
}

void build_late(const struct build_late *late)
{
    for (size_t i = 0; i < late->count; i++) {
        const struct late_field *f = &late->fields[i];
        if (f->integer)
            integer_to_field(f->integer, f->to, f->at, f->size, f->little);
        else
            bits_copy(f->to, f->at, f->from.base, f->from.offset, f->size);
    }
}

static term part_of(struct heap *h, term whole, size_t offset, size_t size)
{
    if (offset == 0 && size == bit_size(whole))
        return whole;
    term *object = heap_alloc(h, SUB_BIN_WORDS);
    object[0] = header(KIND_SUB_BIN, SUB_BIN_WORDS - 1);
    object[1] = whole;
    object[2] = offset;
    object[3] = size;
    return boxed_term(object);
}

term build_init(struct heap *h, struct build *b, size_t bits)
{
    size_t bytes = (bits + 7) / 8;
    term whole = binary_alloc(h, bytes, &b->bytes);
    if (bits % 8)
        b->bytes[bytes - 1] = 0;
    b->at = 0;
    b->end = bits;
    return part_of(h, whole, 0, bits);
}

// The shared block of a bit string, or NULL if it stands in a heap.
static struct shared *shared_of(term source)
{
    const term *object = boxed_ptr(source);
    if (header_kind(object[0]) == KIND_SUB_BIN)
        object = boxed_ptr(object[1]);
    return header_kind(object[0]) == KIND_REFC_BIN ? (struct shared *)(uintptr_t)object[2] : NULL;
}

// Makes the bits behind position `end` of a block the caller's. False: somebody has them, or there is no room.
static bool claim(struct shared *s, size_t end, size_t bits)
{
    if (!s || end + bits > s->capacity * 8)
        return false;
    return atomic_compare_exchange_strong(&s->used, &end, end + bits);
}

static void target_in(struct build *b, struct shared *s, size_t at, size_t bits)
{
    b->bytes = s->bytes;
    b->at = at;
    b->end = at + bits;
    if (b->end % 8 && (b->at % 8 == 0 || b->at / 8 != b->end / 8))
        b->bytes[b->end / 8] = 0;
}

// An object for what is used of a block up to a bit; only the new bytes count for collecting.
static term extended(struct heap *h, struct shared *s, size_t end, size_t new_bits)
{
    term *object = heap_alloc(h, REFC_BIN_WORDS);
    object[0] = header(KIND_REFC_BIN, REFC_BIN_WORDS - 1);
    object[1] = (end + 7) / 8;
    object[2] = (word)(uintptr_t)s;
    size_t counted = h->shared_bytes;
    binary_chain(h, object);
    h->shared_bytes = counted + new_bits / 8;
    return boxed_term(object);
}

// The target as a copy of the source, with room to grow unless it is small.
static term append_copy(struct heap *h, struct build *b, struct bits from, size_t bits)
{
    size_t total = from.size + bits, bytes = (total + 7) / 8;
    term result;
    if (bytes <= CONFIG_HEAP_BINARY_MAX) {
        result = build_init(h, b, total);
    } else {
        size_t capacity = bytes * 2 < APPEND_MIN_CAPACITY ? APPEND_MIN_CAPACITY : bytes * 2;
        struct shared *s = shared_new(bytes, capacity);
        atomic_init(&s->used, total);
        target_in(b, s, 0, total);
        result = part_of(h, binary_share(h, s), 0, total);
    }
    copy(b, 0, from, from.size);
    b->at = from.size;
    return result;
}

static bool may_append(term source, size_t bits, unsigned unit, term *why)
{
    size_t total;
    *why = ATOM_badarg;
    if (!is_bitstring(source) || unit == 0 || bit_size(source) % unit)
        return false;
    *why = ATOM_system_limit;
    return size_add(bit_size(source), bits, &total);
}

term build_append(struct heap *h, struct build *b, term source, size_t bits, unsigned unit, term *why)
{
    if (!may_append(source, bits, unit, why))
        return NONE;
    struct bits from = bits_of(source);
    struct shared *s = shared_of(source);
    size_t end = from.offset + from.size;
    if (!claim(s, end, bits))
        return append_copy(h, b, from, bits);
    shared_hold(s);
    target_in(b, s, end, bits);
    return part_of(h, extended(h, s, end + bits, bits), from.offset, from.size + bits);
}

// Lets the object of an extended source, which nobody else sees, grow. A REFC_BIN can only grow by whole bytes.
static term grow(struct heap *h, term source, size_t end, size_t bits)
{
    term *object = boxed_ptr(source);
    bool is_part = header_kind(object[0]) == KIND_SUB_BIN;
    term whole = is_part ? object[1] : source;
    boxed_ptr(whole)[1] = (end + bits + 7) / 8;
    h->shared_bytes += bits / 8;
    if (!is_part)
        return part_of(h, whole, 0, end + bits);
    object[3] += bits;
    return source;
}

term build_private_append(struct heap *h, struct build *b, term source, size_t bits, unsigned unit, term *why)
{
    if (!may_append(source, bits, unit, why))
        return NONE;
    struct bits from = bits_of(source);
    struct shared *s = shared_of(source);
    size_t end = from.offset + from.size;
    if (is_literal_ptr(boxed_ptr(source)) || !claim(s, end, bits))
        return append_copy(h, b, from, bits);
    target_in(b, s, end, bits);
    return grow(h, source, end, bits);
}

term build_init_writable(struct heap *h, term bytes)
{
    size_t capacity = WRITABLE_DEFAULT;
    if (is_small(bytes) && small_value(bytes) >= 0)
        capacity = small_value(bytes) < WRITABLE_MAX ? (size_t)small_value(bytes) : WRITABLE_MAX;
    return binary_share(h, shared_new(0, capacity));
}

// Puts a field that starts a buffer.
static bool put(struct build *b, const uint8_t *field, size_t bits)
{
    if (build_left(b) < bits)
        return false;
    bits_copy(b->bytes, b->at, field, 0, bits);
    b->at += bits;
    return true;
}

// Lays the low bits of a value out as a field of 1 to 64 bits.
static void field_of(uint64_t value, size_t bits, bool little, uint8_t field[8])
{
    if (!little) {
        value = __builtin_bswap64(value << (64 - bits));
        memcpy(field, &value, 8);
        return;
    }
    size_t whole = bits / 8, rest = bits % 8;
    memcpy(field, &value, 8);
    if (rest)
        field[whole] = (uint8_t)(field[whole] << (8 - rest));
}

bool build_integer_slow(struct build *b, term value, size_t bits, unsigned flags)
{
    if (!is_integer(value) || build_left(b) < bits)
        return false;
    if (bits == 0)
        return true;
    if (is_small(value) && bits <= 64) {
        uint8_t field[8];
        field_of((uint64_t)small_value(value), bits, field_is_little(flags), field);
        return put(b, field, bits);
    }
    put_integer(b, value, bits, field_is_little(flags));
    return true;
}

// Half precision, rounded to the nearest, to the even one of two.
static uint64_t half_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t sign = bits >> 63 << 15, fraction = bits & (((uint64_t)1 << 52) - 1);
    int exponent = (int)(bits >> 52 & 0x7FF) - 1023;
    if (exponent < -25)
        return sign;
    if (exponent > 15)
        return sign | 31 << 10;
    int drop = 42 + (exponent < -14 ? -14 - exponent : 0);    // bits of the fraction beyond half precision
    uint64_t significand = fraction | (uint64_t)1 << 52;
    uint64_t kept = significand >> drop, lost = significand & (((uint64_t)1 << drop) - 1);
    uint64_t middle = (uint64_t)1 << (drop - 1);
    if (lost > middle || (lost == middle && (kept & 1)))
        kept++;
    if (exponent < -14)
        return sign | kept;
    return sign | ((((uint64_t)(exponent + 15)) << 10) + kept - (1 << 10));    // the carry goes into the exponent
}

static uint64_t float_bits(double value, size_t bits)
{
    if (bits == 16)
        return half_of(value);
    uint64_t pattern;
    memcpy(&pattern, &value, sizeof pattern);
    return pattern;
}

static uint64_t single_bits(float value)
{
    uint32_t pattern;
    memcpy(&pattern, &value, sizeof pattern);
    return pattern;
}

bool build_float(struct build *b, term value, size_t bits, unsigned flags)
{
    double number;
    if ((bits != 16 && bits != 32 && bits != 64) || !is_number(value) || !number_to_double(value, &number))
        return false;
    uint64_t pattern;
    if (bits == 32)    // an integer is rounded once, not by way of a double
        pattern = single_bits(is_small(value) ? (float)small_value(value) : (float)number);
    else
        pattern = float_bits(number, bits);
    uint8_t field[8];
    field_of(pattern, bits, field_is_little(flags), field);
    return put(b, field, bits);
}

static bool put_part(struct build *b, struct bits from, size_t bits)
{
    if (build_left(b) < bits)
        return false;
    copy(b, b->at, from, bits);
    b->at += bits;
    return true;
}

bool build_binary(struct build *b, term value, size_t bits)
{
    return is_bitstring(value) && bit_size(value) >= bits && put_part(b, bits_of(value), bits);
}

bool build_binary_all(struct build *b, term value, unsigned unit)
{
    if (!is_bitstring(value) || unit == 0)
        return false;
    struct bits from = bits_of(value);
    return from.size % unit == 0 && put_part(b, from, from.size);
}

bool build_string(struct build *b, const uint8_t *bytes, size_t bits)
{
    return put(b, bytes, bits);
}

bool build_utf8(struct build *b, term value)
{
    uint8_t field[UTF8_MAX_BYTES];
    return is_unicode(value) && put(b, field, 8 * utf8_encode((uint32_t)small_value(value), field));
}

bool build_utf16(struct build *b, term value, unsigned flags)
{
    if (!is_unicode(value))
        return false;
    bool little = field_is_little(flags);
    uint64_t character = (uint64_t)small_value(value);
    uint8_t field[8];
    if (character < 0x10000) {
        field_of(character, 16, little, field);
        return put(b, field, 16);
    }
    character -= 0x10000;
    field_of(0xD800 | character >> 10, 16, little, field);
    uint8_t second[8];
    field_of(0xDC00 | (character & 0x3FF), 16, little, second);
    memcpy(field + 2, second, 2);
    return put(b, field, 32);
}

bool build_utf32(struct build *b, term value, unsigned flags)
{
    return is_unicode(value) && build_integer_slow(b, value, 32, flags);
}

size_t build_utf8_bits(term value)
{
    return is_unicode(value) ? 8 * utf8_size((uint32_t)small_value(value)) : 32;
}

size_t build_utf16_bits(term value)
{
    return is_unicode(value) && small_value(value) < 0x10000 ? 16 : 32;
}
