// SPDX-License-Identifier: Apache-2.0
#include "processes.h"

#include "proc/names.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "proc/system.h"
#include "support.h"

static enum run_result run(struct worker *w, struct proc *p, sword reductions, sword *used)
{
    (void)w;
    (void)reductions;
    term arguments = heap_stack(&p->heap)[2];
    enum run_result (*function)(struct proc *, sword) =
        (enum run_result(*)(struct proc *, sword))(uintptr_t)small_value(head(arguments));
    *used = 1;
    return function(p, small_value(head(tail(arguments))));
}

void processes_open(unsigned workers)
{
    static bool open;
    support_open();
    if (!open) {
        names_open();
        system_open();
    }
    open = true;
    run_hooks.run = run;
    sched_start(workers);
}

void processes_close(void)
{
    sched_stop();
    sched_run();
}

void processes_run(void)
{
    sched_run();
}

struct spawn process_description(enum run_result (*function)(struct proc *, sword), sword state)
{
    static _Thread_local term cells[4];
    struct spawn s;
    spawn_init(&s, NULL);
    cells[0] = small((sword)(uintptr_t)function);
    cells[1] = list_term(cells + 2);
    cells[2] = small(state);
    cells[3] = NIL;
    s.module = ATOM_erlang;
    s.function = ATOM_apply;
    s.arguments = list_term(cells);
    return s;
}

term process_new(struct proc *creator, enum run_result (*function)(struct proc *, sword), sword state)
{
    struct spawn s = process_description(function, state);
    if (creator)
        s.parent = creator->pid;
    return proc_spawn(creator, &s);
}

enum run_result process_exit(struct proc *p, term reason)
{
    p->worker->failure.reason = reason;
    return RUN_EXIT;
}

enum run_result process_idle(struct proc *p, sword state)
{
    (void)state;
    while (mailbox_look(p))
        mailbox_skip(&p->mailbox);
    return process_wait(p);
}

term process_receive(struct proc *p)
{
    struct signal *s = mailbox_look(p);
    if (!s)
        return NONE;
    term message = s->value;
    mailbox_remove(p);
    return message;
}

enum run_result process_wait(struct proc *p)
{
    return p->flags & PROC_EXITING ? RUN_EXIT : RUN_WAIT;
}
