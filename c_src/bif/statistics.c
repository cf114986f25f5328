// SPDX-License-Identifier: Apache-2.0
// statistics/1 and memory/0,1.
#include "base/clock.h"
#include "base/memory.h"
#include "bif/bif.h"
#include "proc/sched.h"
#include "proc/system.h"
#include "term/number.h"

// {Total, Since the last call}.
static term since_last(struct proc *p, int64_t total, _Atomic int64_t *last)
{
    struct heap *h = proc_heap(p);
    int64_t before = atomic_exchange(last, total);
    return tuple2(h, integer_from_i64(h, total), integer_from_i64(h, total - before));
}

// A figure for each scheduler: all that waits, waits for any of them.
static term per_scheduler(struct heap *h, uint64_t value, bool all)
{
    term list = all ? cons(h, small(0), NIL) : NIL;
    list = cons(h, small(0), list);
    for (unsigned i = 1; i < sched_workers(); i++)
        list = cons(h, small(0), list);
    return cons(h, integer_from_u64(h, value), list);
}

static term queues(struct heap *h, term item, uint64_t waiting)
{
    switch (item) {
    case ATOM_run_queue:
    case ATOM_total_run_queue_lengths:
    case ATOM_total_run_queue_lengths_all:
        return integer_from_u64(h, waiting);
    case ATOM_total_active_tasks:
    case ATOM_total_active_tasks_all:
        return integer_from_u64(h, waiting + 1);
    case ATOM_run_queue_lengths:
    case ATOM_run_queue_lengths_all:
        return per_scheduler(h, waiting, item == ATOM_run_queue_lengths_all);
    case ATOM_active_tasks:
    case ATOM_active_tasks_all:
        return per_scheduler(h, waiting + 1, item == ATOM_active_tasks_all);
    }
    return NONE;
}

static term statistics_item(struct proc *p, term item)
{
    static _Atomic int64_t last_reductions, last_runtime, last_wall_clock;
    struct heap *h = proc_heap(p);
    struct system_counts c = system_counts();
    if (item == ATOM_reductions || item == ATOM_exact_reductions)
        return since_last(p, (int64_t)c.reductions, &last_reductions);
    if (item == ATOM_runtime)
        return since_last(p, clock_cpu() / 1000000, &last_runtime);
    if (item == ATOM_wall_clock)
        return since_last(p, (clock_monotonic() - system_started()) / 1000000, &last_wall_clock);
    if (item == ATOM_context_switches)
        return tuple2(h, integer_from_u64(h, c.slices), small(0));
    if (item == ATOM_garbage_collection)
        return tuple3(h, integer_from_u64(h, c.collections), small(0), small(0));
    if (item == ATOM_scheduler_wall_time || item == ATOM_scheduler_wall_time_all)
        return ATOM_undefined;
    if (item == ATOM_io)
        return tuple2(h, tuple2(h, ATOM_input, small(0)), tuple2(h, ATOM_output, small(0)));
    return item == ATOM_microstate_accounting ? NIL : queues(h, item, c.run_queue);
}

static term bif_statistics(struct proc *p, term *args)
{
    term value = statistics_item(p, args[0]);
    return value == NONE ? fail_badarg(p) : value;
}

// Memory. Atoms are counted by their average size; what is not theirs belongs to processes, as far as anybody knows here.

enum { ATOM_BYTES = 64 };

static const term memory_kinds[] = {ATOM_total,     ATOM_processes, ATOM_processes_used, ATOM_system, ATOM_atom,
                                    ATOM_atom_used, ATOM_binary,    ATOM_code,           ATOM_ets};

static size_t memory_of(term kind, size_t total)
{
    size_t atoms = (size_t)atom_count() * ATOM_BYTES;
    atoms = atoms < total ? atoms : total;
    switch (kind) {
    case ATOM_total:
        return total;
    case ATOM_processes:
    case ATOM_processes_used:
        return total - atoms;
    case ATOM_system:
    case ATOM_atom:
    case ATOM_atom_used:
        return atoms;
    }
    return 0;
}

static term memory_pair(struct heap *h, term kind, size_t total)
{
    return tuple2(h, kind, integer_from_u64(h, memory_of(kind, total)));
}

static bool is_memory_kind(term t)
{
    for (size_t i = 0; i < COUNT_OF(memory_kinds); i++)
        if (memory_kinds[i] == t)
            return true;
    return false;
}

static term bif_memory(struct proc *p, term *args)
{
    (void)args;
    struct heap *h = proc_heap(p);
    term list = NIL;
    size_t total = mem_in_use();
    for (size_t i = COUNT_OF(memory_kinds); i-- > 0;)
        list = cons(h, memory_pair(h, memory_kinds[i], total), list);
    return list;
}

static term bif_memory_of(struct proc *p, term *args)
{
    struct heap *h = proc_heap(p);
    size_t total = mem_in_use();
    if (is_memory_kind(args[0]))
        return integer_from_u64(h, memory_of(args[0], total));
    term first = NIL, *end = &first, kinds = args[0];
    for (; is_list(kinds) && is_memory_kind(head(kinds)); kinds = tail(kinds)) {
        *end = cons(h, memory_pair(h, head(kinds), total), NIL);
        end = list_ptr(*end) + 1;
    }
    return is_nil(kinds) ? first : fail_badarg(p);
}

static const struct native_row rows[] = {
    {"erlang", "statistics", 1, bif_statistics, 0},
    {"erlang", "memory", 0, bif_memory, 0},
    {"erlang", "memory", 1, bif_memory_of, 0},
};

const struct native_table natives_statistics = {rows, COUNT_OF(rows)};
