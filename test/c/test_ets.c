// SPDX-License-Identifier: Apache-2.0
// The stores behind ets tables, each against a plain array of what must be in it.
#include "bif/ets_hash.h"
#include "bif/ets_tree.h"
#include "heap_tests.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/heap.h"

#include <check.h>
#include <stdlib.h>

enum { KEYS = 700, STEPS = 40000, WALKED = 5000 };

static struct ets_object *object(int key, int value)
{
    term tuple[] = {header(KIND_TUPLE, 2), small(key), small(value)};
    return ets_object_new(boxed_term(tuple));
}

static int key_of(const struct ets_object *o)
{
    return (int)small_value(ets_object_key(o, 1));
}

static int value_of(const struct ets_object *o)
{
    return (int)small_value(element(ets_object_tuple(o), 1));
}

static int height_of(const struct ets_object *o)
{
    if (!o)
        return 0;
    int left = height_of(o->link[ETS_LEFT]), right = height_of(o->link[ETS_RIGHT]);
    ck_assert_int_le(abs(left - right), 1);
    int height = 1 + (left > right ? left : right);
    ck_assert_int_eq(o->height, height);
    return height;
}

static void tree_holds(const struct ets_tree *t, const int *values)
{
    struct ets_tree_walk w;
    struct ets_object *o;
    size_t count = 0;
    ets_tree_walk_all(&w, t, ETS_RIGHT);
    for (int key = 0; key < KEYS; key++) {
        if (values[key] < 0)
            continue;
        o = ets_tree_walk_next(&w);
        ck_assert_ptr_nonnull(o);
        ck_assert_int_eq(key_of(o), key);
        ck_assert_int_eq(value_of(o), values[key]);
        count++;
    }
    ck_assert_ptr_null(ets_tree_walk_next(&w));
    ck_assert_uint_eq(t->count, count);
    height_of(t->root);
}

START_TEST(tree_stays_balanced)
{
    struct ets_tree t;
    int values[KEYS];
    ets_tree_init(&t, 1);
    for (int i = 0; i < KEYS; i++)
        values[i] = -1;
    srand(7);
    for (int i = 0; i < STEPS; i++) {
        int key = rand() % KEYS, value = rand() % 1000;
        bool there = values[key] >= 0, erase = rand() % 100 < (i / 4000 % 2 ? 80 : 30);
        if (erase) {
            ck_assert(ets_tree_erase(&t, small(key)) == there);
            values[key] = -1;
        } else {
            bool only_new = rand() % 2;
            ck_assert(ets_tree_put(&t, object(key, value), only_new) == !(only_new && there));
            if (!only_new || !there)
                values[key] = value;
        }
        if (i % 500 == 0)
            tree_holds(&t, values);
    }
    tree_holds(&t, values);
    ets_tree_clear(&t);
    ck_assert_uint_eq(t.words, 0);
}
END_TEST

static int in_range(const void *what, term key)
{
    const int *range = what;
    int k = (int)small_value(key);
    return k < range[0] ? 1 : k > range[1] ? -1 : 0;
}

START_TEST(tree_walks_ranges)
{
    struct ets_tree t;
    ets_tree_init(&t, 1);
    for (int key = 0; key < 200; key += 2)
        ets_tree_put(&t, object(key, key), false);
    for (int from = -3; from < 203; from++) {
        struct ets_tree_walk w;
        int range[] = {from, from + 6};
        int least = from < 0 ? 0 : from + from % 2, most = from + 6 > 198 ? 198 : (from + 6) / 2 * 2;
        ets_tree_walk_range(&w, &t, ETS_RIGHT, in_range, range);
        struct ets_object *o = ets_tree_walk_next(&w);
        ck_assert(least > 198 ? o == NULL : key_of(o) == least);
        ets_tree_walk_range(&w, &t, ETS_LEFT, in_range, range);
        o = ets_tree_walk_next(&w);
        ck_assert(from + 6 < 0 ? o == NULL : key_of(o) == most);
    }
    ck_assert_int_eq(key_of(ets_tree_beyond(&t, small(51), ETS_RIGHT)), 52);
    ck_assert_int_eq(key_of(ets_tree_beyond(&t, small(52), ETS_LEFT)), 50);
    ck_assert_ptr_null(ets_tree_beyond(&t, small(198), ETS_RIGHT));
    ck_assert_int_eq(key_of(ets_tree_nth(&t, 10)), 20);
    ets_tree_clear(&t);
}
END_TEST

// All keys from 0 on are met once each.
static void hash_walk_meets(const struct ets_hash *t, int keys)
{
    struct ets_object *o;
    int met = 0;
    uint8_t *seen = calloc((size_t)keys + 1, 1);
    for (ets_hash_first(t, &o); o; met++) {
        term key = ets_object_key(o, 1);
        ck_assert_int_eq(seen[small_value(key)]++, 0);
        ck_assert(ets_hash_next(t, key, &o));
    }
    ck_assert_int_eq(met, keys);
    free(seen);
}

START_TEST(hash_grows_and_shrinks)
{
    struct ets_hash t;
    const uint32_t strides[] = {1, 64, 512};
    for (size_t s = 0; s < 3; s++) {
        ets_hash_init(&t, ETS_SET, 1, strides[s], s == 1);
        for (int key = 0; key < 20000; key++)
            ck_assert(ets_hash_put(&t, object(key, key), true));
        ck_assert_uint_ge(t.active, 10000);
        hash_walk_meets(&t, 20000);
        for (int key = 19999; key >= WALKED; key--)
            ck_assert_uint_eq(ets_hash_erase(&t, small(key)), 1);
        hash_walk_meets(&t, WALKED);
        for (int key = 0; key < WALKED; key++)
            ck_assert_int_eq(value_of(ets_hash_find(&t, small(key))), key);
        ck_assert_ptr_null(ets_hash_find(&t, small(WALKED)));
        struct ets_hash old;
        ck_assert(ets_hash_detach(&t, &old));
        ets_hash_done(&old);
        ck_assert_uint_eq(t.words, 0);
        ets_hash_done(&t);
    }
}
END_TEST

START_TEST(fixed_hash_keeps_its_places)
{
    struct ets_hash t;
    struct ets_object *o;
    ets_hash_init(&t, ETS_SET, 1, 1, false);
    for (int key = 0; key < WALKED; key++)
        ets_hash_put(&t, object(key, 0), false);
    uint32_t active = t.active;
    t.fixed = true;
    int met = 0;
    for (ets_hash_first(&t, &o); o; met++) {
        term key = ets_object_key(o, 1);
        ck_assert_uint_eq(ets_hash_erase(&t, key), 1);
        ck_assert_uint_eq(ets_hash_erase(&t, key), 0);
        ck_assert(ets_hash_next(&t, key, &o));
    }
    ck_assert_int_eq(met, WALKED);
    ck_assert_uint_eq(t.count, 0);
    ck_assert_uint_eq(t.active, active);
    ck_assert(ets_hash_put(&t, object(3, 9), true));
    ets_hash_unfix(&t);
    ck_assert_uint_eq(t.count, 1);
    ck_assert_int_eq(value_of(ets_hash_find(&t, small(3))), 9);
    ck_assert(!ets_hash_next(&t, small(4), &o));
    ets_hash_done(&t);
}
END_TEST

START_TEST(bags_keep_equal_keys_together)
{
    struct ets_hash t;
    ets_hash_init(&t, ETS_BAG, 1, 1, false);
    for (int i = 0; i < 300; i++)
        for (int key = 0; key < 30; key++)
            ck_assert(ets_hash_put(&t, object(key, i % 10), false) == (i < 10));
    for (int key = 0; key < 30; key++) {
        int value = 9;
        for (struct ets_object *o = ets_hash_find(&t, small(key)); o; o = ets_hash_again(&t, o))
            ck_assert_int_eq(value_of(o), value--);
        ck_assert_int_eq(value, -1);
    }
    term tuple[] = {header(KIND_TUPLE, 2), small(5), small(4)};
    ck_assert_uint_eq(ets_hash_erase_tuple(&t, boxed_term(tuple)), 1);
    ck_assert_uint_eq(ets_hash_erase(&t, small(5)), 9);
    ck_assert_uint_eq(t.count, 290);
    ets_hash_done(&t);
}
END_TEST

START_TEST(objects_hold_all_their_terms)
{
    term list = NIL;
    for (int i = 0; i < 100; i++)
        list = cons(&heap, tuple2(&heap, small(i), float_term(&heap, i / 2.0)), list);
    term tuple = tuple3(&heap, ATOM_ok, list, NIL);
    struct ets_object *o = ets_object_new(tuple);
    ck_assert(term_equal(ets_object_tuple(o), tuple));
    ck_assert_uint_eq(o->words, 4 + 100 * (2 + 3 + 2));
    ets_object_free(o);
}
END_TEST

Suite *ets_suite(void)
{
    Suite *s = suite_create("ets");
    TCase *c = heap_tests(s, "stores");
    tcase_add_test(c, tree_stays_balanced);
    tcase_add_test(c, tree_walks_ranges);
    tcase_add_test(c, hash_grows_and_shrinks);
    tcase_add_test(c, fixed_hash_keeps_its_places);
    tcase_add_test(c, bags_keep_equal_keys_together);
    tcase_add_test(c, objects_hold_all_their_terms);
    return s;
}
