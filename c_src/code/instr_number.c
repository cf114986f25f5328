// SPDX-License-Identifier: Apache-2.0
// Instructions: arithmetic, guard natives, floats. Operations on small integers stand here, all else in term/number.h.
#include "code/interp.h"

#include "code/call.h"
#include "code/missing.h"
#include "code/operators.h"
#include "term/number.h"

#include <math.h>

static bool is_increment(enum operator operator, const word *ip)
{
    bool first = is_small(A(2)), second = is_small(A(3));
    return !A(0) && ((operator== OPERATOR_add && (first || second)) || (operator== OPERATOR_subtract && second));
}

// Operands of arithmetic: label, live registers, two sources, destination.
// The slow path builds on the heap; when that took fragments, it collects before the destination is written.
// A failed addition or subtraction of a constant shows as the function's own error, as the BEAM has an instruction for it.
static NOINLINE bool slow_arithmetic(struct proc *p, term *x, enum operator operator, const word *ip, term a, term b,
                                     term *result)
{
    term why = NONE;
    word live = A(1);
    *result = operators[operator].function(&p->heap, a, b, &why);
    if (UNLIKELY(!*result)) {
        raise_native(x, why, operators[operator].export, (term[]){a, b});
        if (is_increment(operator, ip))
            raise_error(x, why);
        return false;
    }
    if (UNLIKELY(call_wants_collection(p))) {
        x[live] = *result;
        call_collect(p, live + 1);
        *result = x[live];
    }
    return true;
}

#define SLOW(operator, a, b, destination) \
    do { \
        term slow_result; \
        SWAP_OUT(); \
        bool done = slow_arithmetic(p, x, operator, ip, a, b, &slow_result); \
        SWAP_IN(); \
        if (!done) \
            FAIL_OR_RAISE(A(0)); \
        destination = slow_result; \
        NEXT(5); \
    } while (0)

// a - tag + b and a - b + tag keep the tag; overflow of the word is overflow of 60 bits, as the tag stands in the low bits.
#define ADDITION(name, first, second, destination) \
    OP(name) \
    { \
        term a = first(2), b = second(3); \
        sword sum; \
        if (LIKELY(are_small(a, b) && !__builtin_add_overflow((sword)a, (sword)(b - TAG_SMALL), &sum))) { \
            destination(4) = (term)sum; \
            NEXT(5); \
        } \
        SLOW(OPERATOR_add, a, b, destination(4)); \
    }
#define SUBTRACTION(name, first, second, destination) \
    OP(name) \
    { \
        term a = first(2), b = second(3); \
        sword difference; \
        if (LIKELY(are_small(a, b) && !__builtin_sub_overflow((sword)a, (sword)(b - TAG_SMALL), &difference))) { \
            destination(4) = (term)difference; \
            NEXT(5); \
        } \
        SLOW(OPERATOR_subtract, a, b, destination(4)); \
    }

ADDITION(add_xcx, X, C, X)
ADDITION(add_xxx, X, X, X)
ADDITION(add_yxx, Y, X, X)
ADDITION(add_xyx, X, Y, X)
ADDITION(add_s, S, S, D)
SUBTRACTION(subtract_xcx, X, C, X)
SUBTRACTION(subtract_ycx, Y, C, X)
SUBTRACTION(subtract_xxx, X, X, X)
SUBTRACTION(subtract_s, S, S, D)

OP(multiply_s)
{
    term a = S(2), b = S(3);
    sword product;
    if (LIKELY(are_small(a, b) && !__builtin_mul_overflow((sword)(a - TAG_SMALL), small_value(b), &product))) {
        D(4) = (term)product + TAG_SMALL;
        NEXT(5);
    }
    SLOW(OPERATOR_multiply, a, b, D(4));
}

OP(int_div_s)
{
    term a = S(2), b = S(3);
    if (LIKELY(are_small(a, b) && small_value(b) > 0)) {
        D(4) = small(small_value(a) / small_value(b));
        NEXT(5);
    }
    SLOW(OPERATOR_div, a, b, D(4));
}

OP(int_rem_s)
{
    term a = S(2), b = S(3);
    if (LIKELY(are_small(a, b) && small_value(b) > 0)) {
        D(4) = small(small_value(a) % small_value(b));
        NEXT(5);
    }
    SLOW(OPERATOR_rem, a, b, D(4));
}

#define BITWISE(name, operator, of_small) \
    OP(name) \
    { \
        term a = S(2), b = S(3); \
        if (LIKELY(are_small(a, b))) { \
            D(4) = (of_small); \
            NEXT(5); \
        } \
        SLOW(operator, a, b, D(4)); \
    }

BITWISE(int_band_s, OPERATOR_band, a &b)
BITWISE(int_bor_s, OPERATOR_bor, a | b)
BITWISE(int_bxor_s, OPERATOR_bxor, (a ^ b) | TAG_SMALL)

OP(int_bsr_s)
{
    term a = S(2), b = S(3);
    if (LIKELY(are_small(a, b) && (word)small_value(b) < 60)) {
        D(4) = small(small_value(a) >> small_value(b));
        NEXT(5);
    }
    SLOW(OPERATOR_bsr, a, b, D(4));
}

OP(int_bsl_s)
{
    term a = S(2), b = S(3);
    word distance = (word)small_value(b);
    if (LIKELY(are_small(a, b) && distance < 59)) {
        sword shifted = (sword)((word)small_value(a) << distance);
        if (LIKELY(shifted >> distance == small_value(a) && fits_small(shifted))) {
            D(4) = small(shifted);
            NEXT(5);
        }
    }
    SLOW(OPERATOR_bsl, a, b, D(4));
}

OP(bif_self_d)
{
    D(0) = p->pid;
    NEXT(1);
}

// The fast forms of four guard natives; what they refuse is refused by the native itself, for its error.
static COLD void refuse(term *x, enum operator operator, term a, term b)
{
    term arguments[2] = {a, b};
    raise_native(x, ATOM_badarg, operators[operator].export, arguments);
}

OP(bif_element_s)
{
    term index = S(1), t = S(2);
    if (LIKELY(is_small(index) && is_tuple(t) && (word)small_value(index) - 1 < tuple_arity(t))) {
        D(3) = boxed_ptr(t)[small_value(index)];
        NEXT(4);
    }
    refuse(x, OPERATOR_element, index, t);
    FAIL_OR_RAISE(A(0));
}

OP(bif_hd_s)
{
    term t = S(1);
    if (LIKELY(is_list(t))) {
        D(2) = head(t);
        NEXT(3);
    }
    refuse(x, OPERATOR_hd, t, NIL);
    FAIL_OR_RAISE(A(0));
}

OP(bif_tl_s)
{
    term t = S(1);
    if (LIKELY(is_list(t))) {
        D(2) = tail(t);
        NEXT(3);
    }
    refuse(x, OPERATOR_tl, t, NIL);
    FAIL_OR_RAISE(A(0));
}

OP(bif_tuple_size_s)
{
    term t = S(1);
    if (LIKELY(is_tuple(t))) {
        D(2) = small((sword)tuple_arity(t));
        NEXT(3);
    }
    refuse(x, OPERATOR_tuple_size, t, NIL);
    FAIL_OR_RAISE(A(0));
}

// Guard natives in general: arguments in a scratch array that is no root, as natives never collect.
static NOINLINE term call_guard(struct proc *p, term *x, const struct export *e, term *arguments)
{
    term result = e->native(p, arguments);
    if (UNLIKELY(!result))
        raise_native(x, worker_of(x)->failure.reason, e, arguments);
    return result;
}

#define GUARD(e, destination, operands, label, ...) \
    do { \
        term arguments[3] = {__VA_ARGS__}; \
        SWAP_OUT(); \
        term result = call_guard(p, x, e, arguments); \
        SWAP_IN(); \
        if (UNLIKELY(!result)) \
            FAIL_OR_RAISE(label); \
        D(destination) = result; \
        NEXT(operands); \
    } while (0)

// As GUARD, for natives that may build: collects when they had to take fragments. Live registers are operand 2.
#define GC_GUARD(destination, operands, ...) \
    do { \
        term arguments[3] = {__VA_ARGS__}; \
        SWAP_OUT(); \
        term result = call_guard(p, x, EXPORT(1), arguments); \
        if (UNLIKELY(result && call_wants_collection(p))) { \
            x[A(2)] = result; \
            call_collect(p, A(2) + 1); \
            result = x[A(2)]; \
        } \
        SWAP_IN(); \
        if (UNLIKELY(!result)) \
            FAIL_OR_RAISE(A(0)); \
        D(destination) = result; \
        NEXT(operands); \
    } while (0)

OP(bif0_plain)
{
    GUARD(EXPORT(0), 1, 2, 0, NIL);
}

OP(bif1_plain)
{
    GUARD(EXPORT(1), 3, 4, A(0), S(2));
}

OP(bif2_plain)
{
    GUARD(EXPORT(1), 4, 5, A(0), S(2), S(3));
}

// A guard native that the engine does not have: in a guard the clause fails, elsewhere it is undefined.
OP(bif_missing_plain)
{
    missing_add(EXPORT(1)->module, EXPORT(1)->function, EXPORT(1)->arity);
    raise_undefined(x, EXPORT(1));
    FAIL_OR_RAISE(A(0));
}

OP(gc_bif1_plain)
{
    GC_GUARD(4, 5, S(3));
}

OP(gc_bif2_plain)
{
    GC_GUARD(5, 6, S(3), S(4));
}

OP(gc_bif3_plain)
{
    GC_GUARD(6, 7, S(3), S(4), S(5));
}

// Float registers stand in the worker. Every result must be finite.
#define F(i) (worker_of(x)->f[A(i)])
#define FLOAT_RESULT(value, operands) \
    do { \
        double result = (value); \
        if (UNLIKELY(!isfinite(result))) { \
            raise_error(x, ATOM_badarith); \
            TAIL(op_raise); \
        } \
        F((operands)-1) = result; \
        NEXT(operands); \
    } while (0)

OP(float_load_s)
{
    F(1) = float_value(S(0));
    NEXT(2);
}

OP(float_store_d)
{
    SWAP_OUT();
    D(1) = float_term(&p->heap, F(0));
    SWAP_IN();
    NEXT(2);
}

OP(float_move_plain)
{
    F(1) = F(0);
    NEXT(2);
}

OP(float_convert_s)
{
    term t = S(0);
    double value;
    if (LIKELY(is_small(t)))
        value = (double)small_value(t);
    else if (is_float(t))
        value = float_value(t);
    else if (!number_to_double(t, &value)) {
        raise_error(x, ATOM_badarith);
        TAIL(op_raise);
    }
    F(1) = value;
    NEXT(2);
}

OP(float_add_plain)
{
    FLOAT_RESULT(F(0) + F(1), 3);
}

OP(float_subtract_plain)
{
    FLOAT_RESULT(F(0) - F(1), 3);
}

OP(float_multiply_plain)
{
    FLOAT_RESULT(F(0) * F(1), 3);
}

OP(float_divide_plain)
{
    if (UNLIKELY(F(1) == 0.0)) {
        raise_error(x, ATOM_badarith);
        TAIL(op_raise);
    }
    FLOAT_RESULT(F(0) / F(1), 3);
}

OP(float_negate_plain)
{
    FLOAT_RESULT(-F(0), 2);
}
