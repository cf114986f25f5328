// SPDX-License-Identifier: Apache-2.0
// Who goes first.
#include "proc/run_queue.h"

#include <check.h>

enum { CROWD = 40 };

static struct run_queue queue;
static struct proc crowd[CROWD];

static void setup(void)
{
    run_queue_init(&queue);
    for (size_t i = 0; i < CROWD; i++)
        crowd[i] = (struct proc){.priority = PRIORITY_NORMAL};
}

static struct proc *with(struct proc *p, enum priority priority)
{
    p->priority = (uint8_t)priority;
    return p;
}

START_TEST(priorities_and_order)
{
    run_queue_add(&queue, with(&crowd[0], PRIORITY_LOW));
    run_queue_add(&queue, &crowd[1]);
    run_queue_add(&queue, &crowd[2]);
    run_queue_add(&queue, with(&crowd[3], PRIORITY_HIGH));
    run_queue_add_spent(&queue, with(&crowd[4], PRIORITY_MAX));
    static const size_t order[] = {4, 3, 1, 2, 0};
    for (size_t i = 0; i < 5; i++)
        ck_assert_ptr_eq(run_queue_take(&queue), &crowd[order[i]]);
    ck_assert_ptr_null(run_queue_take(&queue));
}
END_TEST

START_TEST(woken_before_spent)
{
    for (size_t i = 0; i < 4; i++)
        run_queue_add_spent(&queue, &crowd[i]);
    run_queue_add(&queue, &crowd[4]);
    ck_assert_ptr_eq(run_queue_take(&queue), &crowd[4]);
    for (size_t i = 0; i < 4; i++)
        ck_assert_ptr_eq(run_queue_take(&queue), &crowd[i]);
}
END_TEST

// However many are woken all the time, one that has used up its slice runs again soon; and it runs no more often than
// each of those that were woken.
START_TEST(nobody_starves)
{
    size_t turns[2] = {0, 0}, since = 0, longest = 0;
    run_queue_add_spent(&queue, &crowd[0]);
    for (size_t i = 1; i < CROWD; i++)
        run_queue_add(&queue, &crowd[i]);
    for (size_t i = 0; i < 100 * CROWD; i++) {
        struct proc *p = run_queue_take(&queue);
        turns[p == &crowd[0]]++;
        since = p == &crowd[0] ? 0 : since + 1;
        longest = since > longest ? since : longest;
        if (p == &crowd[0])
            run_queue_add_spent(&queue, p);
        else
            run_queue_add(&queue, p);
    }
    ck_assert_uint_le(longest, CROWD + 8);
    ck_assert_uint_ge(turns[1], 80);
    ck_assert_uint_le(turns[1], 2 + turns[0] / (CROWD - 1));
}
END_TEST

START_TEST(two_that_talk_hold_nobody_up)
{
    size_t turns = 0;
    run_queue_add_spent(&queue, &crowd[0]);
    run_queue_add(&queue, &crowd[1]);
    for (size_t i = 0; i < 100; i++) {
        struct proc *p = run_queue_take(&queue);
        turns += p == &crowd[0];
        if (p == &crowd[0])
            run_queue_add_spent(&queue, p);
        else
            run_queue_add(&queue, p == &crowd[1] ? &crowd[2] : &crowd[1]);
    }
    ck_assert_uint_ge(turns, 10);
}
END_TEST

Suite *run_queue_suite(void)
{
    Suite *s = suite_create("run_queue");
    TCase *tc = tcase_create("order");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, priorities_and_order);
    tcase_add_test(tc, woken_before_spent);
    tcase_add_test(tc, nobody_starves);
    tcase_add_test(tc, two_that_talk_hold_nobody_up);
    suite_add_tcase(s, tc);
    return s;
}
