// SPDX-License-Identifier: Apache-2.0
#include "processes.h"

#include "proc/collecting.h"
#include "proc/signal.h"
#include "term/compare.h"
#include "term/ident.h"

#include <check.h>

static struct proc *receiver(void)
{
    processes_open(1);
    return proc_find(process_new(NULL, process_idle, 0));
}

static term look(struct proc *p)
{
    struct signal *s = mailbox_look(p);
    return s ? s->value : NONE;
}

static void send_numbers(struct proc *p, sword from, sword to)
{
    for (sword i = from; i <= to; i++)
        ck_assert(signal_message(p->pid, small(i)));
}

START_TEST(messages_come_in_order)
{
    struct proc *p = receiver();
    send_numbers(p, 1, 1000);
    for (sword i = 1; i <= 1000; i++)
        ck_assert_uint_eq(process_receive(p), small(i));
    ck_assert_uint_eq(process_receive(p), NONE);
    ck_assert_uint_eq(p->mailbox.length, 0);
    processes_close();
}
END_TEST

START_TEST(skipped_messages_stay)
{
    struct proc *p = receiver();
    send_numbers(p, 1, 3);
    ck_assert_uint_eq(look(p), small(1));
    mailbox_skip(&p->mailbox);
    ck_assert_uint_eq(look(p), small(2));
    mailbox_remove(p);
    ck_assert_uint_eq(look(p), small(1));
    mailbox_skip(&p->mailbox);
    mailbox_skip(&p->mailbox);
    ck_assert_uint_eq(look(p), NONE);
    send_numbers(p, 4, 4);
    ck_assert_uint_eq(look(p), small(4));
    mailbox_remove(p);
    ck_assert_uint_eq(process_receive(p), small(1));
    ck_assert_uint_eq(process_receive(p), small(3));
    ck_assert_uint_eq(process_receive(p), NONE);
    processes_close();
}
END_TEST

START_TEST(removing_the_last_keeps_the_end)
{
    struct proc *p = receiver();
    send_numbers(p, 1, 2);
    look(p);
    mailbox_skip(&p->mailbox);
    mailbox_remove(p);
    send_numbers(p, 3, 3);
    ck_assert_uint_eq(process_receive(p), small(1));
    ck_assert_uint_eq(process_receive(p), small(3));
    processes_close();
}
END_TEST

START_TEST(terms_survive_removal_and_collection)
{
    struct proc *p = receiver();
    struct heap h;
    heap_init(&h, 16);
    term list = NIL;
    for (int i = 0; i < 500; i++)
        list = cons(&h, tuple2(&h, small(i), list), NIL);
    signal_message(p->pid, list);
    proc_x(p)[0] = process_receive(p);
    proc_collect(p, 0, 1, true);
    proc_collect(p, 100, 1, false);
    ck_assert(term_equal(proc_x(p)[0], list));
    heap_done(&h);
    processes_close();
}
END_TEST

START_TEST(marker_skips_what_came_before)
{
    struct proc *p = receiver();
    send_numbers(p, 1, 100);
    look(p);
    term marker = mailbox_marker_reserve(p);
    term ref = ref_new(proc_heap(p)), other = ref_new(proc_heap(p));
    mailbox_marker_bind(p, marker, ref);
    send_numbers(p, 101, 101);
    mailbox_marker_use(p, other);
    ck_assert_uint_eq(look(p), small(1));
    mailbox_marker_use(p, ref);
    ck_assert_uint_eq(look(p), small(101));
    mailbox_remove(p);
    mailbox_marker_use(p, ref);
    ck_assert_uint_eq(look(p), NONE);
    mailbox_marker_clear(p, ref);
    mailbox_rewind(p);
    mailbox_marker_use(p, ref);
    ck_assert_uint_eq(look(p), small(1));
    processes_close();
}
END_TEST

START_TEST(marker_survives_removal_at_its_place)
{
    struct proc *p = receiver();
    send_numbers(p, 1, 2);
    look(p);
    term marker = mailbox_marker_reserve(p);
    term ref = ref_new(proc_heap(p));
    mailbox_marker_bind(p, marker, ref);
    mailbox_skip(&p->mailbox);
    ck_assert_uint_eq(look(p), small(2));
    mailbox_remove(p);
    send_numbers(p, 3, 3);
    mailbox_marker_use(p, ref);
    ck_assert_uint_eq(look(p), small(3));
    processes_close();
}
END_TEST

// One more than there is room for: the oldest is forgotten.
START_TEST(markers_of_several_requests)
{
    struct proc *p = receiver();
    term refs[MAX_MARKERS + 1];
    for (sword i = 0; i <= MAX_MARKERS; i++) {
        send_numbers(p, i, i);
        while (look(p) != NONE)
            mailbox_skip(&p->mailbox);
        term marker = mailbox_marker_reserve(p);
        refs[i] = ref_new(proc_heap(p));
        mailbox_marker_bind(p, marker, refs[i]);
    }
    for (sword i = MAX_MARKERS - 1; i >= 0; i--) {
        mailbox_rewind(p);
        mailbox_marker_use(p, refs[i]);
        ck_assert_uint_eq(look(p), small(i == 0 ? 0 : i + 1));
    }
    mailbox_marker_clear(p, refs[3]);
    mailbox_rewind(p);
    mailbox_marker_use(p, refs[3]);
    ck_assert_uint_eq(look(p), small(0));
    mailbox_marker_use(p, refs[4]);
    ck_assert_uint_eq(look(p), small(5));
    processes_close();
}
END_TEST

START_TEST(a_gone_process_takes_nothing)
{
    struct proc *p = receiver();
    term pid = p->pid;
    send_numbers(p, 1, 5);
    proc_exit(p, ATOM_normal);
    ck_assert_ptr_null(proc_find(pid));
    ck_assert(!signal_message(pid, small(1)));
    processes_close();
}
END_TEST

Suite *mailbox_suite(void)
{
    Suite *s = suite_create("mailbox");
    TCase *c = tcase_create("mailbox");
    tcase_add_test(c, messages_come_in_order);
    tcase_add_test(c, skipped_messages_stay);
    tcase_add_test(c, removing_the_last_keeps_the_end);
    tcase_add_test(c, terms_survive_removal_and_collection);
    tcase_add_test(c, marker_skips_what_came_before);
    tcase_add_test(c, marker_survives_removal_at_its_place);
    tcase_add_test(c, markers_of_several_requests);
    tcase_add_test(c, a_gone_process_takes_nothing);
    suite_add_tcase(s, c);
    return s;
}
