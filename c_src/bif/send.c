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

enum sent { SENT, SENT_BUSY, SENT_BADARG, SENT_NOSUSPEND, SENT_NOCONNECT, SENT_TOO_LARGE, SENT_NOT_YET };

struct sending {
    struct proc *p;
    term message;
    bool nosuspend, noconnect;
    bool errand;    // however large the message is
};

static enum sent send_remote(const struct sending *s, struct remote_signal *r)
{
    if (s->noconnect && remote_hooks.begun && !remote_hooks.begun(r->node))
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

// False: copying it takes long, so it is to be an errand.
static bool size_of(const struct sending *s, size_t *words)
{
    *words = s->errand ? term_words(s->message) : term_words_within(s->message, ERRAND_LARGE);
    return s->errand || *words <= ERRAND_LARGE;
}

static enum sent send_to_pid(const struct sending *s, term to)
{
    if (to == s->p->pid && near_send(s->p, s->message))
        return SENT;
    size_t words;
    if (is_local_pid(to)) {
        if (!size_of(s, &words))
            return SENT_NOT_YET;
        signal_message_sized(to, s->message, words);
        return SENT;
    }
    if (is_former_pid(to))
        return SENT;
    return send_remote(s, &(struct remote_signal){.node = ident_node(to), .to = to});
}

static enum sent send_to_alias(const struct sending *s, term alias)
{
    size_t words;
    if (is_kind(alias, KIND_REF)) {
        if (!size_of(s, &words))
            return SENT_NOT_YET;
        signal_alias_message(alias, s->message, words);
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
    case SENT_NOT_YET:
        break;
    }
    return NONE;
}

static term send_errand(struct proc *p, term *args)
{
    struct sending s = {.p = p, .message = args[1], .errand = true};
    return finish(p, send(&s, args[0]), args[1]);
}

static term bif_send(struct proc *p, term *args)
{
    struct sending s = {.p = p, .message = args[1]};
    enum sent sent = UNLIKELY(errand_waits(p)) ? SENT_NOT_YET : send(&s, args[0]);
    return UNLIKELY(sent == SENT_NOT_YET) ? errand(p, args, 2, send_errand) : finish(p, sent, args[1]);
}

// False: no proper list of them.
static bool take_options(struct sending *s, term list)
{
    for (; is_list(list); list = tail(list)) {
        if (head(list) == ATOM_nosuspend)
            s->nosuspend = true;
        else if (head(list) == ATOM_noconnect)
            s->noconnect = true;
        else
            break;
    }
    return is_nil(list);
}

static term send_options_errand(struct proc *p, term *args)
{
    struct sending s = {.p = p, .message = args[1], .errand = true};
    take_options(&s, args[2]);
    return finish(p, send(&s, args[0]), ATOM_ok);
}

static term bif_send_options(struct proc *p, term *args)
{
    struct sending s = {.p = p, .message = args[1]};
    if (!take_options(&s, args[2]))
        return fail_badarg_because(p, ATOM_badopt);
    enum sent sent = errand_waits(p) ? SENT_NOT_YET : send(&s, args[0]);
    return sent == SENT_NOT_YET ? errand(p, args, 3, send_options_errand) : finish(p, sent, ATOM_ok);
}

static const struct native_row rows[] = {
    {"erlang", "!", 2, bif_send, 0},
    {"erlang", "send", 2, bif_send, 0},
    {"erlang", "send", 3, bif_send_options, 0},
    {"tandem_native", "sent", 1, bif_sent, 0},
};

const struct native_table natives_send = {rows, COUNT_OF(rows)};
