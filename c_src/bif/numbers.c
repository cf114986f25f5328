// SPDX-License-Identifier: Apache-2.0
// Operators and type tests, as functions of the module erlang: what guards, apply and `fun erlang:'+'/2` call.
#include "bif/bif.h"
#include "proc/comparing.h"
#include "proc/errand.h"
#include "term/binary.h"
#include "term/compare.h"
#include "term/number.h"

#include <math.h>

typedef term unary_operator(struct heap *h, term a, term *why);
typedef term binary_operator(struct heap *h, term a, term b, term *why);

static term unary(struct proc *p, unary_operator *operate, const term *args)
{
    term why = ATOM_badarith;
    term result = operate(proc_heap(p), args[0], &why);
    return result != NONE ? result : fail_error(p, why);
}

static term binary(struct proc *p, binary_operator *operate, const term *args)
{
    term why = ATOM_badarith;
    term result = operate(proc_heap(p), args[0], args[1], &why);
    return result != NONE ? result : fail_error(p, why);
}

#define OPERATOR(form, name) \
    static term operator_##name(struct proc *p, term *args) \
    { \
        return form(p, number_##name, args); \
    }
OPERATOR(binary, add)
OPERATOR(binary, subtract)
OPERATOR(binary, divide)
OPERATOR(binary, band)
OPERATOR(binary, bor)
OPERATOR(binary, bxor)
OPERATOR(binary, bsl)
OPERATOR(binary, bsr)
OPERATOR(unary, bnot)
OPERATOR(unary, negate)
OPERATOR(unary, abs)
#undef OPERATOR

// These are what instructions call for huge integers, too.
#define LONG_OPERATOR(name) \
    static term name(struct proc *p, term *args) \
    { \
        return binary(p, number_##name, args); \
    } \
    static term operator_##name(struct proc *p, term *args) \
    { \
        return number_takes_long(args[0], args[1]) ? errand(p, args, 2, name) : name(p, args); \
    }
LONG_OPERATOR(multiply)
LONG_OPERATOR(div)
LONG_OPERATOR(rem)
#undef LONG_OPERATOR

static term operator_plus(struct proc *p, term *args)
{
    return is_number(args[0]) ? args[0] : fail_error(p, ATOM_badarith);
}

static term bif_float(struct proc *p, term *args)
{
    double value;
    if (is_float(args[0]))
        return args[0];
    return number_to_double(args[0], &value) ? float_term(proc_heap(p), value) : fail_badarg(p);
}

static term to_integer(struct proc *p, double (*rounding)(double), term t)
{
    if (is_integer(t))
        return t;
    return is_float(t) ? number_from_double(proc_heap(p), rounding(float_value(t))) : fail_badarg(p);
}

static term bif_trunc(struct proc *p, term *args)
{
    return to_integer(p, trunc, args[0]);
}

static term bif_round(struct proc *p, term *args)
{
    return to_integer(p, round, args[0]);
}

static term bif_ceil(struct proc *p, term *args)
{
    return to_integer(p, ceil, args[0]);
}

static term bif_floor(struct proc *p, term *args)
{
    return to_integer(p, floor, args[0]);
}

static term bif_min(struct proc *p, term *args)
{
    int order = comparing_order(p, args[0], args[1]);
    return order == COMPARE_LATER ? NONE : order > 0 ? args[1] : args[0];
}

static term bif_max(struct proc *p, term *args)
{
    int order = comparing_order(p, args[0], args[1]);
    return order == COMPARE_LATER ? NONE : order < 0 ? args[1] : args[0];
}

static term bif_and(struct proc *p, term *args)
{
    if (!is_bool(args[0]) || !is_bool(args[1]))
        return fail_badarg(p);
    return bool_term(args[0] == ATOM_true && args[1] == ATOM_true);
}

static term bif_or(struct proc *p, term *args)
{
    if (!is_bool(args[0]) || !is_bool(args[1]))
        return fail_badarg(p);
    return bool_term(args[0] == ATOM_true || args[1] == ATOM_true);
}

static term bif_xor(struct proc *p, term *args)
{
    if (!is_bool(args[0]) || !is_bool(args[1]))
        return fail_badarg(p);
    return bool_term(args[0] != args[1]);
}

static term bif_not(struct proc *p, term *args)
{
    return is_bool(args[0]) ? bool_term(args[0] == ATOM_false) : fail_badarg(p);
}

#define COMPARISON(name, function, relation) \
    static term test_##name(struct proc *p, term *args) \
    { \
        int answer = function(p, args[0], args[1]); \
        return answer == COMPARE_LATER ? NONE : bool_term(answer relation 0); \
    }
COMPARISON(equals, comparing_order, ==)
COMPARISON(differs, comparing_order, !=)
COMPARISON(at_most, comparing_order, <=)
COMPARISON(less, comparing_order, <)
COMPARISON(at_least, comparing_order, >=)
COMPARISON(greater, comparing_order, >)
COMPARISON(exactly, comparing_equality, !=)
COMPARISON(not_exactly, comparing_equality, ==)
#undef COMPARISON

// Functions that only look at their arguments.
#define TEST(name, condition) \
    static term test_##name(struct proc *p, term *args) \
    { \
        (void)p; \
        return bool_term(condition); \
    }
TEST(is_atom, is_atom(args[0]))
TEST(is_binary, is_binary(args[0]))
TEST(is_bitstring, is_bitstring(args[0]))
TEST(is_boolean, is_bool(args[0]))
TEST(is_float, is_float(args[0]))
TEST(is_function, is_fun(args[0]))
TEST(is_integer, is_integer(args[0]))
TEST(is_list, is_any_list(args[0]))
TEST(is_map, is_map(args[0]))
TEST(is_number, is_number(args[0]))
TEST(is_pid, is_pid(args[0]))
TEST(is_port, is_port(args[0]))
TEST(is_reference, is_ref(args[0]))
TEST(is_tuple, is_tuple(args[0]))
#undef TEST

static term bif_is_function_2(struct proc *p, term *args)
{
    if (!is_integer(args[1]) || integer_is_negative(args[1]))
        return fail_badarg(p);
    return bool_term(is_fun(args[0]) && args[1] == small((sword)fun_arity(args[0])));
}

static bool is_tagged(term t, term tag)
{
    return is_tuple(t) && tuple_arity(t) > 0 && element(t, 0) == tag;
}

static term bif_is_record_2(struct proc *p, term *args)
{
    return is_atom(args[1]) ? bool_term(is_tagged(args[0], args[1])) : fail_badarg(p);
}

static term bif_is_record_3(struct proc *p, term *args)
{
    if (!is_atom(args[1]) || !is_small(args[2]))
        return fail_badarg(p);
    return bool_term(is_tagged(args[0], args[1]) && (sword)tuple_arity(args[0]) == small_value(args[2]));
}

static const struct native_row rows[] = {
    {"erlang", "+", 1, operator_plus, NATIVE_GUARD},
    {"erlang", "+", 2, operator_add, NATIVE_GUARD},
    {"erlang", "-", 1, operator_negate, NATIVE_GUARD},
    {"erlang", "-", 2, operator_subtract, NATIVE_GUARD},
    {"erlang", "*", 2, operator_multiply, NATIVE_GUARD},
    {"erlang", "/", 2, operator_divide, NATIVE_GUARD},
    {"erlang", "div", 2, operator_div, NATIVE_GUARD},
    {"erlang", "rem", 2, operator_rem, NATIVE_GUARD},
    {"erlang", "band", 2, operator_band, NATIVE_GUARD},
    {"erlang", "bor", 2, operator_bor, NATIVE_GUARD},
    {"erlang", "bxor", 2, operator_bxor, NATIVE_GUARD},
    {"erlang", "bnot", 1, operator_bnot, NATIVE_GUARD},
    {"erlang", "bsl", 2, operator_bsl, NATIVE_GUARD},
    {"erlang", "bsr", 2, operator_bsr, NATIVE_GUARD},
    {"erlang", "abs", 1, operator_abs, NATIVE_GUARD},
    {"erlang", "float", 1, bif_float, NATIVE_GUARD},
    {"erlang", "trunc", 1, bif_trunc, NATIVE_GUARD},
    {"erlang", "round", 1, bif_round, NATIVE_GUARD},
    {"erlang", "ceil", 1, bif_ceil, NATIVE_GUARD},
    {"erlang", "floor", 1, bif_floor, NATIVE_GUARD},
    {"erlang", "min", 2, bif_min, NATIVE_GUARD},
    {"erlang", "max", 2, bif_max, NATIVE_GUARD},
    {"erlang", "and", 2, bif_and, NATIVE_GUARD},
    {"erlang", "or", 2, bif_or, NATIVE_GUARD},
    {"erlang", "xor", 2, bif_xor, NATIVE_GUARD},
    {"erlang", "not", 1, bif_not, NATIVE_GUARD},
    {"erlang", "==", 2, test_equals, NATIVE_GUARD},
    {"erlang", "/=", 2, test_differs, NATIVE_GUARD},
    {"erlang", "=<", 2, test_at_most, NATIVE_GUARD},
    {"erlang", "<", 2, test_less, NATIVE_GUARD},
    {"erlang", ">=", 2, test_at_least, NATIVE_GUARD},
    {"erlang", ">", 2, test_greater, NATIVE_GUARD},
    {"erlang", "=:=", 2, test_exactly, NATIVE_GUARD},
    {"erlang", "=/=", 2, test_not_exactly, NATIVE_GUARD},
    {"erlang", "is_atom", 1, test_is_atom, NATIVE_GUARD},
    {"erlang", "is_binary", 1, test_is_binary, NATIVE_GUARD},
    {"erlang", "is_bitstring", 1, test_is_bitstring, NATIVE_GUARD},
    {"erlang", "is_boolean", 1, test_is_boolean, NATIVE_GUARD},
    {"erlang", "is_float", 1, test_is_float, NATIVE_GUARD},
    {"erlang", "is_function", 1, test_is_function, NATIVE_GUARD},
    {"erlang", "is_function", 2, bif_is_function_2, NATIVE_GUARD},
    {"erlang", "is_integer", 1, test_is_integer, NATIVE_GUARD},
    {"erlang", "is_list", 1, test_is_list, NATIVE_GUARD},
    {"erlang", "is_map", 1, test_is_map, NATIVE_GUARD},
    {"erlang", "is_number", 1, test_is_number, NATIVE_GUARD},
    {"erlang", "is_pid", 1, test_is_pid, NATIVE_GUARD},
    {"erlang", "is_port", 1, test_is_port, NATIVE_GUARD},
    {"erlang", "is_record", 2, bif_is_record_2, NATIVE_GUARD},
    {"erlang", "is_record", 3, bif_is_record_3, NATIVE_GUARD},
    {"erlang", "is_reference", 1, test_is_reference, NATIVE_GUARD},
    {"erlang", "is_tuple", 1, test_is_tuple, NATIVE_GUARD},
};

const struct native_table natives_numbers = {rows, COUNT_OF(rows)};
