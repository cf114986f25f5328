// SPDX-License-Identifier: Apache-2.0
#include "processes.h"

#include "base/clock.h"
#include "proc/ref_index.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "proc/timer.h"
#include "proc/wheel.h"
#include "term/ident.h"

#include <check.h>
#include <stdlib.h>

// The wheel alone, in simulated time.

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static size_t take_until(struct slots *w, int64_t tick, int64_t step)
{
    size_t taken = 0;
    int64_t before = w->now;
    struct list due;
    list_init(&due);
    while (before < tick) {
        int64_t to = before + step < tick ? before + step : tick;
        slots_take(w, to, &due);
        for (; !list_empty(&due); taken++) {
            struct due *d = CONTAINER_OF(due.next, struct due, siblings);
            list_remove(&d->siblings);
            ck_assert_int_gt(d->tick, before);
            ck_assert_int_le(d->tick, to);
        }
        before = to;
    }
    return taken;
}

static void fill(struct slots *w, struct due *members, size_t n, int64_t span)
{
    for (size_t i = 0; i < n; i++) {
        members[i].tick = w->now + 1 + (int64_t)(next_random() % (uint64_t)span);
        slots_add(w, &members[i]);
    }
}

START_TEST(each_fires_in_its_step)
{
    static const int64_t spans[] = {1, 255, 256, 257, 1000, 65535, 65536, 70000, 20000000, 5000000000};
    enum { MEMBERS = 3000 };
    struct slots *w = malloc(sizeof *w);
    struct due *members = calloc(MEMBERS, sizeof *members);
    slots_init(w, (int64_t)(next_random() % 1000000));
    for (size_t i = 0; i < COUNT_OF(spans); i++) {
        fill(w, members, MEMBERS, spans[i]);
        int64_t step = spans[i] / 1000 + 1;
        ck_assert_uint_eq(take_until(w, w->now + spans[i], step), MEMBERS);
        ck_assert_int_eq(slots_next(w), INT64_MAX);
    }
    free(members);
    free(w);
}
END_TEST

START_TEST(every_start_and_distance)
{
    struct slots *w = malloc(sizeof *w);
    for (int64_t start = 0; start < 1100; start += 37)
        for (int64_t distance = 1; distance < 1200; distance++) {
            struct due d = {.tick = start + distance};
            slots_init(w, start);
            slots_add(w, &d);
            ck_assert_int_le(slots_next(w), d.tick);
            ck_assert_uint_eq(take_until(w, d.tick - 1, distance), 0);
            ck_assert_uint_eq(take_until(w, d.tick, 1), 1);
        }
    free(w);
}
END_TEST

START_TEST(removed_members_do_not_fire)
{
    enum { MEMBERS = 2000 };
    struct slots *w = malloc(sizeof *w);
    struct due *members = calloc(MEMBERS, sizeof *members);
    slots_init(w, 12345);
    fill(w, members, MEMBERS, 300000);
    for (size_t i = 0; i < MEMBERS; i += 2)
        slots_remove(w, &members[i]);
    ck_assert_uint_eq(take_until(w, w->now + 300000, 997), MEMBERS / 2);
    free(members);
    free(w);
}
END_TEST

// Message timers and receive timers.

static struct proc *owner(void)
{
    processes_open(1);
    return proc_find(process_new(NULL, process_idle, 0));
}

static void pass_ms(int64_t ms)
{
    wheel_run(worker_self()->wheel, clock_monotonic() + ms * 1000000);
}

START_TEST(a_message_timer_fires_once)
{
    struct proc *p = owner();
    term ref = timer_start(p, p->pid, ATOM_ok, 1000, false, TIMER_TIMEOUT);
    int64_t left = timer_read(ref);
    ck_assert(left == 1000 || left == 999);
    pass_ms(990);
    ck_assert_uint_eq(process_receive(p), NONE);
    pass_ms(1001);
    term message = process_receive(p);
    ck_assert(is_tuple_of(message, 3));
    ck_assert_uint_eq(element(message, 0), ATOM_timeout);
    ck_assert(ref_equal(element(message, 1), ref));
    ck_assert_uint_eq(element(message, 2), ATOM_ok);
    ck_assert_int_eq(timer_cancel(ref), -1);
    ck_assert_uint_eq(timers_count(), 0);
    processes_close();
}
END_TEST

START_TEST(a_cancelled_timer_is_silent)
{
    struct proc *p = owner();
    term ref = timer_start(p, p->pid, ATOM_ok, 50, false, TIMER_PLAIN);
    ck_assert_int_ge(timer_cancel(ref), 49);
    ck_assert_int_eq(timer_cancel(ref), -1);
    ck_assert_int_eq(timer_read(ref), -1);
    pass_ms(100);
    ck_assert_uint_eq(process_receive(p), NONE);
    processes_close();
}
END_TEST

START_TEST(timers_go_with_their_process)
{
    struct proc *p = owner();
    term refs[20];
    struct proc *other = proc_find(process_new(NULL, process_idle, 0));
    for (int i = 0; i < 20; i++) {
        term ref = timer_start(i % 2 ? p : other, p->pid, ATOM_ok, 1000 + i, false, TIMER_PLAIN);
        refs[i] = ref_make(proc_heap(other), node_self(), ref_ids(ref));
    }
    proc_exit(p, ATOM_normal);
    ck_assert_uint_eq(timers_count(), 10);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(timer_read(refs[i]), -1);
    ck_assert_uint_eq(timers_count(), 0);
    processes_close();
}
END_TEST

START_TEST(the_receive_timer_marks_its_process)
{
    struct proc *p = owner();
    ck_assert(!timer_receive(p, ATOM_ok));
    ck_assert(!timer_receive(p, small(-1)));
    ck_assert(!timer_receive(p, small(0x100000000)));
    ck_assert(timer_receive(p, ATOM_infinity));
    ck_assert(timer_receive(p, small(20)));
    pass_ms(25);
    ck_assert_ptr_null(mailbox_look(p));
    ck_assert(p->flags & PROC_TIMEOUT);
    mailbox_rewind(p);
    ck_assert(!(p->flags & (PROC_TIMEOUT | PROC_RECEIVE_TIMER)));
    processes_close();
}
END_TEST

START_TEST(a_late_timeout_is_not_the_next_receives)
{
    struct proc *p = owner();
    timer_receive(p, small(20));
    pass_ms(25);
    signal_message(p->pid, small(1));
    ck_assert_uint_eq(process_receive(p), small(1));
    timer_receive(p, small(1000));
    ck_assert_ptr_null(mailbox_look(p));
    ck_assert(!(p->flags & PROC_TIMEOUT));
    processes_close();
}
END_TEST

START_TEST(a_million_timers)
{
    enum { MANY = 1000000 };
    struct proc *p = owner();
    for (int i = 0; i < MANY; i++) {
        term ref = timer_start(p, p->pid, small(i), 1000 + i % 100000, false, TIMER_PLAIN);
        if (i % 2)
            ck_assert_int_ge(timer_cancel(ref), 0);
    }
    ck_assert_uint_eq(timers_count(), MANY / 2);
    pass_ms(110000);
    ck_assert_uint_eq(timers_count(), 0);
    int got = 0;
    while (process_receive(p) != NONE)
        got++;
    ck_assert_int_eq(got, MANY / 2);
    processes_close();
}
END_TEST

static int64_t woken_at;

static enum run_result sleeper(struct proc *p, sword ms)
{
    if (mailbox_look(p) == NULL && p->flags & PROC_TIMEOUT) {
        woken_at = clock_monotonic();
        sched_stop();
        return process_exit(p, ATOM_normal);
    }
    timer_receive(p, small(ms));
    return process_wait(p);
}

START_TEST(a_sleeping_engine_wakes_for_a_timer)
{
    processes_open(1);
    int64_t before = clock_monotonic();
    process_new(NULL, sleeper, 30);
    processes_run();
    ck_assert_int_ge(woken_at - before, 30000000);
    ck_assert_int_lt(woken_at - before, 500000000);
}
END_TEST

enum { ENTRIES = 5000 };

static void count_entry(struct ref_entry *e, void *about)
{
    (void)e;
    ++*(size_t *)about;
}

// Some references differ in the slow numbers, the owner's or how many they are only.
static void name_entry(struct ref_entry *e, uint32_t i)
{
    e->ids = (struct ref_ids){i % 5 == 4 ? 5 : 3, {i / 4, i % 4, i % 7, i % 5 == 4, 0}};
}

START_TEST(entries_are_found_until_they_are_removed)
{
    struct ref_index x;
    struct ref_entry *all = calloc(ENTRIES, sizeof *all);
    bool in[ENTRIES] = {false};
    ref_index_init(&x);
    for (uint32_t i = 0; i < ENTRIES; i++)
        name_entry(all + i, i);
    size_t expected = 0;
    for (int step = 0; step < 20 * ENTRIES; step++) {
        size_t i = next_random() % ENTRIES, limit = step < 10 * ENTRIES ? ENTRIES : 50;
        ck_assert_ptr_eq(ref_index_find(&x, &all[i].ids), in[i] ? all + i : NULL);
        bool add = !in[i] && i < limit;
        if (add)
            ref_index_add(&x, all + i);
        else
            ck_assert_ptr_eq(ref_index_remove(&x, &all[i].ids), in[i] ? all + i : NULL);
        expected += add ? 1 : -(size_t)in[i];
        in[i] = add;
        ck_assert_uint_eq(x.count, expected);
    }
    size_t seen = 0;
    ref_index_each(&x, count_entry, &seen);
    ck_assert_uint_eq(seen, expected);
    ck_assert_uint_le(x.mask, (expected + CONFIG_TABLE_START) * 16);
    ref_index_done(&x);
    free(all);
}
END_TEST

Suite *timer_suite(void)
{
    Suite *s = suite_create("timer");
    TCase *c = tcase_create("timer");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, each_fires_in_its_step);
    tcase_add_test(c, every_start_and_distance);
    tcase_add_test(c, removed_members_do_not_fire);
    tcase_add_test(c, entries_are_found_until_they_are_removed);
    tcase_add_test(c, a_message_timer_fires_once);
    tcase_add_test(c, a_cancelled_timer_is_silent);
    tcase_add_test(c, timers_go_with_their_process);
    tcase_add_test(c, the_receive_timer_marks_its_process);
    tcase_add_test(c, a_late_timeout_is_not_the_next_receives);
    tcase_add_test(c, a_million_timers);
    tcase_add_test(c, a_sleeping_engine_wakes_for_a_timer);
    suite_add_tcase(s, c);
    return s;
}
