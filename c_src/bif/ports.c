// SPDX-License-Identifier: Apache-2.0
// Ports and drivers: this engine has none and makes none. What asks about a port is answered as for one that is closed,
// everything else is badarg; the ports of other nodes are known by name only.
#include "bif/always.h"
#include "proc/signal.h"
#include "term/binary.h"
#include "term/ident.h"
#include "term/iolist.h"

enum { OPEN_ERROR = -10 };    // the code of a driver that cannot be loaded

// The wrappers in erlang.beam raise what these give.

static bool is_closed_port(term t)
{
    return is_atom(t) || (is_port(t) && node_is_self(ident_node(t)));
}

static term bif_port_info(struct proc *p, term *args)
{
    (void)p;
    return is_closed_port(args[0]) ? (term)ATOM_undefined : (term)ATOM_badarg;
}

static term bif_port_info_item(struct proc *p, term *args)
{
    (void)p;
    if (is_closed_port(args[0]))
        return ATOM_undefined;
    return is_port(args[0]) ? (term)ATOM_badarg : (term)ATOM_badtype;
}

static term bif_port_command(struct proc *p, term *args)
{
    (void)p;
    term options = args[2];
    while (is_list(options) && (head(options) == ATOM_force || head(options) == ATOM_nosuspend))
        options = tail(options);
    return is_nil(options) ? (term)ATOM_badarg : (term)ATOM_badopt;
}

static bool is_open_option(term t)
{
    static const term plain[] = {
        ATOM_stream, ATOM_use_stdio,   ATOM_nouse_stdio,     ATOM_hide, ATOM_in, ATOM_out, ATOM_eof, ATOM_overlapped_io,
        ATOM_binary, ATOM_exit_status, ATOM_stderr_to_stdout};
    static const term tagged[] = {ATOM_packet,
                                  ATOM_line,
                                  ATOM_cd,
                                  ATOM_env,
                                  ATOM_args,
                                  ATOM_arg0,
                                  ATOM_parallelism,
                                  ATOM_busy_limits_port,
                                  ATOM_busy_limits_msgq};
    if (is_tuple_of(t, 2)) {
        for (size_t i = 0; i < COUNT_OF(tagged); i++)
            if (tagged[i] == element(t, 0))
                return true;
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (plain[i] == t)
            return true;
    return false;
}

static term bif_open_port(struct proc *p, term *args)
{
    (void)p;
    term options = args[1];
    while (is_list(options) && is_open_option(head(options)))
        options = tail(options);
    return is_nil(options) ? (term)ATOM_badarg : (term)ATOM_badopt;
}

// Drivers.

static bool is_path(term t)
{
    for (; is_list(t); t = tail(t))
        if (!is_small(head(t)) || small_value(head(t)) < 1)
            return false;
    return is_nil(t) || is_binary(t);
}

static bool is_driver_name(term t)
{
    size_t bits;
    return is_atom(t) ? t != ATOM_empty : iolist_bits(t, 8, &bits);
}

static term bif_loaded_drivers(struct proc *p, term *args)
{
    (void)args;
    return tuple2(proc_heap(p), ATOM_ok, NIL);
}

static bool is_unload_option(term t)
{
    return t == ATOM_kill_ports || (is_tuple_of(t, 2) && element(t, 0) == ATOM_monitor);
}

static bool is_load_option(term t)
{
    return is_tuple_of(t, 2) &&
           (element(t, 0) == ATOM_monitor || element(t, 0) == ATOM_reload || element(t, 0) == ATOM_driver_options);
}

static bool all_are(term list, bool is(term))
{
    while (is_list(list) && is(head(list)))
        list = tail(list);
    return is_nil(list);
}

static term bif_try_load(struct proc *p, term *args)
{
    struct heap *h = proc_heap(p);
    if (!is_path(args[0]) || !is_driver_name(args[1]) || !all_are(args[2], is_load_option))
        return fail_badarg(p);
    return tuple2(h, ATOM_error, tuple2(h, ATOM_open_error, small(OPEN_ERROR)));
}

static term bif_try_unload(struct proc *p, term *args)
{
    if (!is_driver_name(args[0]) || !all_are(args[1], is_unload_option))
        return fail_badarg(p);
    return tuple2(proc_heap(p), ATOM_error, ATOM_not_loaded);
}

static term text(struct heap *h, const char *s, size_t n)
{
    term list = NIL;
    while (n-- > 0)
        list = cons(h, small((unsigned char)s[n]), list);
    return list;
}

static term bif_format_error(struct proc *p, term *args)
{
    static const char words[] = "this engine loads no drivers";
    return args[0] == small(OPEN_ERROR) ? text(proc_heap(p), words, sizeof words - 1) : fail_badarg(p);
}

// No driver comes or goes, so a monitor fires at once.
static term bif_driver_monitor(struct proc *p, term *args)
{
    term what = args[1];
    if (args[0] != ATOM_driver || !is_tuple_of(what, 2) || !is_driver_name(element(what, 0)))
        return fail_badarg(p);
    term when = element(what, 1);
    if (when != ATOM_loaded && when != ATOM_unloaded && when != ATOM_unloaded_only)
        return fail_badarg(p);
    struct heap *h = proc_heap(p);
    term ref = ref_new(h);
    term message[] = {ATOM_DOWN, ref, ATOM_driver, element(what, 0), ATOM_unloaded};
    signal_message(p->pid, tuple_of(h, COUNT_OF(message), message));
    return ref;
}

static term bif_driver_demonitor(struct proc *p, term *args)
{
    return is_ref(args[0]) ? (term)ATOM_true : fail_badarg(p);
}

static const struct native_row rows[] = {
    {"erlang", "ports", 0, always_nil, 0},
    {"erlang", "port_set_data", 2, always_fail_badarg, 0},
    {"erlang", "port_get_data", 1, always_fail_badarg, 0},
    {"erts_internal", "open_port", 2, bif_open_port, 0},
    {"erts_internal", "port_info", 1, bif_port_info, 0},
    {"erts_internal", "port_info", 2, bif_port_info_item, 0},
    {"erts_internal", "port_command", 3, bif_port_command, 0},
    {"erts_internal", "port_connect", 2, always_badarg, 0},
    {"erts_internal", "port_close", 1, always_badarg, 0},
    {"erts_internal", "port_control", 3, always_badarg, 0},
    {"erts_internal", "port_call", 3, always_badarg, 0},
    {"erl_ddll", "loaded_drivers", 0, bif_loaded_drivers, 0},
    {"erl_ddll", "try_load", 3, bif_try_load, 0},
    {"erl_ddll", "try_unload", 2, bif_try_unload, 0},
    {"erl_ddll", "info", 2, always_fail_badarg, 0},
    {"erl_ddll", "format_error_int", 1, bif_format_error, 0},
    {"erl_ddll", "monitor", 2, bif_driver_monitor, 0},
    {"erl_ddll", "demonitor", 1, bif_driver_demonitor, 0},
};

const struct native_table natives_ports = {rows, COUNT_OF(rows)};
