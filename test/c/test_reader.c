// SPDX-License-Identifier: Apache-2.0
// The bounded reader: values, the end, and that a failure stays.
#include "base/reader.h"

#include <check.h>

static const uint8_t bytes[] = {0x01, 0x80, 0xFF, 0x10, 0x20, 0x30, 0x40, 0x88,
                                0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};

START_TEST(test_values)
{
    struct reader r;
    reader_init(&r, bytes, sizeof bytes);
    ck_assert_uint_eq(reader_left(&r), 15);
    ck_assert_uint_eq(reader_u8(&r), 0x01);
    ck_assert_uint_eq(reader_u16(&r), 0x80FF);
    ck_assert_uint_eq(reader_u32(&r), 0x10203040);
    ck_assert(reader_u64(&r) == 0x8877665544332211);
    ck_assert_uint_eq(reader_left(&r), 0);
    ck_assert(reader_ok(&r));
}
END_TEST

START_TEST(test_take)
{
    struct reader r;
    reader_init(&r, bytes, sizeof bytes);
    ck_assert_ptr_eq(reader_take(&r, 3), bytes);
    ck_assert_ptr_eq(reader_take(&r, 0), bytes + 3);
    ck_assert_ptr_eq(reader_take(&r, 12), bytes + 3);
    ck_assert_ptr_eq(reader_take(&r, 0), bytes + 15);
    ck_assert(reader_ok(&r));
    ck_assert_ptr_null(reader_take(&r, 1));
    ck_assert(!reader_ok(&r));
}
END_TEST

// Every read that is longer than what is left, from 0 to 7 bytes.
START_TEST(test_cut_short)
{
    struct reader r;
    size_t left = (size_t)_i;
    reader_init(&r, bytes, left);
    if (left < 8)
        ck_assert(reader_u64(&r) == 0 && !reader_ok(&r));
    reader_init(&r, bytes, left);
    ck_assert((reader_u32(&r) == 0x0180FF10) == (left >= 4));
    ck_assert(reader_ok(&r) == (left >= 4));
    reader_init(&r, bytes, left);
    ck_assert((reader_u16(&r) == 0x0180) == (left >= 2));
    ck_assert(reader_ok(&r) == (left >= 2));
    reader_init(&r, bytes, left);
    ck_assert((reader_u8(&r) == 1) == (left >= 1));
    ck_assert(reader_ok(&r) == (left >= 1));
    reader_init(&r, bytes, left);
    ck_assert_ptr_null(reader_take(&r, SIZE_MAX));
}
END_TEST

START_TEST(test_failure_stays)
{
    struct reader r;
    reader_init(&r, bytes, sizeof bytes);
    reader_u8(&r);
    reader_fail(&r, "first");
    ck_assert(!reader_ok(&r));
    ck_assert_uint_eq(reader_left(&r), 0);
    ck_assert_uint_eq(reader_u8(&r), 0);
    ck_assert_uint_eq(reader_u16(&r), 0);
    ck_assert_uint_eq(reader_u32(&r), 0);
    ck_assert(reader_u64(&r) == 0);
    ck_assert_ptr_null(reader_take(&r, 1));
    reader_fail(&r, "second");
    ck_assert_str_eq(r.failure, "first");
    reader_init(&r, bytes, 1);
    reader_u16(&r);
    ck_assert_str_eq(r.failure, "cut short");
    ck_assert_uint_eq(reader_u8(&r), 0);    // though one byte was left
}
END_TEST

START_TEST(test_nothing)
{
    struct reader r;
    reader_init(&r, NULL, 0);
    ck_assert(reader_ok(&r));
    ck_assert_uint_eq(reader_left(&r), 0);
    reader_take(&r, 0);
    ck_assert(reader_ok(&r));
    ck_assert_uint_eq(reader_u8(&r), 0);
    ck_assert(!reader_ok(&r));
}
END_TEST

Suite *reader_suite(void)
{
    Suite *s = suite_create("reader");
    TCase *c = tcase_create("reader");
    tcase_add_test(c, test_values);
    tcase_add_test(c, test_take);
    tcase_add_loop_test(c, test_cut_short, 0, 8);
    tcase_add_test(c, test_failure_stays);
    tcase_add_test(c, test_nothing);
    suite_add_tcase(s, c);
    return s;
}
