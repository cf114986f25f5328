// SPDX-License-Identifier: Apache-2.0
#include "proc/doom.h"

#include "base/clock.h"
#include "base/memory.h"
#include "proc/extra.h"
#include "proc/report.h"
#include "proc/signal.h"

enum { REPORTS_A_SECOND = 20 };

static _Atomic size_t count;

// When very many end at once, reports of all would take the memory that they give up, and drown the host's logger.
static bool may_report(void)
{
    static _Atomic int64_t second;
    static _Atomic unsigned told;
    int64_t now = clock_monotonic() / (1000 * 1000 * 1000);
    if (atomic_exchange_explicit(&second, now, memory_order_relaxed) != now)
        atomic_store_explicit(&told, 0, memory_order_relaxed);
    return atomic_fetch_add_explicit(&told, 1, memory_order_relaxed) < REPORTS_A_SECOND;
}

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
    if (may_report())
        report_memory_limit(p, doom_count());
    mem_passed();
}
