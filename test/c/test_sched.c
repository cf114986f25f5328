// SPDX-License-Identifier: Apache-2.0
#include "processes.h"

#include "base/clock.h"
#include "proc/relations.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "proc/timer.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { ROUNDS = CONFIG_STRESS ? 2000 : 20000 };

static _Atomic int64_t counted;
static _Atomic term other;

// Each answers the message N of the other by N - 1; who gets 0 stops the engine.
static enum run_result ping_pong(struct proc *p, sword state)
{
    (void)state;
    term message = process_receive(p);
    if (message == NONE)
        return process_wait(p);
    sword n = small_value(head(message));
    atomic_fetch_add(&counted, 1);
    if (n == 0) {
        sched_stop();
        return process_exit(p, ATOM_normal);
    }
    signal_message(tail(message), cons(proc_heap(p), small(n - 1), p->pid));
    return RUN_YIELD;
}

static void play_ping_pong(unsigned workers)
{
    processes_open(workers);
    atomic_store(&counted, 0);
    term a = process_new(NULL, ping_pong, 0), b = process_new(NULL, ping_pong, 0);
    term first[2] = {small(ROUNDS), b};
    signal_message(a, list_term(first));
    processes_run();
    ck_assert_int_eq(counted, ROUNDS + 1);
}

START_TEST(ping_pong_on_one_worker)
{
    play_ping_pong(1);
}
END_TEST

START_TEST(ping_pong_on_four_workers)
{
    play_ping_pong(4);
}
END_TEST

// A tree: each process spawns two with a smaller state and is linked to them; a leaf ends normally, an inner process once it
// heard of both. The root stops the engine.
static enum run_result tree(struct proc *p, sword depth)
{
    p->flags |= PROC_TRAP_EXIT;
    if (depth == 0) {
        atomic_fetch_add(&counted, 1);
        return process_exit(p, ATOM_normal);
    }
    if (!p->dictionary && !p->catches) {
        for (int i = 0; i < 2; i++) {
            struct spawn s = process_description(tree, depth - 1);
            s.parent = p->pid;
            s.link = true;
            proc_spawn(p, &s);
        }
        p->catches = 1;
    }
    while (process_receive(p) != NONE)
        p->catches++;
    if (p->catches < 3)
        return process_wait(p);
    if (p->parent == ATOM_undefined)
        sched_stop();
    return process_exit(p, ATOM_normal);
}

static void grow_tree(unsigned workers, sword depth)
{
    processes_open(workers);
    atomic_store(&counted, 0);
    process_new(NULL, tree, depth);
    processes_run();
    ck_assert_int_eq(counted, (int64_t)1 << depth);
}

START_TEST(a_tree_on_one_worker)
{
    grow_tree(1, 12);
}
END_TEST

START_TEST(a_tree_on_four_workers)
{
    grow_tree(4, 12);
}
END_TEST

// Many send to one, each in order.
enum { SENDERS = 50, EACH = 400 };

static enum run_result sender(struct proc *p, sword number)
{
    if (p->catches == EACH)
        return process_exit(p, ATOM_normal);
    signal_message(other, small(number * EACH + p->catches++));
    return RUN_YIELD;
}

static enum run_result collector(struct proc *p, sword state)
{
    static sword next[SENDERS];
    (void)state;
    if (!p->catches) {
        p->catches = 1;
        for (int i = 0; i < SENDERS; i++)
            next[i] = 0;
    }
    for (term message; (message = process_receive(p)) != NONE;) {
        sword from = small_value(message) / EACH;
        ck_assert_int_eq(small_value(message) % EACH, next[from]++);
        if (++p->catches == SENDERS * EACH + 1) {
            sched_stop();
            return process_exit(p, ATOM_normal);
        }
    }
    return process_wait(p);
}

START_TEST(order_of_each_sender_is_kept)
{
    processes_open(4);
    other = process_new(NULL, collector, 0);
    for (int i = 0; i < SENDERS; i++)
        process_new(NULL, sender, i);
    processes_run();
}
END_TEST

// Processes that monitor, link, exit and kill each other from all workers.
enum { STORM = 300, STORM_TURNS = 60 };
static _Atomic term storm[STORM];

static enum run_result storm_process(struct proc *p, sword seed)
{
    uint64_t r = (uint64_t)seed * 6364136223846793005u + (p->reductions + p->catches) * 1442695040888963407u;
    r ^= r >> 29;
    while (process_receive(p) != NONE) {
    }
    if (p->flags & PROC_EXITING)
        return RUN_EXIT;
    term to = atomic_load(&storm[r % STORM]);
    if (to && to != p->pid)
        switch (r >> 40 & 7) {
        case 0:
            relations_link(p, to);
            break;
        case 1:
            relations_unlink(p, to);
            break;
        case 2:
        case 3:
            relations_monitor(p, to, NONE, &(struct monitor_options){ATOM_DOWN, ALIAS_NO});
            break;
        case 4:
            signal_exit(p->pid, to, ATOM_kill);
            break;
        case 5:
            timer_start(p, p->pid, ATOM_ok, (int64_t)(r >> 50 & 3), false, TIMER_PLAIN);
            break;
        default:
            signal_message(to, ATOM_ok);
        }
    p->flags |= r & 1 ? PROC_TRAP_EXIT : 0;
    return ++p->catches < STORM_TURNS ? RUN_YIELD : process_exit(p, ATOM_normal);
}

// Starts another for each that is gone, until enough have been.
static enum run_result storm_keeper(struct proc *p, sword state)
{
    (void)state;
    for (int i = 0; i < STORM; i++)
        if (!storm[i] || !proc_find(storm[i])) {
            storm[i] = process_new(p, storm_process, atomic_fetch_add(&counted, 1));
        }
    if (counted < 4 * STORM)
        return RUN_YIELD;
    sched_stop();
    return process_exit(p, ATOM_normal);
}

START_TEST(a_storm_on_four_workers)
{
    processes_open(4);
    atomic_store(&counted, 1);
    for (int i = 0; i < STORM; i++)
        storm[i] = NONE;
    process_new(NULL, storm_keeper, 0);
    processes_run();
}
END_TEST

static char order[8];
static size_t order_length;

static enum run_result note(struct proc *p, sword letter)
{
    order[order_length++] = (char)letter;
    if (order_length == 4)
        sched_stop();
    return process_exit(p, ATOM_normal);
}

START_TEST(higher_priorities_go_first)
{
    static const enum priority priorities[] = {PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_HIGH, PRIORITY_MAX};
    processes_open(1);
    order_length = 0;
    for (int i = 0; i < 4; i++) {
        struct spawn s = process_description(note, "lnhm"[i]);
        s.priority = priorities[i];
        proc_spawn(NULL, &s);
    }
    processes_run();
    ck_assert_str_eq(order, "mhnl");
}
END_TEST

static void *wake_from_outside(void *argument)
{
    usleep(20000);
    signal_message(*(term *)argument, ATOM_ok);
    return NULL;
}

static enum run_result stop_at_message(struct proc *p, sword state)
{
    (void)state;
    if (process_receive(p) == NONE)
        return process_wait(p);
    sched_stop();
    return process_exit(p, ATOM_normal);
}

START_TEST(a_message_from_another_thread_wakes_a_sleeping_engine)
{
    processes_open(2);
    term pid = process_new(NULL, stop_at_message, 0);
    pthread_t thread;
    int64_t before = clock_cpu();
    ck_assert_int_eq(pthread_create(&thread, NULL, wake_from_outside, &pid), 0);
    processes_run();
    pthread_join(thread, NULL);
    ck_assert_int_lt(clock_cpu() - before, 15000000);
}
END_TEST

static enum run_result blocked(struct proc *p, sword state)
{
    (void)state;
    if (!p->catches) {
        p->catches = 1;
        p->flags |= PROC_BLOCKED;
        signal_message(p->pid, ATOM_ok);
        return RUN_WAIT;
    }
    atomic_fetch_add(&counted, 1);
    sched_stop();
    return process_exit(p, ATOM_normal);
}

static enum run_result unblocks(struct proc *p, sword state)
{
    (void)state;
    if (p->catches++ < 10) {
        signal_message(other, ATOM_ok);
        ck_assert_int_eq(counted, 0);
        return RUN_YIELD;
    }
    proc_wake(other);
    return process_exit(p, ATOM_normal);
}

START_TEST(a_blocked_process_waits_for_its_wake)
{
    processes_open(1);
    atomic_store(&counted, 0);
    other = process_new(NULL, blocked, 0);
    process_new(NULL, unblocks, 0);
    processes_run();
    ck_assert_int_eq(counted, 1);
}
END_TEST

START_TEST(slots_are_used_again_with_new_pids)
{
    processes_open(1);
    term last = NONE;
    for (int i = 0; i < 3000; i++) {
        term pid = process_new(NULL, process_idle, 0);
        ck_assert_uint_ne(pid, last);
        proc_exit(proc_find(pid), ATOM_normal);
        ck_assert_ptr_null(proc_find(pid));
        last = pid;
    }
    ck_assert_uint_lt(pid_number(last), 1024);
    ck_assert_uint_eq(proc_count(), 0);
    processes_close();
}
END_TEST

// While one does something that takes long, another that waited for the same worker runs on the other one, and timers of that worker
// fire.
static enum run_result late(struct proc *p, sword state)
{
    (void)state;
    if (!timer_receive(p, small(1)))
        return process_exit(p, ATOM_badarg);
    if (!(p->flags & PROC_TIMEOUT)) {
        mailbox_look(p);
        if (!(p->flags & PROC_TIMEOUT))
            return process_wait(p);
    }
    timer_receive_cancel(p);
    atomic_fetch_add(&counted, 1);
    return process_exit(p, ATOM_normal);
}

static enum run_result takes_long(struct proc *p, sword state)
{
    (void)state;
    if (p->catches++ < 100) {
        if (p->catches == 1)
            process_new(p, late, 0);
        return RUN_YIELD;
    }
    process_new(p, late, 0);
    sched_leave();
    int64_t until = clock_monotonic() + 10000000000;
    while (atomic_load(&counted) < 2 && clock_monotonic() < until)
        usleep(100);
    sched_stop();
    return process_exit(p, ATOM_normal);
}

START_TEST(others_run_while_one_takes_long)
{
    processes_open(2);
    atomic_store(&counted, 0);
    process_new(NULL, takes_long, 0);
    processes_run();
    ck_assert_int_eq(counted, 2);
}
END_TEST

Suite *sched_suite(void)
{
    Suite *s = suite_create("sched");
    TCase *c = tcase_create("sched");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, ping_pong_on_one_worker);
    tcase_add_test(c, ping_pong_on_four_workers);
    tcase_add_test(c, a_tree_on_one_worker);
    tcase_add_test(c, a_tree_on_four_workers);
    tcase_add_test(c, order_of_each_sender_is_kept);
    tcase_add_test(c, others_run_while_one_takes_long);
    tcase_add_test(c, a_storm_on_four_workers);
    tcase_add_test(c, higher_priorities_go_first);
    tcase_add_test(c, a_message_from_another_thread_wakes_a_sleeping_engine);
    tcase_add_test(c, a_blocked_process_waits_for_its_wake);
    tcase_add_test(c, slots_are_used_again_with_new_pids);
    suite_add_tcase(s, c);
    return s;
}
