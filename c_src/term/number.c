// SPDX-License-Identifier: Apache-2.0
// The language's arithmetic: small integers at once, floats by the machine, everything else by term/big.h.
#include "term/number.h"

#include "term/atom.h"
#include "term/big.h"

#include <math.h>

static const double two_to_64 = 18446744073709551616.0;
static const double two_to_63 = 9223372036854775808.0;
static const double two_to_59 = 576460752303423488.0;

static COLD term refuse(term reason, term *why)
{
    *why = reason;
    return NONE;
}

bool double_is_finite(double value)
{
    return isfinite(value);
}

static term float_result(struct heap *h, double value, term *why)
{
    return LIKELY(isfinite(value)) ? float_term(h, value) : refuse(ATOM_badarith, why);
}

// Rounds once a limb, as the BEAM does, so that equal programs give equal floats.
static bool magnitude_to_double(const struct magnitude *m, double *value)
{
    if (m->n > 16)
        return false;
    double sum = 0.0;
    for (size_t i = m->n; i-- > 0;)
        sum = sum * two_to_64 + (double)m->limbs[i];
    *value = m->negative ? -sum : sum;
    return isfinite(sum);
}

bool number_to_double(term t, double *value)
{
    if (is_small(t)) {
        *value = (double)small_value(t);
        return true;
    }
    if (is_float(t)) {
        *value = float_value(t);
        return true;
    }
    if (!is_big(t))
        return false;
    struct magnitude m;
    magnitude_of(t, &m);
    return magnitude_to_double(&m, value);
}

// What an operator does with its operands: with a float among them both are floats.
enum operands { INTEGERS, FLOATS, UNFIT };

static enum operands operands_of(term a, term b, double *x, double *y)
{
    if (is_integer(a) && is_integer(b))
        return INTEGERS;
    return number_to_double(a, x) && number_to_double(b, y) ? FLOATS : UNFIT;
}

static term add_integers(struct heap *h, term a, term b, bool subtract, term *why)
{
    if (b == small(0))
        return a;
    if (a == small(0))
        return subtract ? number_negate(h, b, why) : b;
    struct magnitude x, y;
    magnitude_of(a, &x);
    magnitude_of(b, &y);
    return big_add(h, &x, &y, subtract, why);
}

term number_add(struct heap *h, term a, term b, term *why)
{
    if (LIKELY(are_small(a, b)))
        return integer_from_i64(h, small_value(a) + small_value(b));
    double x, y;
    switch (operands_of(a, b, &x, &y)) {
    case INTEGERS:
        return add_integers(h, a, b, false, why);
    case FLOATS:
        return float_result(h, x + y, why);
    case UNFIT:
        break;
    }
    return refuse(ATOM_badarith, why);
}

term number_subtract(struct heap *h, term a, term b, term *why)
{
    if (LIKELY(are_small(a, b)))
        return integer_from_i64(h, small_value(a) - small_value(b));
    double x, y;
    switch (operands_of(a, b, &x, &y)) {
    case INTEGERS:
        return add_integers(h, a, b, true, why);
    case FLOATS:
        return float_result(h, x - y, why);
    case UNFIT:
        break;
    }
    return refuse(ATOM_badarith, why);
}

static term multiply_small(struct heap *h, sword a, sword b)
{
    sword product;
    if (LIKELY(!__builtin_mul_overflow(a, b, &product)))
        return integer_from_i64(h, product);
    unsigned __int128 size = (unsigned __int128)(word)(a < 0 ? -a : a) * (word)(b < 0 ? -b : b);
    return big_from_limbs2(h, (word)size, (word)(size >> 64), (a < 0) != (b < 0));
}

static term multiply_integers(struct heap *h, term a, term b, term *why)
{
    if (a == small(0) || b == small(0))
        return small(0);
    if (a == small(1) || b == small(1))
        return a == small(1) ? b : a;
    struct magnitude x, y;
    magnitude_of(a, &x);
    magnitude_of(b, &y);
    return big_multiply(h, &x, &y, why);
}

bool number_takes_long(term a, term b)
{
    if (is_small(a) || is_small(b) || !is_integer(a) || !is_integer(b))
        return false;
    struct magnitude m, n;
    magnitude_of(a, &m);
    magnitude_of(b, &n);
    return big_is_long(m.n, n.n);
}

term number_multiply(struct heap *h, term a, term b, term *why)
{
    if (LIKELY(are_small(a, b)))
        return multiply_small(h, small_value(a), small_value(b));
    double x, y;
    switch (operands_of(a, b, &x, &y)) {
    case INTEGERS:
        return multiply_integers(h, a, b, why);
    case FLOATS:
        return float_result(h, x * y, why);
    case UNFIT:
        break;
    }
    return refuse(ATOM_badarith, why);
}

term number_divide(struct heap *h, term a, term b, term *why)
{
    double x, y;
    if (!number_to_double(a, &x) || !number_to_double(b, &y) || y == 0.0)
        return refuse(ATOM_badarith, why);
    return float_result(h, x / y, why);
}

term number_div(struct heap *h, term a, term b, term *why)
{
    if (!is_integer(a) || !is_integer(b) || b == small(0))
        return refuse(ATOM_badarith, why);
    if (are_small(a, b))
        return integer_from_i64(h, small_value(a) / small_value(b));
    struct magnitude x, y;
    magnitude_of(a, &x);
    magnitude_of(b, &y);
    return magnitude_compare(&x, &y) < 0 ? small(0) : big_quotient(h, &x, &y, why);
}

term number_rem(struct heap *h, term a, term b, term *why)
{
    if (!is_integer(a) || !is_integer(b) || b == small(0))
        return refuse(ATOM_badarith, why);
    if (are_small(a, b))
        return small(small_value(a) % small_value(b));
    struct magnitude x, y;
    magnitude_of(a, &x);
    magnitude_of(b, &y);
    return magnitude_compare(&x, &y) < 0 ? a : big_remainder(h, &x, &y, why);
}

term number_negate(struct heap *h, term a, term *why)
{
    if (is_small(a))
        return integer_from_i64(h, -small_value(a));
    if (is_float(a))
        return float_term(h, -float_value(a));
    if (!is_big(a))
        return refuse(ATOM_badarith, why);
    struct magnitude m;
    magnitude_of(a, &m);
    return big_copy(h, &m, !m.negative, why);
}

term number_abs(struct heap *h, term a, term *why)
{
    if (!is_number(a))
        return refuse(ATOM_badarg, why);
    bool negative = is_float(a) ? float_value(a) < 0.0 : integer_is_negative(a);
    return negative ? number_negate(h, a, why) : a;
}

static term bitwise(struct heap *h, enum bitwise op, term a, term b, term *why)
{
    if (!is_integer(a) || !is_integer(b))
        return refuse(ATOM_badarith, why);
    struct magnitude x, y;
    magnitude_of(a, &x);
    magnitude_of(b, &y);
    return big_bitwise(h, op, &x, &y, why);
}

term number_band(struct heap *h, term a, term b, term *why)
{
    return are_small(a, b) ? (a & b) : bitwise(h, BITWISE_AND, a, b, why);
}

term number_bor(struct heap *h, term a, term b, term *why)
{
    return are_small(a, b) ? (a | b) : bitwise(h, BITWISE_OR, a, b, why);
}

term number_bxor(struct heap *h, term a, term b, term *why)
{
    return are_small(a, b) ? ((a ^ b) | TAG_SMALL) : bitwise(h, BITWISE_XOR, a, b, why);
}

term number_bnot(struct heap *h, term a, term *why)
{
    if (is_small(a))
        return small(~small_value(a));
    if (!is_big(a))
        return refuse(ATOM_badarith, why);
    struct magnitude m;
    magnitude_of(a, &m);
    return big_not(h, &m, why);
}

static term shift_left(struct heap *h, term a, size_t bits, term *why)
{
    if (a == small(0) || bits == 0)
        return a;
    if (is_small(a) && bits < 60) {
        sword shifted = (sword)((word)small_value(a) << bits);
        if (shifted >> bits == small_value(a) && fits_small(shifted))
            return small(shifted);
    }
    struct magnitude m;
    magnitude_of(a, &m);
    return big_shift_left(h, &m, bits, why);
}

static term shift_right(struct heap *h, term a, size_t bits, term *why)
{
    if (is_small(a))
        return small(small_value(a) >> (bits < 63 ? bits : 63));
    if (bits == 0)
        return a;
    struct magnitude m;
    magnitude_of(a, &m);
    return big_shift_right(h, &m, bits, why);
}

static term shift(struct heap *h, term a, term amount, bool left, term *why)
{
    if (!is_integer(a) || !is_integer(amount))
        return refuse(ATOM_badarith, why);
    bool negative = integer_is_negative(amount);
    size_t bits = SIZE_MAX;    // more than any integer has
    if (is_small(amount))
        bits = negative ? (size_t)-small_value(amount) : (size_t)small_value(amount);
    return left != negative ? shift_left(h, a, bits, why) : shift_right(h, a, bits, why);
}

term number_bsl(struct heap *h, term a, term b, term *why)
{
    return shift(h, a, b, true, why);
}

term number_bsr(struct heap *h, term a, term b, term *why)
{
    return shift(h, a, b, false, why);
}

term integer_from_i64(struct heap *h, int64_t value)
{
    if (LIKELY(fits_small(value)))
        return small(value);
    return big_from_limb(h, value < 0 ? -(word)value : (word)value, value < 0);
}

term integer_from_u64(struct heap *h, uint64_t value)
{
    return big_from_limb(h, value, false);
}

bool integer_to_i64(term t, int64_t *value)
{
    if (is_small(t)) {
        *value = small_value(t);
        return true;
    }
    if (!is_big(t))
        return false;
    struct magnitude m;
    magnitude_of(t, &m);
    if (m.n != 1 || m.limbs[0] > (word)INT64_MAX + m.negative)
        return false;
    *value = (int64_t)(m.negative ? -m.limbs[0] : m.limbs[0]);
    return true;
}

bool integer_to_u64(term t, uint64_t *value)
{
    if (!is_integer(t))
        return false;
    struct magnitude m;
    magnitude_of(t, &m);
    if (m.negative || m.n > 1)
        return false;
    *value = m.n == 0 ? 0 : m.limbs[0];
    return true;
}

bool integer_is_negative(term t)
{
    return is_small(t) ? small_value(t) < 0 : header_kind(*boxed_ptr(t)) == KIND_BIG_NEG;
}

term number_from_double(struct heap *h, double value)
{
    if (value < two_to_59 && value > -two_to_59)
        return small((sword)value);
    int exponent;
    word mantissa = (word)ldexp(frexp(fabs(value), &exponent), 53);
    struct magnitude m = {.limbs = &m.single, .n = 1, .negative = value < 0.0, .single = mantissa};
    term why;
    return big_shift_left(h, &m, (size_t)(exponent - 53), &why);
}

static int sign_of(double value)
{
    return (value > 0.0) - (value < 0.0);
}

static int compare_small_double(sword a, double b)
{
    if (b >= two_to_63 || b < -two_to_63)
        return -sign_of(b);
    sword whole = (sword)b;
    if (a != whole)
        return a < whole ? -1 : 1;
    return -sign_of(b - (double)whole);
}

// By length in bits, then by the first 64 bits, then by what is below them; b is not zero.
static int compare_magnitude_double(const struct magnitude *a, double b)
{
    int exponent;
    double fraction = frexp(fabs(b), &exponent);
    size_t bits = magnitude_bits(a);
    if (exponent < 0 || bits != (size_t)exponent)
        return exponent < 0 || bits > (size_t)exponent ? 1 : -1;
    unsigned shift_up = (unsigned)__builtin_clzll(a->limbs[a->n - 1]);
    word top = a->limbs[a->n - 1] << shift_up, below = 0;
    if (shift_up > 0 && a->n > 1) {
        top |= a->limbs[a->n - 2] >> (64 - shift_up);
        below = a->limbs[a->n - 2] << shift_up;
    } else if (a->n > 1) {
        below = a->limbs[a->n - 2];
    }
    word top_b = (word)ldexp(fraction, 53) << 11;
    if (top != top_b)
        return top < top_b ? -1 : 1;
    for (size_t i = 0; i + 2 < a->n; i++)
        below |= a->limbs[i];
    return below != 0;
}

static int compare_integer_double(term a, double b)
{
    if (is_small(a))
        return compare_small_double(small_value(a), b);
    struct magnitude m;
    magnitude_of(a, &m);
    int sign = m.negative ? -1 : 1;
    if (sign_of(b) != sign)
        return sign;
    return sign * compare_magnitude_double(&m, b);
}

static int compare_integers(term a, term b)
{
    if (are_small(a, b))
        return (small_value(a) > small_value(b)) - (small_value(a) < small_value(b));
    struct magnitude x, y;
    magnitude_of(a, &x);
    magnitude_of(b, &y);
    if (x.negative != y.negative)
        return x.negative ? -1 : 1;
    return x.negative ? magnitude_compare(&y, &x) : magnitude_compare(&x, &y);
}

int number_compare(term a, term b)
{
    if (is_float(a) && is_float(b))
        return (float_value(a) > float_value(b)) - (float_value(a) < float_value(b));
    if (is_float(a))
        return -compare_integer_double(b, float_value(a));
    if (is_float(b))
        return compare_integer_double(a, float_value(b));
    return compare_integers(a, b);
}
