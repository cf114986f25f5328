// SPDX-License-Identifier: Apache-2.0
// Tracing, sequential tracing, dynamic trace tags, system monitors and profilers: this engine traces nothing. Asking tells
// so, switching off succeeds, switching on is badarg.
#include "bif/always.h"
#include "proc/signal.h"
#include "term/ident.h"

static bool among(term t, const term *these, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (these[i] == t)
            return true;
    return false;
}

#define AMONG(t, ...) among(t, (const term[]){__VA_ARGS__}, sizeof((const term[]){__VA_ARGS__}) / sizeof(term))

static bool is_trace_flag(term t)
{
    if (is_tuple(t))
        return (tuple_arity(t) == 2 || tuple_arity(t) == 3) && element(t, 0) == ATOM_tracer;
    return AMONG(t, ATOM_send, ATOM_receive, ATOM_procs, ATOM_call, ATOM_arity, ATOM_return_to, ATOM_running,
                 ATOM_garbage_collection, ATOM_timestamp, ATOM_monotonic_timestamp, ATOM_strict_monotonic_timestamp,
                 ATOM_cpu_timestamp, ATOM_set_on_spawn, ATOM_set_on_first_spawn, ATOM_set_on_link,
                 ATOM_set_on_first_link, ATOM_exiting, ATOM_silent, ATOM_running_procs, ATOM_running_ports, ATOM_ports,
                 ATOM_all);
}

static bool all_are(term list, bool is(term))
{
    while (is_list(list) && is(head(list)))
        list = tail(list);
    return is_nil(list);
}

// How many processes a tracee names; -1: none.
static sword tracees(term t)
{
    if (is_local_pid(t))
        return proc_find(t) ? 1 : -1;
    if (AMONG(t, ATOM_all, ATOM_processes, ATOM_existing, ATOM_existing_processes))
        return (sword)proc_count();
    return AMONG(t, ATOM_new, ATOM_new_processes, ATOM_new_ports, ATOM_ports, ATOM_existing_ports) ? 0 : -1;
}

static term bif_trace(struct proc *p, term *args)
{
    if (!all_are(args[2], is_trace_flag))
        return fail_badarg_because(p, ATOM_badopt);
    sword count = tracees(args[0]);
    return args[1] == ATOM_false && count >= 0 ? small(count) : fail_badarg(p);
}

static bool is_pattern_flag(term t)
{
    if (is_tuple(t))
        return (tuple_arity(t) == 2 || tuple_arity(t) == 3) && element(t, 0) == ATOM_meta;
    return AMONG(t, ATOM_global, ATOM_local, ATOM_meta, ATOM_call_count, ATOM_call_time);
}

// {M, F, A}, wildcards '_' only from the right.
static bool is_function_pattern(term t)
{
    if (AMONG(t, ATOM_on_load, ATOM_send, ATOM_receive))
        return true;
    if (!is_tuple_of(t, 3) || !is_atom(element(t, 0)) || !is_atom(element(t, 1)))
        return false;
    term arity = element(t, 2);
    if (is_small(arity))
        return small_value(arity) >= 0 && element(t, 0) != ATOM_underscore && element(t, 1) != ATOM_underscore;
    return arity == ATOM_underscore && (element(t, 0) != ATOM_underscore || element(t, 1) == ATOM_underscore);
}

static bool fits(term pattern, term t)
{
    return pattern == ATOM_underscore || pattern == t;
}

static sword matching_functions(term pattern)
{
    sword count = 0;
    size_t at = 0;
    for (struct export *e; is_tuple(pattern) && (e = export_next(&at)) != NULL;)
        count += export_bytecode(e) && fits(element(pattern, 0), e->module) && fits(element(pattern, 1), e->function) &&
                 fits(element(pattern, 2), small(e->arity));
    return count;
}

static bool is_clause(term t)
{
    return is_tuple_of(t, 3) && list_length(element(t, 1)) >= 0 && list_length(element(t, 2)) >= 0;
}

static term bif_trace_pattern(struct proc *p, term *args)
{
    if (!is_bool(args[1]) && !all_are(args[1], is_clause) && args[1] != ATOM_restart && args[1] != ATOM_pause)
        return fail_badarg_because(p, ATOM_match_spec);
    if (!all_are(args[2], is_pattern_flag))
        return fail_badarg_because(p, ATOM_badopt);
    if (!is_function_pattern(args[0]) || args[1] != ATOM_false)
        return fail_badarg_because(p, ATOM_none);
    return small(matching_functions(args[0]));
}

static term process_trace(struct proc *p, term item, bool exists)
{
    if (item != ATOM_flags && item != ATOM_tracer)
        return fail_badarg(p);
    return exists ? tuple2(proc_heap(p), item, NIL) : (term)ATOM_undefined;
}

static term function_trace(struct proc *p, term function, term item)
{
    if (!is_atom(element(function, 0)) || !is_atom(element(function, 1)) || !is_small(element(function, 2)) ||
        small_value(element(function, 2)) < 0)
        return fail_badarg(p);
    const struct export *e =
        export_find(element(function, 0), element(function, 1), (uint32_t)small_value(element(function, 2)));
    return tuple2(proc_heap(p), item, e && export_is_callable(e) ? ATOM_false : ATOM_undefined);
}

static term bif_trace_info(struct proc *p, term *args)
{
    term what = args[0], item = args[1];
    if (is_local_pid(what))
        return process_trace(p, item, proc_find(what));
    if (is_port(what) && node_is_self(ident_node(what)))
        return process_trace(p, item, false);
    if (AMONG(what, ATOM_new, ATOM_new_processes, ATOM_new_ports))
        return process_trace(p, item, true);
    if (what == ATOM_send || what == ATOM_receive)
        return item == ATOM_match_spec ? tuple2(proc_heap(p), item, ATOM_true) : fail_badarg(p);
    if (what == ATOM_on_load)
        return tuple2(proc_heap(p), item, ATOM_false);
    if (is_tuple_of(what, 3))
        return function_trace(p, what, item);
    return is_tuple(what) ? fail_badarg(p) : fail_badarg_because(p, ATOM_badopt);
}

static term bif_trace_delivered(struct proc *p, term *args)
{
    if (args[0] != ATOM_all && !is_local_pid(args[0]))
        return fail_badarg(p);
    term ref = ref_new(proc_heap(p));
    signal_message(p->pid, tuple3(proc_heap(p), ATOM_trace_delivered, args[0], ref));
    return ref;
}

// Sequential tracing: no process has a token.

static term bif_seq_trace(struct proc *p, term *args)
{
    return args[0] == ATOM_sequential_trace_token && is_nil(args[1]) ? NIL : fail_badarg(p);
}

static term bif_seq_trace_info(struct proc *p, term *args)
{
    if (args[0] == ATOM_label || args[0] == ATOM_serial)
        return NIL;
    if (!AMONG(args[0], ATOM_send, ATOM_receive, ATOM_print, ATOM_timestamp, ATOM_monotonic_timestamp,
               ATOM_strict_monotonic_timestamp))
        return fail_badarg(p);
    return tuple2(proc_heap(p), args[0], ATOM_false);
}

static term bif_undefined(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return ATOM_undefined;
}

static term bif_same(struct proc *p, term *args)
{
    (void)p;
    return args[0];
}

static term bif_true_of_bool(struct proc *p, term *args)
{
    return is_bool(args[0]) ? (term)ATOM_true : fail_badarg(p);
}

// Whoever is to be told of nothing may be anybody.
static term monitor_set(struct proc *p, term who, term options)
{
    return who == ATOM_undefined || is_nil(options) ? (term)ATOM_undefined : fail_badarg(p);
}

static term bif_told_of(struct proc *p, term *args)
{
    if (is_tuple_of(args[0], 2))
        return monitor_set(p, element(args[0], 0), element(args[0], 1));
    return args[0] == ATOM_undefined ? (term)ATOM_undefined : fail_badarg(p);
}

static term bif_told_with(struct proc *p, term *args)
{
    return monitor_set(p, args[0], args[1]);
}

static const struct native_row rows[] = {
    {"erts_internal", "trace", 3, bif_trace, 0},          {"erts_internal", "trace_pattern", 3, bif_trace_pattern, 0},
    {"erlang", "trace_info", 2, bif_trace_info, 0},       {"erlang", "trace_delivered", 1, bif_trace_delivered, 0},
    {"erlang", "seq_trace", 2, bif_seq_trace, 0},         {"erlang", "seq_trace_info", 1, bif_seq_trace_info, 0},
    {"erlang", "seq_trace_print", 1, always_false, 0},    {"erlang", "seq_trace_print", 2, always_false, 0},
    {"erlang", "dt_get_tag", 0, bif_undefined, 0},        {"erlang", "dt_get_tag_data", 0, bif_undefined, 0},
    {"erlang", "dt_put_tag", 1, bif_undefined, 0},        {"erlang", "dt_spread_tag", 1, bif_true_of_bool, 0},
    {"erlang", "dt_restore_tag", 1, bif_true_of_bool, 0}, {"erlang", "dt_append_vm_tag_data", 1, bif_same, 0},
    {"erlang", "dt_prepend_vm_tag_data", 1, bif_same, 0}, {"erlang", "system_monitor", 0, bif_undefined, 0},
    {"erlang", "system_monitor", 1, bif_told_of, 0},      {"erlang", "system_monitor", 2, bif_told_with, 0},
    {"erlang", "system_profile", 0, bif_undefined, 0},    {"erlang", "system_profile", 2, bif_told_with, 0},
};

const struct native_table natives_tracing = {rows, COUNT_OF(rows)};
