// SPDX-License-Identifier: Apache-2.0
// Maps: against a plain array as a model, and their order against OTP 25.
#include "heap_tests.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/compare.h"
#include "term/hash.h"
#include "term/map.h"
#include "terms.h"

#include <stdlib.h>

static bool is_flat(term map)
{
    return is_kind(map, KIND_MAP);
}

static term map_of_numbers(sword n)
{
    term map = map_empty(&heap);
    for (sword i = 1; i <= n; i++)
        map = map_put(&heap, map, small(i), small(i));
    return map;
}

// The model: keys 0 to MODEL_KEYS - 1, and their values; NONE: absent.
enum { MODEL_KEYS = 300 };

struct model {
    term value[MODEL_KEYS];
};

static term model_key(size_t i)
{
    if (i % 3 == 0)
        return small((sword)i);
    return i % 3 == 1 ? float_term(&heap, (double)i) : tuple2(&heap, ATOM_ok, small((sword)i));
}

// The map holds what the model says, and looks as if made at once.
static void expect_model(term map, const struct model *m)
{
    term pairs[2 * MODEL_KEYS];
    size_t n = 0;
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        ck_assert(map_get(map, model_key(i)) == m->value[i]);
        if (m->value[i] != NONE) {
            pairs[2 * n] = model_key(i);
            pairs[2 * n + 1] = m->value[i];
            n++;
        }
    }
    ck_assert_uint_eq(map_size(map), n);
    ck_assert(is_flat(map) == (n <= CONFIG_FLAT_MAP_MAX));
    ck_assert(term_equal(map, map_from_pairs(&heap, pairs, n)));
    struct map_walk w;
    map_walk_init(&w, map);
    size_t walked = 0;
    for (term key, value; map_walk_next(&w, &key, &value); walked++)
        ck_assert(map_get(map, key) == value);
    ck_assert_uint_eq(walked, n);
}

static term random_updates(term map, struct model *m, int count, int out_of)
{
    for (int i = 0; i < count; i++) {
        size_t k = (size_t)rand() % (size_t)out_of;
        term value = small(rand() % 100);
        switch (rand() % 4) {
        case 0:
            map = map_remove(&heap, map, model_key(k));
            m->value[k] = NONE;
            break;
        case 1: {
            term changed = map_replace(&heap, map, model_key(k), value);
            ck_assert((changed == NONE) == (m->value[k] == NONE));
            if (changed != NONE) {
                map = changed;
                m->value[k] = value;
            }
            break;
        }
        case 2:
        case 3:
            map = map_put(&heap, map, model_key(k), value);
            m->value[k] = value;
            break;
        }
    }
    return map;
}

START_TEST(updates)
{
    static const int sizes[] = {5, 40, 50, 60, MODEL_KEYS};
    srand(1);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct model m = {{NONE}};
        term map = map_empty(&heap);
        for (int round = 0; round < 20; round++) {
            map = random_updates(map, &m, sizes[i], sizes[i]);
            expect_model(map, &m);
        }
        for (size_t k = 0; k < MODEL_KEYS; k++) {
            map = map_remove(&heap, map, model_key(k));
            m.value[k] = NONE;
            if (k % 16 == 0)
                expect_model(map, &m);
        }
        ck_assert_uint_eq(map_size(map), 0);
    }
}
END_TEST

START_TEST(merges)
{
    static const int sizes[] = {1, 10, 30, 60, MODEL_KEYS};
    srand(2);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (size_t k = 0; k < COUNT_OF(sizes); k++) {
            struct model a = {{NONE}}, b = {{NONE}};
            term map_a = random_updates(map_empty(&heap), &a, 2 * sizes[i], sizes[i]);
            term map_b = random_updates(rand() % 2 ? map_a : map_empty(&heap), &b, 0, 1);
            if (map_b == map_a)
                b = a;
            map_b = random_updates(map_b, &b, 2 * sizes[k], sizes[k]);
            term map = map_merge(&heap, map_a, map_b);
            for (size_t j = 0; j < MODEL_KEYS; j++)
                a.value[j] = b.value[j] != NONE ? b.value[j] : a.value[j];
            expect_model(map, &a);
        }
}
END_TEST

START_TEST(values_share_keys)
{
    term a = map_of_numbers(10), b = map_put(&heap, a, small(3), ATOM_ok), c = map_replace(&heap, b, small(4), ATOM_ok);
    ck_assert(map_flat_keys(a) == map_flat_keys(b));
    ck_assert(map_flat_keys(a) == map_flat_keys(c));
    ck_assert(map_flat_keys(a) == map_flat_keys(map_merge(&heap, a, map_of_numbers(3))));
    ck_assert(map_get(a, small(3)) == small(3));
    ck_assert(map_put(&heap, a, small(3), small(3)) == a);
    term big = map_of_numbers(100);
    ck_assert(map_put(&heap, big, small(3), small(3)) == big);
    ck_assert(map_remove(&heap, big, ATOM_ok) == big);
    ck_assert(map_remove(&heap, a, ATOM_ok) == a);
    ck_assert(map_replace(&heap, big, ATOM_ok, NIL) == NONE);
}
END_TEST

START_TEST(border_of_flat_maps)
{
    term map = map_of_numbers(32);
    ck_assert(is_flat(map));
    map = map_put(&heap, map, small(33), NIL);
    ck_assert(is_kind(map, KIND_TRIE));
    ck_assert_uint_eq(map_size(map), 33);
    map = map_remove(&heap, map, small(33));
    ck_assert(is_flat(map));
    ck_assert(term_equal(map, map_of_numbers(32)));
}
END_TEST

START_TEST(repeated_keys)
{
    term pairs[200];
    bool duplicate;
    for (sword i = 0; i < 100; i++) {
        pairs[2 * i] = small(i % 40);
        pairs[2 * i + 1] = small(i);
    }
    term map = map_from_unique_pairs(&heap, pairs, 100, &duplicate);
    ck_assert(duplicate);
    ck_assert_uint_eq(map_size(map), 40);
    ck_assert(map_get(map, small(5)) == small(85));
    ck_assert(map_get(map, small(39)) == small(79));
    for (sword i = 0; i < 100; i++) {
        pairs[2 * i] = small(i % 7);
        pairs[2 * i + 1] = small(i);
    }
    map = map_from_unique_pairs(&heap, pairs, 100, &duplicate);
    ck_assert(duplicate && is_flat(map));
    ck_assert_uint_eq(map_size(map), 7);
    ck_assert(map_get(map, small(0)) == small(98));
    map_from_unique_pairs(&heap, pairs, 7, &duplicate);
    ck_assert(!duplicate);
    map_from_unique_pairs(&heap, pairs, 8, &duplicate);
    ck_assert(duplicate);
}
END_TEST

struct hashed {
    uint32_t hash;
    sword key;
};

static int by_hash(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

// Keys whose hashes agree in all 32 bits: they part where the trie hashes anew.
START_TEST(equal_hashes)
{
    enum { TRIED = 400000 };
    struct hashed *all = malloc(TRIED * sizeof *all);
    for (sword i = 0; i < TRIED; i++)
        all[i] = (struct hashed){term_hash(small(i)), i};
    qsort(all, TRIED, sizeof *all, by_hash);
    int found = 0;
    for (size_t i = 1; i < TRIED; i++) {
        if (all[i].hash != all[i - 1].hash)
            continue;
        found++;
        term one = small(all[i].key), two = small(all[i - 1].key), base = map_of_numbers(40);
        term map = map_put(&heap, map_put(&heap, base, one, ATOM_ok), two, ATOM_true);
        ck_assert_uint_eq(map_size(map), 42);
        ck_assert(map_get(map, one) == ATOM_ok && map_get(map, two) == ATOM_true);
        ck_assert(term_equal(map, map_put(&heap, map_put(&heap, base, two, ATOM_true), one, ATOM_ok)));
        term with_one = map_put(&heap, base, one, ATOM_ok), with_two = map_put(&heap, base, two, ATOM_true);
        ck_assert(term_equal(map, map_merge(&heap, with_two, with_one)));
        ck_assert(term_equal(base, map_remove(&heap, map_remove(&heap, map, one), two)));
    }
    ck_assert_int_gt(found, 0);
    free(all);
}
END_TEST

// The values in the order of a walk.
static void expect_order(term map, const uint8_t *values, size_t n)
{
    struct map_walk w;
    map_walk_init(&w, map);
    term key, value;
    for (size_t i = 0; i < n; i++) {
        ck_assert(map_walk_next(&w, &key, &value));
        ck_assert_int_eq(small_value(value), values[i]);
    }
    ck_assert(!map_walk_next(&w, &key, &value));
}

// Of maps:from_list([{K, I} || I <- lists:seq(1, 40)]) in OTP 25, with K = I, <<I>> and {I, [I, I * 1.5]}.
static const uint8_t order_of_numbers[] = {
    16, 18, 5,  19, 27, 35, 10, 24, 36, 4, 21, 22, 17, 3,  8,  1,  7,  2,  14, 15,
    20, 40, 13, 38, 6,  28, 25, 34, 32, 9, 37, 11, 31, 26, 39, 30, 29, 23, 12, 33,
};
static const uint8_t order_of_binaries[] = {
    25, 9,  31, 28, 35, 34, 38, 36, 19, 29, 14, 13, 23, 37, 32, 6,  40, 8,  11, 5,
    30, 10, 4,  27, 21, 18, 1,  24, 15, 33, 12, 2,  16, 26, 20, 22, 3,  39, 17, 7,
};
static const uint8_t order_of_tuples[] = {
    18, 6,  38, 11, 10, 20, 13, 31, 2,  8,  39, 24, 34, 15, 17, 3,  12, 22, 1,  28,
    33, 27, 26, 16, 5,  4,  7,  19, 32, 35, 9,  29, 30, 14, 40, 25, 21, 36, 23, 37,
};

START_TEST(order_of_large_maps)
{
    term numbers = map_empty(&heap), binaries = numbers, tuples = numbers;
    for (int i = 1; i <= 40; i++) {
        uint8_t byte = (uint8_t)i;
        term list = cons(&heap, small(i), cons(&heap, float_term(&heap, i * 1.5), NIL));
        numbers = map_put(&heap, numbers, small(i), small(i));
        binaries = map_put(&heap, binaries, binary_from(&heap, &byte, 1), small(i));
        tuples = map_put(&heap, tuples, tuple2(&heap, small(i), list), small(i));
    }
    expect_order(numbers, order_of_numbers, COUNT_OF(order_of_numbers));
    expect_order(binaries, order_of_binaries, COUNT_OF(order_of_binaries));
    expect_order(tuples, order_of_tuples, COUNT_OF(order_of_tuples));
}
END_TEST

// maps:from_list(lists:zip(Keys, lists:seq(1, 13))) in OTP 25, keys of every kind.
static const char flat_keys[] =
    "836c0000000d6d000000017a6400047a657461640005616c706861463ff000000000000061016801640001616a7400000000"
    "6b000173640004626574616102463ff80000000000005864000d6e6f6e6f6465406e6f686f73740000000100000002000000"
    "006a";
static const uint8_t order_of_flat[] = {
    5, 11, 4, 12, 3, 10, 2, 13, 6, 8, 7, 9, 1,
};

START_TEST(order_of_flat_maps)
{
    term map = map_empty(&heap);
    sword i = 0;
    for (term list = term_of_hex(&heap, flat_keys); is_list(list); list = tail(list))
        map = map_put(&heap, map, head(list), small(++i));
    expect_order(map, order_of_flat, COUNT_OF(order_of_flat));
}
END_TEST

// The room that a decoder sets aside is enough.
START_TEST(words_are_bounded)
{
    static const sword sizes[] = {0, 1, 32, 33, 34, 40, 100, 1000, 100000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t n = (size_t)sizes[i];
        term *pairs = malloc((2 * n + 1) * sizeof(term));
        for (size_t k = 0; k < 2 * n; k++)
            pairs[k] = small((sword)(k / 2));
        struct fragment *f = fragment_new(map_words_max(n));
        struct heap h;
        heap_over_fragment(&h, f);
        ck_assert_uint_eq(map_size(map_from_pairs(&h, pairs, n)), n);
        heap_close_fragment(&h, f);
        fragment_free(f);
        free(pairs);
    }
}
END_TEST

Suite *map_suite(void)
{
    Suite *s = suite_create("map");
    TCase *c = heap_tests(s, "map");
    tcase_add_test(c, updates);
    tcase_add_test(c, merges);
    tcase_add_test(c, values_share_keys);
    tcase_add_test(c, border_of_flat_maps);
    tcase_add_test(c, repeated_keys);
    tcase_add_test(c, equal_hashes);
    tcase_add_test(c, order_of_large_maps);
    tcase_add_test(c, order_of_flat_maps);
    tcase_add_test(c, words_are_bounded);
    tcase_set_timeout(c, 60);
    return s;
}
