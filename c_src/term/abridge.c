// SPDX-License-Identifier: Apache-2.0
#include "term/abridge.h"

#include "term/atom.h"
#include "term/big.h"
#include "term/binary.h"
#include "term/fun.h"
#include "term/map.h"

enum { KEPT_LENGTH = 255 };

static bool spend(size_t *left, size_t n)
{
    bool enough = n <= *left;
    *left = enough ? *left - n : 0;
    return enough;
}

static bool spend_bits(size_t *left, size_t bits)
{
    return spend(left, bits / (8 * sizeof(word)));
}

static bool is_modest_integer(term t, size_t *left)
{
    struct magnitude m;
    magnitude_of(t, &m);
    size_t bits = magnitude_bits(&m);
    return bits <= ABRIDGE_BITS && spend_bits(left, bits);
}

static bool is_modest(term t, size_t *left, unsigned depth);

static bool are_modest(const term *terms, size_t n, size_t *left, unsigned depth)
{
    for (size_t i = 0; i < n; i++)
        if (!is_modest(terms[i], left, depth))
            return false;
    return true;
}

static bool is_modest_map(term map, size_t *left, unsigned depth)
{
    struct map_walk w;
    term pair[2];
    map_walk_init(&w, map);
    while (map_walk_next(&w, &pair[0], &pair[1]))
        if (!are_modest(pair, 2, left, depth))
            return false;
    return true;
}

static bool is_modest(term t, size_t *left, unsigned depth)
{
    if (depth == 0)
        return false;
    for (; is_list(t); t = tail(t))
        if (!spend(left, 1) || !is_modest(head(t), left, depth - 1))
            return false;
    if (!spend(left, 1))
        return false;
    if (is_tuple(t))
        return are_modest(tuple_elements(t), tuple_arity(t), left, depth - 1);
    if (is_big(t))
        return is_modest_integer(t, left);
    if (is_map(t))
        return is_modest_map(t, left, depth - 1);
    if (is_kind(t, KIND_FUN))
        return are_modest(fun_free(t), fun_entry_of(t)->free, left, depth - 1);
    return !is_bitstring(t) || spend_bits(left, bit_size(t));
}

bool abridge_is_modest(term t)
{
    size_t left = ABRIDGE_MODEST;
    return is_modest(t, &left, ABRIDGE_DEPTH);
}

static term shown(struct heap *h, term t, size_t *left, unsigned depth);

static term shown_tuple(struct heap *h, term t, size_t *left, unsigned depth)
{
    size_t arity = tuple_arity(t);
    if (arity > *left)
        return ATOM_dots;
    term *object = heap_alloc(h, arity + 1);
    object[0] = header(KIND_TUPLE, arity);
    for (size_t i = 0; i < arity; i++)
        object[1 + i] = shown(h, element(t, i), left, depth);
    return boxed_term(object);
}

// What is left out of a long list is one element, so that it stays a list.
static term shown_list(struct heap *h, term t, size_t *left, unsigned depth)
{
    term list = NIL, *end = &list;
    size_t length = 0;
    for (; is_list(t) && (*left > 0 || length < KEPT_LENGTH); t = tail(t), length++) {
        *end = cons(h, shown(h, head(t), left, depth), NIL);
        end = list_ptr(*end) + 1;
    }
    *end = is_list(t) ? cons(h, ATOM_dots, NIL) : is_nil(t) ? NIL : shown(h, t, left, depth);
    return list;
}

// What has no beginning is shown as it is, or not at all.
static term shown_whole(term t, size_t *left, unsigned depth)
{
    size_t most = *left < ABRIDGE_SHOWN / 10 ? *left : ABRIDGE_SHOWN / 10, rest = most;
    if (!is_modest(t, &rest, depth))
        return ATOM_dots;
    *left -= most - rest;
    return t;
}

static term shown(struct heap *h, term t, size_t *left, unsigned depth)
{
    bool enough = spend(left, 1);
    if (!is_boxed(t) && !is_list(t))
        return t;
    if (depth == 0 || !enough)
        return ATOM_dots;
    if (is_list(t))
        return shown_list(h, t, left, depth - 1);
    if (is_tuple(t))
        return shown_tuple(h, t, left, depth - 1);
    return shown_whole(t, left, depth);
}

term abridge(struct heap *h, term t)
{
    size_t left = ABRIDGE_SHOWN;
    return abridge_is_modest(t) ? t : shown(h, t, &left, ABRIDGE_DEPTH);
}
