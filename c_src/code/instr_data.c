// SPDX-License-Identifier: Apache-2.0
// Instructions: lists, tuples, maps.
#include "code/interp.h"

#include "base/memory.h"
#include "term/compare.h"
#include "term/map.h"

OP(test_get_list_xxx)
{
    term list = X(1);
    if (!is_list(list))
        JUMP(A(0));
    const term *cell = list_ptr(list);
    term first = cell[0], rest = cell[1];
    X(2) = first;
    X(3) = rest;
    NEXT(4);
}

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

// Operands: tuple, index, destination, index, destination.
OP(get_two_elements_xxx)
{
    const term *elements = tuple_elements(X(0));
    term first = elements[A(1)], second = elements[A(3)];
    X(2) = first;
    X(4) = second;
    NEXT(5);
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
#define PUT_LIST(name, first, second, destination) \
    static NOINLINE OP(name##_slow) \
    { \
        SWAP_OUT(); \
        term cell = cons(&p->heap, first(0), second(1)); \
        SWAP_IN(); \
        destination(2) = cell; \
        NEXT(3); \
    } \
    OP(name) \
    { \
        if (UNLIKELY(E - htop < 2)) \
            TAIL(op_##name##_slow); \
        term head_of_cell = first(0); \
        htop[1] = second(1); \
        htop[0] = head_of_cell; \
        destination(2) = list_term(htop); \
        htop += 2; \
        NEXT(3); \
    }

PUT_LIST(put_list_xxx, X, X, X)
PUT_LIST(put_list_yxx, Y, X, X)
PUT_LIST(put_list_xyx, X, Y, X)
PUT_LIST(put_list_xcx, X, C, X)
PUT_LIST(put_list_cxx, C, X, X)
PUT_LIST(put_list_s, S, S, D)

// The same with the test for space before it. Operands: words wanted (at least 2), live registers, then those of put_list.
#define TEST_PUT_LIST(name, first, second, destination) \
    OP(name) \
    { \
        if (!HAS_WORDS(A(0))) \
            COLLECT(A(0), A(1)); \
        term head_of_cell = first(2); \
        htop[1] = second(3); \
        htop[0] = head_of_cell; \
        destination(4) = list_term(htop); \
        htop += 2; \
        NEXT(5); \
    }

TEST_PUT_LIST(test_put_list_xxx, X, X, X)
TEST_PUT_LIST(test_put_list_yxx, Y, X, X)
TEST_PUT_LIST(test_put_list_xyx, X, Y, X)
TEST_PUT_LIST(test_put_list_xcx, X, C, X)
TEST_PUT_LIST(test_put_list_s, S, S, D)

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
