// SPDX-License-Identifier: Apache-2.0
// Natives about the node and the engine: system_info, statistics, node and nodes, memory.
// Items that this engine cannot tell are badarg, as unknown ones are on the BEAM.
#include "base/clock.h"
#include "base/memory.h"
#include "bif/bif.h"
#include "proc/remote.h"
#include "proc/sched.h"
#include "proc/system.h"
#include "term/ident.h"
#include "term/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static term text(struct heap *h, const char *s)
{
    term list = NIL;
    for (size_t i = strlen(s); i-- > 0;)
        list = cons(h, small((unsigned char)s[i]), list);
    return list;
}

// What is always the same: the release whose code this engine runs, and what follows from its construction.
static const struct {
    term item;
    const char *value;
} texts[] = {
    {ATOM_otp_release, "25"},
    {ATOM_version, "13.1.5"},
    {ATOM_machine, "BEAM"},
    {ATOM_system_architecture, "x86_64-pc-linux-gnu"},
};

static const struct {
    term item, value;
} constants[] = {
    {ATOM_build_type, ATOM_opt},
    {ATOM_emu_type, ATOM_opt},
    {ATOM_emu_flavor, ATOM_emu},
    {ATOM_endian, ATOM_little},
    {ATOM_heap_type, ATOM_private},
    {ATOM_threads, ATOM_true},
    {ATOM_smp_support, ATOM_true},
    {ATOM_kernel_poll, ATOM_true},
    {ATOM_debug_compiled, ATOM_false},
    {ATOM_break_ignored, ATOM_true},
    {ATOM_time_correction, ATOM_true},
    {ATOM_time_warp_mode, ATOM_no_time_warp},
    {ATOM_time_offset, ATOM_final},
    {ATOM_tolerant_timeofday, ATOM_enabled},
    {ATOM_multi_scheduling, ATOM_enabled},
    {ATOM_dynamic_trace, ATOM_none},
    {ATOM_message_queue_data, ATOM_on_heap},
    {ATOM_scheduler_bind_type, ATOM_unbound},
    {ATOM_modified_timing_level, ATOM_undefined},
};

static term processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? small(n) : (term)ATOM_unknown;
}

static term os_version(struct heap *h)
{
    struct utsname u;
    char *at = u.release;
    term numbers[3] = {small(0), small(0), small(0)};
    uname(&u);
    for (int i = 0; i < 3 && *at >= '0' && *at <= '9'; i++) {
        numbers[i] = small(strtol(at, &at, 10));
        at += *at == '.';
    }
    return tuple3(h, numbers[0], numbers[1], numbers[2]);
}

static term system_version(struct heap *h)
{
    char line[128];
    snprintf(line, sizeof line, "Erlang/OTP 25 [tandem] [64-bit] [smp:%u:%u]\n", sched_workers(), sched_workers());
    return text(h, line);
}

static bool same(term item, term a, term b, term c)
{
    return item == a || item == b || item == c;
}

static term heap_defaults(struct heap *h, term item)
{
    if (item == ATOM_fullsweep_after)
        return tuple2(h, item, small(UINT16_MAX));
    if (item == ATOM_min_heap_size)
        return tuple2(h, item, small(CONFIG_FIRST_HEAP));
    return NONE;
}

static term changing(struct proc *p, term item)
{
    struct heap *h = proc_heap(p);
    if (same(item, ATOM_schedulers, ATOM_schedulers_online, NONE))
        return small(sched_workers());
    if (same(item, ATOM_logical_processors, ATOM_logical_processors_online, ATOM_logical_processors_available))
        return processors();
    if (item == ATOM_scheduler_id)
        return small(p->worker->index + 1);
    if (item == ATOM_process_count)
        return integer_from_u64(h, proc_count());
    if (item == ATOM_process_limit)
        return small(CONFIG_MAX_PROCESSES);
    if (item == ATOM_port_count)
        return small(0);
    if (item == ATOM_atom_count)
        return small(atom_count());
    if (item == ATOM_atom_limit)
        return small(CONFIG_MAX_ATOMS);
    if (item == ATOM_creation)
        return integer_from_u64(h, node_self()->creation);
    if (item == ATOM_start_time)
        return integer_from_i64(h, system_started());
    if (item == ATOM_context_reductions)
        return small(CONFIG_SLICE);
    if (item == ATOM_wordsize)
        return small(sizeof(term));
    if (item == ATOM_os_type)
        return tuple2(h, ATOM_unix_, ATOM_linux);
    if (item == ATOM_os_version)
        return os_version(h);
    return item == ATOM_system_version ? system_version(h) : heap_defaults(h, item);
}

static term item_value(struct proc *p, term item)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].item == item)
            return text(proc_heap(p), texts[i].value);
    for (size_t i = 0; i < COUNT_OF(constants); i++)
        if (constants[i].item == item)
            return constants[i].value;
    return changing(p, item);
}

static term bif_system_info(struct proc *p, term *args)
{
    term value = NONE;
    if (is_atom(args[0]))
        value = item_value(p, args[0]);
    else if (is_tuple_of(args[0], 2) && element(args[0], 0) == ATOM_wordsize &&
             (element(args[0], 1) == ATOM_internal || element(args[0], 1) == ATOM_external))
        value = small(sizeof(term));
    return value == NONE ? fail_badarg(p) : value;
}

// {Total, Since the last call}.
static term since_last(struct proc *p, int64_t total, _Atomic int64_t *last)
{
    struct heap *h = proc_heap(p);
    int64_t before = atomic_exchange(last, total);
    return tuple2(h, integer_from_i64(h, total), integer_from_i64(h, total - before));
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
    if (same(item, ATOM_run_queue, ATOM_total_run_queue_lengths, ATOM_total_run_queue_lengths_all))
        return integer_from_u64(h, c.run_queue);
    if (same(item, ATOM_total_active_tasks, ATOM_total_active_tasks_all, NONE))
        return integer_from_u64(h, c.run_queue + 1);
    return item == ATOM_scheduler_wall_time ? (term)ATOM_undefined : NONE;
}

static term bif_statistics(struct proc *p, term *args)
{
    term value = statistics_item(p, args[0]);
    return value == NONE ? fail_badarg(p) : value;
}

// The engine knows what it holds as a whole, not by kind.
static term bif_memory(struct proc *p, term *args)
{
    (void)args;
    struct heap *h = proc_heap(p);
    return cons(h, tuple2(h, ATOM_total, integer_from_u64(h, mem_in_use())), NIL);
}

static term bif_memory_item(struct proc *p, term *args)
{
    return args[0] == ATOM_total ? integer_from_u64(proc_heap(p), mem_in_use()) : fail_badarg(p);
}

// Nodes. All connections of a hidden node are hidden.

static term connected(struct proc *p)
{
    return remote_hooks.nodes ? remote_hooks.nodes(proc_heap(p)) : NIL;
}

static term bif_node(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return node_self()->name;
}

static term bif_nodes(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return NIL;
}

static bool node_kind(term kind, bool *others, bool *self)
{
    *others = *others || kind == ATOM_hidden || kind == ATOM_connected || kind == ATOM_known;
    *self = *self || kind == ATOM_this || kind == ATOM_known;
    return *others || *self || kind == ATOM_visible;
}

static term bif_nodes_of(struct proc *p, term *args)
{
    bool others = false, self = false, good = true;
    if (is_atom(args[0])) {
        good = node_kind(args[0], &others, &self);
    } else {
        term list = args[0];
        for (; good && is_list(list); list = tail(list))
            good = node_kind(head(list), &others, &self);
        good = good && is_nil(list);
    }
    if (!good)
        return fail_badarg(p);
    term list = others ? connected(p) : NIL;
    return self ? cons(proc_heap(p), node_self()->name, list) : list;
}

static term bif_get_creation(struct proc *p, term *args)
{
    (void)args;
    return integer_from_u64(proc_heap(p), node_self()->creation);
}

static const struct native_row rows[] = {
    {"erlang", "system_info", 1, bif_system_info, 0}, {"erlang", "statistics", 1, bif_statistics, 0},
    {"erlang", "memory", 0, bif_memory, 0},           {"erlang", "memory", 1, bif_memory_item, 0},
    {"erlang", "node", 0, bif_node, NATIVE_GUARD},    {"erlang", "nodes", 0, bif_nodes, 0},
    {"erlang", "nodes", 1, bif_nodes_of, 0},          {"erts_internal", "get_creation", 0, bif_get_creation, 0},
};

const struct native_table natives_system_info = {rows, COUNT_OF(rows)};
