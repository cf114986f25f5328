// SPDX-License-Identifier: Apache-2.0
#include "processes.h"

#include "proc/errand.h"
#include "proc/relations.h"
#include "proc/remote.h"
#include "proc/signal.h"
#include "term/compare.h"
#include "term/copy.h"
#include "term/ident.h"

#include <check.h>

// Nothing runs by itself here: each test makes processes, acts for them, and takes their signals in.

static struct proc *fresh(void)
{
    return proc_find(process_new(NULL, process_idle, 0));
}

static bool untied(struct proc *p)
{
    relations_tidy(p);
    return p->relations == NULL;
}

static term message_of(struct proc *p)
{
    return process_receive(p);
}

static size_t link_count(struct proc *p)
{
    return (size_t)list_length(relations_links(p, proc_heap(p)));
}

static void take_all(struct proc *a, struct proc *b)
{
    for (int i = 0; i < 4; i++) {
        signal_take(a);
        signal_take(b);
    }
}

static bool is_exit_message(term t, term from, term reason)
{
    return t != NONE && is_tuple_of(t, 3) && element(t, 0) == ATOM_EXIT && term_equal(element(t, 1), from) &&
           term_equal(element(t, 2), reason);
}

static bool is_down(term t, term ref, term object, term reason)
{
    return t != NONE && is_tuple_of(t, 5) && element(t, 0) == ATOM_DOWN && term_equal(element(t, 1), ref) &&
           element(t, 2) == ATOM_process && term_equal(element(t, 3), object) && term_equal(element(t, 4), reason);
}

START_TEST(exit_of_one_ends_the_linked)
{
    processes_open(1);
    struct proc *a = fresh(), *b = fresh();
    ck_assert(relations_link(a, b->pid));
    take_all(a, b);
    ck_assert_uint_eq(link_count(a), 1);
    ck_assert_uint_eq(link_count(b), 1);
    proc_exit(a, ATOM_badarg);
    signal_take(b);
    ck_assert(b->flags & PROC_EXITING);
    ck_assert_uint_eq(b->worker->failure.reason, ATOM_badarg);
    processes_close();
}
END_TEST

START_TEST(normal_exit_and_trapping)
{
    processes_open(1);
    struct proc *a = fresh(), *b = fresh(), *c = fresh();
    term pid = a->pid;
    relations_link(a, b->pid);
    relations_link(a, c->pid);
    c->flags |= PROC_TRAP_EXIT;
    take_all(b, c);
    proc_exit(a, ATOM_normal);
    ck_assert_uint_eq(message_of(b), NONE);
    ck_assert(!(b->flags & PROC_EXITING));
    ck_assert(is_exit_message(message_of(c), pid, ATOM_normal));
    ck_assert_uint_eq(link_count(b), 0);
    ck_assert_uint_eq(link_count(c), 0);
    processes_close();
}
END_TEST

START_TEST(kill_cannot_be_trapped_but_links_can)
{
    processes_open(1);
    struct proc *a = fresh(), *b = fresh();
    a->flags |= PROC_TRAP_EXIT;
    b->flags |= PROC_TRAP_EXIT;
    relations_link(a, b->pid);
    take_all(a, b);
    signal_exit(b->pid, a->pid, ATOM_kill);
    signal_take(a);
    ck_assert(a->flags & PROC_EXITING);
    ck_assert_uint_eq(a->worker->failure.reason, ATOM_killed);
    term pid = a->pid;
    proc_exit(a, ATOM_kill);
    ck_assert(is_exit_message(message_of(b), pid, ATOM_kill));
    processes_close();
}
END_TEST

START_TEST(exit_normal_from_others_is_ignored)
{
    processes_open(1);
    struct proc *a = fresh(), *b = fresh();
    signal_exit(b->pid, a->pid, ATOM_normal);
    signal_take(a);
    ck_assert(!(a->flags & PROC_EXITING));
    signal_exit(a->pid, a->pid, ATOM_normal);
    signal_take(a);
    ck_assert(a->flags & PROC_EXITING);
    processes_close();
}
END_TEST

START_TEST(unlink_waits_for_its_acknowledgement)
{
    processes_open(1);
    struct proc *a = fresh(), *b = fresh();
    relations_link(a, b->pid);
    take_all(a, b);
    relations_unlink(a, b->pid);
    ck_assert_uint_eq(link_count(a), 0);
    signal_exit_linked(b->pid, a->pid, ATOM_badarg);    // sent before b saw the unlink
    signal_take(a);
    ck_assert(!(a->flags & PROC_EXITING));
    take_all(a, b);
    ck_assert_uint_eq(link_count(b), 0);
    ck_assert(untied(a));
    ck_assert(untied(b));
    processes_close();
}
END_TEST

START_TEST(link_again_before_the_acknowledgement)
{
    processes_open(1);
    struct proc *a = fresh(), *b = fresh();
    relations_link(a, b->pid);
    relations_unlink(a, b->pid);
    relations_link(a, b->pid);
    take_all(a, b);
    ck_assert_uint_eq(link_count(a), 1);
    ck_assert_uint_eq(link_count(b), 1);
    relations_unlink(a, b->pid);
    relations_unlink(b, a->pid);
    take_all(a, b);
    ck_assert(untied(a));
    ck_assert(untied(b));
    processes_close();
}
END_TEST

START_TEST(both_link_at_once)
{
    processes_open(1);
    struct proc *a = fresh(), *b = fresh();
    relations_link(a, b->pid);
    relations_link(b, a->pid);
    take_all(a, b);
    ck_assert_uint_eq(link_count(a), 1);
    relations_unlink(a, b->pid);
    take_all(a, b);
    ck_assert(untied(a));
    ck_assert(untied(b));
    processes_close();
}
END_TEST

START_TEST(signals_to_the_gone_are_answered)
{
    processes_open(1);
    struct proc *a = fresh(), *b = fresh();
    term gone = b->pid;
    signal_link(a->pid, gone);    // in b's queue when it exits
    proc_exit(b, ATOM_normal);
    a->flags |= PROC_TRAP_EXIT;
    ck_assert_uint_eq(message_of(a), NONE);    // no such link at a: ignored
    ck_assert(!relations_link(a, gone));
    term ref = relations_monitor(a, gone, NONE, &(struct monitor_options){ATOM_DOWN, ALIAS_NO});
    ck_assert(is_down(message_of(a), ref, gone, ATOM_noproc));
    ref = ref_new(proc_heap(a));
    signal_is_alive(a->pid, gone, ref);
    ck_assert_uint_eq(element(message_of(a), 1), ATOM_false);
    signal_process_info(a->pid, gone, ref, ATOM_links);
    ck_assert_uint_eq(element(message_of(a), 1), ATOM_undefined);
    signal_collect(a->pid, gone, ref);
    ck_assert_uint_eq(element(message_of(a), 2), ATOM_false);
    ck_assert(untied(a));
    processes_close();
}
END_TEST

START_TEST(monitors_report_and_can_be_taken_back)
{
    processes_open(1);
    struct proc *a = fresh(), *b = fresh();
    struct monitor_options plain = {ATOM_DOWN, ALIAS_NO};
    term pid = b->pid;
    term kept = relations_monitor(a, pid, NONE, &plain), dropped = relations_monitor(a, pid, NONE, &plain);
    take_all(a, b);
    ck_assert_int_eq(list_length(relations_monitored_by(b, proc_heap(b))), 2);
    ck_assert(relations_demonitor(a, dropped));
    ck_assert(!relations_demonitor(a, dropped));
    take_all(a, b);
    ck_assert_int_eq(list_length(relations_monitored_by(b, proc_heap(b))), 1);
    proc_exit(b, ATOM_badarg);
    ck_assert(is_down(message_of(a), kept, pid, ATOM_badarg));
    ck_assert_uint_eq(message_of(a), NONE);
    ck_assert(untied(a));
    processes_close();
}
END_TEST

START_TEST(down_with_a_tag_of_its_own)
{
    processes_open(1);
    struct proc *a = fresh(), *b = fresh();
    term tag = tuple2(proc_heap(a), ATOM_ok, cons(proc_heap(a), small(7), NIL)), pid = b->pid;
    term ref = relations_monitor(a, pid, NONE, &(struct monitor_options){tag, ALIAS_NO});
    signal_take(b);
    proc_exit(b, tuple2(proc_heap(b), ATOM_error, small(3)));
    term down = message_of(a);
    ck_assert(is_tuple_of(down, 5) && term_equal(element(down, 0), tag) && term_equal(element(down, 1), ref));
    ck_assert(element(element(down, 4), 1) == small(3));
    ck_assert_uint_eq(element(down, 3), pid);
    processes_close();
}
END_TEST

START_TEST(aliases)
{
    processes_open(1);
    struct proc *a = fresh();
    fresh();
    term plain = relations_alias(a, ALIAS_EXPLICIT), once = relations_alias(a, ALIAS_REPLY);
    for (int i = 1; i <= 2; i++) {
        signal_alias_message(plain, small(i), 0);
        signal_alias_message(once, small(10 * i), 0);
    }
    ck_assert_uint_eq(message_of(a), small(1));
    ck_assert_uint_eq(message_of(a), small(10));
    ck_assert_uint_eq(message_of(a), small(2));
    ck_assert_uint_eq(message_of(a), NONE);
    ck_assert(relations_unalias(a, plain));
    ck_assert(!relations_unalias(a, plain));
    signal_alias_message(plain, small(3), 0);
    ck_assert_uint_eq(message_of(a), NONE);
    ck_assert(untied(a));
    processes_close();
}
END_TEST

START_TEST(monitors_with_aliases)
{
    processes_open(1);
    struct proc *a = fresh(), *b = fresh();
    term reply = relations_monitor(a, b->pid, NONE, &(struct monitor_options){ATOM_DOWN, ALIAS_REPLY});
    term down = relations_monitor(a, b->pid, NONE, &(struct monitor_options){ATOM_DOWN, ALIAS_DEMONITOR});
    term stays = relations_monitor(a, b->pid, NONE, &(struct monitor_options){ATOM_DOWN, ALIAS_EXPLICIT});
    signal_alias_message(reply, small(1), 0);
    ck_assert_uint_eq(message_of(a), small(1));
    take_all(a, b);
    ck_assert_int_eq(list_length(relations_monitored_by(b, proc_heap(b))), 2);
    term pid = b->pid;
    proc_exit(b, ATOM_normal);
    ck_assert(is_down(message_of(a), down, pid, ATOM_normal));
    ck_assert(is_down(message_of(a), stays, pid, ATOM_normal));
    signal_alias_message(down, small(2), 0);
    signal_alias_message(stays, small(3), 0);
    ck_assert_uint_eq(message_of(a), small(3));
    ck_assert_uint_eq(message_of(a), NONE);
    processes_close();
}
END_TEST

START_TEST(a_hundred_thousand_links)
{
    enum { MANY = 100000 };
    processes_open(1);
    struct proc *a = fresh();
    static term pids[MANY];
    for (int i = 0; i < MANY; i++) {
        pids[i] = process_new(NULL, process_idle, 0);
        ck_assert(relations_link(a, pids[i]));
    }
    ck_assert_uint_eq(link_count(a), MANY);
    for (int i = 0; i < MANY; i += 2)
        relations_unlink(a, pids[i]);
    for (int i = 0; i < MANY; i++)
        signal_take(proc_find(pids[i]));
    signal_take(a);
    ck_assert_uint_eq(a->relations->links.count, MANY / 2);
    sword used;
    int slices = 1;
    ck_assert(!proc_exit(a, ATOM_badarg));
    while (!errand_finish(a, &used))
        slices++;
    ck_assert_int_ge(slices, MANY / 2 / CONFIG_SLICE);
    ck_assert(proc_exit(a, ATOM_badarg));
    for (int i = 0; i < MANY; i++) {
        struct proc *p = proc_find(pids[i]);
        signal_take(p);
        ck_assert_int_eq((p->flags & PROC_EXITING) != 0, i % 2);
    }
    processes_close();
}
END_TEST

// Other nodes: what goes out is recorded.

static struct remote_signal sent[64];
static size_t sent_count;
static struct heap sent_terms;
static bool is_connected;

static term keep(term t)
{
    return t == NONE ? NONE : term_copy(&sent_terms, t);
}

static enum remote_result record(struct proc *sender, const struct remote_signal *s)
{
    (void)sender;
    if (!is_connected)
        return REMOTE_UNCONNECTED;
    ck_assert_uint_lt(sent_count, COUNT_OF(sent));
    struct remote_signal *r = &sent[sent_count++];
    *r = *s;
    r->to = keep(s->to);
    r->ref = keep(s->ref);
    r->value = keep(s->value);
    return REMOTE_SENT;
}

static struct node *other_node;

static term connect_other(uint32_t number)
{
    if (!sent_terms.start)
        heap_init(&sent_terms, 64);
    other_node = node_intern(atom_from_c("other@host"), 3);
    remote_hooks.signal = record;
    sent_count = 0;
    is_connected = true;
    return pid_make(&sent_terms, other_node, number, 0);
}

START_TEST(links_to_another_node)
{
    processes_open(1);
    term far = connect_other(1);
    struct proc *a = fresh();
    a->flags |= PROC_TRAP_EXIT;
    ck_assert(relations_link(a, far));
    ck_assert_int_eq(sent[0].kind, REMOTE_LINK);
    ck_assert_ptr_eq(sent[0].node, other_node);
    relations_unlink(a, far);
    ck_assert_int_eq(sent[1].kind, REMOTE_UNLINK);
    signal_unlink_ack(far, a->pid, sent[1].id + 1);
    signal_take(a);
    ck_assert_ptr_nonnull(a->relations);
    signal_unlink_ack(far, a->pid, sent[1].id);
    signal_take(a);
    ck_assert(untied(a));
    signal_link(far, a->pid);
    signal_unlink(far, a->pid, 77);
    signal_link(far, a->pid);
    signal_take(a);
    ck_assert_int_eq(sent[2].kind, REMOTE_UNLINK_ACK);
    ck_assert_uint_eq(sent[2].id, 77);
    ck_assert_uint_eq(link_count(a), 1);
    signal_exit_linked(far, a->pid, ATOM_badarg);
    ck_assert(is_exit_message(message_of(a), far, ATOM_badarg));
    processes_close();
}
END_TEST

START_TEST(losing_the_connection)
{
    processes_open(1);
    term far = connect_other(2);
    struct proc *a = fresh();
    a->flags |= PROC_TRAP_EXIT;
    relations_link(a, far);
    term ref = relations_monitor(a, far, NONE, &(struct monitor_options){ATOM_DOWN, ALIAS_NO});
    signal_monitor(far, a->pid, ref_new(&sent_terms));
    relations_monitor_node(a, other_node->name, true);
    struct spawn_request r = {.node = other_node->name,
                              .module = ATOM_erlang,
                              .function = ATOM_apply,
                              .arguments = NIL,
                              .options = NIL,
                              .monitor_options = {ATOM_DOWN, ALIAS_NO},
                              .reply_tag = ATOM_ok};
    term request = relations_spawn_request(a, &r);
    is_connected = false;
    relations_node_down(other_node);
    term got[4];
    for (int i = 0; i < 4; i++)
        ck_assert_uint_ne(got[i] = message_of(a), NONE);
    ck_assert_uint_eq(element(got[0], 0), ATOM_nodedown);
    ck_assert(is_exit_message(got[1], far, ATOM_noconnection));
    ck_assert(is_down(got[2], ref, far, ATOM_noconnection));
    ck_assert(is_tuple_of(got[3], 4) && term_equal(element(got[3], 1), request));
    ck_assert_uint_eq(element(got[3], 3), ATOM_noconnection);
    ck_assert_uint_eq(message_of(a), NONE);
    ck_assert(untied(a));
    relations_link(a, far);
    ck_assert(is_exit_message(message_of(a), far, ATOM_noconnection));
    processes_close();
}
END_TEST

START_TEST(spawn_requests_to_another_node)
{
    processes_open(1);
    term far = connect_other(3);
    struct proc *a = fresh();
    a->flags |= PROC_TRAP_EXIT;
    struct spawn_request r = {.node = other_node->name,
                              .module = ATOM_erlang,
                              .function = ATOM_apply,
                              .arguments = NIL,
                              .options = NIL,
                              .link = true,
                              .monitor = true,
                              .monitor_options = {ATOM_DOWN, ALIAS_NO},
                              .reply_tag = ATOM_ok};
    term ref = relations_spawn_request(a, &r);
    ck_assert_int_eq(sent[0].kind, REMOTE_SPAWN);
    signal_spawn_reply(a->pid, ref, far, 3);
    signal_down(a->pid, ref, ATOM_badarg);
    signal_exit_linked(far, a->pid, ATOM_badarg);
    term reply = message_of(a);
    ck_assert(is_tuple_of(reply, 4) && element(reply, 2) == ATOM_ok && term_equal(element(reply, 3), far));
    ck_assert(is_down(message_of(a), ref, far, ATOM_badarg));
    ck_assert(is_exit_message(message_of(a), far, ATOM_badarg));
    term abandoned = relations_spawn_request(a, &r);
    ck_assert(relations_spawn_abandon(a, abandoned));
    ck_assert(!relations_spawn_abandon(a, abandoned));
    signal_spawn_reply(a->pid, abandoned, far, 3);
    ck_assert_uint_eq(message_of(a), NONE);
    ck_assert_int_eq(sent[sent_count - 1].kind, REMOTE_EXIT);
    ck_assert(untied(a));
    processes_close();
}
END_TEST

START_TEST(spawn_requests_from_another_node)
{
    processes_open(1);
    term far = connect_other(4), ref = ref_new(&sent_terms);
    struct heap *h = &sent_terms;
    term mfa = tuple3(h, ATOM_erlang, ATOM_apply, small(2));
    struct spawn s = process_description(process_idle, 1);
    relations_spawn_for(other_node, ref, far, far, mfa, cons(h, ATOM_link, cons(h, ATOM_monitor, NIL)), s.arguments);
    ck_assert_int_eq(sent[0].kind, REMOTE_SPAWN_REPLY);
    ck_assert_uint_eq(sent[0].id, 3);
    ck_assert(is_local_pid(sent[0].value));
    struct proc *child = proc_find(sent[0].value);
    ck_assert(term_equal(child->group_leader, far) && term_equal(child->parent, far));
    proc_exit(child, ATOM_badarg);
    ck_assert_uint_eq(sent_count, 3);
    ck_assert_int_eq(sent[1].kind, REMOTE_DOWN);
    ck_assert_int_eq(sent[2].kind, REMOTE_EXIT);
    relations_spawn_for(other_node, ref, far, far, mfa, cons(h, ATOM_infinity, NIL), s.arguments);
    ck_assert_uint_eq(sent[3].value, ATOM_badopt);
    processes_close();
}
END_TEST

Suite *signal_suite(void)
{
    Suite *s = suite_create("signal");
    TCase *c = tcase_create("signal");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, exit_of_one_ends_the_linked);
    tcase_add_test(c, normal_exit_and_trapping);
    tcase_add_test(c, kill_cannot_be_trapped_but_links_can);
    tcase_add_test(c, exit_normal_from_others_is_ignored);
    tcase_add_test(c, unlink_waits_for_its_acknowledgement);
    tcase_add_test(c, link_again_before_the_acknowledgement);
    tcase_add_test(c, both_link_at_once);
    tcase_add_test(c, signals_to_the_gone_are_answered);
    tcase_add_test(c, monitors_report_and_can_be_taken_back);
    tcase_add_test(c, down_with_a_tag_of_its_own);
    tcase_add_test(c, aliases);
    tcase_add_test(c, monitors_with_aliases);
    tcase_add_test(c, a_hundred_thousand_links);
    tcase_add_test(c, links_to_another_node);
    tcase_add_test(c, losing_the_connection);
    tcase_add_test(c, spawn_requests_to_another_node);
    tcase_add_test(c, spawn_requests_from_another_node);
    suite_add_tcase(s, c);
    return s;
}
