// SPDX-License-Identifier: Apache-2.0
#include "heap_tests.h"
#include "support.h"

#include "term/abridge.h"
#include "term/atom.h"
#include "term/big.h"
#include "term/binary.h"
#include "term/copy.h"
#include "term/fun.h"
#include "term/map.h"
#include "term/number.h"

#include <check.h>

static term numbers(size_t n)
{
    term list = NIL;
    while (n-- > 0)
        list = cons(&heap, small(7), list);
    return list;
}

static term power_of_two(size_t bits)
{
    struct magnitude one;
    term why;
    magnitude_of(small(1), &one);
    return big_shift_left(&heap, &one, bits, &why);
}

static size_t cells(term t)
{
    size_t n = 0;
    for (; is_list(t); t = tail(t))
        n++;
    ck_assert(is_nil(t));
    return n;
}

START_TEST(modest_terms_stay)
{
    term map = map_from_pairs(&heap, (term[]){ATOM_true, numbers(10), ATOM_false, power_of_two(1000)}, 2);
    term t = tuple_of(&heap, 3, (term[]){numbers(1000), map, binary_from(&heap, "abc", 3)});
    ck_assert(abridge_is_modest(t));
    ck_assert_uint_eq(abridge(&heap, t), t);
}
END_TEST

START_TEST(long_lists_end)
{
    term shown = abridge(&heap, numbers(100000)), last = shown;
    ck_assert_uint_le(cells(shown), ABRIDGE_SHOWN + 1);
    ck_assert_uint_gt(cells(shown), ABRIDGE_SHOWN / 2);
    while (is_list(tail(last)))
        last = tail(last);
    ck_assert_uint_eq(head(last), ATOM_dots);
}
END_TEST

// What may be the arguments of a call is as long as it was.
START_TEST(short_lists_keep_their_length)
{
    term list = numbers(3);
    for (unsigned i = 0; i < 200; i++)
        list = cons(&heap, numbers(1000), list);
    ck_assert_uint_eq(cells(abridge(&heap, list)), 203);
}
END_TEST

START_TEST(what_is_large_is_left_out)
{
    uint8_t *bytes;
    ck_assert_uint_eq(abridge(&heap, power_of_two(ABRIDGE_BITS + 1)), ATOM_dots);
    ck_assert_uint_eq(abridge(&heap, binary_alloc(&heap, 1 << 20, &bytes)), ATOM_dots);
    term map = map_from_pairs(&heap, (term[]){ATOM_true, numbers(100000)}, 1);
    term t = abridge(&heap, tuple_of(&heap, 3, (term[]){ATOM_true, map, small(1)}));
    ck_assert_uint_eq(element(t, 0), ATOM_true);
    ck_assert_uint_eq(element(t, 1), ATOM_dots);
    ck_assert_uint_eq(element(t, 2), small(1));
}
END_TEST

// As deep as it may be, and no deeper; shared parts would be shown again and again.
START_TEST(deep_terms)
{
    term deep = NIL, shared = NIL;
    for (unsigned i = 0; i < 100000; i++)
        deep = cons(&heap, deep, NIL);
    for (unsigned i = 0; i < 60; i++)
        shared = cons(&heap, shared, shared);
    ck_assert(!abridge_is_modest(deep) && !abridge_is_modest(shared));
    unsigned depth = 0;
    for (deep = abridge(&heap, deep); is_list(deep); deep = head(deep))
        depth++;
    ck_assert_uint_le(depth, ABRIDGE_DEPTH);
    ck_assert_uint_eq(deep, ATOM_dots);
    ck_assert(is_list(abridge(&heap, shared)));
}
END_TEST

static term fun_with(term held)
{
    struct fun_entry like = {.module = ATOM_true, .index = 1, .arity = 0, .free = 1, .unique = {3}};
    return fun_make(&heap, fun_entry_get(&like), local_pid(1, 0), &held);
}

// One that takes long to copy, or to send, is not told because a fun holds it.
START_TEST(funs_count_with_what_they_hold)
{
    term shared = NIL;
    for (unsigned i = 0; i < 60; i++)
        shared = cons(&heap, shared, shared);
    term little = fun_with(small(1)), much = fun_with(shared);
    ck_assert(abridge_is_modest(little) && !abridge_is_modest(much));
    term t = abridge(&heap, tuple2(&heap, little, much));
    ck_assert_uint_eq(element(t, 0), little);
    ck_assert_uint_eq(element(t, 1), ATOM_dots);
}
END_TEST

static size_t words_shown(term list)
{
    return term_words(abridge(&heap, list));
}

// Each by itself is modest.
START_TEST(many_large_parts_are_left_out)
{
    uint8_t *bytes;
    term map = map_from_pairs(&heap, (term[]){ATOM_true, numbers(20)}, 1);
    ck_assert(!abridge_is_modest(support_repeated(&heap, power_of_two(ABRIDGE_BITS - 1), 1000)));
    ck_assert_uint_le(words_shown(support_repeated(&heap, power_of_two(1000), 10000)), 3 * ABRIDGE_SHOWN);
    ck_assert_uint_le(words_shown(support_repeated(&heap, binary_alloc(&heap, 64, &bytes), 100000)), 3 * ABRIDGE_SHOWN);
    ck_assert_uint_le(words_shown(support_repeated(&heap, map, 100000)), 3 * ABRIDGE_SHOWN);
}
END_TEST

Suite *abridge_suite(void)
{
    Suite *s = suite_create("abridge");
    TCase *c = heap_tests(s, "abridge");
    tcase_add_test(c, modest_terms_stay);
    tcase_add_test(c, long_lists_end);
    tcase_add_test(c, short_lists_keep_their_length);
    tcase_add_test(c, what_is_large_is_left_out);
    tcase_add_test(c, deep_terms);
    tcase_add_test(c, funs_count_with_what_they_hold);
    tcase_add_test(c, many_large_parts_are_left_out);
    return s;
}
