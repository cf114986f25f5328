// SPDX-License-Identifier: Apache-2.0
// Natives about processes: identity, ends, links, monitors, aliases, names, group leaders, collection, hibernation.
#include "base/log.h"
#include "bif/bif.h"
#include "proc/errand.h"
#include "proc/names.h"
#include "proc/relations.h"
#include "proc/remote.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "proc/spawn_options.h"
#include "term/copy.h"
#include "term/ident.h"

static term bif_self(struct proc *p, term *args)
{
    (void)args;
    return p->pid;
}

// A signal to oneself has had its effect when the native returns.
static term after_own_signals(struct proc *p, term result)
{
    if (signal_waiting(p))
        signal_take(p);
    return p->flags & PROC_EXITING ? fail_exiting(p) : result;
}

// Processes of the VM that have a name here serve the VM: what runs here must not be able to end them. A link tells them of an end all the
// same: they trap exits, as on the BEAM any process may link to them and crash.
static bool is_spared(term to)
{
    bool first;
    term name = names_shared(to, &first);
    if (first)
        log_line(LOG_WARNING, "exit signals to %s of the VM are not delivered", atom_text(name).bytes);
    return name != NONE;
}

static term bif_exit_other(struct proc *p, term *args)
{
    term to = args[0];
    if (is_local_pid(to)) {
        if (errand_waits(p) || (to != p->pid && !turn_under_way() && errand_is_large(p, args[1])))
            return errand(p, args, 2, bif_exit_other);
        signal_exit(p->pid, to, args[1]);
        return to == p->pid ? after_own_signals(p, ATOM_true) : ATOM_true;
    }
    if (is_port(to))
        return ATOM_true;
    if (!is_pid(to))
        return fail_badarg(p);
    if (is_spared(to))
        return ATOM_true;
    struct remote_signal s = {.kind = REMOTE_EXIT2, .node = ident_node(to), .from = p->pid, .to = to, .value = args[1]};
    return remote_send(p, &s) == REMOTE_TOO_LARGE ? fail_error(p, ATOM_system_limit) : (term)ATOM_true;
}

static term bif_link(struct proc *p, term *args)
{
    if (!is_pid(args[0]))
        return fail_badarg(p);
    if (relations_link(p, args[0]))
        return ATOM_true;
    if (!(p->flags & PROC_TRAP_EXIT))
        return fail_error(p, ATOM_noproc);
    term message = tuple3(proc_heap(p), ATOM_EXIT, args[0], ATOM_noproc);
    signal_message(p->pid, message);
    return ATOM_true;
}

static term bif_unlink(struct proc *p, term *args)
{
    if (is_port(args[0]))
        return ATOM_true;
    if (!is_pid(args[0]))
        return fail_badarg(p);
    relations_unlink(p, args[0]);
    return ATOM_true;
}

static term monitor_process(struct proc *p, term target, const struct monitor_options *o)
{
    if (is_pid(target))
        return relations_monitor(p, target, NONE, o);
    if (is_atom(target))
        return relations_monitor(p, target, node_self()->name, o);
    if (is_tuple_of(target, 2) && is_atom(element(target, 0)) && is_atom(element(target, 1)))
        return relations_monitor(p, element(target, 0), element(target, 1), o);
    return fail_badarg(p);
}

// A port of this node, or its name: none exists, so the monitor fires at once.
static term monitor_port(struct proc *p, term port, const struct monitor_options *o)
{
    struct heap *h = proc_heap(p);
    term self = node_self()->name;
    if (is_atom(port))
        port = tuple2(h, port, self);
    bool named = is_tuple_of(port, 2) && is_atom(element(port, 0)) && element(port, 1) == self;
    if (!named && !(is_port(port) && ident_node(port)->name == self))
        return fail_badarg(p);
    term ref = o->alias == ALIAS_EXPLICIT ? relations_alias(p, ALIAS_EXPLICIT) : ref_new(h);
    signal_message(p->pid, tuple_of(h, 5, (term[]){o->tag, ref, ATOM_port, port, ATOM_noproc}));
    return ref;
}

static term monitor(struct proc *p, const term *args, const struct monitor_options *o)
{
    switch (args[0]) {
    case ATOM_process:
        return monitor_process(p, args[1], o);
    case ATOM_port:
        return monitor_port(p, args[1], o);
    case ATOM_time_offset:
        return args[1] == ATOM_clock_service ? relations_monitor_clock(p, o) : fail_badarg(p);
    }
    return fail_badarg_because(p, ATOM_badtype);
}

static term bif_monitor(struct proc *p, term *args)
{
    struct monitor_options o = {ATOM_DOWN, ALIAS_NO};
    return monitor(p, args, &o);
}

static term bif_monitor_options(struct proc *p, term *args)
{
    struct monitor_options o = {ATOM_DOWN, ALIAS_NO};
    bool good = monitor_options_list(args[2], &o.alias, &o.tag);
    return good ? monitor(p, args, &o) : fail_badarg_because(p, ATOM_badopt);
}

static bool is_own_ref(term t)
{
    return is_ref(t) && node_is_self(ident_node(t));
}

static term bif_demonitor(struct proc *p, term *args)
{
    if (!is_own_ref(args[0]))
        return fail_badarg(p);
    relations_demonitor(p, args[0]);
    return ATOM_true;
}

static term bif_demonitor_options(struct proc *p, term *args)
{
    bool flush = false, info = false;
    term list = args[1];
    for (; is_list(list); list = tail(list)) {
        if (head(list) == ATOM_flush)
            flush = true;
        else if (head(list) == ATOM_info)
            info = true;
        else
            return fail_badarg(p);
    }
    if (!is_nil(list) || !is_own_ref(args[0]))
        return fail_badarg(p);
    bool was = relations_demonitor(p, args[0]);
    term result = bool_term(was || !info);
    if (was || !flush)
        return result;
    term arguments[] = {args[0], ATOM_false, result};
    return fail_trap(p, export_get(ATOM_erts_internal, ATOM_flush_monitor_messages, 3), arguments);
}

static term bif_alias(struct proc *p, term *args)
{
    (void)args;
    return relations_alias(p, ALIAS_EXPLICIT);
}

static term bif_alias_options(struct proc *p, term *args)
{
    enum alias_mode mode = ALIAS_EXPLICIT;
    term list = args[0];
    for (; is_list(list); list = tail(list)) {
        if (head(list) != ATOM_reply && head(list) != ATOM_explicit_unalias)
            return fail_badarg(p);
        mode = head(list) == ATOM_reply ? ALIAS_REPLY : ALIAS_EXPLICIT;
    }
    return is_nil(list) ? relations_alias(p, mode) : fail_badarg(p);
}

static term bif_unalias(struct proc *p, term *args)
{
    return is_ref(args[0]) ? bool_term(relations_unalias(p, args[0])) : fail_badarg(p);
}

static term bif_monitor_node(struct proc *p, term *args)
{
    if (!is_atom(args[0]) || !is_bool(args[1]))
        return fail_badarg(p);
    bool on = args[1] == ATOM_true;
    relations_monitor_node(p, args[0], on);
    bool reachable =
        args[0] == node_self()->name || (remote_hooks.watch && remote_hooks.watch(node_intern(args[0], 0)));
    if (on && !reachable) {
        relations_monitor_node(p, args[0], false);
        signal_message(p->pid, tuple2(proc_heap(p), ATOM_nodedown, args[0]));
    }
    return ATOM_true;
}

// Names.

// What erl_erts_errors makes its text from.
static term register_cause(term name, term pid)
{
    if (!is_atom(name) || name == ATOM_undefined || !is_local_pid(pid))
        return ATOM_none;
    struct proc *owner = proc_find(pid);
    if (!owner)
        return ATOM_notalive;
    return names_of(owner) == NONE ? ATOM_none : ATOM_registered_name;
}

static term bif_register(struct proc *p, term *args)
{
    bool good = is_atom(args[0]) && ((is_local_pid(args[1]) && names_register(args[0], args[1])) ||
                                     (is_kind(args[1], KIND_FOREIGN_PID) && names_restore(args[0], args[1])));
    return good ? (term)ATOM_true : fail_badarg_because(p, register_cause(args[0], args[1]));
}

static term bif_unregister(struct proc *p, term *args)
{
    return is_atom(args[0]) && names_unregister(args[0]) ? (term)ATOM_true : fail_badarg(p);
}

// Servers of OTP's kernel that start when they are looked up: src/tandem_services.erl.
static bool is_service(term name)
{
    return name == ATOM_kernel_sup || name == ATOM_kernel_safe_sup || name == ATOM_application_controller ||
           name == ATOM_erts_code_purger;
}

static term bif_whereis(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_badarg(p);
    term pid = names_find(proc_heap(p), args[0]);
    if (pid == NONE && is_service(args[0]))
        return fail_trap(p, export_get(ATOM_tandem_services, ATOM_start, 1), args);
    return pid == NONE ? (term)ATOM_undefined : pid;
}

static term bif_registered(struct proc *p, term *args)
{
    (void)args;
    return names_list(proc_heap(p));
}

// Life.

static term processes(struct proc *p, term *args)
{
    (void)args;
    term list = NIL;
    uint32_t at = 0;
    size_t steps = 0;
    for (term pid; (pid = proc_next(&at)) != NONE; turn_step(&steps))
        list = cons(proc_heap(p), pid, list);
    return list;
}

static term bif_processes(struct proc *p, term *args)
{
    enum { FEW = 1000 };
    return proc_count() < FEW && !errand_waits(p) ? processes(p, args) : errand(p, args, 0, processes);
}

// With one worker no other process runs now: one whose queue is empty has handled all that the caller sent it.
static bool alive_for_sure(term pid)
{
    struct proc *other = proc_find(pid);
    return other && sched_workers() == 1 && !signal_waiting(other);
}

static term bif_is_process_alive(struct proc *p, term *args)
{
    if (is_former_pid(args[0]))
        return ATOM_false;
    if (!is_local_pid(args[0]))
        return fail_badarg(p);
    if (args[0] == p->pid || alive_for_sure(args[0]))
        return ATOM_true;
    if (!proc_find(args[0]))
        return ATOM_false;
    return fail_trap(p, export_get(ATOM_erts_internal, ATOM_is_process_alive, 1), args);
}

static term bif_ask_alive(struct proc *p, term *args)
{
    if (!is_local_pid(args[0]) || !is_ref(args[1]))
        return fail_badarg(p);
    signal_is_alive(p->pid, args[0], args[1]);
    return ATOM_ok;
}

static term bif_group_leader(struct proc *p, term *args)
{
    (void)args;
    return p->group_leader;
}

// true: done; false: the caller asks again with a reference and waits for the answer.
static term bif_set_group_leader(struct proc *p, term *args)
{
    if (!is_pid(args[0]) || !is_pid(args[1]))
        return ATOM_badarg;
    if (is_former_pid(args[1]))
        return fail_badarg(p);
    if (args[1] == p->pid) {
        p->group_leader = pid_literal(args[0]);
        return ATOM_true;
    }
    if (is_local_pid(args[1]))
        return proc_find(args[1]) ? ATOM_false : ATOM_badarg;
    struct remote_signal s = {
        .kind = REMOTE_GROUP_LEADER, .node = ident_node(args[1]), .from = p->pid, .to = args[1], .value = args[0]};
    remote_send(p, &s);
    return ATOM_true;
}

static term bif_ask_group_leader(struct proc *p, term *args)
{
    if (!is_pid(args[0]) || !is_local_pid(args[1]) || !is_ref(args[2]))
        return fail_badarg(p);
    signal_group_leader(args[1], args[0], p->pid, args[2]);
    return ATOM_ok;
}

static term bif_hibernate(struct proc *p, term *args)
{
    sword arity = list_length(args[2]);
    if (!is_atom(args[0]) || !is_atom(args[1]) || arity < 0)
        return fail_badarg(p);
    if (arity > CONFIG_MAX_ARITY)
        return fail_error(p, ATOM_system_limit);
    term mfa[] = {args[0], args[1], args[2]};
    for (size_t i = 0; i < COUNT_OF(mfa); i++)
        proc_x(p)[i] = mfa[i];
    p->worker->failure.request = REQUEST_HIBERNATE;
    return NONE;
}

// The collection is what comes before the next slice.
static term bif_garbage_collect(struct proc *p, term *args)
{
    if (args[0] != ATOM_major && args[0] != ATOM_minor)
        return fail_badarg(p);
    p->flags ^= PROC_AGAIN;
    if (!(p->flags & PROC_AGAIN))
        return ATOM_true;
    p->flags |= PROC_COLLECT;
    return fail_yield(p);
}

// {garbage_collect, Id, Type} or {check_process_code, Id, Module}: the answer goes to the requester.
static term request_task(struct proc *p, term requester, term target, term request)
{
    bool former = is_former_pid(target);
    if (!is_local_pid(requester) || !(is_local_pid(target) || former) || !is_tuple_of(request, 3))
        return fail_badarg(p);
    term task = element(request, 0), id = element(request, 1);
    if (former)
        signal_message(requester, tuple3(proc_heap(p), task, id, ATOM_false));
    else if (task == ATOM_garbage_collect)
        signal_collect(requester, target, id);
    else if (task == ATOM_check_process_code && is_atom(element(request, 2)))
        signal_check_code(requester, target, id, element(request, 2));
    else
        return fail_badarg(p);
    return ATOM_ok;
}

static term bif_request_system_task(struct proc *p, term *args)
{
    return request_task(p, p->pid, args[0], args[2]);
}

static term bif_request_system_task_for(struct proc *p, term *args)
{
    return request_task(p, args[0], args[1], args[3]);
}

static term bif_yield(struct proc *p, term *args)
{
    (void)args;
    p->flags ^= PROC_AGAIN;
    return p->flags & PROC_AGAIN ? fail_yield(p) : (term)ATOM_true;
}

// As many as a slice has, in builds with shorter ones as well.
enum { MOST_BUMPED = 4000 };

static term bif_bump_reductions(struct proc *p, term *args)
{
    if (!is_small(args[0]) || small_value(args[0]) < 0)
        return fail_badarg(p);
    sword reductions = small_value(args[0]);
    p->worker->charge += reductions < MOST_BUMPED ? reductions : MOST_BUMPED;
    return ATOM_true;
}

static term bif_is_system_process(struct proc *p, term *args)
{
    return is_local_pid(args[0]) ? (term)ATOM_false : fail_badarg(p);
}

static const struct native_row rows[] = {
    {"erlang", "self", 0, bif_self, NATIVE_GUARD},
    {"erlang", "exit", 2, bif_exit_other, 0},
    {"erlang", "exit_signal", 2, bif_exit_other, 0},
    {"erlang", "link", 1, bif_link, 0},
    {"erlang", "unlink", 1, bif_unlink, 0},
    {"erlang", "monitor", 2, bif_monitor, 0},
    {"erlang", "monitor", 3, bif_monitor_options, 0},
    {"erlang", "demonitor", 1, bif_demonitor, 0},
    {"erlang", "demonitor", 2, bif_demonitor_options, 0},
    {"erlang", "alias", 0, bif_alias, 0},
    {"erlang", "alias", 1, bif_alias_options, 0},
    {"erlang", "unalias", 1, bif_unalias, 0},
    {"erlang", "monitor_node", 2, bif_monitor_node, 0},
    {"erlang", "register", 2, bif_register, 0},
    {"erlang", "unregister", 1, bif_unregister, 0},
    {"erlang", "whereis", 1, bif_whereis, 0},
    {"erlang", "registered", 0, bif_registered, 0},
    {"erlang", "processes", 0, bif_processes, 0},
    {"erlang", "is_process_alive", 1, bif_is_process_alive, 0},
    {"erts_internal", "is_process_alive", 2, bif_ask_alive, 0},
    {"erlang", "group_leader", 0, bif_group_leader, 0},
    {"erts_internal", "group_leader", 2, bif_set_group_leader, 0},
    {"erts_internal", "group_leader", 3, bif_ask_group_leader, 0},
    {"erlang", "hibernate", 3, bif_hibernate, 0},
    {"erts_internal", "garbage_collect", 1, bif_garbage_collect, 0},
    {"erts_internal", "request_system_task", 3, bif_request_system_task, 0},
    {"erts_internal", "request_system_task", 4, bif_request_system_task_for, 0},
    {"erts_internal", "is_system_process", 1, bif_is_system_process, 0},
    {"erlang", "yield", 0, bif_yield, 0},
    {"erlang", "bump_reductions", 1, bif_bump_reductions, 0},
};

const struct native_table natives_process = {rows, COUNT_OF(rows)};
