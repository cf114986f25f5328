// SPDX-License-Identifier: Apache-2.0
// Instructions: arithmetic, guard natives, floats. Operations on small integers stand here, all else in term/number.h.
#include "code/interp.h"

#include "code/call.h"
#include "code/missing.h"
#include "code/operators.h"
#include "proc/errand.h"
#include "term/match.h"
#include "term/number.h"

#include <math.h>

static bool is_register(word operand)
{
    return !(operand & 3);
}

static bool is_increment(enum operator operator, const word * ip)
{
    bool first = is_small(A(2)) && is_register(A(3)), second = is_small(A(3)) && is_register(A(2));
    return !A(0) && ((operator== OPERATOR_add &&(first || second)) ||
                     (operator== OPERATOR_subtract && second && small_value(A(3)) >= 0));
}

// By the native, which gives way. NONE without *why: it is not done yet.
static term compute_in_turns(struct proc *p, term *x, enum operator operator, term a, term b, term *why)
{
    term result = operators[operator].export->native(p, (term[]){a, b});
    if (!result && worker_of(x)->failure.request == REQUEST_FAIL)
        *why = worker_of(x)->failure.reason;
    return result;
}

// Operands of arithmetic: label, live registers, two sources, destination.
// The slow path builds on the heap; when that took fragments, it collects before the destination is written.
// A failed addition or subtraction of a constant shows as the function's own error, as the BEAM has an instruction for it.
static NOINLINE bool slow_arithmetic(struct proc *p, term *x, enum operator operator, const word * ip, term a, term b,
                                     term *result)
{
    term why = NONE;
    word live = A(1);
    if (UNLIKELY(is_boxed(a) && is_boxed(b) && number_takes_long(a, b)))
        *result = compute_in_turns(p, x, operator, a, b, &why);
    else
        *result = operators[operator].function(&p->heap, a, b, &why);
    if (UNLIKELY(!*result)) {
        if (!why)
            return false;
        raise_native(x, why, operators[operator].export, (term[]){a, b});
        if (is_increment(operator, ip))
            raise_error(x, why);
        return false;
    }
    if (UNLIKELY(call_wants_collection(p))) {
        x[live] = *result;
        (void)call_collect(p, live + 1);
        *result = x[live];
    }
    return true;
}

// While it is done in turns it begins again with the same operands, which may stand behind the registers that are live.
// Arithmetic comes in pairs: the fast instruction, for small integers, saves no registers, as it calls nothing; it ends with
// the slow one for everything else. Measured on fib: half the time.
#define SLOW(name, operator, first, second, destination) \
    static NOINLINE OP(name##_slow) \
    { \
        term result; \
        SWAP_OUT(); \
        bool done = slow_arithmetic(p, x, operator, ip, first(2), second(3), &result); \
        SWAP_IN(); \
        if (UNLIKELY(!done)) { \
            if (errand_waits(p)) { \
                interp_of(x)->live = CONFIG_X_REGISTERS; \
                TAIL(op_yield); \
            } \
            FAIL_OR_RAISE(A(0)); \
        } \
        destination(4) = result; \
        NEXT(5); \
    }

// A float in the room that is there; the reserve is the stack's.
#define HAS_FLOAT_ROOM() LIKELY(E - htop >= 2 + CONFIG_STACK_RESERVE)
#define PUT_FLOAT(float_value) \
    (htop[0] = header(KIND_FLOAT, 1), htop[1] = float_bits(float_value), htop += 2, boxed_term(htop - 2))

static inline word float_bits(double value)
{
    union {
        double value;
        word bits;
    } u = {.value = value};
    return u.bits;
}

static inline bool is_quick_number(term t)
{
    return is_small(t) || is_float(t);
}

static inline double quick_number(term t)
{
    return is_small(t) ? (double)small_value(t) : float_value(t);
}

// Between the two: floats, and floats with small integers. Calls nothing either: a sum of floats takes half the time.
#define FLOATING(name, sign, first, second, destination) \
    static NOINLINE OP(name##_float) \
    { \
        term a = first(2), b = second(3); \
        if (LIKELY(is_quick_number(a) && is_quick_number(b) && !are_small(a, b) && HAS_FLOAT_ROOM())) { \
            double value = quick_number(a) sign quick_number(b); \
            if (LIKELY(isfinite(value))) { \
                destination(4) = PUT_FLOAT(value); \
                NEXT(5); \
            } \
        } \
        TAIL(op_##name##_slow); \
    }

// a - tag + b and a - b + tag keep the tag; overflow of the word is overflow of 60 bits, as the tag stands in the low bits.
#define OVERFLOWING(name, operator, builtin, sign, first, second, destination) \
    SLOW(name, operator, first, second, destination) \
    FLOATING(name, sign, first, second, destination) \
    OP(name) \
    { \
        term a = first(2), b = second(3); \
        sword result; \
        if (UNLIKELY(!are_small(a, b) || builtin((sword)a, (sword)(b - TAG_SMALL), &result))) \
            TAIL(op_##name##_float); \
        destination(4) = (term)result; \
        NEXT(5); \
    }
#define ADDITION(name, first, second, destination) \
    OVERFLOWING(name, OPERATOR_add, __builtin_add_overflow, +, first, second, destination)
#define SUBTRACTION(name, first, second, destination) \
    OVERFLOWING(name, OPERATOR_subtract, __builtin_sub_overflow, -, first, second, destination)

ADDITION(add_xcx, X, C, X)
ADDITION(add_xxx, X, X, X)
ADDITION(add_yxx, Y, X, X)
ADDITION(add_xyx, X, Y, X)
ADDITION(add_s, S, S, D)
SUBTRACTION(subtract_xcx, X, C, X)
SUBTRACTION(subtract_ycx, Y, C, X)
SUBTRACTION(subtract_xxx, X, X, X)
SUBTRACTION(subtract_s, S, S, D)

// The rest: `fits` tells whether two small integers give the small `value`; otherwise `next` goes on.
#define FAST(name, next, fits, value, first, second, destination) \
    OP(name) \
    { \
        term a = first(2), b = second(3); \
        if (UNLIKELY(!are_small(a, b) || !(fits))) \
            TAIL(next); \
        destination(4) = (value); \
        NEXT(5); \
    }
#define ARITHMETIC(name, operator, fits, value, first, second, destination) \
    SLOW(name, operator, first, second, destination) \
    FAST(name, op_##name##_slow, fits, value, first, second, destination)
#define MULTIPLICATION(name, first, second, destination) \
    SLOW(name, OPERATOR_multiply, first, second, destination) \
    FLOATING(name, *, first, second, destination) \
    FAST(name, op_##name##_float, product_fits(a, b), (a - TAG_SMALL) * (word)small_value(b) + TAG_SMALL, first, \
         second, destination)

// By a constant, by a register, and in general.
#define ARITHMETICS(name, operator, fits, value) \
    ARITHMETIC(name##_xcx, operator, fits, value, X, C, X) \
    ARITHMETIC(name##_xxx, operator, fits, value, X, X, X) \
    ARITHMETIC(name##_s, operator, fits, value, S, S, D)

static inline bool product_fits(term a, term b)
{
    sword product;
    return !__builtin_mul_overflow((sword)(a - TAG_SMALL), small_value(b), &product);
}

static inline bool shift_fits(term a, term b)
{
    word distance = (word)small_value(b);
    sword value = small_value(a), shifted = distance < 59 ? (sword)((word)value << distance) : 0;
    return distance < 59 && shifted >> distance == value && fits_small(shifted);
}

MULTIPLICATION(multiply_xcx, X, C, X)
MULTIPLICATION(multiply_xxx, X, X, X)
MULTIPLICATION(multiply_s, S, S, D)
ARITHMETICS(int_div, OPERATOR_div, small_value(b) > 0, small(small_value(a) / small_value(b)))
ARITHMETICS(int_rem, OPERATOR_rem, small_value(b) > 0, small(small_value(a) % small_value(b)))
ARITHMETICS(int_band, OPERATOR_band, true, a &b)
ARITHMETICS(int_bor, OPERATOR_bor, true, a | b)
ARITHMETICS(int_bxor, OPERATOR_bxor, true, (a ^ b) | TAG_SMALL)
ARITHMETICS(int_bsr, OPERATOR_bsr, (word)small_value(b) < 60, small(small_value(a) >> small_value(b)))
ARITHMETICS(int_bsl, OPERATOR_bsl, shift_fits(a, b), small((sword)((word)small_value(a) << small_value(b))))

OP(bif_self_d)
{
    D(0) = p->pid;
    NEXT(1);
}

// The fast forms of some guard natives; what they refuse is refused by the native itself, for its error.
#define REFUSED(name, operator, ...) \
    static NOINLINE OP(name##_refused) \
    { \
        raise_native(x, ATOM_badarg, operators[operator].export, (term[]){__VA_ARGS__}); \
        FAIL_OR_RAISE(A(0)); \
    }

REFUSED(bif_element_s, OPERATOR_element, S(1), S(2))
OP(bif_element_s)
{
    term index = S(1), t = S(2);
    if (LIKELY(is_small(index) && is_tuple(t) && (word)small_value(index) - 1 < tuple_arity(t))) {
        D(3) = boxed_ptr(t)[small_value(index)];
        NEXT(4);
    }
    TAIL(op_bif_element_s_refused);
}

REFUSED(bif_hd_s, OPERATOR_hd, S(1))
OP(bif_hd_s)
{
    term t = S(1);
    if (LIKELY(is_list(t))) {
        D(2) = head(t);
        NEXT(3);
    }
    TAIL(op_bif_hd_s_refused);
}

REFUSED(bif_tl_s, OPERATOR_tl, S(1))
OP(bif_tl_s)
{
    term t = S(1);
    if (LIKELY(is_list(t))) {
        D(2) = tail(t);
        NEXT(3);
    }
    TAIL(op_bif_tl_s_refused);
}

REFUSED(bif_tuple_size_s, OPERATOR_tuple_size, S(1))
OP(bif_tuple_size_s)
{
    term t = S(1);
    if (LIKELY(is_tuple(t))) {
        D(2) = small((sword)tuple_arity(t));
        NEXT(3);
    }
    TAIL(op_bif_tuple_size_s_refused);
}

// The source may be a match context as well: then it is what is left of it.
static size_t left_bits(term t)
{
    return LIKELY(is_bitstring(t)) ? bit_size(t) : match_left(t);
}

REFUSED(bif_byte_size_s, OPERATOR_byte_size, S(1))
OP(bif_byte_size_s)
{
    term t = S(1);
    if (LIKELY(is_bitstring(t) || is_kind(t, KIND_MATCH))) {
        D(2) = small((sword)((left_bits(t) + 7) / 8));
        NEXT(3);
    }
    TAIL(op_bif_byte_size_s_refused);
}

REFUSED(bif_bit_size_s, OPERATOR_bit_size, S(1))
OP(bif_bit_size_s)
{
    term t = S(1);
    if (LIKELY(is_bitstring(t) || is_kind(t, KIND_MATCH))) {
        D(2) = small((sword)left_bits(t));
        NEXT(3);
    }
    TAIL(op_bif_bit_size_s_refused);
}

// Guard natives in general: arguments in a scratch array that is no root, as natives never collect.
static NOINLINE term call_guard(struct proc *p, term *x, const struct export *e, term *arguments)
{
    term result = e->native(p, arguments);
    if (UNLIKELY(!result && worker_of(x)->failure.request == REQUEST_FAIL)) {
        struct failure native = worker_of(x)->failure;
        raise_native(x, native.reason, e, arguments);
        worker_of(x)->failure.info = native.info;
    }
    return result;
}

#define GUARD(e, destination, operands, label, ...) \
    do { \
        term arguments[3] = {__VA_ARGS__}; \
        SWAP_OUT(); \
        term result = call_guard(p, x, e, arguments); \
        SWAP_IN(); \
        if (UNLIKELY(!result)) { \
            if (errand_waits(p)) { \
                interp_of(x)->live = CONFIG_X_REGISTERS; \
                TAIL(op_yield); \
            } \
            FAIL_OR_RAISE(label); \
        } \
        D(destination) = result; \
        NEXT(operands); \
    } while (0)

// As GUARD, for natives that may build: collects when they had to take fragments. Live registers are operand 2.
#define GC_GUARD(destination, operands, ...) \
    do { \
        term arguments[3] = {__VA_ARGS__}; \
        const struct fragment *before = p->heap.fragments; \
        SWAP_OUT(); \
        term result = call_guard(p, x, EXPORT(1), arguments); \
        if (UNLIKELY(worker_of(x)->charge)) \
            reds -= interp_charged(x); \
        if (UNLIKELY(!result && worker_of(x)->failure.request == REQUEST_YIELD)) { \
            htop = p->heap.top; \
            interp_of(x)->live = A(2); \
            TAIL(op_yield); \
        } \
        if (UNLIKELY(result && call_native_wants_collection(p, before))) { \
            x[A(2)] = result; \
            if (!call_collect(p, A(2) + 1)) \
                reds = 0; \
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

// A guard native that the engine does not have: in a guard the clause fails, elsewhere it is undefined. Its arguments are
// not shown: the registers that held them may hold anything now.
OP(bif_missing_plain)
{
    missing_add(EXPORT(1)->module, EXPORT(1)->function, EXPORT(1)->arity);
    raise_undefined(x, EXPORT(1));
    interp_of(x)->blame_arguments = NULL;
    FAIL_OR_RAISE(A(0));
}

OP(gc_bif1_plain)
{
    GC_GUARD(4, 5, S(3));
}

// Of a small integer: 2 * tag - a keeps the tag. Operands as those of gc_bif1.
OP(negate_s)
{
    term a = S(3);
    sword result;
    if (UNLIKELY(!is_small(a) || __builtin_sub_overflow((sword)(2 * TAG_SMALL), (sword)a, &result)))
        TAIL(op_gc_bif1_plain);
    D(4) = (term)result;
    NEXT(5);
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

// What the term is, is a promise of the compiler's that is cheap to check here.
OP(float_load_s)
{
    term t = S(0);
    if (UNLIKELY(!is_float(t))) {
        raise_error(x, ATOM_badarith);
        TAIL(op_raise);
    }
    F(1) = float_value(t);
    NEXT(2);
}

static NOINLINE OP(float_store_outside)
{
    SWAP_OUT();
    D(1) = float_term(&p->heap, F(0));
    SWAP_IN();
    NEXT(2);
}

OP(float_store_d)
{
    if (UNLIKELY(!HAS_FLOAT_ROOM()))
        TAIL(op_float_store_outside);
    D(1) = PUT_FLOAT(F(0));
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

// Of 0.0 this is 0.0, which the operator makes -0.0 elsewhere.
OP(float_negate_plain)
{
    FLOAT_RESULT(0.0 - F(0), 2);
}
