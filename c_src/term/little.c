// SPDX-License-Identifier: Apache-2.0
#include "term/little.h"

#include "term/binary.h"

enum { FEW = 16, LITTLE_BITS = 1024 * 8 };

// Without parts that would have to be looked at.
static bool is_little_leaf(term t)
{
    if (is_immediate(t))
        return true;
    if (is_list(t))
        return false;
    return is_bitstring(t) ? bit_size(t) < LITTLE_BITS : is_float(t);
}

static bool is_little_list(term t)
{
    for (unsigned n = 0; is_list(t); t = tail(t), n++)
        if (n == FEW || !is_little_leaf(head(t)))
            return false;
    return is_little_leaf(t);
}

bool term_is_little_slow(term t)
{
    if (is_list(t))
        return is_little_list(t);
    if (!is_tuple(t))
        return is_little_leaf(t);
    size_t n = tuple_arity(t);
    const term *elements = tuple_elements(t);
    bool little = n <= FEW;
    for (size_t i = 0; little && i < n; i++)
        little = is_little_leaf(elements[i]);
    return little;
}
