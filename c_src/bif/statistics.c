// SPDX-License-Identifier: Apache-2.0
// statistics/1 and memory/0,1.
#include "base/clock.h"
#include "base/config.h"
#include "base/memory.h"
#include "bif/bif.h"
#include "code/module.h"
#include "proc/sched.h"
#include "proc/system.h"
#include "term/number.h"

#include <pthread.h>

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

// What was last told of each scheduler. A worker may be held up after it has looked at the clock and before it says that it rests or
// runs again; taken as they are, two such times can differ by more than the time between them, or by less than nothing.
static struct wall_time {
    int64_t active, total;
} told[CONFIG_MAX_WORKERS];
static pthread_mutex_t told_lock = PTHREAD_MUTEX_INITIALIZER;

static struct wall_time wall_time(unsigned worker)
{
    pthread_mutex_lock(&told_lock);
    struct wall_time *t = &told[worker];
    int64_t idle = sched_load(worker).idle, total = clock_monotonic() - system_started();
    int64_t grown = total - idle - t->active, passed = total - t->total;
    t->active += grown < 0 ? 0 : grown > passed ? passed : grown;
    t->total = total;
    struct wall_time now = *t;
    pthread_mutex_unlock(&told_lock);
    return now;
}

// [{Scheduler, Active, Total}], in nanoseconds since the engine began.
static term wall_times(struct heap *h)
{
    term list = NIL;
    for (unsigned i = sched_workers(); i-- > 0;) {
        struct wall_time t = wall_time(i);
        list = cons(h, tuple3(h, small(i + 1), integer_from_i64(h, t.active), integer_from_i64(h, t.total)), list);
    }
    return list;
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
        return scheduler_wall_time ? wall_times(h) : (term)ATOM_undefined;
    if (item == ATOM_io)
        return tuple2(h, tuple2(h, ATOM_input, small(0)), tuple2(h, ATOM_output, small(0)));
    return item == ATOM_microstate_accounting ? NIL : queues(h, item, c.run_queue);
}

static term bif_statistics(struct proc *p, term *args)
{
    term value = statistics_item(p, args[0]);
    return value == NONE ? fail_badarg(p) : value;
}

// Memory. Atoms are counted by their average size, code by what modules tell of themselves; what is none of these and
// neither binary nor table belongs to processes, as far as anybody knows here.

enum { ATOM_BYTES = 64, MEMORY_KINDS = 9 };

static const term memory_kinds[MEMORY_KINDS] = {ATOM_total,  ATOM_processes, ATOM_processes_used,
                                                ATOM_system, ATOM_atom,      ATOM_atom_used,
                                                ATOM_binary, ATOM_code,      ATOM_ets};

// Literals are not among what mem_in_use counts.
static size_t code_bytes(size_t *literals)
{
    size_t bytes = 0, at = 0;
    *literals = 0;
    for (term name; (name = module_next(&at)) != NONE;) {
        const struct module *m = module_find(name);
        if (!m)
            continue;
        bytes += m->code_words * sizeof(word) + m->string_size;
        *literals += m->literal_area ? m->literal_area->size * sizeof(word) : 0;
    }
    return bytes;
}

// In the order of memory_kinds.
struct memory {
    size_t bytes[MEMORY_KINDS];
};

static struct memory memory_now(void)
{
    size_t literals, code = code_bytes(&literals), atoms = (size_t)atom_count() * ATOM_BYTES;
    size_t binaries = mem_used_for(MEM_BINARIES), tables = mem_used_for(MEM_TABLES);
    size_t system = atoms + code + literals + binaries + tables, total = mem_in_use() + literals;
    if (total < system)
        total = system;
    return (struct memory){
        {total, total - system, total - system, system, atoms, atoms, binaries, code + literals, tables}};
}

static term memory_pair(struct heap *h, const struct memory *m, size_t kind)
{
    return tuple2(h, memory_kinds[kind], integer_from_u64(h, m->bytes[kind]));
}

// MEMORY_KINDS: it is none.
static size_t memory_kind(term t)
{
    size_t kind = 0;
    while (kind < MEMORY_KINDS && memory_kinds[kind] != t)
        kind++;
    return kind;
}

static term bif_memory(struct proc *p, term *args)
{
    (void)args;
    struct heap *h = proc_heap(p);
    struct memory m = memory_now();
    term list = NIL;
    for (size_t i = MEMORY_KINDS; i-- > 0;)
        list = cons(h, memory_pair(h, &m, i), list);
    return list;
}

static term bif_memory_of(struct proc *p, term *args)
{
    struct heap *h = proc_heap(p);
    struct memory m = memory_now();
    size_t kind = memory_kind(args[0]);
    if (kind < MEMORY_KINDS)
        return integer_from_u64(h, m.bytes[kind]);
    term first = NIL, *end = &first, kinds = args[0];
    for (; is_list(kinds) && (kind = memory_kind(head(kinds))) < MEMORY_KINDS; kinds = tail(kinds)) {
        *end = cons(h, memory_pair(h, &m, kind), NIL);
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
