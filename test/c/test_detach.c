// SPDX-License-Identifier: Apache-2.0
// A message under look while something collects: registers keep its terms, and so does the queue.
#include "processes.h"

#include "proc/collecting.h"
#include "proc/signal.h"
#include "term/compare.h"

#include <check.h>

static struct proc *receiver_of(sword number)
{
    struct heap h;
    processes_open(1);
    struct proc *p = proc_find(process_new(NULL, process_idle, 0));
    heap_init(&h, 64);
    for (sword i = 1; i <= 2; i++)
        signal_message(p->pid, tuple2(&h, small(number), list_of(&h, 3, (term[]){small(i), NIL, ATOM_ok}, NIL)));
    heap_done(&h);
    return p;
}

static bool is_message(term t, sword number, sword i)
{
    return is_tuple_of(t, 2) && element(t, 0) == small(number) && list_length(element(t, 1)) == 3 &&
           head(element(t, 1)) == small(i);
}

static void look(struct proc *p)
{
    proc_x(p)[0] = mailbox_look(p)->value;
    p->flags |= PROC_LOOKING;
}

START_TEST(collections_keep_both)
{
    struct proc *p = receiver_of(7);
    term *x = proc_x(p);
    look(p);
    for (int i = 0; i < 3; i++) {
        proc_collect(p, 100, 1, i == 1);
        ck_assert(is_message(x[0], 7, 1));
        ck_assert(is_message(mailbox_look(p)->value, 7, 1));
        ck_assert_uint_ne(mailbox_look(p)->value, x[0]);
    }
    mailbox_skip(&p->mailbox);    // it stays in the queue, what was kept of it on the heap
    proc_collect(p, 0, 1, true);
    ck_assert(is_message(x[0], 7, 1));
    ck_assert(is_message(process_receive(p), 7, 2));
    ck_assert(is_message(process_receive(p), 7, 1));
    ck_assert_uint_eq(p->mailbox.length, 0);
    processes_close();
}
END_TEST

START_TEST(the_last_message_stays_the_last)
{
    struct proc *p = receiver_of(8);
    mailbox_look(p);
    mailbox_skip(&p->mailbox);
    term marker = mailbox_marker_reserve(p);
    look(p);
    mailbox_detach(p);
    ck_assert(signal_message(p->pid, ATOM_true));
    ck_assert(is_message(mailbox_look(p)->value, 8, 2));
    mailbox_skip(&p->mailbox);
    ck_assert_uint_eq(mailbox_look(p)->value, ATOM_true);
    mailbox_rewind(p);
    mailbox_marker_clear(p, marker);
    ck_assert(is_message(process_receive(p), 8, 1));
    ck_assert(is_message(process_receive(p), 8, 2));
    ck_assert_uint_eq(process_receive(p), ATOM_true);
    processes_close();
}
END_TEST

START_TEST(nothing_under_look_nothing_copied)
{
    struct proc *p = receiver_of(9);
    term before = mailbox_look(p)->value;
    proc_collect(p, 100, 0, true);
    ck_assert_uint_eq(mailbox_look(p)->value, before);
    mailbox_skip(&p->mailbox);
    mailbox_skip(&p->mailbox);
    mailbox_skip(&p->mailbox);    // at the end there is nothing to skip or remove
    mailbox_remove(p);
    ck_assert_uint_eq(p->mailbox.length, 2);
    processes_close();
}
END_TEST

Suite *detach_suite(void)
{
    Suite *s = suite_create("detach");
    TCase *c = tcase_create("messages");
    tcase_add_test(c, collections_keep_both);
    tcase_add_test(c, the_last_message_stays_the_last);
    tcase_add_test(c, nothing_under_look_nothing_copied);
    suite_add_tcase(s, c);
    return s;
}
