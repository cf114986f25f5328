// SPDX-License-Identifier: Apache-2.0
#include "processes.h"

#include "proc/collecting.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "proc/timeline.h"

#include <check.h>
#include <stdatomic.h>

enum { TALKERS = 6, TAKES = CONFIG_STRESS ? 3000 : 20000, MOST = 20 };

// Of each worker, what the reader has seen.
static struct seen {
    int64_t time;
    unsigned open, deepest;
    uint64_t told, lost, runs, taken;
} seen[CONFIG_MAX_WORKERS];

static unsigned takes, slowly;

static void see(struct seen *s, const struct timeline_record *r)
{
    ck_assert_int_ge(r->time, s->time);
    s->time = r->time;
    switch ((enum timeline_moment)r->kind) {
    case MOMENT_RUN:
        s->runs++;
        __attribute__((fallthrough));
    case MOMENT_COLLECT:
    case MOMENT_OUTSIDE:
        s->open++;
        break;
    case MOMENT_RAN:
    case MOMENT_COLLECTED:
    case MOMENT_DELIVERED:
        ck_assert_uint_gt(s->open, 0);
        s->open--;
        break;
    case MOMENT_TAKEN:
        ck_assert_uint_gt(s->open, 0);
        ck_assert_int_le((int64_t)(r->what & 0xffffffffffff), r->time);
        ck_assert_uint_lt(r->what >> 48, sched_workers());
        s->taken++;
        break;
    case MOMENT_LEFT:
        ck_assert_uint_gt(s->open, 0);
        break;
    case MOMENT_GIVEN:
        break;
    case MOMENT_LOST:
        s->told += r->what;
        break;
    }
    s->deepest = s->open > s->deepest ? s->open : s->deepest;
}

static void take(void)
{
    struct timeline_record records[MOST];
    for (unsigned i = 0; i < sched_workers(); i++) {
        size_t count = timeline_take(i, records, slowly ? 1 : MOST, &seen[i].lost);
        for (size_t k = 0; k < count; k++)
            see(seen + i, records + k);
    }
}

static enum run_result reader(struct proc *p, sword state)
{
    (void)p;
    (void)state;
    take();
    if (++takes < TAKES)
        return RUN_YIELD;
    slowly = 0;
    sched_stop();
    return RUN_YIELD;
}

static enum run_result talker(struct proc *p, sword state)
{
    term message = process_receive(p);
    (void)state;
    if (message == NONE)
        return process_wait(p);
    signal_message(message, p->pid);
    proc_collect(p, 0, 0, false);
    return RUN_YIELD;
}

static void record(unsigned workers, unsigned slow)
{
    processes_open(workers);
    takes = 0;
    slowly = slow;
    for (unsigned i = 0; i < CONFIG_MAX_WORKERS; i++)
        seen[i] = (struct seen){0};
    ck_assert_int_eq(timeline_start(), TIMELINE_STARTED);
    ck_assert_int_eq(timeline_start(), TIMELINE_RUNS);
    for (int i = 0; i < TALKERS; i++) {
        term a = process_new(NULL, talker, 0), b = process_new(NULL, talker, 0);
        signal_message(a, b);
    }
    process_new(NULL, reader, 0);
    processes_run();
    ck_assert(!timeline_runs());
}

START_TEST(what_begins_ends)
{
    uint64_t runs = 0, taken = 0;
    record(4, 0);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_le(seen[i].deepest, 2);
        runs += seen[i].runs;
        taken += seen[i].taken;
    }
    ck_assert_uint_gt(runs, 100);
    ck_assert_uint_gt(taken, 100);
}
END_TEST

START_TEST(what_is_lost_is_told)
{
    record(1, 1);
    ck_assert_uint_gt(seen[0].runs, 100);
    ck_assert_uint_gt(seen[0].lost, 0);
    ck_assert_uint_le(seen[0].told, seen[0].lost);
}
END_TEST

START_TEST(again_and_again)
{
    for (int i = 0; i < 5; i++)
        record(2, 0);
}
END_TEST

Suite *timeline_suite(void)
{
    Suite *s = suite_create("timeline");
    TCase *c = tcase_create("timeline");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, what_begins_ends);
    tcase_add_test(c, what_is_lost_is_told);
    tcase_add_test(c, again_and_again);
    suite_add_tcase(s, c);
    return s;
}
