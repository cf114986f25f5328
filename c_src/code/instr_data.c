// SPDX-License-Identifier: Apache-2.0
// Instructions: lists, tuples, maps.
#include "code/interp.h"

#include "base/memory.h"
#include "term/compare.h"
#include "term/map.h"

OP(get_list_xxx)
{
    const term *cell = list_ptr(X(0));
    term first = cell[0], rest = cell[1];
    X(1) = first;
    X(2) = rest;
    NEXT(3);
}

OP(get_list_s)
{
    const term *cell = list_ptr(S(0));
    term first = cell[0], rest = cell[1];
    D(1) = first;
    D(2) = rest;
    NEXT(3);
}

OP(get_hd_s)
{
    D(1) = head(S(0));
    NEXT(2);
}

OP(get_tl_s)
{
    D(1) = tail(S(0));
    NEXT(2);
}

OP(get_tuple_element_xx)
{
    X(2) = element(X(0), A(1));
    NEXT(3);
}

OP(get_tuple_element_s)
{
    D(2) = element(S(0), A(1));
    NEXT(3);
}

OP(set_tuple_element_s)
{
    tuple_elements(S(1))[A(2)] = S(0);
    NEXT(3);
}

// Space was made by an allocate or test_heap before. Where it was not, the heap takes a fragment.
static NOINLINE OP(put_list_slow)
{
    SWAP_OUT();
    term cell = cons(&p->heap, S(0), S(1));
    SWAP_IN();
    D(2) = cell;
    NEXT(3);
}

OP(put_list_s)
{
    term first = S(0), rest = S(1);
    if (UNLIKELY(E - htop < 2 + CONFIG_STACK_RESERVE))
        TAIL(op_put_list_slow);
    htop[0] = first;
    htop[1] = rest;
    D(2) = list_term(htop);
    htop += 2;
    NEXT(3);
}

static inline void fill_tuple(const word *ip, term *x, term *E, term *object)
{
    word arity = A(1);
    object[0] = header(KIND_TUPLE, arity);
#pragma clang loop vectorize(disable) unroll(disable)
    for (word i = 0; i < arity; i++)
        object[1 + i] = S(2 + i);
    D(0) = boxed_term(object);
}

static NOINLINE OP(put_tuple2_slow)
{
    SWAP_OUT();
    term *object = heap_alloc(&p->heap, A(1) + 1);
    SWAP_IN();
    fill_tuple(ip, x, E, object);
    NEXT(2 + A(1));
}

// Operands: destination, number of elements; then the elements.
OP(put_tuple2_plain)
{
    term *object = htop;
    if (UNLIKELY(E - htop < (sword)A(1) + 1 + CONFIG_STACK_RESERVE))
        TAIL(op_put_tuple2_slow);
    htop += A(1) + 1;
    fill_tuple(ip, x, E, object);
    NEXT(2 + A(1));
}

// Maps: the pairs (key, value) follow the operands. Updates of an empty map are built at once.
static term build_map(struct heap *h, const word *ip, term *x, term *E, word pairs)
{
    term *scratch = mem_alloc(pairs * 2 * sizeof *scratch);
    for (word i = 0; i < pairs * 2; i++)
        scratch[i] = S(5 + i);
    term map = map_from_pairs(h, scratch, pairs);
    mem_free(scratch, pairs * 2 * sizeof *scratch);
    return map;
}

static term put_pairs(struct heap *h, const word *ip, term *x, term *E, term map, bool exact)
{
    word pairs = A(4) / 2;
    if (!exact && map_size(map) == 0)
        return build_map(h, ip, x, E, pairs);
    for (word i = 0; i < pairs; i++) {
        term key = S(5 + 2 * i), value = S(6 + 2 * i);
        term next = exact ? map_replace(h, map, key, value) : map_put(h, map, key, value);
        if (!next) {
            raise_error(x, tuple2(h, ATOM_badkey, key));
            return NONE;
        }
        map = next;
    }
    return map;
}

// Operands: label, map, destination, live registers, number of words that follow.
OP(put_map_assoc_plain)
{
    term map = S(1);
    SWAP_OUT();
    if (UNLIKELY(!is_map(map))) {
        raise_error(x, tuple2(&p->heap, ATOM_badmap, map));
        SWAP_IN();
        FAIL_OR_RAISE(A(0));
    }
    D(2) = put_pairs(&p->heap, ip, x, E, map, false);
    SWAP_IN();
    NEXT(5 + A(4));
}

OP(put_map_exact_plain)
{
    term map = S(1);
    SWAP_OUT();
    if (UNLIKELY(!is_map(map))) {
        raise_error(x, tuple2(&p->heap, ATOM_badmap, map));
        SWAP_IN();
        FAIL_OR_RAISE(A(0));
    }
    term updated = put_pairs(&p->heap, ip, x, E, map, true);
    SWAP_IN();
    if (UNLIKELY(!updated))
        FAIL_OR_RAISE(A(0));
    D(2) = updated;
    NEXT(5 + A(4));
}

// Operands: label, map, number of keys; then the keys.
OP(has_map_fields_plain)
{
    term map = S(1);
    for (word i = 0; i < A(2); i++)
        if (!map_get(map, S(3 + i)))
            JUMP(A(0));
    NEXT(3 + A(2));
}

// Operands: label, map, number of words that follow; then key, destination ...
OP(get_map_elements_plain)
{
    term map = S(1);
    for (word i = 0; i < A(2); i += 2) {
        term value = map_get(map, S(3 + i));
        if (!value)
            JUMP(A(0));
        D(4 + i) = value;
    }
    NEXT(3 + A(2));
}

// Operands: arity, source, destination, number of words that follow; then position, value ... The copy is always new.
OP(update_record_plain)
{
    word arity = A(0);
    const term *source = boxed_ptr(S(1));
    SWAP_OUT();
    term *object = heap_alloc(&p->heap, arity + 1);
    SWAP_IN();
    for (word i = 0; i <= arity; i++)
        object[i] = source[i];
    for (word i = 0; i < A(3); i += 2)
        object[A(4 + i)] = S(5 + i);
    D(2) = boxed_term(object);
    NEXT(4 + A(3));
}
