// SPDX-License-Identifier: Apache-2.0
#include "proc/extra.h"

#include "base/memory.h"
#include "proc/signal.h"
#include "proc/suspend.h"
#include "proc/worker.h"

struct proc_extra *proc_extra(struct proc *p)
{
    if (!p->extra) {
        struct proc_extra *x = p->extra = mem_zero_alloc(sizeof *x);
        x->error_handler = ATOM_error_handler;
        x->fullsweep_after = UINT16_MAX;
        x->max_heap.kill = x->max_heap.log = true;
        lock_init(&x->timers_lock);
        list_init(&x->timers_at_home);
        list_init(&x->timers_away);
        list_init(&x->near);
        list_init(&x->suspensions);
    }
    return p->extra;
}

static void free_collectors(struct proc_extra *x)
{
    for (struct signal *s = x->collectors, *next; s; s = next) {
        next = s->next;
        signal_free(s);
    }
}

void extra_free(struct proc *p)
{
    if (p->extra) {
        suspend_forget(p);
        free_collectors(p->extra);
        mailbox_markers_free(p);
        if (p->extra->floats)
            mem_free(p->extra->floats, sizeof p->worker->f);
        mem_free(p->extra, sizeof *p->extra);
    }
    p->extra = NULL;
}
