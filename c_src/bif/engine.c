// SPDX-License-Identifier: Apache-2.0
// Natives of the Erlang module tandem_native: what the engine adds to the language.
#include "bif/bif.h"
#include "code/delegate.h"
#include "dist/host.h"
#include "dist/hosts.h"
#include "proc/remote.h"
#include "term/copy.h"
#include "term/map.h"

// The process on a host that serves this engine, or `undefined`.
static term bif_host(struct proc *p, term *args)
{
    (void)args;
    term room[FOREIGN_PID_WORDS], pid = hosts_pid(room);
    return pid == NONE ? (term)ATOM_undefined : term_copy(proc_heap(p), pid);
}

// Whether the engine lives on without its host: it may go away before it has answered.
static term bif_may_lose_host(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return bool_term(host_options.member);
}

static term bif_take_over(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_badarg(p);
    delegate_end(args[0]);
    return ATOM_ok;
}

// Waits until the connection is up, or can't be.
static term bif_connect(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_badarg(p);
    struct node *n = node_intern(args[0], 0);
    if (p->flags & PROC_AGAIN) {
        p->flags &= ~(uint32_t)PROC_AGAIN;
        return bool_term(remote_hooks.connected(n));
    }
    if (args[0] == node_self()->name)
        return ATOM_true;
    switch (remote_hooks.connect(n, p->pid)) {
    case REMOTE_CONNECTED:
        return ATOM_true;
    case REMOTE_NONE:
        return ATOM_false;
    case REMOTE_CONNECTING:
        p->flags |= PROC_AGAIN;
        return fail_block(p);
    }
    return NONE;
}

static term bif_disconnect(struct proc *p, term *args)
{
    return is_atom(args[0]) ? bool_term(remote_hooks.disconnect(node_intern(args[0], 0))) : fail_badarg(p);
}

static term bif_host_names(struct proc *p, term *args)
{
    if (!is_map(args[0]))
        return fail_badarg(p);
    hosts_rename(args[0]);
    return ATOM_ok;
}

static const struct native_row rows[] = {
    {"tandem_native", "host", 0, bif_host, 0},           {"tandem_native", "may_lose_host", 0, bif_may_lose_host, 0},
    {"tandem_native", "connect", 1, bif_connect, 0},     {"tandem_native", "disconnect", 1, bif_disconnect, 0},
    {"tandem_native", "take_over", 1, bif_take_over, 0}, {"tandem_native", "host_names", 1, bif_host_names, 0},
};

const struct native_table natives_engine = {rows, COUNT_OF(rows)};
