// SPDX-License-Identifier: Apache-2.0
#include "heap_tests.h"

#include "base/utf8.h"
#include "base/writer.h"
#include "term/atom.h"
#include "term/iolist.h"

#include <check.h>
#include <string.h>

static term text(const char *s)
{
    return binary_from(&heap, s, strlen(s));
}

static term list2(term first, term second)
{
    return cons(&heap, first, cons(&heap, second, NIL));
}

static void gather(void *state, const uint8_t *bytes, size_t n)
{
    writer_bytes(state, bytes, n);
}

// All ways through a list give the same bytes.
static void expect(term t, const char *s)
{
    size_t bits, n = strlen(s);
    bool too_large;
    ck_assert(iolist_bits(t, 8, &bits));
    ck_assert_uint_eq(bits, n * 8);
    term binary = iolist_to_binary(&heap, t, &too_large);
    ck_assert_uint_ne(binary, NONE);
    ck_assert_int_eq(bits_compare(bits_of(binary), (struct bits){(const uint8_t *)s, 0, n * 8}), 0);
    struct writer w;
    writer_init(&w);
    ck_assert(iolist_each(t, gather, &w));
    ck_assert_uint_eq(w.size, n);
    if (n > 0)
        ck_assert_mem_eq(w.bytes, s, n);
    writer_done(&w);
}

static void refuse(term t)
{
    size_t bits;
    bool too_large;
    struct writer w;
    writer_init(&w);
    ck_assert(!iolist_bits(t, 8, &bits));
    ck_assert_uint_eq(iolist_to_binary(&heap, t, &too_large), NONE);
    ck_assert(!iolist_each(t, gather, &w));
    writer_done(&w);
}

START_TEST(lists_of_all_shapes)
{
    expect(NIL, "");
    expect(text("abc"), "abc");
    expect(cons(&heap, small('a'), text("bc")), "abc");
    expect(cons(&heap, small('a'), cons(&heap, NIL, cons(&heap, text("b"), text("c")))), "abc");
    expect(list2(list2(text("a"), small('b')), list2(NIL, list2(small('c'), text("d")))), "abcd");
    expect(cons(&heap, cons(&heap, cons(&heap, NIL, text("a")), text("b")), text("c")), "abc");
}
END_TEST

START_TEST(what_is_no_such_list)
{
    refuse(ATOM_ok);
    refuse(small(1));
    refuse(cons(&heap, small(256), NIL));
    refuse(cons(&heap, small(-1), NIL));
    refuse(cons(&heap, small(1), small(2)));
    refuse(list2(text("a"), ATOM_ok));
    refuse(list2(cons(&heap, small(1), ATOM_ok), small(1)));
    refuse(list2(small(1), binary_part_bits(&heap, text("a"), 0, 4)));
}
END_TEST

START_TEST(parts_that_start_inside_a_byte)
{
    term part = binary_part_bits(&heap, text("\x06\x16\x26\x3F"), 4, 24);
    expect(list2(small('x'), list2(part, small('y'))), "xabcy");
}
END_TEST

START_TEST(bit_strings_follow_one_another)
{
    size_t bits;
    term five = binary_part_bits(&heap, text("\xFF"), 0, 5), three = binary_part_bits(&heap, text("\x5F"), 0, 3);
    term t = list2(five, list2(three, list2(small(0x81), list2(three, five))));
    ck_assert(iolist_bits(t, 1, &bits));
    ck_assert_uint_eq(bits, 24);
    uint8_t to[3] = {0xFF, 0xFF, 0xFF};
    iolist_write(t, to);
    ck_assert_mem_eq(to, "\xFA\x81\x5F", 3);
}
END_TEST

START_TEST(depth_takes_no_stack)
{
    enum { DEPTH = 1000000 };
    term left = text("a"), right = NIL;
    for (int i = 0; i < DEPTH; i++) {
        left = cons(&heap, left, i % 2 ? NIL : cons(&heap, NIL, NIL));
        right = cons(&heap, NIL, cons(&heap, right, NIL));
    }
    expect(left, "a");
    expect(right, "");
}
END_TEST

// Every character there is, and no other number, goes into UTF-8 and back.
START_TEST(utf8_of_every_character)
{
    for (uint32_t c = 0; c < 0x110000; c++) {
        uint8_t bytes[UTF8_MAX_BYTES];
        uint32_t back;
        size_t n = utf8_encode(c, bytes);
        ck_assert_uint_eq(n, utf8_size(c));
        bool good = utf8_is_character(c);
        ck_assert_int_eq(utf8_decode(bytes, n, &back), good ? (int)n : UTF8_BAD);
        if (good)
            ck_assert_uint_eq(back, c);
        if (n > 1)
            ck_assert_int_eq(utf8_decode(bytes, n - 1, &back), UTF8_CUT);
    }
    ck_assert(!utf8_is_character(0x110000));
}
END_TEST

Suite *iolist_suite(void)
{
    Suite *s = suite_create("iolist");
    TCase *c = heap_tests(s, "iolist");
    tcase_set_timeout(c, 30);
    tcase_add_test(c, lists_of_all_shapes);
    tcase_add_test(c, what_is_no_such_list);
    tcase_add_test(c, parts_that_start_inside_a_byte);
    tcase_add_test(c, bit_strings_follow_one_another);
    tcase_add_test(c, depth_takes_no_stack);
    tcase_add_test(c, utf8_of_every_character);
    return s;
}
