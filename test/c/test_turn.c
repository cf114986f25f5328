// SPDX-License-Identifier: Apache-2.0
#include "base/turn.h"

#include <check.h>
#include <pthread.h>

struct work {
    size_t rounds, done;
    bool holds;
};

static void work(void *room)
{
    struct work *w = room;
    ck_assert(turn_under_way());
    if (w->holds)
        turn_hold();
    for (; w->done < w->rounds; w->done++)
        turn_pass(1);
    if (w->holds)
        turn_release();
}

static struct turn *begin(size_t rounds, bool holds)
{
    struct turn *t = turn_new(sizeof(struct work));
    *(struct work *)turn_room(t) = (struct work){rounds, 0, holds};
    return t;
}

static size_t done(struct turn *t)
{
    return ((struct work *)turn_room(t))->done;
}

static void endless(void *room)
{
    size_t *rounds = room;
    while (!turn_step(rounds)) {
    }
}

// What nobody wants any more is told so when it goes on.
START_TEST(dismissed_work_gives_up)
{
    struct turn *t = turn_new(sizeof(size_t));
    *(size_t *)turn_room(t) = 0;
    ck_assert(!turn_go_on(t, endless, 10 * TURN_STRIDE));
    turn_dismiss(t);
    ck_assert(turn_go_on(t, endless, 10 * TURN_STRIDE));
    ck_assert_uint_le(*(size_t *)turn_room(t), 11 * TURN_STRIDE);
    turn_free(t);
    t = turn_new(sizeof(size_t));
    *(size_t *)turn_room(t) = 0;
    ck_assert(!turn_go_on(t, endless, TURN_STRIDE));
    turn_dismiss(t);
    ck_assert(turn_go_on(t, endless, TURN_STRIDE));
    turn_free(t);
    turn_close();
}
END_TEST

START_TEST(work_stands_still_when_its_units_are_done)
{
    struct turn *a = begin(25, false), *b = begin(5, false);
    ck_assert(!turn_go_on(a, work, 10));
    ck_assert_uint_eq(done(a), 9);
    ck_assert_uint_eq(turn_done(a), 10);
    ck_assert(turn_go_on(b, work, 10));
    ck_assert_uint_eq(turn_done(b), 5);
    turn_free(b);
    ck_assert(!turn_go_on(a, work, 10));
    ck_assert(turn_go_on(a, work, 10));
    ck_assert_uint_eq(done(a), 25);
    turn_free(a);
    ck_assert(!turn_under_way());
    turn_close();
}
END_TEST

START_TEST(who_holds_his_turn_is_not_stopped)
{
    struct turn *t = begin(25, true);
    ck_assert(turn_go_on(t, work, 10));
    ck_assert_uint_eq(turn_done(t), 25);
    turn_free(t);
    turn_close();
}
END_TEST

START_TEST(outside_of_a_turn_nothing_happens)
{
    turn_hold();
    turn_pass(1000000);
    turn_release();
    ck_assert(!turn_under_way());
}
END_TEST

static void *go_on_elsewhere(void *t)
{
    bool ended = turn_go_on(t, work, 10);
    turn_close();
    return ended ? t : NULL;
}

START_TEST(another_thread_goes_on)
{
    struct turn *t = begin(15, false);
    pthread_t thread;
    void *ended;
    ck_assert(!turn_go_on(t, work, 10));
    ck_assert_int_eq(pthread_create(&thread, NULL, go_on_elsewhere, t), 0);
    ck_assert_int_eq(pthread_join(thread, &ended), 0);
    ck_assert_ptr_eq(ended, t);
    turn_free(t);
    turn_close();
}
END_TEST

Suite *turn_suite(void)
{
    Suite *s = suite_create("turn");
    TCase *c = tcase_create("turn");
    tcase_add_test(c, dismissed_work_gives_up);
    tcase_add_test(c, work_stands_still_when_its_units_are_done);
    tcase_add_test(c, who_holds_his_turn_is_not_stopped);
    tcase_add_test(c, outside_of_a_turn_nothing_happens);
    tcase_add_test(c, another_thread_goes_on);
    suite_add_tcase(s, c);
    return s;
}
