// SPDX-License-Identifier: Apache-2.0
// Natives that send messages.
#include "bif/bif.h"
#include "proc/errand.h"
#include "proc/names.h"
#include "proc/near.h"
#include "proc/remote.h"
#include "proc/signal.h"
#include "term/copy.h"
#include "term/ident.h"

enum sent { SENT, SENT_BUSY, SENT_BADARG, SENT_NOSUSPEND, SENT_NOCONNECT, SENT_TOO_LARGE };

struct sending {
    struct proc *p;
    term message;
    bool nosuspend, noconnect;
};

static enum sent send_remote(const struct sending *s, struct remote_signal *r)
{
    if (s->noconnect && remote_hooks.connected && !remote_hooks.connected(r->node))
        return SENT_NOCONNECT;
    if (s->nosuspend && remote_hooks.busy && remote_hooks.busy(r->node))
        return SENT_NOSUSPEND;
    r->kind = REMOTE_SEND;
    r->from = s->p->pid;
    r->value = s->message;
    s->p->flags |= PROC_AWAITS;
    enum remote_result result = remote_send(s->p, r);
    if (result == REMOTE_BUSY && !s->nosuspend)
        return SENT_BUSY;
    s->p->flags &= ~(uint32_t)PROC_AWAITS;
    return result == REMOTE_TOO_LARGE ? SENT_TOO_LARGE : SENT;
}

static enum sent send_to_pid(const struct sending *s, term to)
{
    if (to == s->p->pid && near_send(s->p, s->message))
        return SENT;
    if (is_local_pid(to)) {
        signal_message(to, s->message);
        return SENT;
    }
    if (is_former_pid(to))
        return SENT;
    return send_remote(s, &(struct remote_signal){.node = ident_node(to), .to = to});
}

static enum sent send_to_alias(const struct sending *s, term alias)
{
    if (is_kind(alias, KIND_REF)) {
        signal_alias_message(alias, s->message);
        return SENT;
    }
    return send_remote(s, &(struct remote_signal){.node = ident_node(alias), .to = alias});
}

static enum sent send_to_name(const struct sending *s, term name)
{
    term room[FOREIGN_PID_WORDS];
    term to = names_find_into(room, name);
    return to == NONE ? SENT_BADARG : send_to_pid(s, to);
}

static enum sent send_to_name_on(const struct sending *s, term name, term node)
{
    if (!is_atom(name) || !is_atom(node))
        return SENT_BADARG;
    if (node == node_self()->name) {
        enum sent sent = send_to_name(s, name);
        return sent == SENT_BADARG ? SENT : sent;
    }
    return send_remote(s, &(struct remote_signal){.node = node_intern(node, 0), .to = NONE, .name = name});
}

static enum sent send(const struct sending *s, term to)
{
    if (is_pid(to))
        return send_to_pid(s, to);
    if (is_atom(to))
        return send_to_name(s, to);
    if (is_ref(to))
        return send_to_alias(s, to);
    if (is_tuple_of(to, 2))
        return send_to_name_on(s, element(to, 0), element(to, 1));
    return is_port(to) ? SENT : SENT_BADARG;    // it is closed, or none of this node
}

// The connection's output is full: the message is on its way, but the sender waits before it goes on with the result. It may be woken
// before it comes to that, if its slice ends in between.
static term wait_then(struct proc *p, term result)
{
    return fail_trap(p, export_get(ATOM_tandem_native, ATOM_sent, 1), &result);
}

static term bif_sent(struct proc *p, term *args)
{
    return p->flags & PROC_AWAITS ? fail_block(p) : args[0];
}

static term finish(struct proc *p, enum sent sent, term result)
{
    switch (sent) {
    case SENT:
        return result;
    case SENT_BUSY:
        return wait_then(p, result);
    case SENT_BADARG:
        return fail_badarg(p);
    case SENT_NOSUSPEND:
        return ATOM_nosuspend;
    case SENT_NOCONNECT:
        return ATOM_noconnect;
    case SENT_TOO_LARGE:
        return fail_error(p, ATOM_system_limit);
    }
    return NONE;
}

static term send_message(struct proc *p, term *args)
{
    struct sending s = {.p = p, .message = args[1]};
    return finish(p, send(&s, args[0]), args[1]);
}

static term bif_send(struct proc *p, term *args)
{
    bool to_process =
        (is_local_pid(args[0]) && (args[0] != p->pid || p->flags & PROC_OFF_HEAP)) || is_kind(args[0], KIND_REF);
    if (errand_waits(p) || (to_process && errand_is_large(p, args[1])))
        return errand(p, args, 2, send_message);
    return send_message(p, args);
}

static term bif_send_options(struct proc *p, term *args)
{
    struct sending s = {.p = p, .message = args[1]};
    term list = args[2];
    for (; is_list(list); list = tail(list)) {
        if (head(list) == ATOM_nosuspend)
            s.nosuspend = true;
        else if (head(list) == ATOM_noconnect)
            s.noconnect = true;
        else
            break;
    }
    return is_nil(list) ? finish(p, send(&s, args[0]), ATOM_ok) : fail_badarg_because(p, ATOM_badopt);
}

static const struct native_row rows[] = {
    {"erlang", "!", 2, bif_send, 0},
    {"erlang", "send", 2, bif_send, 0},
    {"erlang", "send", 3, bif_send_options, 0},
    {"tandem_native", "sent", 1, bif_sent, 0},
};

const struct native_table natives_send = {rows, COUNT_OF(rows)};
