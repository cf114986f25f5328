// SPDX-License-Identifier: Apache-2.0
// The range of literals: addresses, reuse, shared binaries, threads.
#include "base/lock.h"
#include "base/memory.h"
#include "support.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/heap.h"
#include "threads.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_addresses)
{
    struct fragment *f = literals_new(10);
    struct heap h;
    ck_assert(f->size >= 10 && f->used == 0 && !f->next && !f->shared);
    ck_assert(is_literal_ptr(f) && is_literal_ptr(f->words) && is_literal_ptr(f->words + f->size - 1));
    ck_assert_uint_eq((uintptr_t)f->words % 8, 0);
    heap_init(&h, 10);
    ck_assert(!is_literal_ptr(h.start) && !is_literal_ptr(NULL) && !is_literal_ptr(&h));
    const char *from = (const char *)(uintptr_t)literals_from;
    ck_assert(is_literal_ptr(from) && !is_literal_ptr(from - 1));
    ck_assert(is_literal_ptr(from + ((size_t)1 << LITERALS_BYTES_LOG2) - 1));
    ck_assert(!is_literal_ptr(from + ((size_t)1 << LITERALS_BYTES_LOG2)));
    heap_done(&h);
    literals_free(f);
}
END_TEST

START_TEST(test_reuse)
{
    struct fragment *f = literals_new(100), *other = literals_new(100);
    f->used = 100;
    literals_free(f);
    ck_assert_ptr_ne(literals_new(88), f);    // would waste more than an eighth
    ck_assert_ptr_ne(literals_new(105), f);
    struct fragment *again = literals_new(97);
    ck_assert_ptr_eq(again, f);
    ck_assert(again->size == 97 && again->used == 0);
    literals_free(other);
    literals_free(again);
    ck_assert_ptr_eq(literals_new(104), other);    // which was free for longer
    ck_assert_ptr_eq(literals_new(100), again);
}
END_TEST

// Large ones go beyond what is made accessible at once.
START_TEST(test_large)
{
    static const size_t sizes[] = {1, 131072 - 3, 131072, 131073, 1000000, 5, 0};
    struct fragment *f[COUNT_OF(sizes)];
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        f[i] = literals_new(sizes[i]);
        memset(f[i]->words, (int)i, sizes[i] * sizeof(term));
    }
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const uint8_t *bytes = (const uint8_t *)f[i]->words;
        ck_assert(sizes[i] == 0 || (bytes[0] == i && bytes[sizes[i] * sizeof(term) - 1] == i));
        ck_assert(f[i]->size >= sizes[i]);
        literals_free(f[i]);
    }
}
END_TEST

START_TEST(test_shared_binaries)
{
    struct shared *s = shared_new(100, 100);
    struct fragment *f = literals_new(20);
    struct heap h;
    memset(s->bytes, 1, 100);
    heap_over_fragment(&h, f);
    shared_hold(s);
    term t = binary_share(&h, s);
    heap_close_fragment(&h, f);
    ck_assert(is_literal_ptr(boxed_ptr(t)) && bit_size(t) == 800);
    ck_assert_int_eq(atomic_load(&s->count), 2);
    literals_free(f);
    ck_assert_int_eq(atomic_load(&s->count), 1);
    ck_assert(!f->shared);
    shared_drop(s);
}
END_TEST

static void *churn(void *argument)
{
    enum { LIVE = 50 };
    struct fragment *live[LIVE] = {NULL};
    unsigned seed = (unsigned)(uintptr_t)argument;
    bool good = true;
    for (int i = 0; i < 5000; i++) {
        unsigned at = (unsigned)rand_r(&seed) % LIVE;
        if (live[at]) {
            for (uint32_t w = 0; w < live[at]->size; w++)
                good = good && live[at]->words[w] == (word)(uintptr_t)argument;
            literals_free(live[at]);
        }
        live[at] = literals_new(1 + at);
        for (uint32_t w = 0; w < live[at]->size; w++)
            live[at]->words[w] = (word)(uintptr_t)argument;
    }
    for (unsigned at = 0; at < LIVE; at++)
        if (live[at])
            literals_free(live[at]);
    return good ? argument : NULL;
}

START_TEST(test_threads)
{
    threads_run(3, churn);
}
END_TEST

Suite *literals_suite(void)
{
    Suite *s = suite_create("literals");
    TCase *c = tcase_create("literals");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, support_open, NULL);
    tcase_add_test(c, test_addresses);
    tcase_add_test(c, test_reuse);
    tcase_add_test(c, test_large);
    tcase_add_test(c, test_shared_binaries);
    tcase_add_test(c, test_threads);
    suite_add_tcase(s, c);
    return s;
}
