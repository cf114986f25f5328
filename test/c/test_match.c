// SPDX-License-Identifier: Apache-2.0
#include "heap_tests.h"

#include "term/atom.h"
#include "term/match.h"
#include "term/number.h"

#include <check.h>
#include <string.h>

static term context_at(const void *bytes, size_t n, size_t skip)
{
    term m = match_start(&heap, binary_from(&heap, bytes, n), 0);
    ck_assert(match_skip(m, skip));
    return m;
}

// The same bytes, preceded by some bits.
static term context_after(const void *bytes, size_t n, size_t skip)
{
    uint8_t shifted[64] = {0};
    ck_assert_uint_lt(n, sizeof shifted - 1);
    bits_copy(shifted, skip, bytes, 0, n * 8);
    term whole = binary_from(&heap, shifted, n + 1);
    return match_start(&heap, binary_part_bits(&heap, whole, skip, n * 8), 0);
}

START_TEST(starts_on_bit_strings_only)
{
    ck_assert_uint_eq(match_start(&heap, ATOM_ok, 1), NONE);
    ck_assert_uint_eq(match_start(&heap, cons(&heap, small(1), NIL), 1), NONE);
    term m = match_start(&heap, binary_from(&heap, "abc", 3), 2);
    ck_assert(is_kind(m, KIND_MATCH));
    ck_assert_uint_eq(match_left(m), 24);
}
END_TEST

START_TEST(a_context_starts_again_where_it_stands)
{
    term m = match_start(&heap, binary_from(&heap, "abcdef", 6), 1);
    ck_assert(match_skip(m, 16));
    ck_assert_uint_eq(match_start(&heap, m, 1), m);
    term more = match_start(&heap, m, 3);
    ck_assert_uint_ne(more, m);
    ck_assert_uint_eq(match_u8(&heap, more), small('c'));
    match_save(more, 2);
    match_restore(more, 0);
    ck_assert_uint_eq(match_u16(&heap, more), small('c' << 8 | 'd'));
    match_restore(more, 2);
    ck_assert_uint_eq(match_u8(&heap, more), small('d'));
    ck_assert_uint_eq(match_position(m), 16);
}
END_TEST

START_TEST(common_integers_at_any_bit)
{
    const uint8_t bytes[] = {0x81, 0x02, 0xF3, 0x04};
    for (size_t skip = 0; skip < 8; skip++) {
        ck_assert_uint_eq(match_u8(&heap, context_after(bytes, 4, skip)), small(0x81));
        ck_assert_uint_eq(match_u16(&heap, context_after(bytes, 4, skip)), small(0x8102));
        ck_assert_uint_eq(match_u32(&heap, context_after(bytes, 4, skip)), small(0x8102F304));
        term m = context_after(bytes, 3, skip);
        ck_assert_uint_eq(match_u32(&heap, m), NONE);
        ck_assert_uint_eq(match_left(m), 24);
    }
}
END_TEST

static void expect_integer(size_t bits, unsigned flags, int64_t value)
{
    const uint8_t bytes[] = {0xA5, 0xF1, 0x3C, 0x87, 0xE2, 0x5B, 0x90, 0x0F, 0xC3};
    for (size_t skip = 0; skip < 8; skip++) {
        int64_t got;
        ck_assert(integer_to_i64(match_integer(&heap, context_after(bytes, sizeof bytes, skip), bits, flags), &got));
        ck_assert_int_eq(got, value);
    }
}

// Values are those of Erlang's <<16#A5F13C87E25B900FC3:72>> matched with such a field first.
START_TEST(integers_of_all_forms)
{
    expect_integer(0, 0, 0);
    expect_integer(1, 0, 1);
    expect_integer(1, FIELD_SIGNED, -1);
    expect_integer(12, 0, 2655);
    expect_integer(12, FIELD_SIGNED, -1441);
    expect_integer(12, FIELD_LITTLE, 4005);
    expect_integer(12, FIELD_LITTLE | FIELD_SIGNED, -91);
    expect_integer(12, FIELD_NATIVE, 4005);
    expect_integer(31, 0, 1392025155);
    expect_integer(31, FIELD_LITTLE, 1128067493);
    expect_integer(64, FIELD_SIGNED, -6489339033748271089);
    expect_integer(64, FIELD_LITTLE | FIELD_SIGNED, 1121497335704908197);
}
END_TEST

START_TEST(long_integers_and_sizes_beyond_the_end)
{
    uint8_t bytes[12] = {0x80};
    term m = context_at(bytes, sizeof bytes, 0);
    ck_assert_uint_eq(match_integer(&heap, m, 97, 0), NONE);
    ck_assert_uint_eq(match_integer(&heap, m, SIZE_MAX, 0), NONE);
    ck_assert(!match_skip(m, SIZE_MAX));
    ck_assert_uint_eq(match_binary(&heap, m, SIZE_MAX - 7), NONE);
    ck_assert(!match_string(m, bytes, 97));
    ck_assert_uint_eq(match_position(m), 0);
    ck_assert(is_kind(match_integer(&heap, m, 96, FIELD_SIGNED), KIND_BIG_NEG));
    ck_assert(match_test_tail(m, 0));
}
END_TEST

START_TEST(floats_of_all_sizes)
{
    ck_assert_double_eq(float_value(match_float(&heap, context_after("\x3F\xF8\0\0\0\0\0\0", 8, 3), 64, 0)), 1.5);
    ck_assert_double_eq(float_value(match_float(&heap, context_after("\0\0\xC0\xBF", 4, 5), 32, FIELD_LITTLE)), -1.5);
    ck_assert_double_eq(float_value(match_float(&heap, context_after("\x3E\0", 2, 1), 16, 0)), 1.5);
    ck_assert_double_eq(float_value(match_float(&heap, context_at("\x80\x01", 2, 0), 16, 0)), -0x1p-24);
    ck_assert_double_eq(float_value(match_float(&heap, context_at("\xFF\x7B", 2, 0), 16, FIELD_LITTLE)), 65504.0);
    ck_assert_double_eq(float_value(match_float(&heap, context_at("", 0, 0), 0, 0)), 0.0);
}
END_TEST

START_TEST(no_float_is_infinite)
{
    term m = context_at("\x7F\xF0\0\0\0\0\0\1", 8, 0);
    ck_assert_uint_eq(match_float(&heap, m, 64, 0), NONE);
    ck_assert_uint_eq(match_position(m), 0);
    ck_assert_uint_eq(match_float(&heap, context_at("\x7F\x80\0\0", 4, 0), 32, 0), NONE);
    ck_assert_uint_eq(match_float(&heap, context_at("\x7C\0", 2, 0), 16, 0), NONE);
    ck_assert_uint_eq(match_float(&heap, m, 40, 0), NONE);
}
END_TEST

START_TEST(parts_and_rests)
{
    term m = context_at("abcdefgh", 8, 4);
    term part = match_binary(&heap, m, 9);
    ck_assert_uint_eq(bit_size(part), 9);
    ck_assert_uint_eq(match_left(m), 51);
    ck_assert_uint_eq(match_rest(&heap, m, 8), NONE);
    ck_assert(match_test_unit(m, 17));
    ck_assert_uint_eq(bit_size(match_tail(&heap, m)), 51);
    ck_assert_uint_eq(match_left(m), 51);
    ck_assert_uint_eq(bit_size(match_rest(&heap, m, 1)), 51);
    ck_assert(match_test_tail(m, 0));
    ck_assert_uint_eq(bit_size(match_source(&heap, m, 0)), 64);
}
END_TEST

START_TEST(strings_match_bit_by_bit)
{
    term m = context_after("hello", 5, 3);
    ck_assert(!match_string(m, (const uint8_t *)"help", 32));
    ck_assert_uint_eq(match_left(m), 40);
    ck_assert(match_string(m, (const uint8_t *)"help", 25));
    ck_assert_uint_eq(match_left(m), 15);
}
END_TEST

START_TEST(integers_are_compared_in_place)
{
    term m = context_after("\x07\xFF\x80hello123", 11, 5);
    ck_assert(match_equal(m, 5, 0));
    ck_assert(!match_equal(m, 3, 6));
    ck_assert(match_equal(m, 0, 0) && !match_equal(m, 0, 1));
    ck_assert(match_equal(m, 3, 7));
    ck_assert(!match_equal(m, 9, 0x1FE));
    ck_assert(match_equal(m, 9, 0x1FF));
    ck_assert(!match_equal(m, 64, 0));
    ck_assert_uint_eq(match_left(m), 71);
    ck_assert(match_equal(m, 7, 0));
    ck_assert(match_equal(m, 64, 0x68656C6C6F313233));
    ck_assert(!match_equal(m, 1, 0));
}
END_TEST

static void expect_utf8(const char *bytes, sword character)
{
    for (size_t skip = 0; skip < 8; skip += 3) {
        term m = context_after(bytes, strlen(bytes), skip);
        size_t left = match_left(m);
        term got = match_utf8(m);
        ck_assert_uint_eq(got, character < 0 ? NONE : small(character));
        if (character < 0)
            ck_assert_uint_eq(match_left(m), left);
    }
}

START_TEST(utf8_is_strict)
{
    expect_utf8("a\xC3", 'a');
    expect_utf8("\xC3\xA9x", 0xE9);
    expect_utf8("\xE2\x82\xAC", 0x20AC);
    expect_utf8("\xF0\x9F\x98\x80", 0x1F600);
    expect_utf8("\xF4\x8F\xBF\xBF", 0x10FFFF);
    expect_utf8("", -1);
    expect_utf8("\x80", -1);
    expect_utf8("\xC0\x80", -1);
    expect_utf8("\xC1\xBF", -1);
    expect_utf8("\xE0\x9F\xBF", -1);
    expect_utf8("\xED\xA0\x80", -1);
    expect_utf8("\xF0\x8F\xBF\xBF", -1);
    expect_utf8("\xF4\x90\x80\x80", -1);
    expect_utf8("\xF8\x80\x80\x80", -1);
    expect_utf8("\xE2\x82", -1);
    expect_utf8("\xE2\x28\xA1", -1);
}
END_TEST

START_TEST(utf16_and_utf32)
{
    ck_assert_uint_eq(match_utf16(context_after("\x20\xAC", 2, 3), 0), small(0x20AC));
    ck_assert_uint_eq(match_utf16(context_at("\xAC\x20", 2, 0), FIELD_LITTLE), small(0x20AC));
    ck_assert_uint_eq(match_utf16(context_after("\xD8\x3D\xDE\0", 4, 1), 0), small(0x1F600));
    ck_assert_uint_eq(match_utf16(context_at("\x3D\xD8\0\xDE", 4, 0), FIELD_LITTLE), small(0x1F600));
    ck_assert_uint_eq(match_utf16(context_at("\xD8\x3D\x20\xAC", 4, 0), 0), NONE);
    ck_assert_uint_eq(match_utf16(context_at("\xDE\0\xDE\0", 4, 0), 0), NONE);
    ck_assert_uint_eq(match_utf16(context_at("\xD8\x3D", 2, 0), 0), NONE);
    ck_assert_uint_eq(match_utf16(context_at("a", 1, 0), 0), NONE);
    ck_assert_uint_eq(match_utf32(context_after("\0\1\xF6\0", 4, 7), 0), small(0x1F600));
    ck_assert_uint_eq(match_utf32(context_at("\0\xF6\1\0", 4, 0), FIELD_LITTLE), small(0x1F600));
    ck_assert_uint_eq(match_utf32(context_at("\0\0\xD8\0", 4, 0), 0), NONE);
    ck_assert_uint_eq(match_utf32(context_at("\0\x11\0\0", 4, 0), 0), NONE);
    ck_assert_uint_eq(match_utf32(context_at("\0\0\0", 3, 0), 0), NONE);
}
END_TEST

Suite *match_suite(void)
{
    Suite *s = suite_create("match");
    TCase *c = heap_tests(s, "match");
    tcase_add_test(c, starts_on_bit_strings_only);
    tcase_add_test(c, a_context_starts_again_where_it_stands);
    tcase_add_test(c, common_integers_at_any_bit);
    tcase_add_test(c, integers_of_all_forms);
    tcase_add_test(c, long_integers_and_sizes_beyond_the_end);
    tcase_add_test(c, floats_of_all_sizes);
    tcase_add_test(c, no_float_is_infinite);
    tcase_add_test(c, parts_and_rests);
    tcase_add_test(c, strings_match_bit_by_bit);
    tcase_add_test(c, integers_are_compared_in_place);
    tcase_add_test(c, utf8_is_strict);
    tcase_add_test(c, utf16_and_utf32);
    return s;
}
