// SPDX-License-Identifier: Apache-2.0
// Copies between heaps: exact sizes, equal terms, nothing of the source left in them.
#include "term/copy.h"

#include "base/memory.h"
#include "random_term.h"
#include "support.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/collect.h"
#include "term/compare.h"
#include "term/layout.h"
#include "term/map.h"

#include <check.h>
#include <string.h>

enum { SEEDS = 150 };

static struct random_terms random_terms;
static size_t in_use;

static void setup(void)
{
    support_open();
    random_open(&random_terms, 0);    // interns what all the others need
    struct heap h;
    heap_init(&h, 10);
    for (int i = 0; i < 500; i++)
        random_term(&random_terms, &h, 2);
    heap_done(&h);
    random_close(&random_terms);
    in_use = mem_in_use();
}

static void teardown(void)
{
    ck_assert_uint_eq(mem_in_use(), in_use);
}

// Dies if a word of the fragment points anywhere but into it or to literals.
static void verify_fragment(struct fragment *f, term t)
{
    struct heap h = {.start = f->words, .top = f->words + f->used, .end = f->words + f->size};
    heap_set_stack(&h, h.end);
    heap_verify(&h, &(struct root){&t, 1}, 1);
}

static void expect_copy(term t)
{
    term copy;
    struct fragment *f = term_to_fragment(t, &copy);
    if (!f) {
        ck_assert(copy == t && term_words(t) == 0);
        ck_assert(is_immediate(t) || is_literal_ptr((const void *)(uintptr_t)t));
        return;
    }
    ck_assert_uint_eq(f->used, term_words_flat(t));
    ck_assert_uint_eq(f->size, f->used);
    ck_assert_msg(term_equal(copy, t), "a copy differs");
    verify_fragment(f, copy);
    fragment_free(f);
}

START_TEST(test_random)
{
    struct heap h;
    random_open(&random_terms, (uint64_t)_i);
    heap_init(&h, 100);
    for (int i = 0; i < 40; i++)
        expect_copy(random_term(&random_terms, &h, 4));
    heap_done(&h);
    random_close(&random_terms);
}
END_TEST

// The source may go; a second copy of the copy is equal as well.
START_TEST(test_outlives_source)
{
    struct heap first, second, third;
    random_open(&random_terms, (uint64_t)_i + 1000);
    heap_init(&first, 10);
    heap_init(&second, 50);
    heap_init(&third, 1);
    term t[20];
    for (size_t i = 0; i < COUNT_OF(t); i++) {
        t[i] = term_copy(&second, random_term(&random_terms, &first, 3));
        t[i] = tuple2(&second, t[i], term_copy(&third, t[i]));
    }
    heap_done(&first);
    for (size_t i = 0; i < COUNT_OF(t); i++)
        ck_assert(term_equal(element(t[i], 0), element(t[i], 1)));
    heap_done(&second);
    heap_done(&third);
    random_close(&random_terms);
}
END_TEST

static bool points_to_literal(const struct heap *h)
{
    for (const term *at = h->start; at < h->top;) {
        struct layout l = is_header(*at) ? layout_of(*at) : (struct layout){0, 1};
        for (size_t i = l.first; i < l.first + l.count; i++)
            if (!is_immediate(at[i]) && is_literal_ptr((const void *)(uintptr_t)at[i]))
                return true;
        at += is_header(*at) ? 1 + header_size(*at) : 1;
    }
    return false;
}

START_TEST(test_literals)
{
    struct heap h, to;
    random_open(&random_terms, (uint64_t)_i + 2000);
    heap_init(&h, 100);
    for (int i = 0; i < 10; i++) {
        term t = random_term(&random_terms, &h, 3);
        size_t words = term_words_flat(t);
        ck_assert_uint_ge(words, term_words(t));
        heap_init(&to, words);
        term copy = term_copy_literals(&to, t, words);
        ck_assert(to.top == to.end && !to.fragments);
        ck_assert(term_equal(copy, t));
        ck_assert(!points_to_literal(&to));
        ck_assert_uint_eq(term_words(copy), words);
        heap_done(&to);
    }
    heap_done(&h);
    random_close(&random_terms);
}
END_TEST

START_TEST(test_sizes)
{
    struct heap h;
    heap_init(&h, 1000);
    term one = tuple2(&h, NIL, small(1));
    term list = cons(&h, one, cons(&h, one, NIL));
    ck_assert_uint_eq(term_words(small(5)) + term_words(NIL) + term_words(ATOM_ok) + term_words(local_pid(1, 1)), 0);
    ck_assert_uint_eq(term_words(one), 3);
    ck_assert_uint_eq(term_words(list), 2 * 2 + 2 * 3);    // what is shared counts each time
    ck_assert_uint_eq(term_words(tuple_of(&h, 0, NULL)), 1);
    ck_assert_uint_eq(term_words(float_term(&h, 1.0)), 2);
    ck_assert_uint_eq(term_words(map_put(&h, map_empty(&h), small(1), small(2))), 3 + 2);
    uint8_t *bytes;
    ck_assert_uint_eq(term_words(binary_alloc(&h, 9, &bytes)), HEAP_BIN_HEAD + 2);
    term large = binary_alloc(&h, 1000, &bytes);
    ck_assert_uint_eq(term_words(large), REFC_BIN_WORDS);
    ck_assert_uint_eq(term_words(binary_part_bits(&h, large, 8, 800)), REFC_BIN_WORDS + SUB_BIN_WORDS);
    heap_done(&h);
}
END_TEST

START_TEST(test_shared_binaries)
{
    struct heap h, to;
    struct shared *s = shared_new(300, 300);
    memset(s->bytes, 7, 300);
    heap_init(&h, 100);
    heap_init(&to, 5);
    shared_hold(s);
    term whole = binary_share(&h, s);
    term part = binary_part_bits(&h, whole, 3, 1000);
    term copies = term_copy(&to, tuple3(&h, whole, part, whole));
    ck_assert_int_eq(atomic_load(&s->count), 2 + 3);
    ck_assert_uint_eq(to.shared_bytes, 900);
    heap_done(&h);
    ck_assert_int_eq(atomic_load(&s->count), 1 + 3);
    ck_assert(bits_of(element(copies, 1)).offset == 3 && bits_of(element(copies, 1)).base == s->bytes);
    heap_done(&to);
    ck_assert_int_eq(atomic_load(&s->count), 1);
    shared_drop(s);
}
END_TEST

// Depth is no danger, whichever way the term is deep; nor is breadth.
static term deep(struct heap *h, int way)
{
    term t = NIL;
    for (int i = 0; i < 300000; i++)
        switch (way) {
        case 0:
            t = cons(h, small(i), t);
            break;
        case 1:
            t = cons(h, t, NIL);
            break;
        case 2:
            t = tuple2(h, t, small(i));
            break;
        case 3:
            t = cons(h, cons(h, small(i), NIL), t);
            break;
        case 4:
            t = tuple3(h, small(i), t, cons(h, NIL, NIL));
            break;
        }
    return t;
}

START_TEST(test_deep)
{
    struct heap h;
    heap_init(&h, 3000000);
    expect_copy(deep(&h, _i));
    heap_done(&h);
}
END_TEST

START_TEST(test_wide)
{
    struct heap h;
    heap_init(&h, 500000);
    term t = tuple_alloc(&h, 100000);
    for (size_t i = 0; i < 100000; i++)
        tuple_elements(t)[i] = cons(&h, small((sword)i), NIL);
    expect_copy(t);
    heap_done(&h);
}
END_TEST

Suite *copy_suite(void)
{
    Suite *s = suite_create("copy");
    TCase *c = tcase_create("copy");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, test_random, 0, SEEDS);
    tcase_add_loop_test(c, test_outlives_source, 0, 20);
    tcase_add_loop_test(c, test_literals, 0, 30);
    tcase_add_test(c, test_sizes);
    tcase_add_test(c, test_shared_binaries);
    tcase_add_loop_test(c, test_deep, 0, 5);
    tcase_add_test(c, test_wide);
    suite_add_tcase(s, c);
    return s;
}
