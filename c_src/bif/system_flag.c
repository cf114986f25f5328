// SPDX-License-Identifier: Apache-2.0
// system_flag/2. What fresh processes are spawned with can be set; other flags keep the one value that they have here, and
// setting that value succeeds.
#include "bif/bif.h"
#include "proc/sched.h"
#include "proc/spawn_options.h"
#include "proc/system.h"
#include "term/map.h"
#include "term/number.h"

// Gives the old value, or NONE when the new one is none of the flag.
typedef term setter(struct proc *p, term value);

static term set_fullsweep_after(struct proc *p, term value)
{
    size_t after;
    (void)p;
    if (!words_of_option(value, &after))
        return NONE;
    return small(atomic_exchange(&spawn_defaults.fullsweep_after, (uint32_t)(after < UINT16_MAX ? after : UINT16_MAX)));
}

static term set_min_heap_size(struct proc *p, term value)
{
    size_t words;
    if (!words_of_option(value, &words))
        return NONE;
    size_t old = atomic_exchange(&spawn_defaults.min_heap_words, words);
    return integer_from_u64(proc_heap(p), old ? old : CONFIG_FIRST_HEAP);
}

static term set_min_bin_vheap_size(struct proc *p, term value)
{
    size_t words;
    if (!words_of_option(value, &words))
        return NONE;
    return integer_from_u64(proc_heap(p), atomic_exchange(&spawn_defaults.min_bin_vheap_words, words));
}

static term set_max_heap_size(struct proc *p, term value)
{
    struct heap *h = proc_heap(p);
    struct max_heap m;
    if (!max_heap_of(value, &m))
        return NONE;
    term size = integer_from_u64(h, atomic_exchange(&spawn_defaults.max_heap_words, m.words));
    term kill = bool_term(atomic_exchange(&spawn_defaults.max_heap_kill, m.kill));
    term log = bool_term(atomic_exchange(&spawn_defaults.max_heap_log, m.log));
    return map_from_pairs(h, (term[]){ATOM_error_logger, log, ATOM_kill, kill, ATOM_size, size}, 3);
}

static term only(term value, term value_here)
{
    return value == value_here ? value : NONE;
}

static term set_backtrace_depth(struct proc *p, term value)
{
    size_t depth;
    (void)p;
    if (!words_of_option(value, &depth))
        return NONE;
    return small(
        atomic_exchange(&backtrace_depth, (uint32_t)(depth < BACKTRACE_DEPTH_MAX ? depth : BACKTRACE_DEPTH_MAX)));
}

// How many should run. All do: the number is told, and that is all.
static term set_schedulers_online(struct proc *p, term value)
{
    (void)p;
    if (!is_small(value) || small_value(value) < 1 || small_value(value) > sched_workers())
        return NONE;
    return small(atomic_exchange(&schedulers_online, (uint32_t)small_value(value)));
}

static term set_requests_limit(struct proc *p, term value)
{
    (void)p;
    if (!is_small(value) || small_value(value) < 1 || small_value(value) > REQUESTS_LIMIT_MAX)
        return NONE;
    return small(atomic_exchange(&requests_limit, (uint32_t)small_value(value)));
}

static term set_nothing(struct proc *p, term value)
{
    (void)p;
    return only(value, ATOM_false);
}

static term set_scheduler_wall_time(struct proc *p, term value)
{
    (void)p;
    return is_bool(value) ? bool_term(atomic_exchange(&scheduler_wall_time, value == ATOM_true)) : NONE;
}

static term set_zero(struct proc *p, term value)
{
    (void)p;
    return only(value, small(0));
}

static term set_multi_scheduling(struct proc *p, term value)
{
    (void)p;
    return value == ATOM_unblock || value == ATOM_unblock_normal ? (term)ATOM_enabled : NONE;
}

static term set_time_offset(struct proc *p, term value)
{
    (void)p;
    return value == ATOM_finalize ? (term)ATOM_final : NONE;
}

// The engine has no tokens to take away.
static term set_reset_seq_trace(struct proc *p, term value)
{
    (void)p;
    (void)value;
    return ATOM_true;
}

static term set_system_logger(struct proc *p, term value)
{
    (void)p;
    return only(value, ATOM_logger);
}

static term set_bind_type(struct proc *p, term value)
{
    (void)p;
    return only(value, ATOM_unbound);
}

static term set_topology(struct proc *p, term value)
{
    (void)p;
    return only(value, ATOM_undefined);
}

static const struct {
    term flag;
    setter *set;
} flags[] = {
    {ATOM_fullsweep_after, set_fullsweep_after},
    {ATOM_min_heap_size, set_min_heap_size},
    {ATOM_min_bin_vheap_size, set_min_bin_vheap_size},
    {ATOM_max_heap_size, set_max_heap_size},
    {ATOM_backtrace_depth, set_backtrace_depth},
    {ATOM_schedulers_online, set_schedulers_online},
    {ATOM_outstanding_system_requests_limit, set_requests_limit},
    {ATOM_dirty_cpu_schedulers_online, set_zero},
    {ATOM_multi_scheduling, set_multi_scheduling},
    {ATOM_scheduler_wall_time, set_scheduler_wall_time},
    {ATOM_microstate_accounting, set_nothing},
    {ATOM_sequential_tracer, set_nothing},
    {ATOM_trace_control_word, set_zero},
    {ATOM_time_offset, set_time_offset},
    {ATOM_reset_seq_trace, set_reset_seq_trace},
    {ATOM_system_logger, set_system_logger},
    {ATOM_scheduler_bind_type, set_bind_type},
    {ATOM_cpu_topology, set_topology},
};

static term bif_system_flag(struct proc *p, term *args)
{
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (flags[i].flag == args[0]) {
            term old = flags[i].set(p, args[1]);
            return old == NONE ? fail_badarg(p) : old;
        }
    return fail_badarg_because(p, ATOM_badopt);
}

// Whatever isn't true switches off.
static term bif_scheduler_wall_time(struct proc *p, term *args)
{
    return set_scheduler_wall_time(p, bool_term(args[0] == ATOM_true));
}

static const struct native_row rows[] = {
    {"erlang", "system_flag", 2, bif_system_flag, 0},
    {"erts_internal", "scheduler_wall_time", 1, bif_scheduler_wall_time, 0},
};

const struct native_table natives_system_flag = {rows, COUNT_OF(rows)};
