// SPDX-License-Identifier: Apache-2.0
#include "proc/doom.h"

#include "base/memory.h"
#include "proc/extra.h"
#include "proc/report.h"
#include "proc/signal.h"

static _Atomic size_t count;

size_t doom_count(void)
{
    return atomic_load_explicit(&count, memory_order_relaxed);
}

void doom_heap(struct proc *p)
{
    if (p->flags & PROC_DOOMED)
        return;
    if (p->extra->max_heap.log)
        report_heap_limit(p);
    if (!p->extra->max_heap.kill)
        return;
    p->flags |= PROC_DOOMED;
    signal_exit(p->pid, p->pid, ATOM_kill);
}

void doom_receiver(term pid)
{
    term reason[3] = {header(KIND_TUPLE, 2), ATOM_system_limit, ATOM_memory};
    atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
    signal_end(pid, boxed_term(reason));
}

void doom_memory(struct proc *p)
{
    if (p->flags & (PROC_DOOMED | PROC_EXITING))
        return;
    p->flags |= PROC_DOOMED;
    doom_receiver(p->pid);
    report_memory_limit(p);
    mem_passed();
}
