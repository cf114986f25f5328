// SPDX-License-Identifier: Apache-2.0
// The small parts of base/: the linked list, the lock, the clock.
#include "base/list.h"

#include "base/clock.h"
#include "base/lock.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { MEMBERS = 40 };

struct member {
    int number;
    struct list link;
};

static void expect(const struct list *head, const int *order, size_t n)
{
    const struct list *at = head;
    for (size_t i = 0; i < n; i++) {
        ck_assert_ptr_eq(at->next->prev, at);
        at = at->next;
        ck_assert_int_eq(CONTAINER_OF(at, struct member, link)->number, order[i]);
    }
    ck_assert_ptr_eq(at->next, head);
    ck_assert_ptr_eq(head->prev, at);
    ck_assert(list_empty(head) == (n == 0));
}

START_TEST(test_list)
{
    struct list head;
    struct member member[MEMBERS];
    int order[MEMBERS];
    size_t n = 0;
    unsigned seed = 7;
    list_init(&head);
    for (int i = 0; i < MEMBERS; i++) {
        member[i].number = i;
        list_init(&member[i].link);
    }
    for (int round = 0; round < 2000; round++) {
        int i = rand_r(&seed) % MEMBERS;
        if (list_empty(&member[i].link)) {
            list_add(&head, &member[i].link);
            order[n++] = i;
        } else {
            list_remove(&member[i].link);
            size_t at = 0;
            while (order[at] != i)
                at++;
            for (n--; at < n; at++)
                order[at] = order[at + 1];
        }
        ck_assert(list_empty(&member[i].link) || n > 0);
        expect(&head, order, n);
    }
    list_remove(&head);    // an unlinked head is an empty list; its former members are a ring
    ck_assert(list_empty(&head));
}
END_TEST

START_TEST(test_list_remove_twice)
{
    struct list head;
    struct member m = {.number = 1};
    list_init(&head);
    list_add(&head, &m.link);
    list_remove(&m.link);
    list_remove(&m.link);
    ck_assert(list_empty(&head) && list_empty(&m.link));
}
END_TEST

enum { THREADS = 4, TURNS = 50000 };

static struct lock lock;
static volatile uint64_t guarded[2];

static void *add_under_lock(void *argument)
{
    for (int i = 0; i < TURNS; i++) {
        lock_take(&lock);
        guarded[0]++;
        guarded[1] = guarded[0];
        lock_give(&lock);
    }
    return argument;
}

START_TEST(test_lock)
{
    pthread_t thread[THREADS];
    lock_init(&lock);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, add_under_lock, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    ck_assert(guarded[0] == (uint64_t)THREADS * TURNS && guarded[1] == guarded[0]);
}
END_TEST

START_TEST(test_clock_ticks)
{
    for (int i = 0; i < 300000; i++) {
        int64_t before = clock_monotonic(), ticks = clock_ticks(), after = clock_monotonic();
        ck_assert_int_ge(ticks, before - CLOCK_TICKS_OFF);
        ck_assert_int_le(ticks, after + CLOCK_TICKS_OFF);
        if (i % 60000 == 0)
            nanosleep(&(struct timespec){0, 3000000}, NULL);
    }
}
END_TEST

START_TEST(test_clock)
{
    int64_t monotonic = clock_monotonic(), system = clock_system(), cpu = clock_cpu();
    ck_assert(system / 1000000000 - (int64_t)time(NULL) <= 1 && (int64_t)time(NULL) - system / 1000000000 <= 1);
    for (int i = 0; i < 1000; i++) {
        int64_t later = clock_monotonic();
        ck_assert(later >= monotonic);
        monotonic = later;
    }
    struct timespec pause = {0, 20000000};
    nanosleep(&pause, NULL);
    ck_assert(clock_monotonic() - monotonic >= 20000000);
    ck_assert(clock_system() - system >= 20000000);
    int64_t asleep = clock_cpu();
    ck_assert(asleep >= cpu);
    while (clock_cpu() - asleep < 5000000)
        ;
    ck_assert(clock_cpu() - asleep < 5000000000);
}
END_TEST

Suite *list_suite(void)
{
    Suite *s = suite_create("list, lock, clock");
    TCase *c = tcase_create("small parts");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_list);
    tcase_add_test(c, test_list_remove_twice);
    tcase_add_test(c, test_lock);
    tcase_add_test(c, test_clock);
    tcase_add_test(c, test_clock_ticks);
    suite_add_tcase(s, c);
    return s;
}
