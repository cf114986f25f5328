// SPDX-License-Identifier: Apache-2.0
// The operators and natives that have instructions of their own: what computes them, and the export that a stack trace blames.
#ifndef TANDEM_CODE_OPERATORS_H
#define TANDEM_CODE_OPERATORS_H

#include "term/fun.h"

// OPERATOR(name, text, arity, function or NULL)
#define OPERATOR_TABLE(OPERATOR) \
    OPERATOR(add, "+", 2, number_add) \
    OPERATOR(subtract, "-", 2, number_subtract) \
    OPERATOR(multiply, "*", 2, number_multiply) \
    OPERATOR(div, "div", 2, number_div) \
    OPERATOR(rem, "rem", 2, number_rem) \
    OPERATOR(band, "band", 2, number_band) \
    OPERATOR(bor, "bor", 2, number_bor) \
    OPERATOR(bxor, "bxor", 2, number_bxor) \
    OPERATOR(bsl, "bsl", 2, number_bsl) \
    OPERATOR(bsr, "bsr", 2, number_bsr) \
    OPERATOR(element, "element", 2, NULL) \
    OPERATOR(hd, "hd", 1, NULL) \
    OPERATOR(tl, "tl", 1, NULL) \
    OPERATOR(tuple_size, "tuple_size", 1, NULL) \
    OPERATOR(byte_size, "byte_size", 1, NULL) \
    OPERATOR(bit_size, "bit_size", 1, NULL)

enum operator{
#define OPERATOR(name, text, arity, function) OPERATOR_##name,
    OPERATOR_TABLE(OPERATOR)
#undef OPERATOR
        OPERATOR_COUNT
};

struct operator_row {
    const char *text;
    uint32_t arity;
    term (*function)(struct heap *h, term a, term b, term *why);
    const struct export *export;
};
extern struct operator_row operators[OPERATOR_COUNT];

void operators_open(void);

#endif
