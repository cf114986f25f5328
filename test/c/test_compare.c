// SPDX-License-Identifier: Apache-2.0
// Order and equality of terms against OTP 25.
#include "heap_tests.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/map.h"
#include "terms.h"

// A list of terms, each < the next one: every kind, numbers of every size mixed, maps that differ in size, keys and
// values.
static const char sorted[] =
    "836c000000466e090100000000000000004046c3abc16d674ec8006e0801010000000000000862fffffffb46bfe000000000"
    "00006100463fe000000000000061016102464376345785d8a0006e0800ffffffffffffff076e080000000000000000084643"
    "abc16d674ec8006e0900000000000000000001467e37e43c8800759c64000064000161640002616164000261626400016264"
    "0001e47703e697a55a000364000178000000000000000100000002000000035a000364000178000000000000000000000000"
    "00000004716400056c697374736400036d61706102716400056c697374736400036d61706103716400056c69737473640003"
    "7a61706101596400017800000005000000015964000179000000010000000158640001780000000500000000000000015864"
    "0001790000000500000000000000015864000161000000060000000000000001586400016100000001000000010000000168"
    "0068016400016268026101610268026101610368026400016161017400000000740000000161016101740000000161016400"
    "016274000000016102640001617400000001463ff00000000000006100740000000164000161610074000000026101610161"
    "0261017400000002610161016103610074000000026102610061036100740000002861216121610c610c61176117611d611d"
    "611e611e61276127611a611a611f611f610b610b6125612561096109612061206122612261196119611c611c610661066126"
    "6126610d610d6128612861146114610f610f610e610e61026102610761076101610061086108610361036111611161166116"
    "61156115610461046124612461186118610a610a61236123611b611b61136113610561056112611261106110740000002861"
    "216121610c610c61176117611d611d611e611e61276127611a611a611f611f610b610b612561256109610961206120612261"
    "2261196119611c611c6106610661266126610d610d6128612861146114610f610f610e610e61026101610761076101610161"
    "08610861036103611161116116611661156115610461046124612461186118610a610a61236123611b611b61136113610561"
    "056112611261106110740000002861216121610c610c61176117611d611d611e611e61276127611a611a611f611f610b610b"
    "6125612561096109612061206122612261196119611c611c6106610661266126610d610d6128612861146114610f610f610e"
    "610e6102610261076107610161016108610861036103611161116116611661156115610461046124612461186118610a610a"
    "61236123611b611b61136113610561056112611261106110740000002861216121610c610c61176117611d611d611e611e61"
    "276127611a611a611f611f610b610b6125612561096109612061206122612261196119611c611c6106610661266126610d61"
    "0d6128612961146114610f610f610e610e610261026107610761016101610861086103610361116111611661166115611561"
    "0461046124612461186118610a610a61236123611b611b61136113610561056112611261106110740000002861216121610c"
    "610c61176117611d611d611e611e61276127611a611a611f611f610b610b6125612561096109612061206122612261196119"
    "611c611c6106610661266126610d610d6129610061146114610f610f610e610e610261026107610761016101610861086103"
    "6103611161116116611661156115610461046124612461186118610a610a61236123611b611b611361136105610561126112"
    "61106110740000002861216121610c610c61176117611d611d611e611e61276127611a611a611f611f610b610b6125612561"
    "096109612061206122612261196119611c611c6106610661266126610d610d612861286129610061146114610f610f610e61"
    "0e61076107610161016108610861036103611161116116611661156115610461046124612461186118610a610a6123612361"
    "1b611b61136113610561056112611261106110740000002861216121610c610c61176117611d611d611e611e61276127611a"
    "611a611f611f610b610b6125612561096109612061206122612261196119611c611c6106610661266126610d610d61286128"
    "6129610061146114610f610f610e610e61026102610761076108610861036103611161116116611661156115610461046124"
    "612461186118610a610a61236123611b611b61136113610561056112611261106110740000002861216121610c610c611761"
    "17611d611d611e611e61276127611a611a611f611f610b610b6125612561096109612061206122612261196119611c611c61"
    "06610661266126610d610d6128612861146114610f610f610e610e6102610261076107610861086103610361116111463ff0"
    "00000000000061006116611661156115610461046124612461186118610a610a61236123611b611b61136113610561056112"
    "6112611061106a6c00000001610161026b0001016c000000026101640001616a6b0001026c0000000164000161640001616c"
    "00000001640001616a6c000000016a6a6d000000004d0000000101006d00000001004d000000020100004d0000000102404d"
    "0000000101806d00000001ff6a";

enum { SORTED = 70 };

START_TEST(order_is_total)
{
    term terms[SORTED];
    size_t n = 0;
    for (term list = term_of_hex(&heap, sorted); is_list(list); list = tail(list))
        terms[n++] = head(list);
    ck_assert_uint_eq(n, SORTED);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            int order = term_compare(terms[i], terms[k]);
            ck_assert_msg((order > 0) - (order < 0) == (i > k) - (i < k), "%zu and %zu: %d", i, k, order);
            ck_assert(term_equal(terms[i], terms[k]) == (i == k));
            ck_assert(term_equals(terms[i], terms[k]) == (i == k));
        }
}
END_TEST

START_TEST(numbers_of_two_kinds)
{
    term one = small(1), one_float = float_term(&heap, 1.0), two = small(2);
    ck_assert_int_eq(term_compare(one, one_float), 0);
    ck_assert(term_equals(one, one_float));
    ck_assert(!term_equal(one, one_float));
    ck_assert_int_lt(term_compare_exact(one, one_float), 0);
    ck_assert_int_lt(term_compare_exact(two, one_float), 0);
    ck_assert_int_gt(term_compare_exact(one_float, two), 0);
    term a = tuple2(&heap, one, two), b = tuple2(&heap, one_float, two);
    ck_assert(term_equals(a, b));
    ck_assert(!term_equal(a, b));
    ck_assert_int_lt(term_compare_exact(a, b), 0);
    ck_assert(term_equal(float_term(&heap, 0.0), float_term(&heap, -0.0)));
}
END_TEST

// Keys of maps are compared exactly, values are not.
START_TEST(keys_are_exact)
{
    term e = map_empty(&heap), one = small(1), one_float = float_term(&heap, 1.0);
    term a = map_put(&heap, e, one, one), b = map_put(&heap, e, one, one_float), c = map_put(&heap, e, one_float, one);
    ck_assert_int_eq(term_compare(a, b), 0);
    ck_assert(!term_equal(a, b));
    ck_assert_int_lt(term_compare(a, c), 0);
    term big_a = e, big_b = e;
    for (sword i = 1; i <= 50; i++) {
        big_a = map_put(&heap, big_a, small(i), small(i));
        big_b = map_put(&heap, big_b, small(i), float_term(&heap, (double)i));
    }
    ck_assert_int_eq(term_compare(big_a, big_b), 0);
    ck_assert(!term_equal(big_a, big_b));
    ck_assert_int_lt(term_compare_exact(big_a, big_b), 0);
}
END_TEST

// A map of n keys, one of which is `inner`, whose value is 1; the others go from 1 up.
static term around(term inner, sword n)
{
    term map = map_put(&heap, map_empty(&heap), inner, small(1));
    for (sword i = 1; i < n; i++)
        map = map_put(&heap, map, small(i), small(i));
    return map;
}

START_TEST(large_maps_as_keys_of_large_maps)
{
    term a = ATOM_ok, b = ATOM_true;
    for (int depth = 0; depth < 200; depth++) {
        a = around(a, 40);
        b = around(b, 40);
    }
    ck_assert_int_lt(term_compare(a, b), 0);
    ck_assert_int_gt(term_compare_exact(b, a), 0);
    ck_assert(!term_equal(a, b));
    ck_assert_int_eq(term_compare(a, a), 0);
}
END_TEST

static term deep_list(term innermost, int depth)
{
    while (depth-- > 0)
        innermost = cons(&heap, innermost, NIL);
    return innermost;
}

static term deep_map(term innermost, int depth)
{
    while (depth-- > 0)
        innermost = map_put(&heap, map_empty(&heap), ATOM_ok, tuple2(&heap, innermost, NIL));
    return innermost;
}

START_TEST(depth_takes_no_stack)
{
    const int depth = 500000;
    term a = deep_list(small(1), depth), b = deep_list(small(1), depth), c = deep_list(small(2), depth);
    ck_assert(term_equal(a, b));
    ck_assert_int_eq(term_compare(a, b), 0);
    ck_assert_int_lt(term_compare(a, c), 0);
    ck_assert(!term_equal(a, c));
    a = deep_map(small(1), depth);
    b = deep_map(small(1), depth);
    c = deep_map(small(2), depth);
    ck_assert(term_equal(a, b));
    ck_assert_int_eq(term_compare(a, b), 0);
    ck_assert_int_gt(term_compare(c, b), 0);
}
END_TEST

Suite *compare_suite(void)
{
    Suite *s = suite_create("compare");
    TCase *c = heap_tests(s, "compare");
    tcase_add_test(c, order_is_total);
    tcase_add_test(c, numbers_of_two_kinds);
    tcase_add_test(c, keys_are_exact);
    tcase_add_test(c, large_maps_as_keys_of_large_maps);
    tcase_add_test(c, depth_takes_no_stack);
    tcase_set_timeout(c, 60);
    return s;
}
