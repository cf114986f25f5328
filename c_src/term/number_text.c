// SPDX-License-Identifier: Apache-2.0
// Numbers as text and back.
#include "base/memory.h"
#include "base/turn.h"
#include "term/big.h"
#include "term/number.h"

#include <gmp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_TEXT_MAX = 66, SHORT_DIGITS_MAX = 17 };

size_t integer_text_max(term t, unsigned base)
{
    if (is_small(t))
        return SMALL_TEXT_MAX;
    return (size_t)(64.0 * (double)header_size(*boxed_ptr(t)) / log2(base)) + 4;
}

// Writes a value's digits so that they end before `end`; gives where they start.
static char *digits_before(char *end, word value, unsigned base)
{
    do {
        unsigned digit = (unsigned)(value % base);
        *--end = (char)(digit < 10 ? '0' + digit : 'A' + digit - 10);
        value /= base;
    } while (value > 0);
    return end;
}

static size_t limb_to_text(word limb, bool negative, unsigned base, char *text)
{
    char room[SMALL_TEXT_MAX], *end = room + sizeof room;
    char *start = base == 10 ? digits_before(end, limb, 10) : digits_before(end, limb, base);
    if (negative)
        *--start = '-';
    memcpy(text, start, (size_t)(end - start));
    return (size_t)(end - start);
}

// Conversion of limbs to digits or back.
struct conversion {
    uint8_t *digits;
    word *limbs;
    size_t digit_count, limb_count;
    int base;
};

static void convert_to_digits(void *room)
{
    struct conversion *c = room;
    c->digit_count = mpn_get_str(c->digits, c->base, c->limbs, (mp_size_t)c->limb_count);
}

static void convert_to_limbs(void *room)
{
    struct conversion *c = room;
    c->limb_count = (size_t)mpn_set_str(c->limbs, c->digits, c->digit_count, c->base);
}

size_t integer_to_text(term t, unsigned base, char *text)
{
    struct magnitude m;
    magnitude_of(t, &m);
    if (m.n <= 1)
        return limb_to_text(m.n == 0 ? 0 : m.limbs[0], m.negative, base, text);
    struct scratch s;
    word *limbs = scratch_take(&s, m.n + 1);
    memcpy(limbs, m.limbs, m.n * sizeof(word));
    char *digits = text + m.negative;
    struct conversion c = {.digits = (uint8_t *)digits, .limbs = limbs, .limb_count = m.n, .base = (int)base};
    big_calculate(convert_to_digits, &c, m.n, m.n);
    scratch_give(&s);
    size_t n = c.digit_count, zeros = 0, steps = 0;
    while (digits[zeros] == 0)
        zeros++;
    for (size_t i = zeros; i < n; i++, turn_step(&steps))
        digits[i - zeros] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(unsigned char)digits[i]];
    if (m.negative)
        text[0] = '-';
    return n - zeros + m.negative;
}

bool integer_text_takes_long(term t)
{
    return integer_byte_size(t) > INTEGER_LONG_TEXT / 4;
}

unsigned text_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A') + 10;
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 10;
    return 36;
}

static term big_from_digits(struct heap *h, const char *text, size_t n, unsigned base, bool negative)
{
    size_t steps = 0;
    for (size_t i = 0; i < n; i++, turn_step(&steps))
        if (text_digit(text[i]) >= base)
            return NONE;
    size_t limbs = (size_t)((double)n * log2(base) / 64.0) + 2;
    if (limbs > CONFIG_MAX_BIG_LIMBS + 2)
        return NONE;
    struct scratch s;
    uint8_t *values = (uint8_t *)scratch_take(&s, (n + 7) / 8);
    for (size_t i = 0; i < n; i++, turn_step(&steps))
        values[i] = (uint8_t)text_digit(text[i]);
    term *object = big_alloc(h, limbs);
    struct conversion c = {.digits = values, .limbs = object + 1, .digit_count = n, .base = (int)base};
    big_calculate(convert_to_limbs, &c, limbs, limbs);
    scratch_give(&s);
    term why;
    return big_finish(h, object, limbs, c.limb_count, negative, &why);
}

// 12 digits of any base fit into a word.
term integer_from_text(struct heap *h, const char *text, size_t n, unsigned base)
{
    bool negative = n > 0 && text[0] == '-';
    if (n > 0 && (negative || text[0] == '+')) {
        text++;
        n--;
    }
    if (n == 0)
        return NONE;
    while (n > 1 && text[0] == '0') {
        text++;
        n--;
    }
    if (n > (base <= 10 ? 19 : 12))
        return big_from_digits(h, text, n, base, negative);
    word value = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = text_digit(text[i]);
        if (digit >= base)
            return NONE;
        value = value * base + digit;
    }
    return big_from_limb(h, value, negative);
}

// A decimal: 0.d1d2d3... * 10^point.
struct decimal {
    char digits[SHORT_DIGITS_MAX + 1];
    int n, point;
};

static void decimal_trim(struct decimal *d)
{
    while (d->n > 1 && d->digits[d->n - 1] == '0')
        d->n--;
}

// The n digits nearest to a positive value.
static void decimal_of(struct decimal *d, double value, int n)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", n - 1, value);
    d->digits[0] = text[0];
    if (n > 1)
        memcpy(d->digits + 1, text + 2, (size_t)n - 1);
    d->n = n;
    d->point = atoi(text + (n > 1 ? n + 2 : 2)) + 1;
}

static bool decimal_reads_as(const struct decimal *d, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.*se%d", d->n, d->digits, d->point - d->n);
    return strtod(text, NULL) == value;
}

// The next larger decimal of as many digits; false if that has one digit more.
static bool decimal_up(struct decimal *d)
{
    int i = d->n;
    while (i > 0 && d->digits[i - 1] == '9')
        d->digits[--i] = '0';
    if (i == 0)
        return false;
    d->digits[i - 1]++;
    return true;
}

// The fewest digits that read back as value, which is positive; of several such decimals the nearest.
// A normal number's decimals of 15 digits or fewer are all found by rounding to 15. Below a power of two the floats are
// twice as dense as above it: there the nearest decimal, if it lies below, may fail where the next one above does not.
static void decimal_shortest(struct decimal *d, double value)
{
    int exponent;
    bool power_of_two = frexp(value, &exponent) == 0.5;
    int first = value >= 0x1p-1022 ? 15 : 1;
    for (int n = first; n < SHORT_DIGITS_MAX; n++) {
        decimal_of(d, value, n);
        if (decimal_reads_as(d, value) || (power_of_two && n > 15 && decimal_up(d) && decimal_reads_as(d, value))) {
            decimal_trim(d);
            return;
        }
    }
    decimal_of(d, value, SHORT_DIGITS_MAX);
    decimal_trim(d);
}

static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                               1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

static void decimal_of_integer(struct decimal *d, word value)
{
    char room[SMALL_TEXT_MAX], *end = room + sizeof room, *start = digits_before(end, value, 10);
    d->n = d->point = (int)(end - start);
    memcpy(d->digits, start, (size_t)d->n);
    decimal_trim(d);
}

// As decimal_shortest, for what people write: no two decimals of up to 15 digits are the same float, and the division of two
// integers that a float holds exactly is rounded as reading the decimal is. Takes 0.05 of its time. False: not one of those.
static bool decimal_short(struct decimal *d, double value)
{
    for (int places = 1; value >= 1e-3 && places < (int)COUNT_OF(power); places++) {
        double scaled = rint(value * power[places]);
        if (scaled >= 1e15)
            return false;
        if (scaled / power[places] == value) {
            decimal_of_integer(d, (word)scaled);
            d->point -= places;
            return true;
        }
    }
    return false;
}

// Without an exponent where that is no longer, except that integers a float can't count up to always have one.
static bool prefers_fixed(const struct decimal *d, double value)
{
    int last = d->point - d->n;
    if (value >= 0x1p53)
        return false;
    if (d->n == 1)
        return last >= -4 && last <= 2;
    return last >= -(d->n + 2) && last <= (d->point > 10 ? 2 : 1);
}

static char *put_fixed(char *at, const struct decimal *d)
{
    if (d->point <= 0) {
        *at++ = '0';
        *at++ = '.';
        for (int i = d->point; i < 0; i++)
            *at++ = '0';
        memcpy(at, d->digits, (size_t)d->n);
        return at + d->n;
    }
    for (int i = 0; i < d->point || i <= d->n - 1; i++) {
        if (i == d->point)
            *at++ = '.';
        *at++ = i < d->n ? d->digits[i] : '0';
    }
    if (d->point >= d->n) {
        *at++ = '.';
        *at++ = '0';
    }
    return at;
}

static char *put_scientific(char *at, const struct decimal *d)
{
    *at++ = d->digits[0];
    *at++ = '.';
    if (d->n == 1)
        *at++ = '0';
    memcpy(at, d->digits + 1, (size_t)d->n - 1);
    at += d->n - 1;
    *at++ = 'e';
    int exponent = d->point - 1;
    return at + limb_to_text((word)(exponent < 0 ? -exponent : exponent), exponent < 0, 10, at);
}

size_t float_to_text_short(double value, char *text)
{
    char *at = text;
    if (signbit(value)) {
        *at++ = '-';
        value = -value;
    }
    struct decimal d;
    if (value < 0x1p53 && value == floor(value))
        decimal_of_integer(&d, (word)value);
    else if (!decimal_short(&d, value))
        decimal_shortest(&d, value);
    at = prefers_fixed(&d, value) ? put_fixed(at, &d) : put_scientific(at, &d);
    return (size_t)(at - text);
}

size_t float_to_text_scientific(double value, int decimals, char *text)
{
    int n = snprintf(text, FLOAT_TEXT_MAX, "%.*e", decimals, value);
    return n < FLOAT_TEXT_MAX ? (size_t)n : 0;
}

// Where the text ends without its last zeros; one digit stays after a point.
static size_t without_zeros(const char *text, size_t n)
{
    while (n > 1 && text[n - 1] == '0')
        n--;
    return text[n - 1] == '.' ? n + 1 : n;
}

// As the BEAM rounds: the fraction alone, scaled, half away from zero.
static size_t few_decimals(double value, int decimals, bool negative, char *text)
{
    if (decimals == 0)
        return limb_to_text((word)llround(value), negative, 10, text);
    double whole = floor(value), rest = round((value - whole) * power[decimals]);
    if (rest >= power[decimals]) {
        whole += 1.0;
        rest = 0.0;
    }
    size_t n = limb_to_text((word)whole, negative, 10, text);
    text[n++] = '.';
    char *end = text + n + decimals, *start = digits_before(end, (word)rest, 10);
    memset(text + n, '0', (size_t)(start - (text + n)));
    return n + (size_t)decimals;
}

size_t float_to_text_decimals(double value, int decimals, bool compact, char *text, size_t room)
{
    if (decimals < 0)
        return 0;
    if (fabs(value) > 0x1p53 || decimals > 18) {
        int n = snprintf(text, room, "%.*f", decimals, value);
        if (n < 0 || (size_t)n >= room)
            return 0;
        return compact ? without_zeros(text, (size_t)n) : (size_t)n;
    }
    char short_text[64];
    size_t n = few_decimals(fabs(value), decimals, signbit(value), short_text);
    if (n >= room)
        return 0;
    memcpy(text, short_text, n);
    return compact && decimals > 0 ? without_zeros(text, n) : n;
}

// What the parts of a float's text are.
struct float_parts {
    bool negative;
    const char *whole, *fraction;
    size_t whole_size, fraction_size;
    int64_t exponent;
};

static size_t digits_at(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && text[i] >= '0' && text[i] <= '9')
        i++;
    return i;
}

static bool sign_at(const char **text, size_t *n)
{
    if (*n == 0 || (**text != '-' && **text != '+'))
        return false;
    *n -= 1;
    return *(*text)++ == '-';
}

static bool exponent_from(const char *text, size_t n, int64_t *exponent)
{
    const int64_t limit = (int64_t)1 << 50;    // far beyond any length of text in memory
    bool negative = sign_at(&text, &n);
    if (n == 0 || digits_at(text, n) != n)
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value < limit ? value * 10 + (text[i] - '0') : limit;
    *exponent = negative ? -value : value;
    return true;
}

// Sign, digits, a point or comma, digits, and perhaps an exponent.
static bool float_parts_from(struct float_parts *p, const char *text, size_t n)
{
    p->negative = sign_at(&text, &n);
    p->exponent = 0;
    p->whole = text;
    p->whole_size = digits_at(text, n);
    text += p->whole_size;
    n -= p->whole_size;
    if (p->whole_size == 0 || n == 0 || (*text != '.' && *text != ','))
        return false;
    p->fraction = ++text;
    p->fraction_size = digits_at(text, --n);
    text += p->fraction_size;
    n -= p->fraction_size;
    if (p->fraction_size == 0)
        return false;
    if (n == 0)
        return true;
    return (*text == 'e' || *text == 'E') && exponent_from(text + 1, n - 1, &p->exponent);
}

// Up to 15 digits are a float exactly, powers of ten up to 22 as well, and one operation on them rounds once.
static bool float_at_once(const struct float_parts *p, int64_t exponent, double *value)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (p->whole_size + p->fraction_size > 15 || exponent < -22 || exponent > 22)
        return false;
    word mantissa = 0;
    for (size_t i = 0; i < p->whole_size; i++)
        mantissa = mantissa * 10 + (word)(p->whole[i] - '0');
    for (size_t i = 0; i < p->fraction_size; i++)
        mantissa = mantissa * 10 + (word)(p->fraction[i] - '0');
    *value = exponent < 0 ? (double)mantissa / power[-exponent] : (double)mantissa * power[exponent];
    return true;
}

// Reads the digits without a point, so that the locale does not matter.
static double float_by_strtod(const struct float_parts *p, int64_t exponent)
{
    struct scratch s;
    size_t digits = p->whole_size + p->fraction_size, size = digits + 32;
    char *text = (char *)scratch_take(&s, (size + 7) / 8);
    memcpy(text, p->whole, p->whole_size);
    memcpy(text + p->whole_size, p->fraction, p->fraction_size);
    snprintf(text + digits, 32, "e%lld", (long long)exponent);
    double value = strtod(text, NULL);
    scratch_give(&s);
    return value;
}

bool float_from_text(const char *text, size_t n, double *value)
{
    struct float_parts p;
    if (!float_parts_from(&p, text, n))
        return false;
    int64_t exponent = p.exponent - (int64_t)p.fraction_size;
    double size;
    if (!float_at_once(&p, exponent, &size))
        size = float_by_strtod(&p, exponent);
    *value = p.negative ? -size : size;
    return isfinite(size);
}
