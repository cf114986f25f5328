// SPDX-License-Identifier: Apache-2.0
// Instructions: type tests, comparisons, selections. A test that holds goes on, one that fails jumps to its label.
#include "code/interp.h"

#include "proc/comparing.h"

#include "term/binary.h"
#include "term/compare.h"
#include "term/fun.h"

#define TEST(name, source, holds) \
    OP(name) \
    { \
        term t = source(1); \
        if (holds) \
            NEXT(2); \
        JUMP(A(0)); \
    }

TEST(is_integer_x, X, LIKELY(is_small(t)) || is_big(t))
TEST(is_integer_s, S, LIKELY(is_small(t)) || is_big(t))
TEST(is_float_s, S, is_float(t))
TEST(is_number_s, S, is_number(t))
TEST(is_atom_x, X, is_atom(t))
TEST(is_atom_s, S, is_atom(t))
TEST(is_pid_s, S, is_pid(t))
TEST(is_reference_s, S, is_ref(t))
TEST(is_port_s, S, is_port(t))
TEST(is_nil_x, X, is_nil(t))
TEST(is_nil_s, S, is_nil(t))
TEST(is_binary_s, S, is_binary(t))
TEST(is_bitstr_s, S, is_bitstring(t))
TEST(is_list_x, X, is_any_list(t))
TEST(is_list_s, S, is_any_list(t))
TEST(is_nonempty_list_x, X, is_list(t))
TEST(is_nonempty_list_y, Y, is_list(t))
TEST(is_nonempty_list_s, S, is_list(t))
TEST(is_tuple_x, X, is_tuple(t))
TEST(is_tuple_s, S, is_tuple(t))
TEST(is_function_s, S, is_fun(t))
TEST(is_boolean_s, S, is_bool(t))
TEST(is_map_s, S, is_map(t))

OP(test_arity_x)
{
    term t = X(1);
    if (is_tuple_of(t, A(2)))
        NEXT(3);
    JUMP(A(0));
}

OP(test_arity_s)
{
    term t = S(1);
    if (is_tuple_of(t, A(2)))
        NEXT(3);
    JUMP(A(0));
}

OP(is_tagged_tuple_x)
{
    term t = X(1);
    if (is_tuple_of(t, A(2)) && element(t, 0) == C(3))
        NEXT(4);
    JUMP(A(0));
}

OP(tagged_element_x)
{
    term t = X(1);
    if (LIKELY(is_tuple_of(t, A(2)) && element(t, 0) == C(3))) {
        X(5) = element(t, A(4));
        NEXT(6);
    }
    JUMP(A(0));
}

OP(is_tagged_tuple_s)
{
    term t = S(1);
    if (is_tuple_of(t, A(2)) && element(t, 0) == C(3))
        NEXT(4);
    JUMP(A(0));
}

OP(is_function2_s)
{
    term fun = S(1), arity = S(2);
    if (is_fun(fun) && is_small(arity) && small_value(arity) == (sword)fun_arity(fun))
        NEXT(3);
    JUMP(A(0));
}

// Comparisons that take long. They begin again with the same operands, of which nobody says whether they are live behind them.
#define IN_TURNS(name, compare, relation) \
    static NOINLINE OP(name) \
    { \
        SWAP_OUT(); \
        int answer = compare; \
        SWAP_IN(); \
        reds -= interp_charged(x); \
        if (answer == COMPARE_LATER) { \
            interp_of(x)->live = CONFIG_X_REGISTERS; \
            TAIL(op_yield); \
        } \
        if (answer relation 0) \
            NEXT(3); \
        JUMP(A(0)); \
    }

// Small integers compare as signed words, tags included. Whatever calls a C function stands in an instruction of its own,
// that the fast one ends with: so the fast one saves no registers. Measured on fib: half the time.
#define COMPARISON(name, first, second, relation) \
    IN_TURNS(name##_long, comparing_long_order(p, first(1), second(2)), relation) \
    static NOINLINE OP(name##_slow) \
    { \
        int order = term_compare_soon(first(1), second(2)); \
        if (UNLIKELY(order == COMPARE_LATER)) \
            TAIL(op_##name##_long); \
        if (order relation 0) \
            NEXT(3); \
        JUMP(A(0)); \
    } \
    OP(name) \
    { \
        term a = first(1), b = second(2); \
        if (UNLIKELY(!are_small(a, b))) \
            TAIL(op_##name##_slow); \
        if ((sword)a relation(sword) b) \
            NEXT(3); \
        JUMP(A(0)); \
    }

COMPARISON(is_lt_xc, X, C, <)
COMPARISON(is_lt_cx, C, X, <)
COMPARISON(is_lt_xx, X, X, <)
COMPARISON(is_lt_s, S, S, <)
COMPARISON(is_ge_xc, X, C, >=)
COMPARISON(is_ge_cx, C, X, >=)
COMPARISON(is_ge_xx, X, X, >=)
COMPARISON(is_ge_s, S, S, >=)

// Equal words are equal terms; words of which `decided` holds are equal only then. The functions' answer is equal to 0 in one of both
// cases.
#define EQUALITY(name, decided, soon, later, relation, result) \
    IN_TURNS(name##_long, later(p, S(1), S(2)), relation) \
    static NOINLINE OP(name##_slow) \
    { \
        int answer = soon(S(1), S(2)); \
        if (UNLIKELY(answer == COMPARE_LATER)) \
            TAIL(op_##name##_long); \
        if (answer relation 0) \
            NEXT(3); \
        JUMP(A(0)); \
    } \
    OP(name) \
    { \
        term a = S(1), b = S(2); \
        if (a != b && !(decided)) \
            TAIL(op_##name##_slow); \
        if ((a == b) == (result)) \
            NEXT(3); \
        JUMP(A(0)); \
    }

EQUALITY(is_eq_s, is_immediate(a) && is_immediate(b), term_compare_soon, comparing_long_order, ==, true)
EQUALITY(is_ne_s, is_immediate(a) && is_immediate(b), term_compare_soon, comparing_long_order, !=, false)
EQUALITY(is_eq_exact_s, is_immediate(a) || is_immediate(b), term_equal_soon, comparing_long_equality, !=, true)
EQUALITY(is_ne_exact_s, is_immediate(a) || is_immediate(b), term_equal_soon, comparing_long_equality, ==, false)

#define IDENTITY(name, first, second, holds) \
    OP(name) \
    { \
        term a = first(1), b = second(2); \
        if (holds) \
            NEXT(3); \
        JUMP(A(0)); \
    }

// For a constant that is an immediate: the same word or different.
IDENTITY(is_same_xc, X, C, a == b)
IDENTITY(is_same_s, S, S, a == b)
IDENTITY(is_not_same_s, S, S, a != b)

// Operands: value, default label, number of pairs; then the constants in ascending order of their words, then the labels.
static inline const word *select_among(const word *ip, word value)
{
    word count = A(2);
    const word *keys = &A(3);
    if (count <= 8) {
        for (word i = 0; i < count; i++)
            if (keys[i] == value)
                return (const word *)(uintptr_t)keys[count + i];
        return (const word *)(uintptr_t)A(1);
    }
    word low = 0, high = count;
    while (low < high) {
        word middle = (low + high) / 2;
        if (keys[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < count && keys[low] == value;
    return (const word *)(uintptr_t)(found ? keys[count + low] : A(1));
}

OP(select_val_x)
{
    JUMP(select_among(ip, X(0)));
}

OP(select_val_s)
{
    JUMP(select_among(ip, S(0)));
}

OP(select_arity_s)
{
    term t = S(0);
    if (!is_tuple(t))
        JUMP(A(1));
    JUMP(select_among(ip, tuple_arity(t)));
}

// Operands: value, default label, smallest integer, number of labels; then the labels.
OP(jump_table_s)
{
    term t = S(0);
    word index = (word)small_value(t) - A(2);
    if (is_small(t) && index < A(3))
        JUMP(A(4 + index));
    JUMP(A(1));
}
