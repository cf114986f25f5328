// SPDX-License-Identifier: Apache-2.0
// The hash table against a plain array, with good hashes and with hashes chosen to collide.
#include "base/table.h"

#include "base/memory.h"

#include <check.h>
#include <stdlib.h>

enum { KEYS = 600 };

struct entry {
    uint64_t key;
};

static bool same_key(const void *entry, const void *key)
{
    return ((const struct entry *)entry)->key == *(const uint64_t *)key;
}

static uint64_t good_hash(uint64_t key)
{
    return table_hash_word(key);
}

static uint64_t one_hash(uint64_t key)
{
    (void)key;
    return UINT64_MAX;    // the run of them wraps around the end of the slots
}

static uint64_t few_hashes(uint64_t key)
{
    return key % 7 == 0 ? UINT64_MAX - key % 3 : key % 16;
}

static uint64_t (*const hashes[])(uint64_t) = {good_hash, one_hash, few_hashes};

static void expect(const struct table *t, struct entry *const *model, uint64_t (*hash)(uint64_t))
{
    size_t count = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        ck_assert_ptr_eq(table_find(t, hash(key), &key), model[key]);
        count += model[key] != NULL;
    }
    ck_assert_uint_eq(t->count, count);
    size_t at = 0, walked = 0;
    for (struct entry *e = table_next(t, &at); e; e = table_next(t, &at), walked++)
        ck_assert_ptr_eq(e, model[e->key]);
    ck_assert_uint_eq(walked, count);
}

static void change(struct table *t, struct entry *entries, struct entry **model, uint64_t key, uint64_t hash)
{
    if (model[key]) {
        ck_assert_ptr_eq(table_remove(t, hash, &key), model[key]);
        model[key] = NULL;
    } else {
        ck_assert_ptr_null(table_remove(t, hash, &key));
        table_add(t, hash, &entries[key]);
        model[key] = &entries[key];
    }
}

START_TEST(test_model)
{
    uint64_t (*hash)(uint64_t) = hashes[_i];
    struct entry entries[KEYS], *model[KEYS] = {NULL};
    struct table t;
    unsigned seed = 42;
    size_t before = mem_in_use();
    table_init(&t, same_key);
    for (uint64_t key = 0; key < KEYS; key++)
        entries[key].key = key;
    for (int round = 0; round < 40; round++) {
        uint64_t range = round % 4 == 0 ? KEYS : 40;
        for (int i = 0; i < 100; i++) {
            uint64_t key = (uint64_t)rand_r(&seed) % range;
            change(&t, entries, model, key, hash(key));
        }
        expect(&t, model, hash);
    }
    for (uint64_t key = 0; key < KEYS; key++)
        if (model[key])
            change(&t, entries, model, key, hash(key));
    expect(&t, model, hash);
    table_done(&t);
    ck_assert_uint_eq(mem_in_use(), before);
}
END_TEST

START_TEST(test_equal_hashes_are_told_apart)
{
    struct entry a = {1}, b = {2};
    struct table t;
    table_init(&t, same_key);
    table_add(&t, 5, &a);
    ck_assert_ptr_null(table_find(&t, 5, &b.key));
    ck_assert_ptr_null(table_find(&t, 6, &a.key));
    table_add(&t, 5, &b);
    ck_assert_ptr_eq(table_find(&t, 5, &a.key), &a);
    ck_assert_ptr_eq(table_find(&t, 5, &b.key), &b);
    ck_assert_ptr_eq(table_remove(&t, 5, &a.key), &a);
    ck_assert_ptr_eq(table_find(&t, 5, &b.key), &b);
    table_done(&t);
}
END_TEST

// Words that differ in few bits spread over the slots.
START_TEST(test_hash_spreads)
{
    enum { SLOTS = 1024 };
    static const unsigned shifts[] = {0, 4, 6, 12, 20, 32, 40};
    for (size_t s = 0; s < COUNT_OF(shifts); s++) {
        unsigned used[SLOTS] = {0}, worst = 0;
        for (uint64_t i = 0; i < SLOTS; i++) {
            unsigned n = ++used[table_hash_word(i << shifts[s]) % SLOTS];
            worst = n > worst ? n : worst;
        }
        ck_assert_msg(worst <= 16, "words shifted by %u: %u in one slot", shifts[s], worst);
    }
    ck_assert(table_hash_bytes("ab", 2) != table_hash_bytes("ba", 2));
    ck_assert(table_hash_bytes("a", 1) == table_hash_bytes("ab", 1));
}
END_TEST

Suite *table_suite(void)
{
    Suite *s = suite_create("table");
    TCase *c = tcase_create("table");
    tcase_add_loop_test(c, test_model, 0, COUNT_OF(hashes));
    tcase_add_test(c, test_equal_hashes_are_told_apart);
    tcase_add_test(c, test_hash_spreads);
    suite_add_tcase(s, c);
    return s;
}
