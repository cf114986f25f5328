// SPDX-License-Identifier: Apache-2.0
// Natives about the host that this engine belongs to, and calls that go to its servers as the caller rather than by
// delegation.
#include "bif/bif.h"
#include "dist/hosts.h"
#include "term/ident.h"
#include "term/map.h"

// Which characters count as printable is an option of the host.
static term bif_printable_range(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return hosts_unicode() ? ATOM_unicode : ATOM_latin1;
}

// All nodes since OTP R13 take Unicode in the io protocol.
static term bif_dflag_unicode_io(struct proc *p, term *args)
{
    return is_pid(args[0]) ? (term)ATOM_true : fail_badarg(p);
}

// An event whose group leader is on the host: the host's logger gets it from logger_backend, which is delegated. Any
// other node's logger gets a message, as the proxy of the BEAM does it.
static term bif_logger_proxy_log(struct proc *p, term *args)
{
    if (!is_tuple_of(args[0], 3) || element(args[0], 0) != ATOM_remote || !is_atom(element(args[0], 1)))
        return fail_badarg(p);
    term node = element(args[0], 1);
    if (hosts_is_node(node))
        return ATOM_ok;
    term arguments[] = {tuple2(proc_heap(p), ATOM_logger, node), element(args[0], 2)};
    return fail_trap(p, export_get(ATOM_erlang, ATOM_send, 2), arguments);
}

// The host's file server opens the file, for the caller: a file belongs to the process that has opened it.
static term bif_file_open(struct proc *p, term *args)
{
    return fail_trap(p, export_get(ATOM_tandem_local, ATOM_open_file, 2), args);
}

// The host is the only node that an engine sees, and the engine ends with the connection: no node comes or goes.
static term bif_monitor_nodes(struct proc *p, term *args)
{
    return is_bool(args[0]) ? (term)ATOM_ok : tuple2(proc_heap(p), ATOM_error, ATOM_badarg);
}

static term bif_file_path_open(struct proc *p, term *args)
{
    return fail_trap(p, export_get(ATOM_tandem_local, ATOM_path_open, 3), args);
}

static const struct native_row rows[] = {
    {"io", "printable_range", 0, bif_printable_range, 0},
    {"net_kernel", "dflag_unicode_io", 1, bif_dflag_unicode_io, 0},
    {"net_kernel", "monitor_nodes", 1, bif_monitor_nodes, 0},
    {"net_kernel", "monitor_nodes", 2, bif_monitor_nodes, 0},
    {"logger_proxy", "log", 1, bif_logger_proxy_log, 0},
    {"file", "open", 2, bif_file_open, 0},
    {"file", "path_open", 3, bif_file_path_open, 0},
};

const struct native_table natives_host = {rows, COUNT_OF(rows)};
