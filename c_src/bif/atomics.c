// SPDX-License-Identifier: Apache-2.0
// atomics and counters: arrays of 64-bit integers that processes share. An array is a handle (term/ident.h) of a shared
// binary whose bytes are the array, so it lives as long as anybody refers to it. counters with write_concurrency are
// arrays too: a cache line a worker would pay only with many cores.
#include "base/memory.h"
#include "bif/bif.h"
#include "term/binary.h"
#include "term/ident.h"
#include "term/map.h"
#include "term/number.h"

#include <string.h>

enum { ARRAY_MAX = 1 << 30, SIGNED_OPTION = 1 };

struct array {
    bool is_signed;
    size_t length;
    _Atomic int64_t at[];
};

static struct array *array_of(term t, term kind)
{
    term binary = handle_value(t, kind);
    if (binary == NONE)
        return NULL;
    return (struct array *)(void *)((struct shared *)(uintptr_t)boxed_ptr(binary)[2])->bytes;
}

static size_t array_bytes(const struct array *a)
{
    return sizeof *a + a->length * sizeof a->at[0];
}

// The integer that is wrong is badarg, one that no machine word holds system_limit.
static term array_new(struct proc *p, term kind, term length, bool is_signed)
{
    uint64_t n;
    if (!is_integer(length) || integer_is_negative(length) || length == small(0))
        return fail_badarg(p);
    if (!integer_to_u64(length, &n) || n > ARRAY_MAX)
        return fail_error(p, ATOM_system_limit);
    size_t bytes = sizeof(struct array) + n * sizeof(int64_t);
    if (!mem_allows(bytes))
        return fail_error(p, ATOM_system_limit);
    struct shared *s = shared_new(bytes, bytes);
    struct array *a = (struct array *)(void *)s->bytes;
    memset(a, 0, bytes);
    a->is_signed = is_signed;
    a->length = n;
    return handle_new(proc_heap(p), kind, binary_share(proc_heap(p), s));
}

static _Atomic int64_t *slot(struct array *a, term index)
{
    if (!a || !is_small(index) || small_value(index) < 1 || (size_t)small_value(index) > a->length)
        return NULL;
    return &a->at[small_value(index) - 1];
}

// Bits of any integer of 64 bits, signed or not.
static bool bits_taken(term t, int64_t *bits)
{
    uint64_t u;
    if (integer_to_i64(t, bits))
        return true;
    bool good = integer_to_u64(t, &u);
    *bits = (int64_t)u;
    return good;
}

// Bits of an integer in the array's range.
static bool value_taken(const struct array *a, term t, int64_t *bits)
{
    uint64_t u;
    if (a->is_signed)
        return integer_to_i64(t, bits);
    bool good = integer_to_u64(t, &u);
    *bits = (int64_t)u;
    return good;
}

static term value_term(struct proc *p, const struct array *a, int64_t bits)
{
    struct heap *h = proc_heap(p);
    return a->is_signed ? integer_from_i64(h, bits) : integer_from_u64(h, (uint64_t)bits);
}

static term bif_new(struct proc *p, term *args)
{
    uint64_t options;
    if (!integer_to_u64(args[1], &options))
        return fail_badarg(p);
    return array_new(p, ATOM_atomics, args[0], options & SIGNED_OPTION);
}

static term bif_put(struct proc *p, term *args)
{
    struct array *a = array_of(args[0], ATOM_atomics);
    _Atomic int64_t *at = slot(a, args[1]);
    int64_t bits;
    if (!at || !value_taken(a, args[2], &bits))
        return fail_badarg(p);
    atomic_store(at, bits);
    return ATOM_ok;
}

static term bif_get(struct proc *p, term *args)
{
    struct array *a = array_of(args[0], ATOM_atomics);
    _Atomic int64_t *at = slot(a, args[1]);
    return at ? value_term(p, a, atomic_load(at)) : fail_badarg(p);
}

static term bif_add(struct proc *p, term *args)
{
    _Atomic int64_t *at = slot(array_of(args[0], ATOM_atomics), args[1]);
    int64_t bits;
    if (!at || !bits_taken(args[2], &bits))
        return fail_badarg(p);
    atomic_fetch_add(at, bits);
    return ATOM_ok;
}

static term bif_add_get(struct proc *p, term *args)
{
    struct array *a = array_of(args[0], ATOM_atomics);
    _Atomic int64_t *at = slot(a, args[1]);
    int64_t bits;
    if (!at || !bits_taken(args[2], &bits))
        return fail_badarg(p);
    return value_term(p, a, (int64_t)((uint64_t)atomic_fetch_add(at, bits) + (uint64_t)bits));
}

static term bif_exchange(struct proc *p, term *args)
{
    struct array *a = array_of(args[0], ATOM_atomics);
    _Atomic int64_t *at = slot(a, args[1]);
    int64_t bits;
    if (!at || !value_taken(a, args[2], &bits))
        return fail_badarg(p);
    return value_term(p, a, atomic_exchange(at, bits));
}

static term bif_compare_exchange(struct proc *p, term *args)
{
    struct array *a = array_of(args[0], ATOM_atomics);
    _Atomic int64_t *at = slot(a, args[1]);
    int64_t expected, desired;
    if (!at || !value_taken(a, args[2], &expected) || !value_taken(a, args[3], &desired))
        return fail_badarg(p);
    return atomic_compare_exchange_strong(at, &expected, desired) ? (term)ATOM_ok : value_term(p, a, expected);
}

static term bif_info(struct proc *p, term *args)
{
    struct array *a = array_of(args[0], ATOM_atomics);
    struct heap *h = proc_heap(p);
    if (!a)
        return fail_badarg(p);
    term max = a->is_signed ? integer_from_i64(h, INT64_MAX) : integer_from_u64(h, UINT64_MAX);
    term min = a->is_signed ? integer_from_i64(h, INT64_MIN) : small(0);
    term pairs[] = {ATOM_max,    max,
                    ATOM_min,    min,
                    ATOM_size,   integer_from_u64(h, a->length),
                    ATOM_memory, integer_from_u64(h, sizeof(struct shared) + array_bytes(a))};
    return map_from_pairs(h, pairs, COUNT_OF(pairs) / 2);
}

// Counters: adding and reading order nothing else.

static term bif_counters_new(struct proc *p, term *args)
{
    return array_new(p, ATOM_counters, args[0], true);
}

static term bif_counters_get(struct proc *p, term *args)
{
    _Atomic int64_t *at = slot(array_of(args[0], ATOM_counters), args[1]);
    return at ? integer_from_i64(proc_heap(p), atomic_load_explicit(at, memory_order_relaxed)) : fail_badarg(p);
}

static term bif_counters_add(struct proc *p, term *args)
{
    _Atomic int64_t *at = slot(array_of(args[0], ATOM_counters), args[1]);
    int64_t bits;
    if (!at || !bits_taken(args[2], &bits))
        return fail_badarg(p);
    atomic_fetch_add_explicit(at, bits, memory_order_relaxed);
    return ATOM_ok;
}

static term bif_counters_put(struct proc *p, term *args)
{
    _Atomic int64_t *at = slot(array_of(args[0], ATOM_counters), args[1]);
    int64_t value;
    if (!at || !integer_to_i64(args[2], &value))
        return fail_badarg(p);
    atomic_store_explicit(at, value, memory_order_relaxed);
    return ATOM_ok;
}

static term bif_counters_info(struct proc *p, term *args)
{
    struct array *a = array_of(args[0], ATOM_counters);
    struct heap *h = proc_heap(p);
    if (!a)
        return fail_badarg(p);
    term pairs[] = {ATOM_memory, integer_from_u64(h, sizeof(struct shared) + array_bytes(a)), ATOM_size,
                    integer_from_u64(h, a->length)};
    return map_from_pairs(h, pairs, COUNT_OF(pairs) / 2);
}

static const struct native_row rows[] = {
    {"erts_internal", "atomics_new", 2, bif_new, 0},
    {"atomics", "put", 3, bif_put, 0},
    {"atomics", "get", 2, bif_get, 0},
    {"atomics", "add", 3, bif_add, 0},
    {"atomics", "add_get", 3, bif_add_get, 0},
    {"atomics", "exchange", 3, bif_exchange, 0},
    {"atomics", "compare_exchange", 4, bif_compare_exchange, 0},
    {"atomics", "info", 1, bif_info, 0},
    {"erts_internal", "counters_new", 1, bif_counters_new, 0},
    {"erts_internal", "counters_get", 2, bif_counters_get, 0},
    {"erts_internal", "counters_add", 3, bif_counters_add, 0},
    {"erts_internal", "counters_put", 3, bif_counters_put, 0},
    {"erts_internal", "counters_info", 1, bif_counters_info, 0},
};

const struct native_table natives_atomics = {rows, COUNT_OF(rows)};
