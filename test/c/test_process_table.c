// SPDX-License-Identifier: Apache-2.0
// The table of processes against an array of those that live.
#include "proc/process_table.h"

#include "base/memory.h"

#include <check.h>
#include <stdlib.h>

enum { MOST = 5000, STEPS = 60000, CHUNK = 1024 };

static struct proc procs[MOST], *order[MOST];    // those that live come first
static size_t live;

static void begin(void)
{
    for (size_t i = 0; i < MOST; i++)
        order[i] = &procs[i];
}

static term add(term last)
{
    struct proc *p = order[live];
    p->pid = process_table_reserve();
    ck_assert_uint_gt(p->pid, last);
    ck_assert_ptr_null(proc_find(p->pid));
    process_table_publish(p);
    ck_assert_ptr_eq(proc_find(p->pid), p);
    ck_assert_uint_eq(proc_count(), ++live);
    return p->pid;
}

static void take(size_t index)
{
    struct proc *p = order[index];
    process_table_remove(p);
    ck_assert_ptr_null(proc_find(p->pid));
    order[index] = order[--live];
    order[live] = p;
    ck_assert_uint_eq(proc_count(), live);
}

static void expect_all_found(void)
{
    size_t found = 0;
    uint32_t at = 0;
    for (term pid = proc_next(&at); pid != NONE; pid = proc_next(&at), found++)
        ck_assert_uint_eq(proc_find(pid)->pid, pid);
    ck_assert_uint_eq(found, live);
}

static void remove_all(void)
{
    while (live > 0)
        take(live - 1);
    process_table_close();
}

// Whatever ends in between, a later pid is a larger one, and a number comes again only in a later round.
START_TEST(later_pids_are_larger)
{
    unsigned seed = 7;
    term last = 0;
    begin();
    expect_all_found();    // what this thread keeps for walks
    size_t in_use = mem_in_use(), most = 0;
    for (int i = 0; i < STEPS; i++) {
        size_t aim = (size_t)(i / 5000 % 3) * 2000 + 3;
        if (live < MOST && (size_t)rand_r(&seed) % (2 * aim) >= live)
            last = add(last);
        else
            take((size_t)rand_r(&seed) % live);
        most = live > most ? live : most;
        ck_assert_uint_lt(pid_number(last), 2 * most + 2 * CHUNK);
        if (i % 1000 == 0)
            expect_all_found();
    }
    ck_assert_uint_gt(pid_serial(last), 3);
    remove_all();
    ck_assert_uint_eq(mem_in_use(), in_use);
}
END_TEST

// Only what lives in the way is passed over.
START_TEST(slots_come_in_their_order)
{
    term last = 0;
    begin();
    for (int i = 0; i < CHUNK / 2; i++)
        last = add(last);
    for (size_t i = 0; i < live; i++)
        take(i);
    size_t stay = live;
    for (int i = 0; i < 3 * CHUNK; i++) {
        last = add(last);
        take(live - 1);
    }
    ck_assert_uint_eq(live, stay);
    ck_assert_uint_ge(pid_serial(last), 3);
    ck_assert_uint_lt(pid_number(last), CHUNK);
    expect_all_found();
    remove_all();
}
END_TEST

Suite *process_table_suite(void)
{
    Suite *s = suite_create("process_table");
    TCase *c = tcase_create("process_table");
    tcase_add_test(c, later_pids_are_larger);
    tcase_add_test(c, slots_come_in_their_order);
    suite_add_tcase(s, c);
    return s;
}
