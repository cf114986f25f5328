// SPDX-License-Identifier: Apache-2.0
#include "heap_tests.h"

#include "term/atom.h"
#include "term/build.h"
#include "term/number.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct build b;

static void expect(term t, size_t bits, const char *bytes)
{
    ck_assert_uint_eq(bit_size(t), bits);
    ck_assert_int_eq(bits_compare(bits_of(t), (struct bits){(const uint8_t *)bytes, 0, bits}), 0);
}

static term power(unsigned exponent)
{
    term why;
    return number_bsl(&heap, small(1), small(exponent), &why);
}

// Expected bytes here and below are what Erlang makes of the same fields.
START_TEST(integers_of_all_forms)
{
    term t = build_init(&heap, &b, 180);
    ck_assert(build_integer(&b, small(5), 3, 0));
    ck_assert(build_integer(&b, small(-1234567), 29, 0));
    ck_assert(build_integer(&b, small(1000), 13, FIELD_LITTLE));
    ck_assert(build_integer(&b, small(-77), 70, 0));
    ck_assert(build_integer(&b, power(100), 64, FIELD_LITTLE));
    ck_assert(build_integer(&b, small(1), 1, FIELD_SIGNED));
    ck_assert_uint_eq(build_left(&b), 0);
    expect(t, 180, "\xBF\xED\x29\x79\xE8\x1F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xF6\x60\0\0\0\0\0\0\0\x10");
}
END_TEST

START_TEST(floats_of_all_sizes)
{
    term t = build_init(&heap, &b, 161);
    ck_assert(build_integer(&b, small(1), 1, 0));
    ck_assert(build_float(&b, float_term(&heap, 1.5), 64, 0));
    ck_assert(build_float(&b, float_term(&heap, 1.0e300), 32, 0));
    ck_assert(build_float(&b, small(-2), 32, FIELD_LITTLE));
    ck_assert(build_float(&b, float_term(&heap, 65520.0), 16, 0));
    ck_assert(build_float(&b, float_term(&heap, 3.0e-8), 16, FIELD_LITTLE));
    expect(t, 161, "\x9F\xFC\0\0\0\0\0\0\x3F\xC0\0\0\0\0\0\x60\x3E\0\0\x80\0");
}
END_TEST

// Every half-precision value that matching gives is built to the same bits again.
START_TEST(half_floats_round_trip)
{
    for (unsigned half = 0; half < 0x10000; half++) {
        uint8_t bytes[2] = {(uint8_t)(half >> 8), (uint8_t)half};
        term value = match_float(&heap, match_start(&heap, binary_from(&heap, bytes, 2), 0), 16, 0);
        ck_assert((value == NONE) == ((half & 0x7C00) == 0x7C00));
        if (value == NONE)
            continue;
        term t = build_init(&heap, &b, 16);
        ck_assert(build_float(&b, value, 16, 0));
        ck_assert_mem_eq(bits_of(t).base, bytes, 2);
    }
}
END_TEST

START_TEST(half_floats_round_to_the_nearest)
{
    static const struct {
        double value;
        const char *bytes;
    } rows[] = {
        {65504.0, "\x7B\xFF"},     {65519.0, "\x7B\xFF"},           {1.0009765625, "\x3C\x01"},
        {1.00048828125, "\x3C\0"}, {1.000488281251, "\x3C\x01"},    {1.00146484375, "\x3C\x02"},
        {2.98e-8, "\0\0"},         {2.9802322387695312e-8, "\0\0"}, {6.0975e-5, "\x03\xFF"},
        {-0.0, "\x80\0"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        term t = build_init(&heap, &b, 16);
        ck_assert(build_float(&b, float_term(&heap, rows[i].value), 16, 0));
        expect(t, 16, rows[i].bytes);
    }
}
END_TEST

START_TEST(characters)
{
    term t = build_init(&heap, &b, 146);
    ck_assert(build_integer(&b, small(1), 2, 0));
    ck_assert(build_utf8(&b, small('a')));
    ck_assert(build_utf8(&b, small(0x20AC)));
    ck_assert(build_utf8(&b, small(0x1F600)));
    ck_assert(build_utf16(&b, small(0x20AC), 0));
    ck_assert(build_utf16(&b, small(0x1F600), FIELD_LITTLE));
    ck_assert(build_utf32(&b, small(0x1F600), FIELD_LITTLE));
    expect(t, 146, "\x58\x78\xA0\xAB\x3C\x27\xE6\x20\x08\x2B\x0F\x76\0\x37\x80\x3D\x80\x40\0");
    ck_assert_uint_eq(build_utf8_bits(small(0x7FF)) + build_utf16_bits(small(0x10000)), 48);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    term f = float_term(&heap, 1.0), binary = binary_from(&heap, "abc", 3);
    build_init(&heap, &b, 64);
    ck_assert(!build_integer(&b, f, 8, 0));
    ck_assert(!build_integer(&b, ATOM_ok, 8, 0));
    ck_assert(!build_integer(&b, small(1), 65, 0));
    ck_assert(!build_integer(&b, small(1), SIZE_MAX, 0));
    ck_assert(!build_float(&b, ATOM_ok, 64, 0));
    ck_assert(!build_float(&b, f, 0, 0));
    ck_assert(!build_float(&b, f, 24, 0));
    ck_assert(!build_float(&b, power(2000), 64, 0));
    ck_assert(!build_binary(&b, binary, 25));
    ck_assert(!build_binary(&b, small(1), 0));
    ck_assert(!build_binary_all(&b, binary_part_bits(&heap, binary, 1, 9), 8));
    ck_assert(!build_utf8(&b, small(0xD800)));
    ck_assert(!build_utf8(&b, small(-1)));
    ck_assert(!build_utf16(&b, power(70), 0));
    ck_assert(!build_utf32(&b, small(0x110000), 0));
    ck_assert_uint_eq(build_left(&b), 64);
    ck_assert(build_binary_all(&b, binary, 8));
    ck_assert(build_binary(&b, binary, 17));
    ck_assert(!build_string(&b, (const uint8_t *)"xxx", 24));
    ck_assert(build_string(&b, (const uint8_t *)"xxx", 23));
}
END_TEST

START_TEST(sizes_are_checked)
{
    size_t bits;
    term why, minus;
    ck_assert(size_in_bits(small(12), 8, &bits, &why));
    ck_assert_uint_eq(bits, 96);
    ck_assert(!size_in_bits(small(-1), 8, &bits, &why));
    ck_assert_uint_eq(why, ATOM_badarg);
    ck_assert(!size_in_bits(ATOM_ok, 8, &bits, &why));
    ck_assert_uint_eq(why, ATOM_badarg);
    ck_assert(!size_in_bits(small(SMALL_MAX_VALUE), 256, &bits, &why));
    ck_assert_uint_eq(why, ATOM_system_limit);
    ck_assert(!size_in_bits(power(64), 1, &bits, &why));
    ck_assert_uint_eq(why, ATOM_system_limit);
    minus = number_negate(&heap, power(64), &why);
    ck_assert(!size_in_bits(minus, 1, &bits, &why));
    ck_assert_uint_eq(why, ATOM_badarg);
    ck_assert(!size_add(SIZE_MAX, 2, &bits));
    ck_assert(size_add(3, 4, &bits));
}
END_TEST

static term append(term source, const char *text, size_t bits)
{
    term why, t = build_append(&heap, &b, source, bits, 1, &why);
    ck_assert_uint_ne(t, NONE);
    ck_assert(build_string(&b, (const uint8_t *)text, bits));
    return t;
}

START_TEST(two_appends_to_one_source_do_not_meet)
{
    char text[201];
    memset(text, '-', 200);
    term source = append(binary_from(&heap, text, 100), text, 400);
    term one = append(source, "one", 24), two = append(source, "two", 24), more = append(one, "!", 8);
    expect(source, 1200, text);
    memcpy(text + 150, "one!", 4);
    expect(one, 1224, text);
    expect(more, 1232, text);
    memcpy(text + 150, "two", 3);
    expect(two, 1224, text);
    ck_assert_ptr_eq(bits_of(one).base, bits_of(more).base);
    ck_assert_ptr_ne(bits_of(one).base, bits_of(two).base);
}
END_TEST

START_TEST(a_part_that_ends_inside_is_copied)
{
    char text[201];
    memset(text, 'x', sizeof text);
    term all = append(binary_from(&heap, text, 100), text, 803);
    term part = binary_part_bits(&heap, all, 0, 1602);
    append(part, "\xFF", 8);
    expect(all, 1603, text);
    term end = binary_part_bits(&heap, all, 1000, 603), longer = append(end, "\xFF", 5);
    ck_assert_ptr_eq(bits_of(longer).base, bits_of(all).base);
    ck_assert_uint_eq(bit_size(longer), 608);
    expect(binary_part_bits(&heap, longer, 603, 5), 5, "\xFF");
}
END_TEST

// A million bits at seven a time, against the same bits put by hand; time would be quadratic if each append copied.
static void append_many(bool private)
{
    enum { COUNT = 150000 };
    static uint8_t expected[COUNT * 7 / 8 + 1];
    memset(expected, 0, sizeof expected);
    term why, t = private ? build_init_writable(&heap, small(16)) : binary_from(&heap, "", 0);
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t seven = (uint8_t)(i * 37 << 1);
        bits_copy(expected, i * 7, &seven, 0, 7);
        t = private ? build_private_append(&heap, &b, t, 7, 1, &why) : build_append(&heap, &b, t, 7, 7, &why);
        ck_assert_uint_ne(t, NONE);
        ck_assert(build_integer(&b, small((sword)(i * 37 & 0x7F)), 7, 0));
    }
    expect(t, (size_t)COUNT * 7, (const char *)expected);
}

START_TEST(appending_bit_by_bit)
{
    append_many(false);
    append_many(true);
}
END_TEST

START_TEST(a_private_append_keeps_its_object)
{
    term why, t = build_init_writable(&heap, small(100));
    expect(t, 0, "");
    for (int i = 0; i < 50; i++) {
        ck_assert_uint_eq(build_private_append(&heap, &b, t, 8, 8, &why), t);
        ck_assert(build_integer(&b, small('a'), 8, 0));
    }
    ck_assert_uint_eq(bit_size(t), 400);
    ck_assert_uint_eq(bit_size(build_init_writable(&heap, ATOM_ok)), 0);
}
END_TEST

START_TEST(appends_that_fail)
{
    term why, bits = binary_part_bits(&heap, binary_from(&heap, "abc", 3), 0, 9);
    ck_assert_uint_eq(build_append(&heap, &b, ATOM_ok, 8, 8, &why), NONE);
    ck_assert_uint_eq(why, ATOM_badarg);
    ck_assert_uint_eq(build_append(&heap, &b, bits, 8, 8, &why), NONE);
    ck_assert_uint_eq(why, ATOM_badarg);
    ck_assert_uint_eq(build_append(&heap, &b, bits, SIZE_MAX - 3, 1, &why), NONE);
    ck_assert_uint_eq(why, ATOM_system_limit);
    ck_assert_uint_eq(build_private_append(&heap, &b, bits, BUILD_MAX_BITS, 1, &why), NONE);
    ck_assert_uint_eq(why, ATOM_system_limit);
}
END_TEST

Suite *build_suite(void)
{
    Suite *s = suite_create("build");
    TCase *c = heap_tests(s, "build");
    tcase_add_test(c, integers_of_all_forms);
    tcase_add_test(c, floats_of_all_sizes);
    tcase_add_test(c, half_floats_round_trip);
    tcase_add_test(c, half_floats_round_to_the_nearest);
    tcase_add_test(c, characters);
    tcase_add_test(c, what_does_not_fit_is_refused);
    tcase_add_test(c, sizes_are_checked);
    tcase_add_test(c, two_appends_to_one_source_do_not_meet);
    tcase_add_test(c, a_part_that_ends_inside_is_copied);
    tcase_add_test(c, appending_bit_by_bit);
    tcase_add_test(c, a_private_append_keeps_its_object);
    tcase_add_test(c, appends_that_fail);
    return s;
}
