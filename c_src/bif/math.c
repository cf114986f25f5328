// SPDX-License-Identifier: Apache-2.0
// The module math: the C library's functions. A result that is no finite number is badarith.
#include "bif/bif.h"
#include "term/number.h"

#include <math.h>

static bool float_argument(struct proc *p, term t, double *value)
{
    if (number_to_double(t, value))
        return true;
    fail_error(p, is_number(t) ? ATOM_badarith : ATOM_badarg);
    return false;
}

static term finite_result(struct proc *p, double value)
{
    return isfinite(value) ? float_term(proc_heap(p), value) : fail_error(p, ATOM_badarith);
}

static term unary(struct proc *p, double (*function)(double), const term *args)
{
    double x;
    return float_argument(p, args[0], &x) ? finite_result(p, function(x)) : NONE;
}

static term binary(struct proc *p, double (*function)(double, double), const term *args)
{
    double x, y;
    if (!float_argument(p, args[0], &x) || !float_argument(p, args[1], &y))
        return NONE;
    return finite_result(p, function(x, y));
}

#define MATH(form, name) \
    static term math_##name(struct proc *p, term *args) \
    { \
        return form(p, name, args); \
    }
MATH(unary, acos)
MATH(unary, acosh)
MATH(unary, asin)
MATH(unary, asinh)
MATH(unary, atan)
MATH(unary, atanh)
MATH(unary, ceil)
MATH(unary, cos)
MATH(unary, cosh)
MATH(unary, erf)
MATH(unary, erfc)
MATH(unary, exp)
MATH(unary, floor)
MATH(unary, log)
MATH(unary, log10)
MATH(unary, log2)
MATH(unary, sin)
MATH(unary, sinh)
MATH(unary, sqrt)
MATH(unary, tan)
MATH(unary, tanh)
MATH(binary, atan2)
MATH(binary, fmod)
MATH(binary, pow)
#undef MATH

static const struct native_row rows[] = {
    {"math", "acos", 1, math_acos, 0},   {"math", "acosh", 1, math_acosh, 0}, {"math", "asin", 1, math_asin, 0},
    {"math", "asinh", 1, math_asinh, 0}, {"math", "atan", 1, math_atan, 0},   {"math", "atan2", 2, math_atan2, 0},
    {"math", "atanh", 1, math_atanh, 0}, {"math", "ceil", 1, math_ceil, 0},   {"math", "cos", 1, math_cos, 0},
    {"math", "cosh", 1, math_cosh, 0},   {"math", "erf", 1, math_erf, 0},     {"math", "erfc", 1, math_erfc, 0},
    {"math", "exp", 1, math_exp, 0},     {"math", "floor", 1, math_floor, 0}, {"math", "fmod", 2, math_fmod, 0},
    {"math", "log", 1, math_log, 0},     {"math", "log10", 1, math_log10, 0}, {"math", "log2", 1, math_log2, 0},
    {"math", "pow", 2, math_pow, 0},     {"math", "sin", 1, math_sin, 0},     {"math", "sinh", 1, math_sinh, 0},
    {"math", "sqrt", 1, math_sqrt, 0},   {"math", "tan", 1, math_tan, 0},     {"math", "tanh", 1, math_tanh, 0},
};

const struct native_table natives_math = {rows, COUNT_OF(rows)};
