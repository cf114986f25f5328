// SPDX-License-Identifier: Apache-2.0
// Binaries: sizes, parts, conversions from and to lists and integers.
#include "bif/bif.h"

#include "base/writer.h"
#include "proc/errand.h"
#include "term/build.h"
#include "term/iolist.h"
#include "term/number.h"

#include <string.h>

enum { FEW = 32 };    // elements, not worth an errand

static term bif_byte_size(struct proc *p, term *args)
{
    return is_bitstring(args[0]) ? small((sword)((bit_size(args[0]) + 7) / 8)) : fail_badarg(p);
}

static term bif_bit_size(struct proc *p, term *args)
{
    return is_bitstring(args[0]) ? small((sword)bit_size(args[0])) : fail_badarg(p);
}

// A part given by its start and length, which counts backwards if it is negative. Only whole bytes can be in it.
static term part(struct proc *p, term binary, term start, term length)
{
    if (!is_bitstring(binary) || !are_small(start, length))
        return fail_badarg(p);
    sword size = (sword)(bit_size(binary) / 8), from = small_value(start), n = small_value(length);
    if (n < 0) {
        from += n;
        n = -n;
    }
    if (from < 0 || from > size || n > size - from)
        return fail_badarg(p);
    return binary_part_bits(proc_heap(p), binary, (size_t)from * 8, (size_t)n * 8);
}

static term bif_part_3(struct proc *p, term *args)
{
    return part(p, args[0], args[1], args[2]);
}

static term bif_part_2(struct proc *p, term *args)
{
    return is_tuple_of(args[1], 2) ? part(p, args[0], element(args[1], 0), element(args[1], 1)) : fail_badarg(p);
}

static term bif_split_binary(struct proc *p, term *args)
{
    if (!is_bitstring(args[0]) || !is_small(args[1]))
        return fail_badarg(p);
    size_t bits = bit_size(args[0]);
    if ((word)small_value(args[1]) > bits / 8)
        return fail_badarg(p);
    struct heap *h = proc_heap(p);
    size_t at = (size_t)small_value(args[1]) * 8;
    return tuple2(h, binary_part_bits(h, args[0], 0, at), binary_part_bits(h, args[0], at, bits - at));
}

// The whole bytes of a bit string as a list that ends with `rest`.
// NONE: more than memory allows.
static term byte_list(struct heap *h, struct bits b, term rest)
{
    size_t n = b.size / 8;
    if (n == 0)
        return rest;
    if (!mem_allows(n * 2 * sizeof(term)))
        return NONE;
    term *cell = heap_alloc(h, n * 2), list = list_term(cell);
    uint8_t chunk[256];
    for (size_t at = 0, steps = 0; at < n; at++, cell += 2, turn_step(&steps)) {
        size_t in_chunk = at % sizeof chunk;
        if (in_chunk == 0)
            bits_copy(chunk, 0, b.base, b.offset + at * 8, 8 * (n - at < sizeof chunk ? n - at : sizeof chunk));
        cell[0] = small(chunk[in_chunk]);
        cell[1] = list_term(cell + 2);
    }
    cell[-1] = rest;
    return list;
}

static term or_limit(struct proc *p, term list)
{
    return list != NONE ? list : fail_error(p, ATOM_system_limit);
}

static term to_list_1(struct proc *p, term *args)
{
    return is_binary(args[0]) ? or_limit(p, byte_list(proc_heap(p), bits_of(args[0]), NIL)) : fail_badarg(p);
}

static term to_list_3(struct proc *p, term *args)
{
    if (!is_bitstring(args[0]) || !are_small(args[1], args[2]))
        return fail_badarg(p);
    struct bits b = bits_of(args[0]);
    sword size = (sword)(b.size / 8), first = small_value(args[1]), last = small_value(args[2]);
    if (first < 1 || last < first || last > size)
        return fail_badarg(p);
    struct bits range = {b.base, b.offset + (size_t)(first - 1) * 8, (size_t)(last - first + 1) * 8};
    return or_limit(p, byte_list(proc_heap(p), range, NIL));
}

static term bits_to_list(struct proc *p, term *args)
{
    if (!is_bitstring(args[0]))
        return fail_badarg(p);
    struct heap *h = proc_heap(p);
    struct bits b = bits_of(args[0]);
    size_t rest = b.size % 8;
    term last = rest ? cons(h, binary_part_bits(h, args[0], b.size - rest, rest), NIL) : NIL;
    return or_limit(p, byte_list(h, b, last));
}

static term bif_binary_to_list_1(struct proc *p, term *args)
{
    return errand_for(p, args, 1, to_list_1, args[0]);
}

static term bif_binary_to_list_3(struct proc *p, term *args)
{
    return errand_for(p, args, 3, to_list_3, args[0]);
}

static term bif_bitstring_to_list(struct proc *p, term *args)
{
    return errand_for(p, args, 1, bits_to_list, args[0]);
}

// Data that is done before an errand would have begun: a bit string that is given as it is, or a flat list of few bytes and
// little binaries.
static bool is_little_data(term t)
{
    size_t n = 0;
    if (is_immediate(t) || is_bitstring(t))
        return true;
    while (is_list(t) && n++ < FEW && (is_immediate(head(t)) || errand_is_little(head(t))))
        t = tail(t);
    return is_nil(t);
}

static term to_binary(struct proc *p, term *args)
{
    bool too_large;
    term binary = iolist_to_binary(proc_heap(p), args[0], &too_large);
    if (binary != NONE)
        return binary;
    return too_large ? fail_error(p, ATOM_system_limit) : fail_badarg(p);
}

static term bif_iolist_to_binary(struct proc *p, term *args)
{
    return is_little_data(args[0]) ? to_binary(p, args) : errand_pure(p, args, 1, to_binary);
}

static term bif_list_to_binary(struct proc *p, term *args)
{
    return is_any_list(args[0]) ? bif_iolist_to_binary(p, args) : fail_badarg(p);
}

static term to_bitstring(struct proc *p, term *args)
{
    size_t bits;
    if (!is_any_list(args[0]) || !iolist_bits(args[0], 1, &bits))
        return fail_badarg(p);
    if (!size_allowed(bits))
        return fail_error(p, ATOM_system_limit);
    struct build b;
    term result = build_init(proc_heap(p), &b, bits);
    iolist_write(args[0], b.bytes);
    return result;
}

ERRAND_PURE(bif_list_to_bitstring, 1, to_bitstring)

static term size_of_iolist(struct proc *p, term *args)
{
    size_t bits;
    if (!iolist_bits(args[0], 8, &bits))
        return fail_badarg(p);
    return bits == SIZE_MAX ? fail_error(p, ATOM_system_limit) : integer_from_u64(proc_heap(p), bits / 8);
}

static term bif_iolist_size(struct proc *p, term *args)
{
    return is_little_data(args[0]) ? size_of_iolist(p, args) : errand_pure(p, args, 1, size_of_iolist);
}

// A list of binaries under construction: its last cell's tail, and bytes that will be part of the next binary.
struct iovec {
    struct heap *heap;
    term first, *last;
    struct writer waiting;
};

static void iovec_add(struct iovec *v, term binary)
{
    *v->last = cons(v->heap, binary, NIL);
    v->last = list_ptr(*v->last) + 1;
}

static void iovec_flush(struct iovec *v)
{
    if (v->waiting.size > 0)
        iovec_add(v, binary_from(v->heap, v->waiting.bytes, v->waiting.size));
    v->waiting.size = 0;
}

enum { IOVEC_OWN_BYTES = 256 };    // larger parts are elements of their own

// Large parts are taken as they are, small ones and bytes gathered.
static void iovec_put(struct iovec *v, term piece)
{
    if (is_small(piece)) {
        writer_u8(&v->waiting, (uint8_t)small_value(piece));
        return;
    }
    struct bits b = bits_of(piece);
    if (b.size > IOVEC_OWN_BYTES * 8) {
        iovec_flush(v);
        iovec_add(v, piece);
    } else if (b.size > 0) {
        bits_copy(writer_room(&v->waiting, b.size / 8), 0, b.base, b.offset, b.size);
    }
}

static term to_iovec(struct proc *p, term *args)
{
    struct iovec v = {.heap = proc_heap(p), .first = NIL};
    v.last = &v.first;
    struct iolist l;
    term piece;
    enum iolist_piece kind;
    writer_init(&v.waiting);
    iolist_open(&l, args[0]);
    while ((kind = iolist_next(&l, &piece)) == IOLIST_BYTE || (kind == IOLIST_PART && is_binary(piece)))
        iovec_put(&v, piece);
    iovec_flush(&v);
    iolist_close(&l);
    writer_done(&v.waiting);
    return kind == IOLIST_END ? v.first : fail_badarg(p);
}

ERRAND_PURE(bif_iolist_to_iovec, 1, to_iovec)

static term byte_at(term binary, size_t index)
{
    struct bits b = bits_of(binary);
    uint8_t byte;
    bits_copy(&byte, 0, b.base, b.offset + index * 8, 8);
    return small(byte);
}

static term bif_at(struct proc *p, term *args)
{
    if (!is_binary(args[0]) || !is_small(args[1]) || (word)small_value(args[1]) >= bit_size(args[0]) / 8)
        return fail_badarg(p);
    return byte_at(args[0], (size_t)small_value(args[1]));
}

static term bif_first(struct proc *p, term *args)
{
    return is_binary(args[0]) && bit_size(args[0]) > 0 ? byte_at(args[0], 0) : fail_badarg(p);
}

static term bif_last(struct proc *p, term *args)
{
    if (!is_binary(args[0]) || bit_size(args[0]) == 0)
        return fail_badarg(p);
    return byte_at(args[0], bit_size(args[0]) / 8 - 1);
}

static term copies(struct proc *p, term binary, term times)
{
    if (is_bitstring(binary) && times == small(0))    // of whole bytes or not
        return binary_from(proc_heap(p), NULL, 0);
    if (!is_binary(binary) || !is_small(times) || small_value(times) < 0)
        return fail_badarg(p);
    struct bits b = bits_of(binary);
    size_t total;
    if (__builtin_mul_overflow(b.size / 8, (size_t)small_value(times), &total) || !size_allowed(total * 8))
        return fail_error(p, ATOM_system_limit);
    uint8_t *bytes;
    term result = binary_alloc(proc_heap(p), total, &bytes);
    if (total > 0)
        bits_copy(bytes, 0, b.base, b.offset, b.size);
    for (size_t filled = b.size / 8, run; filled < total; filled += run) {
        run = filled < total - filled ? filled : total - filled;
        bits_copy(bytes + filled, 0, bytes, 0, run * 8);
    }
    return result;
}

static term copy_1(struct proc *p, term *args)
{
    return copies(p, args[0], small(1));
}

static term copy_2(struct proc *p, term *args)
{
    return copies(p, args[0], args[1]);
}

static term bif_copy_1(struct proc *p, term *args)
{
    return errand_for(p, args, 1, copy_1, args[0]);
}

ERRAND(bif_copy_2, 2, copy_2)

static term bif_referenced_byte_size(struct proc *p, term *args)
{
    if (!is_bitstring(args[0]))
        return fail_badarg(p);
    const term *object = boxed_ptr(args[0]);
    if (header_kind(object[0]) == KIND_SUB_BIN)
        object = boxed_ptr(object[1]);
    return small((sword)object[1]);
}

static term decode(struct proc *p, term binary, term endianness)
{
    if (!is_binary(binary) || (endianness != ATOM_big && endianness != ATOM_little))
        return fail_badarg(p);
    struct bits b = bits_of(binary);
    if (b.size == 0)
        return small(0);
    term result = integer_from_field(proc_heap(p), b.base, b.offset, b.size, false, endianness == ATOM_little);
    return result != NONE ? result : fail_error(p, ATOM_system_limit);
}

static term bif_decode_unsigned_1(struct proc *p, term *args)
{
    return decode(p, args[0], ATOM_big);
}

static term bif_decode_unsigned_2(struct proc *p, term *args)
{
    return decode(p, args[0], args[1]);
}

static term encode(struct proc *p, term integer, term endianness)
{
    if (!is_integer(integer) || integer_is_negative(integer) || (endianness != ATOM_big && endianness != ATOM_little))
        return fail_badarg(p);
    size_t n = integer_byte_size(integer);
    uint8_t *bytes;
    term result = binary_alloc(proc_heap(p), n ? n : 1, &bytes);
    integer_to_field(integer, bytes, 0, (n ? n : 1) * 8, endianness == ATOM_little);
    return result;
}

static term bif_encode_unsigned_1(struct proc *p, term *args)
{
    return encode(p, args[0], ATOM_big);
}

static term bif_encode_unsigned_2(struct proc *p, term *args)
{
    return encode(p, args[0], args[1]);
}

// How many bytes two binaries have in common at their start or end.
static size_t common(struct bits a, struct bits b, bool at_end)
{
    size_t n = (a.size < b.size ? a.size : b.size) / 8;
    for (size_t i = 0, steps = 0; i < n; i++, turn_step(&steps)) {
        size_t from_a = a.offset + (at_end ? a.size - 8 * (i + 1) : 8 * i);
        size_t from_b = b.offset + (at_end ? b.size - 8 * (i + 1) : 8 * i);
        if (bits_compare((struct bits){a.base, from_a, 8}, (struct bits){b.base, from_b, 8}) != 0)
            return i;
    }
    return n;
}

static term longest_common(struct proc *p, term list, bool at_end)
{
    if (!is_list(list) || !is_binary(head(list)))
        return fail_badarg(p);
    struct bits shortest = bits_of(head(list));
    size_t n = shortest.size / 8;
    for (list = tail(list); is_list(list); list = tail(list)) {
        if (!is_binary(head(list)))
            return fail_badarg(p);
        size_t shared = common(shortest, bits_of(head(list)), at_end);
        if (shared < n)
            n = shared;
    }
    return is_nil(list) ? small((sword)n) : fail_badarg(p);
}

static term prefix(struct proc *p, term *args)
{
    return longest_common(p, args[0], false);
}

static term suffix(struct proc *p, term *args)
{
    return longest_common(p, args[0], true);
}

ERRAND(bif_longest_common_prefix, 1, prefix)
ERRAND(bif_longest_common_suffix, 1, suffix)

static const struct native_row rows[] = {
    {"erlang", "byte_size", 1, bif_byte_size, NATIVE_GUARD},
    {"erlang", "bit_size", 1, bif_bit_size, NATIVE_GUARD},
    {"erlang", "binary_part", 2, bif_part_2, NATIVE_GUARD},
    {"erlang", "binary_part", 3, bif_part_3, NATIVE_GUARD},
    {"erlang", "split_binary", 2, bif_split_binary, 0},
    {"erlang", "binary_to_list", 1, bif_binary_to_list_1, 0},
    {"erlang", "binary_to_list", 3, bif_binary_to_list_3, 0},
    {"erlang", "bitstring_to_list", 1, bif_bitstring_to_list, 0},
    {"erlang", "list_to_binary", 1, bif_list_to_binary, 0},
    {"erlang", "list_to_bitstring", 1, bif_list_to_bitstring, 0},
    {"erlang", "iolist_to_binary", 1, bif_iolist_to_binary, 0},
    {"erlang", "iolist_size", 1, bif_iolist_size, 0},
    {"erlang", "iolist_to_iovec", 1, bif_iolist_to_iovec, 0},
    {"binary", "at", 2, bif_at, 0},
    {"binary", "copy", 1, bif_copy_1, 0},
    {"binary", "copy", 2, bif_copy_2, 0},
    {"binary", "decode_unsigned", 1, bif_decode_unsigned_1, 0},
    {"binary", "decode_unsigned", 2, bif_decode_unsigned_2, 0},
    {"binary", "encode_unsigned", 1, bif_encode_unsigned_1, 0},
    {"binary", "encode_unsigned", 2, bif_encode_unsigned_2, 0},
    {"binary", "first", 1, bif_first, 0},
    {"binary", "last", 1, bif_last, 0},
    {"binary", "list_to_bin", 1, bif_list_to_binary, 0},
    {"binary", "longest_common_prefix", 1, bif_longest_common_prefix, 0},
    {"binary", "longest_common_suffix", 1, bif_longest_common_suffix, 0},
    {"binary", "part", 2, bif_part_2, 0},
    {"binary", "part", 3, bif_part_3, 0},
    {"binary", "referenced_byte_size", 1, bif_referenced_byte_size, 0},
};

const struct native_table natives_binary = {rows, COUNT_OF(rows)};
