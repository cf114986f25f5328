// SPDX-License-Identifier: Apache-2.0
#include "dist/control.h"

#include "base/log.h"
#include "base/memory.h"
#include "dist/peer.h"
#include "proc/doom.h"
#include "proc/names.h"
#include "proc/relations.h"
#include "proc/signal.h"
#include "term/atom.h"
#include "term/copy.h"
#include "term/external.h"
#include "term/number.h"

struct control_hooks control_hooks;

// One control message being worked off: the elements of its tuple (the first is its number) and its payload, not decoded.
struct incoming {
    struct peer *peer;
    struct reader *reader;
    unsigned flags;    // of terms
    const term *element;
    struct shared *block;    // of the bytes, or NULL
    struct external payload;
};

static void malformed(struct incoming *in, const char *why)
{
    reader_fail(in->reader, why);
}

static bool control_shape(sword number, size_t *elements, bool *payload)
{
    switch (number) {
#define CONTROL(name, n, size, has_payload) \
    case CONTROL_##name: \
        *elements = size; \
        *payload = has_payload; \
        return true;
#include "dist/control.def"
#undef CONTROL
    }
    return false;
}

// Where a signal to a pid goes. An earlier life of this node had the pids that are LOST.
enum whose { WHOSE_OURS, WHOSE_LOST, WHOSE_NOT };

static enum whose receiver(struct incoming *in, term to)
{
    if (is_local_pid(to))
        return WHOSE_OURS;
    if (is_kind(to, KIND_FOREIGN_PID) && ident_node(to)->name == node_self()->name)
        return WHOSE_LOST;
    malformed(in, "control message: the receiver is no process of this node");
    return WHOSE_NOT;
}

static bool sender(struct incoming *in, term from)
{
    if (is_kind(from, KIND_FOREIGN_PID) && ident_node(from)->name == in->peer->node->name)
        return true;
    malformed(in, "control message: the sender is no process of the other node");
    return false;
}

static bool reference(struct incoming *in, term ref)
{
    if (is_ref(ref))
        return true;
    malformed(in, "control message: no reference where there should be one");
    return false;
}

static bool unlink_id(struct incoming *in, uint64_t *id)
{
    if (integer_to_u64(in->element[1], id) && *id != 0)
        return true;
    malformed(in, "control message: malformed unlink id");
    return false;
}

// A term on its own fragment, for what isn't one process's message.
struct loose {
    struct fragment *area;
    term value;
};

static bool loose_decode(struct incoming *in, struct external *e, struct loose *l)
{
    struct heap h;
    l->area = fragment_new(e->words);
    heap_over_fragment(&h, l->area);
    l->value = external_decode(&h, e);
    heap_close_fragment(&h, l->area);
    if (l->value == NONE)
        malformed(in, "a term cannot be decoded");
    return l->value != NONE;
}

// The payload as the value of a signal, with copies of `from` and `ref` (NONE: none) beside it.
static void deliver_payload(struct incoming *in, enum signal_kind kind, term to, term from, term ref)
{
    if (!proc_find(to))
        return;
    struct heap h;
    size_t beside = (from == NONE ? 0 : term_words(from)) + (ref == NONE ? 0 : term_words(ref));
    if (!mem_allows((in->payload.words + beside) * sizeof(term)) || mem_passed()) {
        doom_receiver(to);
        return;
    }
    struct signal *s = signal_new(kind, in->payload.words + beside);
    signal_heap(s, &h);
    s->value = external_decode(&h, &in->payload);
    if (from != NONE)
        s->from = term_copy(&h, from);
    if (ref != NONE)
        s->ref = term_copy(&h, ref);
    signal_close(s, &h);
    if (s->value == NONE) {
        signal_free(s);
        malformed(in, "a term cannot be decoded");
    } else {
        signal_deliver(to, s);
    }
}

static void send_to_pid(struct incoming *in)
{
    term to = in->element[2];
    if (receiver(in, to) == WHOSE_OURS)
        deliver_payload(in, SIGNAL_MESSAGE, to, NONE, NONE);
}

// Such a process of the host is reached under this node's name too (net_adm:ping/1 asks net_kernel here). It counts as alive.
static bool stands_for_foreign(term name)
{
    term room[FOREIGN_PID_WORDS];
    term pid = names_find_into(room, name);
    return pid != NONE && !is_local_pid(pid);
}

// The engine itself answers. net_kernel is the host's, if there is one.
static bool is_engine(term name)
{
    return name == ATOM_dollar_tandem || (name == ATOM_net_kernel && !stands_for_foreign(name));
}

// A name that stands for a process of the host is good for messages from outside too.
static void send_to_name(struct incoming *in)
{
    term from = in->element[1], name = in->element[3];
    if (!is_pid(from) || !is_atom(name)) {
        malformed(in, "control message: malformed send to a name");
        return;
    }
    term pid = names_find_local(name);
    if (pid != NONE) {
        deliver_payload(in, SIGNAL_MESSAGE, pid, NONE, NONE);
        return;
    }
    struct loose message;
    if (loose_decode(in, &in->payload, &message)) {
        if (is_engine(name))
            control_hooks.system(in->peer, message.value);
        else
            signal_name_message(name, message.value);
    }
    fragment_free(message.area);
}

static void send_to_alias(struct incoming *in)
{
    term alias = in->element[2];
    if (!reference(in, alias))
        return;
    term owner = ref_owner(alias);
    if (owner != NONE)
        deliver_payload(in, SIGNAL_ALIAS_MESSAGE, owner, NONE, alias);
}

static enum remote_result answer(struct incoming *in, struct remote_signal s)
{
    s.node = in->peer->node;
    return remote_hooks.signal(NULL, &s);
}

static void link_them(struct incoming *in)
{
    term from = in->element[1], to = in->element[2];
    if (!sender(in, from))
        return;
    switch (receiver(in, to)) {
    case WHOSE_OURS:
        signal_link(from, to);
        return;
    case WHOSE_LOST:
        answer(in, (struct remote_signal){.kind = REMOTE_EXIT, .from = to, .to = from, .value = ATOM_noproc});
        return;
    case WHOSE_NOT:
        return;
    }
}

static void unlink_them(struct incoming *in, bool acknowledged)
{
    uint64_t id;
    term from = in->element[2], to = in->element[3];
    if (!unlink_id(in, &id) || !sender(in, from) || receiver(in, to) != WHOSE_OURS)
        return;
    if (acknowledged)
        signal_unlink_ack(from, to, id);
    else
        signal_unlink(from, to, id);
}

static void monitor(struct incoming *in)
{
    term from = in->element[1], to = in->element[2], ref = in->element[3];
    if (!sender(in, from) || !reference(in, ref))
        return;
    if (is_atom(to) && (is_engine(to) || stands_for_foreign(to)))
        return;
    enum whose whose = is_atom(to) ? WHOSE_OURS : receiver(in, to);
    if (whose == WHOSE_OURS)
        signal_monitor(from, to, ref);
    else if (whose == WHOSE_LOST)
        answer(in,
               (struct remote_signal){.kind = REMOTE_DOWN, .from = to, .to = from, .ref = ref, .value = ATOM_noproc});
}

static void demonitor(struct incoming *in)
{
    term from = in->element[1], to = in->element[2], ref = in->element[3];
    if (!sender(in, from) || !reference(in, ref))
        return;
    term pid = is_atom(to) ? names_find_local(to) : to;
    if (pid != NONE && receiver(in, pid) == WHOSE_OURS)
        signal_demonitor(from, pid, ref);
}

static void down(struct incoming *in, bool has_payload)
{
    term from = in->element[1], to = in->element[2], ref = in->element[3];
    if (!reference(in, ref))
        return;
    if (!is_kind(from, KIND_FOREIGN_PID) && !is_atom(from))
        malformed(in, "control message: malformed down");
    else if (receiver(in, to) != WHOSE_OURS)
        return;
    else if (has_payload)
        deliver_payload(in, SIGNAL_DOWN, to, NONE, ref);
    else
        signal_down(to, ref, in->element[4]);
}

// reason: NONE if it is the payload.
static void exit_signal(struct incoming *in, bool linked, term reason)
{
    term from = in->element[1], to = in->element[2];
    if (!sender(in, from) || receiver(in, to) != WHOSE_OURS)
        return;
    if (reason == NONE)
        deliver_payload(in, linked ? SIGNAL_EXIT_LINKED : SIGNAL_EXIT, to, from, NONE);
    else if (linked)
        signal_exit_linked(from, to, reason);
    else
        signal_exit(from, to, reason);
}

static void group_leader(struct incoming *in)
{
    term leader = in->element[1], to = in->element[2];
    if (!is_pid(leader))
        malformed(in, "control message: the group leader is no process");
    else if (receiver(in, to) == WHOSE_OURS)
        signal_group_leader(to, leader, NONE, NONE);
}

static bool is_mfa(term t)
{
    return is_tuple_of(t, 3) && is_atom(element(t, 0)) && is_atom(element(t, 1)) && is_small(element(t, 2)) &&
           small_value(element(t, 2)) >= 0 && small_value(element(t, 2)) <= CONFIG_MAX_ARITY;
}

static void spawn(struct incoming *in)
{
    term ref = in->element[1], from = in->element[2], leader = in->element[3], mfa = in->element[4];
    term options = in->element[5];
    if (!reference(in, ref) || !sender(in, from))
        return;
    if (!is_pid(leader) || !is_mfa(mfa) || list_length(options) < 0) {
        malformed(in, "control message: malformed spawn request");
        return;
    }
    struct loose arguments;
    if (loose_decode(in, &in->payload, &arguments)) {
        if (list_length(arguments.value) == small_value(element(mfa, 2)))
            relations_spawn_for(in->peer->node, ref, from, leader, mfa, options, arguments.value);
        else
            malformed(in, "control message: malformed spawn request");
    }
    fragment_free(arguments.area);
}

static void spawn_reply(struct incoming *in)
{
    term ref = in->element[1], to = in->element[2], flags = in->element[3], result = in->element[4];
    if (!reference(in, ref))
        return;
    if (!is_small(flags) || small_value(flags) < 0 || small_value(flags) > 3 ||
        !(is_atom(result) || is_kind(result, KIND_FOREIGN_PID)))
        malformed(in, "control message: malformed spawn reply");
    else if (receiver(in, to) == WHOSE_OURS)
        signal_spawn_reply(to, ref, result, (uint64_t)small_value(flags));
}

static void dispatch(struct incoming *in)
{
    switch ((enum control)small_value(in->element[0])) {
    case CONTROL_SEND:
    case CONTROL_SEND_TRACED:
    case CONTROL_SEND_SENDER:
    case CONTROL_SEND_SENDER_TRACED:
        send_to_pid(in);
        return;
    case CONTROL_REG_SEND:
    case CONTROL_REG_SEND_TRACED:
        send_to_name(in);
        return;
    case CONTROL_ALIAS_SEND:
    case CONTROL_ALIAS_SEND_TRACED:
        send_to_alias(in);
        return;
    case CONTROL_LINK:
        link_them(in);
        return;
    case CONTROL_UNLINK:
        malformed(in, "control message: an unlink without an id");
        return;
    case CONTROL_UNLINK_ID:
        unlink_them(in, false);
        return;
    case CONTROL_UNLINK_ID_ACK:
        unlink_them(in, true);
        return;
    case CONTROL_MONITOR:
        monitor(in);
        return;
    case CONTROL_DEMONITOR:
        demonitor(in);
        return;
    case CONTROL_MONITOR_EXIT:
        down(in, false);
        return;
    case CONTROL_PAYLOAD_MONITOR_EXIT:
        down(in, true);
        return;
    case CONTROL_EXIT:
    case CONTROL_EXIT2:
        exit_signal(in, in->element[0] == small(CONTROL_EXIT), in->element[3]);
        return;
    case CONTROL_EXIT_TRACED:
    case CONTROL_EXIT2_TRACED:
        exit_signal(in, in->element[0] == small(CONTROL_EXIT_TRACED), in->element[4]);
        return;
    case CONTROL_PAYLOAD_EXIT:
    case CONTROL_PAYLOAD_EXIT_TRACED:
        exit_signal(in, true, NONE);
        return;
    case CONTROL_PAYLOAD_EXIT2:
    case CONTROL_PAYLOAD_EXIT2_TRACED:
        exit_signal(in, false, NONE);
        return;
    case CONTROL_GROUP_LEADER:
        group_leader(in);
        return;
    case CONTROL_SPAWN_REQUEST:
    case CONTROL_SPAWN_REQUEST_TRACED:
        spawn(in);
        return;
    case CONTROL_SPAWN_REPLY:
    case CONTROL_SPAWN_REPLY_TRACED:
        spawn_reply(in);
        return;
    }
}

// Checks the tuple, then every byte of the payload, before anything is done.
static void control_and_payload(struct incoming *in, term control)
{
    size_t elements;
    bool payload;
    if (!is_tuple(control) || tuple_arity(control) == 0 || !is_small(element(control, 0))) {
        malformed(in, "control message: no tuple with a number");
        return;
    }
    if (!control_shape(small_value(element(control, 0)), &elements, &payload)) {
        log_line(LOG_ERROR, "unknown control message %lld", (long long)small_value(element(control, 0)));
        malformed(in, "unknown control message");
        return;
    }
    if (tuple_arity(control) != elements) {
        malformed(in, "control message: wrong number of elements");
        return;
    }
    in->element = tuple_elements(control);
    if (payload && !external_scan(&in->payload, in->reader, in->flags))
        malformed(in, "malformed payload");
    else if (reader_left(in->reader) != 0)
        malformed(in, "bytes behind the end of a control message");
    in->payload.block = in->block;
    if (reader_ok(in->reader))
        dispatch(in);
    if (payload)
        external_done(&in->payload);
}

void control_receive(struct peer *p, struct reader *r, struct shared *block, bool versions)
{
    struct incoming in = {.peer = p, .reader = r, .block = block, .flags = EXTERNAL_NO_COMPRESSION};
    if (!versions)
        in.flags |= EXTERNAL_NO_VERSION;
    struct external e;
    struct loose control;
    if (external_scan(&e, r, in.flags)) {
        if (loose_decode(&in, &e, &control))
            control_and_payload(&in, control.value);
        fragment_free(control.area);
    } else {
        malformed(&in, "malformed control message");
    }
    external_done(&e);
}
