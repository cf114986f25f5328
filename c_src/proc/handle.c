// SPDX-License-Identifier: Apache-2.0
// The receiver's side of signals: the one place that handles them.
#include "proc/collecting.h"
#include "proc/dead.h"
#include "proc/errand.h"
#include "proc/extra.h"
#include "proc/info.h"
#include "proc/near.h"
#include "proc/relations.h"
#include "proc/run.h"
#include "proc/suspend.h"
#include "proc/system.h"
#include "proc/timeline.h"
#include "proc/timer.h"
#include "term/atom.h"
#include "term/copy.h"

// From now on the process only exits. The reason's block becomes part of its heap.
static void end(struct proc *p, struct signal *s, term reason)
{
    heap_adopt(&p->heap, signal_fragment(s));
    p->flags |= PROC_EXITING;
    p->flags &= ~(uint32_t)PROC_BLOCKED;
    p->worker->failure.class = ATOM_exit;
    p->worker->failure.reason = reason;
    if (errand_waits(p))
        errand_doom(p, reason);
}

// The signal itself becomes the message {'EXIT', From, Reason}: it was made with room for it.
static void trap_exit(struct proc *p, struct signal *s)
{
    struct heap h;
    signal_heap(s, &h);
    s->value = tuple3(&h, ATOM_EXIT, s->from, s->value);
    signal_close(s, &h);
    s->kind = SIGNAL_MESSAGE;
    mailbox_append(&p->mailbox, s);
}

static void handle_exit(struct proc *p, struct signal *s)
{
    system_count_other();
    if (s->kind == SIGNAL_EXIT && s->value == ATOM_kill)
        end(p, s, ATOM_killed);
    else if (s->kind == SIGNAL_EXIT && s->number)
        end(p, s, s->value);
    else if (p->flags & PROC_TRAP_EXIT)
        trap_exit(p, s);
    else if (s->value == ATOM_normal && (s->kind == SIGNAL_EXIT_LINKED || s->from != p->pid))
        signal_free(s);
    else
        end(p, s, s->value);
}

static void handle_alias_message(struct proc *p, struct signal *s)
{
    if (!relations_alias_used(p, s->ref)) {
        signal_free(s);
        return;
    }
    s->kind = SIGNAL_MESSAGE;
    mailbox_append(&p->mailbox, s);
}

static void answer_pair(const struct signal *s, term value)
{
    term room[3] = {header(KIND_TUPLE, 2), s->ref, value};
    if (s->from != NONE)
        signal_answer(s->from, boxed_term(room));
}

static void handle_process_info(struct proc *p, const struct signal *s)
{
    struct heap h;
    heap_init(&h, 64);
    answer_pair(s, info_items(p, &h, s->value));
    heap_done(&h);
}

static void handle_check_code(struct proc *p, const struct signal *s)
{
    bool uses = run_hooks.uses_old_code && run_hooks.uses_old_code(p, s->value);
    term room[4] = {header(KIND_TUPLE, 3), ATOM_check_process_code, s->ref, uses ? ATOM_true : ATOM_false};
    signal_answer(s->from, boxed_term(room));
}

static void handle_wake(struct proc *p)
{
    p->flags &= ~(uint32_t)(PROC_BLOCKED | PROC_PARKED | PROC_AWAITS);
}

// Those that leave nothing of the signal behind.
static void handle_other(struct proc *p, const struct signal *s)
{
    system_count_other();
    switch ((enum signal_kind)s->kind) {
    case SIGNAL_LINK:
        relations_linked(p, s->from);
        return;
    case SIGNAL_UNLINK:
        relations_unlinked(p, s->from, s->id);
        return;
    case SIGNAL_UNLINK_ACK:
        relations_unlink_acked(p, s->from, s->id);
        return;
    case SIGNAL_MONITOR:
        relations_monitored(p, s->from, s->ref, s->value);
        return;
    case SIGNAL_DEMONITOR:
        relations_demonitored(p, s->ref);
        return;
    case SIGNAL_GROUP_LEADER:
        p->group_leader = term_copy(&p->heap, pid_literal(s->value));
        answer_pair(s, ATOM_true);
        return;
    case SIGNAL_IS_ALIVE:
        answer_pair(s, ATOM_true);
        return;
    case SIGNAL_PROCESS_INFO:
        handle_process_info(p, s);
        return;
    case SIGNAL_CHECK_CODE:
        handle_check_code(p, s);
        return;
    case SIGNAL_RESUME:
        suspend_resumed(p, s->id);
        return;
    case SIGNAL_SAVE_CALLS:
        answer_pair(s, small(proc_extra(p)->save_calls));
        proc_extra(p)->save_calls = (uint32_t)s->id;
        return;
    case SIGNAL_SPAWN_REPLY:
        relations_spawn_replied(p, s->ref, s->value, s->id);
        return;
    case SIGNAL_NODE_DOWN:
        relations_lost_node(p, s->value);
        return;
    case SIGNAL_TIMEOUT:
        timer_receive_fired(p, s->id);
        return;
    case SIGNAL_WAKE:
        handle_wake(p);
        return;
    case SIGNAL_MESSAGE:
    case SIGNAL_ALIAS_MESSAGE:
    case SIGNAL_EXIT:
    case SIGNAL_EXIT_LINKED:
    case SIGNAL_DOWN:
    case SIGNAL_SUSPEND:
    case SIGNAL_COLLECT:
    case SIGNAL_COUNT:
        return;
    }
}

static void handle_suspend(struct proc *p, struct signal *s)
{
    if (!suspend_taken(p)) {
        signal_deliver(p->pid, s);
        return;
    }
    answer_pair(s, s->value);
    signal_free(s);
}

static void handle(struct proc *p, struct signal *s)
{
    switch ((enum signal_kind)s->kind) {
    case SIGNAL_MESSAGE:
        if (UNLIKELY(s->number & TIMELINE_MARKED))
            timeline_taken(s);
        mailbox_append(&p->mailbox, s);
        return;
    case SIGNAL_ALIAS_MESSAGE:
        if (UNLIKELY(s->number & TIMELINE_MARKED))
            timeline_taken(s);
        handle_alias_message(p, s);
        return;
    case SIGNAL_EXIT:
        handle_exit(p, s);
        return;
    case SIGNAL_EXIT_LINKED:
        if (relations_exit_linked(p, s->from))
            handle_exit(p, s);
        else
            signal_free(s);
        return;
    case SIGNAL_DOWN:
        system_count_other();
        s = relations_down(p, s);
        if (s)
            mailbox_append(&p->mailbox, s);
        return;
    case SIGNAL_SUSPEND:
        handle_suspend(p, s);
        return;
    case SIGNAL_COLLECT:
        system_count_other();
        collecting_ask(p, s);
        return;
    case SIGNAL_LINK:
    case SIGNAL_UNLINK:
    case SIGNAL_UNLINK_ACK:
    case SIGNAL_MONITOR:
    case SIGNAL_DEMONITOR:
    case SIGNAL_GROUP_LEADER:
    case SIGNAL_IS_ALIVE:
    case SIGNAL_PROCESS_INFO:
    case SIGNAL_CHECK_CODE:
    case SIGNAL_RESUME:
    case SIGNAL_SAVE_CALLS:
    case SIGNAL_SPAWN_REPLY:
    case SIGNAL_NODE_DOWN:
    case SIGNAL_TIMEOUT:
    case SIGNAL_WAKE:
    case SIGNAL_COUNT:
        handle_other(p, s);
        signal_free(s);
        return;
    }
}

static void answer_dead(struct proc *p, struct signal *s)
{
    if (is_near(s))
        near_drop(s);
    dead_answer(p->pid, s);
}

static struct signal *oldest_first(struct signal *newest)
{
    struct signal *first = NULL;
    for (uintptr_t before = (uintptr_t)newest; newest;) {
        struct signal *next = newest->next;
        before = signal_fetch_ahead(newest, before);
        newest->next = first;
        first = newest;
        newest = next;
    }
    return first;
}

void signal_take(struct proc *p)
{
    struct signal *s = oldest_first(atomic_exchange_explicit(&p->mailbox.outer, NULL, memory_order_acquire));
    while (s) {
        struct signal *next = s->next;
        if (UNLIKELY(p->flags & PROC_EXITING))
            answer_dead(p, s);
        else
            handle(p, s);
        s = next;
    }
}

void signal_close_queue(struct proc *p)
{
    collecting_answer(p, false);
    struct signal *s = oldest_first(atomic_exchange(&p->mailbox.outer, MAILBOX_CLOSED));
    while (s) {
        struct signal *next = s->next;
        answer_dead(p, s);
        s = next;
    }
}
