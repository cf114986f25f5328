// SPDX-License-Identifier: Apache-2.0
// Natives that take tuples apart and make them.
#include "bif/bif.h"
#include "proc/errand.h"
#include "term/binary.h"

#include <string.h>

#define MAX_TUPLE_SIZE (((size_t)1 << 24) - 1)    // as on the BEAM

// A place in a row of n, from 1.
static bool take_index(term t, size_t n, size_t *index)
{
    if (!is_small(t) || small_value(t) < 1 || (size_t)small_value(t) > n)
        return false;
    *index = (size_t)small_value(t) - 1;
    return true;
}

static bool take_tuple_size(term t, size_t *size)
{
    if (!is_small(t) || small_value(t) < 0 || (size_t)small_value(t) > MAX_TUPLE_SIZE)
        return false;
    *size = (size_t)small_value(t);
    return true;
}

static term bif_element(struct proc *p, term *args)
{
    size_t index;
    if (!is_tuple(args[1]) || !take_index(args[0], tuple_arity(args[1]), &index))
        return fail_badarg(p);
    return element(args[1], index);
}

enum { FEW = 1000 };    // elements: not worth an errand

static bool is_few(term tuple)
{
    return !is_tuple(tuple) || tuple_arity(tuple) < FEW;
}

static void copy_elements(term *to, const term *from, size_t n)
{
    enum { STEP = 1024 };
    for (; n > STEP; n -= STEP, to += STEP, from += STEP) {
        memcpy(to, from, STEP * sizeof *to);
        turn_pass(STEP);
    }
    memcpy(to, from, n * sizeof *to);
}

static term set_element(struct proc *p, term *args)
{
    size_t index;
    if (!is_tuple(args[1]) || !take_index(args[0], tuple_arity(args[1]), &index))
        return fail_badarg(p);
    term copy = tuple_alloc(proc_heap(p), tuple_arity(args[1]));
    copy_elements(tuple_elements(copy), tuple_elements(args[1]), tuple_arity(args[1]));
    tuple_elements(copy)[index] = args[2];
    return copy;
}

static term bif_setelement(struct proc *p, term *args)
{
    return is_few(args[1]) ? set_element(p, args) : errand(p, args, 3, set_element);
}

static bool is_small_size(term size)
{
    return !is_small(size) || small_value(size) < FEW;
}

static term tuple_filled(struct proc *p, size_t size, term value)
{
    term tuple = tuple_alloc(proc_heap(p), size);
    for (size_t i = 0; i < size; turn_step(&i))
        tuple_elements(tuple)[i] = value;
    return tuple;
}

static term make_tuple_2(struct proc *p, term *args)
{
    size_t size;
    if (!take_tuple_size(args[0], &size))
        return fail_badarg(p);
    return tuple_filled(p, size, args[1]);
}

static term bif_make_tuple_2(struct proc *p, term *args)
{
    return is_small_size(args[0]) ? make_tuple_2(p, args) : errand(p, args, 2, make_tuple_2);
}

static term make_tuple_3(struct proc *p, term *args)
{
    size_t size, index;
    if (!take_tuple_size(args[0], &size))
        return fail_badarg(p);
    term tuple = tuple_filled(p, size, args[1]), list = args[2];
    for (size_t steps = 0; is_list(list); list = tail(list), turn_step(&steps)) {
        term pair = head(list);
        if (!is_tuple_of(pair, 2) || !take_index(element(pair, 0), size, &index))
            return fail_badarg(p);
        tuple_elements(tuple)[index] = element(pair, 1);
    }
    return is_nil(list) ? tuple : fail_badarg(p);
}

static term bif_make_tuple_3(struct proc *p, term *args)
{
    return is_small_size(args[0]) ? make_tuple_3(p, args) : errand(p, args, 3, make_tuple_3);
}

static term tuple_inserted(struct proc *p, term tuple, size_t index, term value)
{
    size_t n = tuple_arity(tuple);
    term copy = tuple_alloc(proc_heap(p), n + 1);
    const term *from = tuple_elements(tuple);
    term *to = tuple_elements(copy);
    copy_elements(to, from, index);
    to[index] = value;
    copy_elements(to + index + 1, from + index, n - index);
    return copy;
}

static term append_element(struct proc *p, term *args)
{
    if (!is_tuple(args[0]) || tuple_arity(args[0]) >= MAX_TUPLE_SIZE)
        return fail_badarg(p);
    return tuple_inserted(p, args[0], tuple_arity(args[0]), args[1]);
}

static term bif_append_element(struct proc *p, term *args)
{
    return is_few(args[0]) ? append_element(p, args) : errand(p, args, 2, append_element);
}

static term insert_element(struct proc *p, term *args)
{
    size_t index;
    if (!is_tuple(args[1]) || tuple_arity(args[1]) >= MAX_TUPLE_SIZE ||
        !take_index(args[0], tuple_arity(args[1]) + 1, &index))
        return fail_badarg(p);
    return tuple_inserted(p, args[1], index, args[2]);
}

static term bif_insert_element(struct proc *p, term *args)
{
    return is_few(args[1]) ? insert_element(p, args) : errand(p, args, 3, insert_element);
}

static term delete_element(struct proc *p, term *args)
{
    size_t index;
    if (!is_tuple(args[1]) || !take_index(args[0], tuple_arity(args[1]), &index))
        return fail_badarg(p);
    size_t n = tuple_arity(args[1]);
    const term *from = tuple_elements(args[1]);
    term copy = tuple_alloc(proc_heap(p), n - 1);
    copy_elements(tuple_elements(copy), from, index);
    copy_elements(tuple_elements(copy) + index, from + index + 1, n - 1 - index);
    return copy;
}

static term bif_delete_element(struct proc *p, term *args)
{
    return is_few(args[1]) ? delete_element(p, args) : errand(p, args, 2, delete_element);
}

static term tuple_to_list(struct proc *p, term *args)
{
    if (!is_tuple(args[0]))
        return fail_badarg(p);
    return list_of(proc_heap(p), tuple_arity(args[0]), tuple_elements(args[0]), NIL);
}

static term bif_tuple_to_list(struct proc *p, term *args)
{
    return is_few(args[0]) ? tuple_to_list(p, args) : errand(p, args, 1, tuple_to_list);
}

static term list_to_tuple(struct proc *p, term *args)
{
    sword n = list_length(args[0]);
    if (n < 0 || (size_t)n > MAX_TUPLE_SIZE)
        return fail_badarg(p);
    term tuple = tuple_alloc(proc_heap(p), (size_t)n), list = args[0];
    for (size_t i = 0; is_list(list); turn_step(&i), list = tail(list))
        tuple_elements(tuple)[i] = head(list);
    return tuple;
}

static term bif_list_to_tuple(struct proc *p, term *args)
{
    size_t n = 0;
    for (term list = args[0]; is_list(list) && n < FEW; list = tail(list))
        n++;
    return n < FEW ? list_to_tuple(p, args) : errand(p, args, 1, list_to_tuple);
}

static term bif_tuple_size(struct proc *p, term *args)
{
    return is_tuple(args[0]) ? small((sword)tuple_arity(args[0])) : fail_badarg(p);
}

// Of a bit string: whole bytes, rounded down.
static term bif_size(struct proc *p, term *args)
{
    if (is_tuple(args[0]))
        return small((sword)tuple_arity(args[0]));
    return is_bitstring(args[0]) ? small((sword)(bit_size(args[0]) / 8)) : fail_badarg(p);
}

// clang-format off
static const struct native_row rows[] = {
    {"erlang", "append_element", 2, bif_append_element, 0},
    {"erlang", "delete_element", 2, bif_delete_element, 0},
    {"erlang", "element", 2, bif_element, NATIVE_GUARD},
    {"erlang", "insert_element", 3, bif_insert_element, 0},
    {"erlang", "list_to_tuple", 1, bif_list_to_tuple, 0},
    {"erlang", "make_tuple", 2, bif_make_tuple_2, 0},
    {"erlang", "make_tuple", 3, bif_make_tuple_3, 0},
    {"erlang", "setelement", 3, bif_setelement, 0},
    {"erlang", "size", 1, bif_size, NATIVE_GUARD},
    {"erlang", "tuple_size", 1, bif_tuple_size, NATIVE_GUARD},
    {"erlang", "tuple_to_list", 1, bif_tuple_to_list, 0},
};
// clang-format on

const struct native_table natives_tuples = {rows, COUNT_OF(rows)};
