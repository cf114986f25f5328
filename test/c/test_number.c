// SPDX-License-Identifier: Apache-2.0
// Expected values are what Erlang/OTP 25.2.3 gives.
#include "heap_tests.h"
#include "term/atom.h"
#include "term/number.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static term number(const char *text)
{
    double value;
    if (float_from_text(text, strlen(text), &value))
        return float_term(&heap, value);
    return integer_from_text(&heap, text, strlen(text), 10);
}

static void expect_text(term t, term why, const char *expected, const char *what)
{
    char text[FLOAT_TEXT_MAX + 1];
    size_t n;
    if (t == NONE) {
        ck_assert_msg(strcmp(atom_text(why).bytes, expected) == 0, "%s: %s", what, atom_text(why).bytes);
        return;
    }
    ck_assert(is_float(t) || integer_text_max(t, 10) < sizeof text);
    n = is_float(t) ? float_to_text_short(float_value(t), text) : integer_to_text(t, 10, text);
    text[n] = 0;
    ck_assert_msg(strcmp(text, expected) == 0, "%s: %s instead of %s", what, text, expected);
}

// A result that fits is a small integer; no other has a zero on top.
static bool is_normal(term t)
{
    if (t == NONE || !is_big(t))
        return true;
    size_t n = header_size(*boxed_ptr(t));
    word top = boxed_ptr(t)[n];
    bool negative = integer_is_negative(t);
    return n > 0 && top != 0 && (n > 1 || top > (word)SMALL_MAX_VALUE + negative);
}

static const struct {
    const char *name;
    term (*operate)(struct heap *h, term a, term b, term *why);
} operators[] = {
    {"+", number_add},     {"-", number_subtract}, {"*", number_multiply}, {"/", number_divide},
    {"div", number_div},   {"rem", number_rem},    {"band", number_band},  {"bor", number_bor},
    {"bxor", number_bxor}, {"bsl", number_bsl},    {"bsr", number_bsr},
};

static const struct {
    const char *name, *a, *b, *result;
} operations[] = {
    {"+", "-18446744073709551616", "0", "-18446744073709551616"},
    {"+", "1", "0", "1"},
    {"+", "170141183460469231731687303715884105728", "170141183460469231731687303715884105728",
     "340282366920938463463374607431768211456"},
    {"+", "576460752303423487", "576460752303423488", "1152921504606846975"},
    {"+", "-18446744073709551616", "170141183460469231731687303715884105728",
     "170141183460469231713240559642174554112"},
    {"+", "1", "1", "2"},
    {"+", "-340282366920938463463374607431768211455", "-7", "-340282366920938463463374607431768211462"},
    {"+", "576460752303423487", "-7", "576460752303423480"},
    {"+", "1", "-576460752303423488", "-576460752303423487"},
    {"+", "18446744073709551615", "-7", "18446744073709551608"},
    {"+", "0", "18446744073709551615", "18446744073709551615"},
    {"+", "-576460752303423488", "-576460752303423488", "-1152921504606846976"},
    {"+", "-340282366920938463463374607431768211455", "576460752303423487", "-340282366920938463462798146679464787968"},
    {"+", "-576460752303423488", "-1", "-576460752303423489"},
    {"-", "-7", "-340282366920938463463374607431768211455", "340282366920938463463374607431768211448"},
    {"-", "18446744073709551615", "-7", "18446744073709551622"},
    {"-", "123456789012345678901234567890", "7", "123456789012345678901234567883"},
    {"-", "0", "170141183460469231731687303715884105728", "-170141183460469231731687303715884105728"},
    {"-", "1", "18446744073709551615", "-18446744073709551614"},
    {"-", "576460752303423487", "0", "576460752303423487"},
    {"-", "576460752303423488", "-18446744073709551616", "19023204826012975104"},
    {"-", "7", "0", "7"},
    {"-", "18446744073709551615", "-18446744073709551616", "36893488147419103231"},
    {"-", "576460752303423488", "576460752303423488", "0"},
    {"-", "-7", "0", "-7"},
    {"-", "-576460752303423488", "0", "-576460752303423488"},
    {"-", "-7", "18446744073709551615", "-18446744073709551622"},
    {"-", "-576460752303423488", "-1", "-576460752303423487"},
    {"*", "18446744073709551615", "7", "129127208515966861305"},
    {"*", "576460752303423488", "-340282366920938463463374607431768211455",
     "-196159429230833773869868419475239575502622146887197655040"},
    {"*", "-340282366920938463463374607431768211455", "-1", "340282366920938463463374607431768211455"},
    {"*", "170141183460469231731687303715884105728", "-576460752303423488",
     "-98079714615416886934934209737619787751599303819750539264"},
    {"*", "-1", "576460752303423488", "-576460752303423488"},
    {"*", "576460752303423488", "1", "576460752303423488"},
    {"*", "1", "-1", "-1"},
    {"*", "-576460752303423488", "170141183460469231731687303715884105728",
     "-98079714615416886934934209737619787751599303819750539264"},
    {"*", "18446744073709551615", "-7", "-129127208515966861305"},
    {"*", "170141183460469231731687303715884105728", "576460752303423487",
     "98079714615416886764793026277150556019912000103866433536"},
    {"*", "-1", "-340282366920938463463374607431768211455", "340282366920938463463374607431768211455"},
    {"*", "-7", "-576460752303423488", "4035225266123964416"},
    {"*", "576460752303423487", "7", "4035225266123964409"},
    {"*", "-576460752303423488", "-1", "576460752303423488"},
    {"div", "-340282366920938463463374607431768211455", "-7", "48611766702991209066196372490252601636"},
    {"div", "576460752303423487", "18446744073709551615", "0"},
    {"div", "-340282366920938463463374607431768211455", "576460752303423487", "-590295810358705652736"},
    {"div", "576460752303423488", "-340282366920938463463374607431768211455", "0"},
    {"div", "18446744073709551615", "-7", "-2635249153387078802"},
    {"div", "-1", "1", "-1"},
    {"div", "123456789012345678901234567890", "-18446744073709551616", "-6692605942"},
    {"div", "18446744073709551615", "7", "2635249153387078802"},
    {"div", "170141183460469231731687303715884105728", "-576460752303423488", "-295147905179352825856"},
    {"div", "1", "18446744073709551615", "0"},
    {"div", "-18446744073709551616", "7", "-2635249153387078802"},
    {"div", "576460752303423488", "-1", "-576460752303423488"},
    {"div", "0", "-7", "0"},
    {"div", "-576460752303423488", "-1", "576460752303423488"},
    {"rem", "0", "-340282366920938463463374607431768211455", "0"},
    {"rem", "7", "18446744073709551615", "7"},
    {"rem", "576460752303423488", "-1", "0"},
    {"rem", "-7", "-576460752303423488", "-7"},
    {"rem", "7", "576460752303423488", "7"},
    {"rem", "18446744073709551615", "-1", "0"},
    {"rem", "-340282366920938463463374607431768211455", "-18446744073709551616", "-18446744073709551615"},
    {"rem", "0", "-7", "0"},
    {"rem", "576460752303423487", "-1", "0"},
    {"rem", "-1", "123456789012345678901234567890", "-1"},
    {"rem", "-7", "1", "0"},
    {"rem", "7", "-1", "0"},
    {"rem", "1", "-340282366920938463463374607431768211455", "1"},
    {"rem", "-576460752303423488", "-1", "0"},
    {"band", "-576460752303423488", "-1", "-576460752303423488"},
    {"band", "7", "170141183460469231731687303715884105728", "0"},
    {"band", "576460752303423487", "-1", "576460752303423487"},
    {"band", "0", "-576460752303423488", "0"},
    {"band", "170141183460469231731687303715884105728", "-576460752303423488",
     "170141183460469231731687303715884105728"},
    {"band", "1", "1", "1"},
    {"band", "576460752303423488", "-1", "576460752303423488"},
    {"band", "-1", "123456789012345678901234567890", "123456789012345678901234567890"},
    {"band", "0", "-340282366920938463463374607431768211455", "0"},
    {"band", "0", "18446744073709551615", "0"},
    {"band", "170141183460469231731687303715884105728", "18446744073709551615", "0"},
    {"band", "7", "-18446744073709551616", "0"},
    {"band", "-576460752303423488", "0", "0"},
    {"band", "-576460752303423488", "-1", "-576460752303423488"},
    {"bor", "170141183460469231731687303715884105728", "-18446744073709551616", "-18446744073709551616"},
    {"bor", "18446744073709551615", "-18446744073709551616", "-1"},
    {"bor", "-18446744073709551616", "-576460752303423488", "-576460752303423488"},
    {"bor", "0", "576460752303423487", "576460752303423487"},
    {"bor", "7", "-1", "-1"},
    {"bor", "123456789012345678901234567890", "7", "123456789012345678901234567895"},
    {"bor", "576460752303423488", "123456789012345678901234567890", "123456789012922139653537991378"},
    {"bor", "576460752303423487", "170141183460469231731687303715884105728", "170141183460469231732263764468187529215"},
    {"bor", "123456789012345678901234567890", "1", "123456789012345678901234567891"},
    {"bor", "-1", "-18446744073709551616", "-1"},
    {"bor", "-7", "1", "-7"},
    {"bor", "0", "-7", "-7"},
    {"bor", "576460752303423487", "-1", "-1"},
    {"bor", "-576460752303423488", "-1", "-1"},
    {"bxor", "576460752303423487", "123456789012345678901234567890", "123456789012424560216427787565"},
    {"bxor", "0", "-576460752303423488", "-576460752303423488"},
    {"bxor", "576460752303423488", "-1", "-576460752303423489"},
    {"bxor", "170141183460469231731687303715884105728", "-1", "-170141183460469231731687303715884105729"},
    {"bxor", "170141183460469231731687303715884105728", "-340282366920938463463374607431768211455",
     "-170141183460469231731687303715884105727"},
    {"bxor", "-340282366920938463463374607431768211455", "-340282366920938463463374607431768211455", "0"},
    {"bxor", "170141183460469231731687303715884105728", "1", "170141183460469231731687303715884105729"},
    {"bxor", "170141183460469231731687303715884105728", "-7", "-170141183460469231731687303715884105735"},
    {"bxor", "-576460752303423488", "18446744073709551615", "-17870283321406128129"},
    {"bxor", "576460752303423488", "576460752303423487", "1152921504606846975"},
    {"bxor", "0", "170141183460469231731687303715884105728", "170141183460469231731687303715884105728"},
    {"bxor", "170141183460469231731687303715884105728", "576460752303423488",
     "170141183460469231732263764468187529216"},
    {"bxor", "-576460752303423488", "7", "-576460752303423481"},
    {"bxor", "-576460752303423488", "-1", "576460752303423487"},
    {"bsl", "1", "58", "288230376151711744"},
    {"bsl", "1", "59", "576460752303423488"},
    {"bsl", "-1", "59", "-576460752303423488"},
    {"bsl", "-1", "60", "-1152921504606846976"},
    {"bsl", "-5", "64", "-92233720368547758080"},
    {"bsl", "3", "127", "510423550381407695195061911147652317184"},
    {"bsl", "-1180591620717411303424", "-70", "-1"},
    {"bsl", "-1180591620717411303425", "-70", "-2"},
    {"bsr", "-1", "1180591620717411303424", "-1"},
    {"bsr", "340282366920938463463374607431768211456", "64", "18446744073709551616"},
    {"bsr", "-340282366920938463463374607431768211457", "64", "-18446744073709551617"},
    {"bsr", "-340282366920938463463374607431768211456", "65", "-9223372036854775808"},
    {"bsr", "-18446744073709551615", "1", "-9223372036854775808"},
    {"bsr", "5", "-60", "5764607523034234880"},
    {"bsl", "0", "1180591620717411303424", "0"},
    {"bsl", "7", "1180591620717411303424", "system_limit"},
    {"bsr", "7", "-1180591620717411303424", "system_limit"},
    {"/", "1", "3", "0.3333333333333333"},
    {"/", "1", "0", "badarith"},
    {"/", "0.0", "-1", "-0.0"},
    {"+", "1.0e308", "1.0e308", "badarith"},
    {"*", "1.0e308", "-10", "badarith"},
    {"*", "1.5", "-2", "-3.0"},
    {"-", "0.5", "18446744073709551616", "-1.8446744073709552e19"},
    {"+", "9007199254740993", "0.0", "9.007199254740992e15"},
    {"div", "5.0", "2", "badarith"},
    {"div", "5", "0", "badarith"},
    {"rem", "5", "0", "badarith"},
    {"band", "1.0", "1", "badarith"},
};

START_TEST(operators_give_what_the_beam_gives)
{
    size_t tried = 0;
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        for (size_t o = 0; o < COUNT_OF(operators); o++)
            if (strcmp(operators[o].name, operations[i].name) == 0) {
                term why = NONE;
                term result = operators[o].operate(&heap, number(operations[i].a), number(operations[i].b), &why);
                ck_assert(is_normal(result));
                expect_text(result, why, operations[i].result, operations[i].name);
                tried++;
            }
    ck_assert_uint_eq(tried, COUNT_OF(operations));
}
END_TEST

START_TEST(operators_refuse_what_is_no_number)
{
    for (size_t o = 0; o < COUNT_OF(operators); o++) {
        term why = NONE;
        ck_assert(operators[o].operate(&heap, ATOM_true, small(1), &why) == NONE && why == ATOM_badarith);
        why = NONE;
        ck_assert(operators[o].operate(&heap, number("100000000000000000000"), NIL, &why) == NONE);
        ck_assert(why == ATOM_badarith);
    }
    term why = NONE;
    ck_assert(number_abs(&heap, ATOM_true, &why) == NONE && why == ATOM_badarg);
    ck_assert(number_negate(&heap, NIL, &why) == NONE && why == ATOM_badarith);
    ck_assert(number_bnot(&heap, float_term(&heap, 1.0), &why) == NONE && why == ATOM_badarith);
}
END_TEST

START_TEST(one_operand)
{
    term why = NONE;
    expect_text(number_negate(&heap, small(SMALL_MIN_VALUE), &why), why, "576460752303423488", "-");
    expect_text(number_negate(&heap, number("576460752303423488"), &why), why, "-576460752303423488", "-");
    ck_assert(is_small(number_negate(&heap, number("576460752303423488"), &why)));
    expect_text(number_negate(&heap, float_term(&heap, 0.0), &why), why, "-0.0", "-");
    expect_text(number_abs(&heap, float_term(&heap, -0.0), &why), why, "-0.0", "abs");
    expect_text(number_abs(&heap, small(SMALL_MIN_VALUE), &why), why, "576460752303423488", "abs");
    expect_text(number_bnot(&heap, number("-18446744073709551616"), &why), why, "18446744073709551615", "bnot");
    expect_text(number_bnot(&heap, number("18446744073709551615"), &why), why, "-18446744073709551616", "bnot");
}
END_TEST

// The largest integer has CONFIG_MAX_BIG_LIMBS limbs, all bits set.
START_TEST(system_limit)
{
    const sword bits = (sword)CONFIG_MAX_BIG_LIMBS * 64;
    term why = NONE;
    term top_bit = number_bsl(&heap, small(1), small(bits - 1), &why);
    ck_assert(top_bit != NONE && header_size(*boxed_ptr(top_bit)) == CONFIG_MAX_BIG_LIMBS);
    ck_assert(number_bsl(&heap, small(1), small(bits), &why) == NONE && why == ATOM_system_limit);
    why = NONE;
    ck_assert(number_add(&heap, top_bit, top_bit, &why) == NONE && why == ATOM_system_limit);
    why = NONE;
    ck_assert(number_multiply(&heap, top_bit, small(2), &why) == NONE && why == ATOM_system_limit);
    why = NONE;
    term half = number_bsl(&heap, small(1), small(bits / 2), &why);
    ck_assert(number_multiply(&heap, half, half, &why) == NONE && why == ATOM_system_limit);
    ck_assert(number_bsr(&heap, top_bit, small(bits - 1), &why) == small(1));
    ck_assert(number_rem(&heap, top_bit, half, &why) == small(0));
}
END_TEST

START_TEST(c_integers)
{
    const int64_t edges[] = {
        0, -1, SMALL_MAX_VALUE, SMALL_MAX_VALUE + 1, SMALL_MIN_VALUE, SMALL_MIN_VALUE - 1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < COUNT_OF(edges); i++) {
        int64_t back;
        term t = integer_from_i64(&heap, edges[i]);
        ck_assert(is_normal(t) && is_small(t) == fits_small(edges[i]));
        ck_assert(integer_to_i64(t, &back) && back == edges[i]);
        uint64_t unsigned_back;
        ck_assert(integer_to_u64(t, &unsigned_back) == (edges[i] >= 0));
    }
    int64_t i64;
    uint64_t u64;
    ck_assert(!integer_to_i64(number("9223372036854775808"), &i64));
    ck_assert(!integer_to_i64(number("-9223372036854775809"), &i64));
    ck_assert(!integer_to_i64(ATOM_true, &i64) && !integer_to_u64(float_term(&heap, 1.0), &u64));
    ck_assert(integer_to_u64(integer_from_u64(&heap, UINT64_MAX), &u64) && u64 == UINT64_MAX);
    ck_assert(!integer_to_u64(number("18446744073709551616"), &u64));
}
END_TEST

START_TEST(doubles)
{
    double value;
    expect_text(number_from_double(&heap, -0x1p59), NONE, "-576460752303423488", "trunc");
    ck_assert(is_small(number_from_double(&heap, -0x1p59)) && is_big(number_from_double(&heap, 0x1p59)));
    expect_text(number_from_double(&heap, -1e22), NONE, "-10000000000000000000000", "trunc");
    ck_assert(number_to_double(number("10000000000000000000000"), &value) && value == 1e22);
    term why = NONE, large = number_bsl(&heap, small(1), small(1023), &why);
    ck_assert(number_to_double(large, &value) && value == 0x1p1023);
    term too_large = number_bsl(&heap, small(1), small(1024), &why);
    ck_assert(!number_to_double(too_large, &value));
    ck_assert(number_add(&heap, too_large, float_term(&heap, 1.0), &why) == NONE && why == ATOM_badarith);
    ck_assert(!number_to_double(NIL, &value));
}
END_TEST

// In ascending order.
static const char *const ordered[] = {
    "-18446744073709551617",
    "-1.8446744073709552e19",
    "-1",
    "-0.5",
    "0",
    "5.0e-324",
    "0.5",
    "1",
    "9.007199254740992e15",
    "9007199254740993",
    "576460752303423487",
    "5.764607523034235e17",
    "1.8446744073709552e19",
    "18446744073709551617",
    "18889465931478580855808",
};

START_TEST(comparison_is_exact)
{
    for (size_t i = 0; i < COUNT_OF(ordered); i++)
        for (size_t j = 0; j < COUNT_OF(ordered); j++) {
            int order = number_compare(number(ordered[i]), number(ordered[j]));
            ck_assert_msg((order > 0) == (i > j) && (order < 0) == (i < j), "%s %s", ordered[i], ordered[j]);
        }
    term why = NONE;
    term large = number_bsl(&heap, small(-1), small(2000), &why);
    ck_assert(number_compare(large, float_term(&heap, -1.7976931348623157e308)) < 0);
    ck_assert(number_compare(float_term(&heap, -0.0), small(0)) == 0);
    ck_assert(number_compare(number("18446744073709551616"), float_term(&heap, 0x1p64)) == 0);
}
END_TEST

static void expect_field(const char *integer, size_t offset, size_t n, bool little, const char *bytes)
{
    uint8_t field[16] = {0};
    integer_to_field(number(integer), field, offset, n, little);
    for (size_t i = 0; i < sizeof field; i++) {
        unsigned expected = 0;
        if (2 * i < strlen(bytes))
            expected = (unsigned)strtoul((char[]){bytes[2 * i], bytes[2 * i + 1], 0}, NULL, 16);
        ck_assert_uint_eq(field[i], expected);
    }
    term back = integer_from_field(&heap, field, offset, n, integer[0] == '-', little);
    ck_assert(is_normal(back));
    expect_text(back, NONE, integer, "field");
}

START_TEST(fields)
{
    expect_field("5", 0, 8, false, "05");
    expect_field("-1", 3, 5, false, "1f");
    expect_field("2748", 4, 12, false, "0abc");
    expect_field("2748", 0, 12, true, "bca0");
    expect_field("2748", 4, 12, true, "0bca");
    expect_field("-2", 1, 64, false, "7fffffffffffffff00");
    expect_field("1311768467463790320", 0, 64, false, "123456789abcdef0");
    expect_field("1311768467463790320", 0, 64, true, "f0debc9a78563412");
    expect_field("-18446744073709551617", 0, 72, false, "feffffffffffffffff");
    expect_field("-18446744073709551617", 0, 66, true, "ffffffffffffffff80");
    expect_field("340282366920938463463374607431768211455", 0, 128, false, "ffffffffffffffffffffffffffffffff");
    expect_field("-170141183460469231731687303715884105728", 0, 128, true, "00000000000000000000000000000080");
}
END_TEST

START_TEST(field_writes_no_bit_outside)
{
    for (size_t offset = 0; offset < 20; offset++)
        for (size_t n = 0; n < 90; n++)
            for (int little = 0; little < 2; little++) {
                uint8_t ones[14];
                memset(ones, 0xFF, sizeof ones);
                integer_to_field(small(0), ones, offset, n, little);
                for (size_t bit = 0; bit < 8 * sizeof ones; bit++) {
                    bool inside = bit >= offset && bit < offset + n;
                    ck_assert((ones[bit / 8] >> (7 - bit % 8) & 1) == !inside);
                }
                ck_assert(integer_from_field(&heap, ones, offset, n, true, little) == small(0));
            }
}
END_TEST

START_TEST(magnitude_bytes)
{
    const uint8_t bytes[] = {1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0};
    term t = integer_from_bytes(&heap, bytes, sizeof bytes, true);
    expect_text(t, NONE, "-36893488147419103233", "bytes");
    ck_assert_uint_eq(integer_byte_size(t), 9);
    uint8_t back[11];
    memset(back, 0xFF, sizeof back);
    integer_to_bytes(t, back, sizeof back);
    ck_assert_mem_eq(back, bytes, sizeof bytes);
    ck_assert(integer_from_bytes(&heap, bytes, 8, false) == small(1));
    ck_assert(integer_from_bytes(&heap, bytes, 0, true) == small(0) && integer_byte_size(small(0)) == 0);
}
END_TEST

// A result smaller than the room taken for it gives the surplus back; in a fragment what is left is an object.
START_TEST(surplus_is_given_back)
{
    term why = NONE, large = number_bsl(&heap, small(1), small(64 * 50), &why);
    struct heap roomy;
    heap_init(&roomy, 400);
    heap_set_stack(&roomy, roomy.end);
    term *top = roomy.top;
    ck_assert(number_subtract(&roomy, large, large, &why) == small(0) && roomy.top == top);
    ck_assert(is_big(number_bsr(&roomy, large, small(64 * 49), &why)) && roomy.top == top + 3);
    heap_done(&roomy);
    heap_init(&roomy, 8);
    heap_set_stack(&roomy, roomy.end);
    ck_assert(number_subtract(&roomy, large, large, &why) == small(0));
    heap_done(&roomy);
}
END_TEST

static const struct {
    double value;
    const char *text;
} shortest[] = {
    {0.0, "0.0"},
    {-0.0, "-0.0"},
    {1.0, "1.0"},
    {-1.5, "-1.5"},
    {100.0, "100.0"},
    {1.0e3, "1.0e3"},
    {1.0e4, "1.0e4"},
    {12340.0, "12340.0"},
    {1.234e5, "1.234e5"},
    {0.0001, "0.0001"},
    {1.0e-5, "1.0e-5"},
    {0.001234, "0.001234"},
    {1.234e-4, "1.234e-4"},
    {1.234e-5, "1.234e-5"},
    {12345678900.0, "12345678900.0"},
    {1234567890.0, "1234567890.0"},
    {9007199254740991.0, "9007199254740991.0"},
    {9.007199254740992e15, "9.007199254740992e15"},
    {1.0e22, "1.0e22"},
    {1.0e23, "1.0e23"},
    {5.0e-324, "5.0e-324"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {2.225073858507201e-308, "2.225073858507201e-308"},
    {1.7976931348623157e308, "1.7976931348623157e308"},
    {0.1, "0.1"},
    {0.30000000000000004, "0.30000000000000004"},
    {5.684341886080802e-14, "5.684341886080802e-14"},
    {1.152921504606847e18, "1.152921504606847e18"},
    {5.0e-324, "5.0e-324"},
    {9.5367431640625e-7, "9.5367431640625e-7"},
    {2.9802322387695312e-8, "2.9802322387695312e-8"},
    {4.35, "4.35"},
    {123456.789, "123456.789"},
    {5.0e-5, "5.0e-5"},
    {3.0e10, "3.0e10"},
};

START_TEST(floats_as_short_text)
{
    for (size_t i = 0; i < COUNT_OF(shortest); i++) {
        char text[FLOAT_TEXT_MAX];
        text[float_to_text_short(shortest[i].value, text)] = 0;
        ck_assert_str_eq(text, shortest[i].text);
        double back;
        ck_assert(float_from_text(text, strlen(text), &back) && back == shortest[i].value);
        ck_assert(signbit(back) == signbit(shortest[i].value));
    }
}
END_TEST

static const struct {
    double value;
    int decimals;
    bool compact;
    const char *text;
} decimals[] = {
    {0.5, 0, false, "1"},
    {1.5, 0, false, "2"},
    {2.5, 0, true, "3"},
    {100.0, 0, true, "100"},
    {1.0e20, 0, true, "1"},
    {1.005, 2, false, "1.00"},
    {0.999, 2, false, "1.00"},
    {-0.999, 2, true, "-1.0"},
    {3.14, 10, true, "3.14"},
    {-0.0, 2, true, "-0.0"},
    {0.1, 25, false, "0.1000000000000000055511151"},
    {0.1, 18, false, "0.100000000000000000"},
    {123456789.5, 3, true, "123456789.5"},
    {1.0e-5, 3, true, "0.0"},
    {0.125, 2, false, "0.13"},
    {-2.5, 20, true, "-2.5"},
};

static const struct {
    double value;
    int decimals;
    const char *text;
} scientific[] = {
    {1.0, 20, "1.00000000000000000000e+00"}, {-1.2345678, 3, "-1.235e+00"}, {1.0e-300, 0, "1e-300"},
    {0.1, 20, "1.00000000000000005551e-01"}, {12345.678, 1, "1.2e+04"},
};

START_TEST(floats_as_long_text)
{
    char text[FLOAT_TEXT_MAX];
    for (size_t i = 0; i < COUNT_OF(decimals); i++) {
        text[float_to_text_decimals(decimals[i].value, decimals[i].decimals, decimals[i].compact, text, 256)] = 0;
        ck_assert_str_eq(text, decimals[i].text);
    }
    for (size_t i = 0; i < COUNT_OF(scientific); i++) {
        text[float_to_text_scientific(scientific[i].value, scientific[i].decimals, text)] = 0;
        ck_assert_str_eq(text, scientific[i].text);
    }
    ck_assert_uint_eq(float_to_text_decimals(1e300, 0, false, text, 256), 0);
    ck_assert_uint_eq(float_to_text_decimals(1.0, 2, false, text, 4), 0);
    ck_assert_uint_eq(float_to_text_decimals(1.0, 2, false, text, 5), 4);
    ck_assert_uint_eq(float_to_text_decimals(1.0, -1, false, text, 256), 0);
}
END_TEST

START_TEST(malformed_text)
{
    const char *const integers[] = {"",  "+",  "-",  "--1", "1x",
                                    "x", " 1", "1 ", "0x1", "123456789012345678901234567890x"};
    for (size_t i = 0; i < COUNT_OF(integers); i++)
        ck_assert(integer_from_text(&heap, integers[i], strlen(integers[i]), 10) == NONE);
    ck_assert(integer_from_text(&heap, "2", 1, 2) == NONE);
    const char *const floats[] = {"",     "1",    "1.",    ".5",      "1e5",     "1.e5", "1.5e", "1.5e+",
                                  "1.5x", "1.5 ", "--1.5", "1.5e400", "1.5e5.5", "nan",  "inf",  "0x1.0"};
    double value;
    for (size_t i = 0; i < COUNT_OF(floats); i++)
        ck_assert_msg(!float_from_text(floats[i], strlen(floats[i]), &value), "%s", floats[i]);
    ck_assert(float_from_text("1.0e-400", 8, &value) && value == 0.0);
    ck_assert(float_from_text("1,5E+1", 6, &value) && value == 15.0);
    ck_assert(float_from_text("0.0e999999999999999999999999", 28, &value) && value == 0.0);
}
END_TEST

START_TEST(text_in_every_base)
{
    const char *const values[] = {"0",
                                  "-1",
                                  "576460752303423487",
                                  "-576460752303423488",
                                  "18446744073709551615",
                                  "-340282366920938463463374607431768211456",
                                  "123456789012345678901234567890"};
    for (size_t i = 0; i < COUNT_OF(values); i++)
        for (unsigned base = 2; base <= 36; base++) {
            char text[256];
            term t = number(values[i]);
            ck_assert_uint_le(integer_text_max(t, base), sizeof text);
            size_t n = integer_to_text(t, base, text);
            ck_assert_uint_le(n, integer_text_max(t, base));
            term back = integer_from_text(&heap, text, n, base);
            ck_assert(is_normal(back) && number_compare(back, t) == 0);
        }
    char text[80];
    text[integer_to_text(number("-340282366920938463463374607431768211455"), 16, text)] = 0;
    ck_assert_str_eq(text, "-FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
    expect_text(integer_from_text(&heap, "zZ", 2, 36), NONE, "1295", "small letters");
    expect_text(integer_from_text(&heap, "+0000000000000000000000000000007", 32, 10), NONE, "7", "zeros");
}
END_TEST

Suite *number_suite(void)
{
    Suite *s = suite_create("number");
    TCase *c = heap_tests(s, "arithmetic");
    tcase_add_test(c, operators_give_what_the_beam_gives);
    tcase_add_test(c, operators_refuse_what_is_no_number);
    tcase_add_test(c, one_operand);
    tcase_add_test(c, system_limit);
    tcase_add_test(c, c_integers);
    tcase_add_test(c, doubles);
    tcase_add_test(c, comparison_is_exact);
    tcase_add_test(c, fields);
    tcase_add_test(c, field_writes_no_bit_outside);
    tcase_add_test(c, magnitude_bytes);
    tcase_add_test(c, surplus_is_given_back);
    TCase *text = heap_tests(s, "text");
    tcase_add_test(text, floats_as_short_text);
    tcase_add_test(text, floats_as_long_text);
    tcase_add_test(text, malformed_text);
    tcase_add_test(text, text_in_every_base);
    return s;
}
