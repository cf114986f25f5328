// SPDX-License-Identifier: Apache-2.0
// system_info/1. Items that this engine cannot tell are badarg, as unknown ones are on the BEAM.
#include "base/clock.h"
#include "bif/bif.h"
#include "bif/ets_table.h"
#include "code/module.h"
#include "proc/sched.h"
#include "proc/spawn_options.h"
#include "proc/system.h"
#include "term/binary.h"
#include "term/collect.h"
#include "term/ident.h"
#include "term/map.h"
#include "term/number.h"
#include "term/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { HEAP_SIZES = 40, LINE_LIMIT = 1024 };

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
    {ATOM_otp_release, "25"},     {ATOM_version, "13.1.5"},
    {ATOM_machine, "BEAM"},       {ATOM_system_architecture, "x86_64-pc-linux-gnu"},
    {ATOM_driver_version, "3.3"}, {ATOM_nif_version, "2.16"},
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
    {ATOM_ets_always_compress, ATOM_false},
    {ATOM_ets_realloc_moves, ATOM_false},
    {ATOM_modified_timing_level, ATOM_undefined},
    {ATOM_dynamic_trace_probes, ATOM_false},
    {ATOM_eager_check_io, ATOM_true},
    {ATOM_port_parallelism, ATOM_false},
    {ATOM_port_tasks, ATOM_true},
    {ATOM_beam_jump_table, ATOM_true},
    {ATOM_constant_pool_support, ATOM_true},
    {ATOM_hipe_architecture, ATOM_undefined},
    {ATOM_cpu_quota, ATOM_unknown},
    {ATOM_cpu_topology, ATOM_undefined},
    {ATOM_update_cpu_info, ATOM_unchanged},
    {ATOM_system_logger, ATOM_logger},
    {ATOM_check_io, NIL},
    {ATOM_dist_ctrl, NIL},
    {ATOM_taints, NIL},
    {ATOM_multi_scheduling_blockers, NIL},
    {ATOM_normal_multi_scheduling_blockers, NIL},
    {ATOM_alloc_util_allocators, NIL},
    {ATOM_allocated_areas, NIL},
};

// Numbers that only say how a BEAM is built: the engine has no such limits or threads.
static const struct {
    term item;
    sword value;
} fixed_numbers[] = {
    {ATOM_compat_rel, 25},
    {ATOM_context_reductions, CONFIG_SLICE},
    {ATOM_wordsize, sizeof(term)},
    {ATOM_process_limit, CONFIG_MAX_PROCESSES},
    {ATOM_atom_limit, CONFIG_MAX_ATOMS},
    {ATOM_port_count, 0},
    {ATOM_port_limit, 1024},    // the least that a BEAM has: tools divide by it
    {ATOM_delayed_node_table_gc, 60},
    {ATOM_dirty_cpu_schedulers, 0},
    {ATOM_dirty_cpu_schedulers_online, 0},
    {ATOM_dirty_io_schedulers, 0},
    {ATOM_dist_buf_busy_limit, CONFIG_BUSY_BYTES},
    {ATOM_thread_pool_size, 0},
    {ATOM_trace_control_word, 0},
    {ATOM_ets_limit, 8192},
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

static term versions(struct heap *h)
{
    return tuple2(h, ATOM_gnuc, tuple3(h, small(__GNUC__), small(__GNUC_MINOR__), small(__GNUC_PATCHLEVEL__)));
}

static term clock_source(struct heap *h, term clock, bool system, int64_t now)
{
    term items[6];
    size_t n = 0;
    items[n++] = tuple2(h, ATOM_function, ATOM_clock_gettime);
    items[n++] = tuple2(h, ATOM_clock_id, clock);
    items[n++] = tuple2(h, ATOM_resolution, small(1000000000));
    if (!system)
        items[n++] = tuple2(h, ATOM_extended, ATOM_no);
    items[n++] = tuple2(h, ATOM_parallel, ATOM_yes);
    items[n++] = tuple2(h, ATOM_time, integer_from_i64(h, now));
    return list_of(h, n, items, NIL);
}

// Heaps: what a process is spawned with unless it asks for more (system_flag/2).

static term max_heap(struct heap *h)
{
    return map_from_pairs(h,
                          (term[]){ATOM_error_logger, bool_term(spawn_defaults.max_heap_log), ATOM_kill,
                                   bool_term(spawn_defaults.max_heap_kill), ATOM_size,
                                   integer_from_u64(h, spawn_defaults.max_heap_words)},
                          3);
}

static term heap_default(struct heap *h, term item)
{
    size_t least = spawn_defaults.min_heap_words;
    if (item == ATOM_fullsweep_after)
        return tuple2(h, item, small(spawn_defaults.fullsweep_after));
    if (item == ATOM_min_heap_size)
        return tuple2(h, item, integer_from_u64(h, least ? least : CONFIG_FIRST_HEAP));
    if (item == ATOM_min_bin_vheap_size)
        return tuple2(h, item, integer_from_u64(h, spawn_defaults.min_bin_vheap_words));
    return NONE;
}

static term heap_defaults(struct heap *h)
{
    term items[] = {
        tuple2(h, ATOM_max_heap_size, integer_from_u64(h, spawn_defaults.max_heap_words)),
        heap_default(h, ATOM_min_bin_vheap_size),
        heap_default(h, ATOM_min_heap_size),
        heap_default(h, ATOM_fullsweep_after),
    };
    return list_of(h, COUNT_OF(items), items, NIL);
}

static term heap_sizes(struct heap *h)
{
    term sizes[HEAP_SIZES];
    size_t n = 0;
    for (size_t size = CONFIG_FIRST_HEAP; n < HEAP_SIZES; size = heap_next_size(size))
        sizes[n++] = integer_from_u64(h, size);
    return list_of(h, n, sizes, NIL);
}

// What a BEAM's crash dumps and break handler would list, in their form: names alone.

static void line(struct writer *w, const char *tag, term of)
{
    writer_bytes(w, tag, strlen(tag));
    term_print(w, of, LINE_LIMIT);
    writer_u8(w, '\n');
}

static void list_processes(struct writer *w)
{
    uint32_t at = 0;
    for (term pid; (pid = proc_next(&at)) != NONE;)
        line(w, "=proc:", pid);
}

static void list_modules(struct writer *w)
{
    size_t at = 0;
    for (term name; (name = module_next(&at)) != NONE;)
        line(w, "=mod:", name);
}

static term listing(struct heap *h, term item)
{
    struct writer w;
    writer_init(&w);
    if (item == ATOM_procs || item == ATOM_info)
        list_processes(&w);
    if (item == ATOM_loaded || item == ATOM_info)
        list_modules(&w);
    if (item == ATOM_dist || item == ATOM_info)
        line(&w, "=node:", node_self()->name);
    term t = binary_from(h, w.bytes, w.size);
    writer_done(&w);
    return t;
}

// The workers are the schedulers, all of them online; there are no dirty ones.

static term bindings(struct heap *h)
{
    term t = tuple_alloc(h, sched_workers());
    for (unsigned i = 0; i < sched_workers(); i++)
        tuple_elements(t)[i] = ATOM_unbound;
    return t;
}

static term schedulers_state(struct heap *h)
{
    term n = small(sched_workers()), online = small(schedulers_online);
    return tuple3(h, n, online, online);
}

static term all_schedulers_state(struct heap *h)
{
    term n = small(sched_workers()), online = small(schedulers_online), none = small(0);
    term items[] = {tuple4(h, ATOM_normal, n, online, online), tuple4(h, ATOM_dirty_cpu, none, none, none),
                    tuple4(h, ATOM_dirty_io, none, none, none)};
    return list_of(h, COUNT_OF(items), items, NIL);
}

static term changing(struct proc *p, term item)
{
    struct heap *h = proc_heap(p);
    switch (item) {
    case ATOM_schedulers:
        return small(sched_workers());
    case ATOM_schedulers_online:
        return small(schedulers_online);
    case ATOM_outstanding_system_requests_limit:
        return small(requests_limit);
    case ATOM_logical_processors:
    case ATOM_logical_processors_online:
    case ATOM_logical_processors_available:
        return processors();
    case ATOM_scheduler_id:
        return small(p->worker->index + 1);
    case ATOM_process_count:
        return integer_from_u64(h, proc_count());
    case ATOM_atom_count:
        return small(atom_count());
    case ATOM_creation:
        return integer_from_u64(h, node_self()->creation);
    case ATOM_start_time:
        return integer_from_i64(h, system_started());
    case ATOM_end_time:
        return integer_from_i64(h, INT64_MAX);
    }
    return NONE;
}

static term composed(struct heap *h, term item)
{
    switch (item) {
    case ATOM_os_type:
        return tuple2(h, ATOM_unix_, ATOM_linux);
    case ATOM_os_version:
        return os_version(h);
    case ATOM_system_version:
        return system_version(h);
    case ATOM_c_compiler_used:
        return versions(h);
    case ATOM_os_monotonic_time_source:
        return clock_source(h, ATOM_CLOCK_MONOTONIC, false, clock_monotonic());
    case ATOM_os_system_time_source:
        return clock_source(h, ATOM_CLOCK_REALTIME, true, clock_system());
    case ATOM_allocator:
        return tuple4(h, ATOM_undefined, NIL, NIL, NIL);
    case ATOM_sequential_tracer:
        return tuple2(h, item, ATOM_false);
    case ATOM_max_heap_size:
        return max_heap(h);
    case ATOM_garbage_collection:
        return heap_defaults(h);
    case ATOM_ets_count:
        return small(list_length(ets_all(h)));
    case ATOM_heap_sizes:
        return heap_sizes(h);
    case ATOM_procs:
    case ATOM_loaded:
    case ATOM_dist:
    case ATOM_info:
        return listing(h, item);
    case ATOM_scheduler_bindings:
        return bindings(h);
    case ATOM_schedulers_state:
        return schedulers_state(h);
    case ATOM_all_schedulers_state:
        return all_schedulers_state(h);
    }
    return heap_default(h, item);
}

static term item_value(struct proc *p, term item)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].item == item)
            return text(proc_heap(p), texts[i].value);
    for (size_t i = 0; i < COUNT_OF(constants); i++)
        if (constants[i].item == item)
            return constants[i].value;
    for (size_t i = 0; i < COUNT_OF(fixed_numbers); i++)
        if (fixed_numbers[i].item == item)
            return small(fixed_numbers[i].value);
    term value = changing(p, item);
    return value == NONE ? composed(proc_heap(p), item) : value;
}

// Items that are pairs. There are no allocators to tell of.
static term pair_value(term item, term of)
{
    if (item == ATOM_wordsize && (of == ATOM_internal || of == ATOM_external))
        return small(sizeof(term));
    if (item == ATOM_cpu_topology && (of == ATOM_defined || of == ATOM_detected || of == ATOM_used))
        return ATOM_undefined;
    return is_atom(of) && (item == ATOM_allocator || item == ATOM_allocator_sizes) ? (term)ATOM_false : NONE;
}

static term bif_system_info(struct proc *p, term *args)
{
    term value = NONE;
    if (is_atom(args[0]))
        value = item_value(p, args[0]);
    else if (is_tuple_of(args[0], 2))
        value = pair_value(element(args[0], 0), element(args[0], 1));
    return value == NONE ? fail_badarg(p) : value;
}

static const struct native_row rows[] = {
    {"erlang", "system_info", 1, bif_system_info, 0},
};

const struct native_table natives_system_info = {rows, COUNT_OF(rows)};
