// SPDX-License-Identifier: Apache-2.0
// How long an idle worker looks for input, with one core and with two; Check runs each test in a process of its own.
#include "proc/vigil.h"

#include "base/clock.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>

enum { ANSWERS = 40, GAP_NS = 20000 };

// False: this machine hasn't as many.
static bool allow_cores(int wanted)
{
    cpu_set_t set;
    ck_assert_int_eq(sched_getaffinity(0, sizeof set, &set), 0);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&set) > wanted; i++)
        CPU_CLR(i, &set);
    ck_assert_int_eq(sched_setaffinity(0, sizeof set, &set), 0);
    return CPU_COUNT(&set) == wanted;
}

static int cores_allowed(void)
{
    cpu_set_t set;
    ck_assert_int_eq(sched_getaffinity(0, sizeof set, &set), 0);
    return CPU_COUNT(&set);
}

// To as many messages.
static struct traffic answers(size_t count)
{
    return (struct traffic){.came = count, .left = count};
}

// At times that have not come yet, so that the vigil doesn't end for want of answers however slow this machine is.
static int64_t answer(int count, struct traffic t)
{
    static int64_t at;
    int64_t look = -1;
    if (at == 0)
        at = clock_monotonic() + 3600 * (int64_t)1000000000;
    for (int i = 0; i < count; i++)
        look = vigil_idle(at += GAP_NS, t);
    return look;
}

START_TEST(test_one_core)
{
    ck_assert(allow_cores(1));
    ck_assert_int_eq(answer(ANSWERS, answers(1)), 0);
    ck_assert_int_eq(answer(ANSWERS, answers(5)), 0);
    vigil_stop();
}
END_TEST

START_TEST(test_one_conversation)
{
    if (!allow_cores(2))
        return;
    ck_assert_int_gt(answer(1, answers(1)), 0);
    ck_assert_int_eq(answer(ANSWERS, answers(1)), 0);
    ck_assert_int_eq(cores_allowed(), 1);
    ck_assert_int_gt(answer(ANSWERS, answers(3)), 0);
    vigil_stop();
    ck_assert_int_eq(cores_allowed(), 2);
}
END_TEST

static void *answer_too(void *unused)
{
    (void)unused;
    ck_assert_int_eq(answer(1, answers(1)), 0);
    ck_assert_int_eq(cores_allowed(), 1);
    return NULL;
}

START_TEST(test_another_worker_answers)
{
    pthread_t other;
    if (!allow_cores(2))
        return;
    answer(ANSWERS, answers(1));
    ck_assert_int_eq(pthread_create(&other, NULL, answer_too, NULL), 0);
    ck_assert_int_eq(pthread_join(other, NULL), 0);
    ck_assert_int_eq(cores_allowed(), 2);
    ck_assert_int_gt(answer(ANSWERS, answers(3)), 0);
    vigil_stop();
}
END_TEST

START_TEST(test_several_conversations)
{
    if (!allow_cores(2))
        return;
    ck_assert_int_gt(answer(ANSWERS, answers(2)), 0);
    ck_assert_int_gt(answer(ANSWERS, answers(0)), 0);
    ck_assert_int_eq(cores_allowed(), 2);
    vigil_stop();
}
END_TEST

// A spawn, and what is spawned says something.
START_TEST(test_answered_twice)
{
    if (!allow_cores(2))
        return;
    ck_assert_int_eq(answer(ANSWERS, (struct traffic){.came = 1, .left = 2}), 0);
    vigil_stop();
}
END_TEST

START_TEST(test_ends_by_itself)
{
    if (!allow_cores(2))
        return;
    int64_t now = clock_monotonic();
    for (int i = 0; i < ANSWERS; i++)
        vigil_idle(now + i * GAP_NS, answers(1));
    while (cores_allowed() == 1 || vigil_idle(now, answers(0)) == 0)
        sched_yield();
    vigil_stop();
}
END_TEST

Suite *vigil_suite(void)
{
    Suite *s = suite_create("vigil");
    TCase *c = tcase_create("vigil");
    tcase_set_timeout(c, 300);    // the thread that holds a core is the last to run on a busy machine
    tcase_add_test(c, test_one_core);
    tcase_add_test(c, test_one_conversation);
    tcase_add_test(c, test_another_worker_answers);
    tcase_add_test(c, test_several_conversations);
    tcase_add_test(c, test_answered_twice);
    tcase_add_test(c, test_ends_by_itself);
    suite_add_tcase(s, c);
    return s;
}
