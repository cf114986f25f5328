// SPDX-License-Identifier: Apache-2.0
#include "dist/control.h"

#include "base/log.h"
#include "dist/handshake.h"
#include "dist/peer.h"
#include "proc/remote.h"
#include "term/atom.h"

enum { MAX_ELEMENTS = 6, PASS_THROUGH = 112 };

// A control message to be encoded: a tuple in C memory, whose elements stand wherever they are.
struct outgoing {
    term tuple[1 + MAX_ELEMENTS];
    term big[2];     // an id that is no small integer
    term payload;    // NONE: none
};

static void fill(struct outgoing *o, enum control number, size_t elements, const term *rest)
{
    o->tuple[0] = header(KIND_TUPLE, elements);
    o->tuple[1] = small((sword)number);
    for (size_t i = 1; i < elements; i++)
        o->tuple[1 + i] = rest[i - 1];
}

static void fill2(struct outgoing *o, enum control number, term a, term b)
{
    fill(o, number, 3, (term[]){a, b});
}

static void fill3(struct outgoing *o, enum control number, term a, term b, term c)
{
    fill(o, number, 4, (term[]){a, b, c});
}

static term id_term(struct outgoing *o, uint64_t id)
{
    if (id <= (uint64_t)SMALL_MAX_VALUE)
        return small((sword)id);
    o->big[0] = header(KIND_BIG, 1);
    o->big[1] = id;
    return boxed_term(o->big);
}

static void fill_send(struct outgoing *o, const struct remote_signal *s, uint64_t flags)
{
    o->payload = s->value;
    if (s->name != NONE)
        fill3(o, CONTROL_REG_SEND, s->from, ATOM_empty, s->name);
    else if (is_ref(s->to))
        fill2(o, CONTROL_ALIAS_SEND, s->from, s->to);
    else if (s->from != NONE && flags & DIST_SEND_SENDER)
        fill2(o, CONTROL_SEND_SENDER, s->from, s->to);
    else
        fill2(o, CONTROL_SEND, ATOM_empty, s->to);
}

// Reasons travel behind the control message if the other node can take that, else inside.
static void fill_exit(struct outgoing *o, const struct remote_signal *s, uint64_t flags, bool linked)
{
    if (flags & DIST_EXIT_PAYLOAD) {
        fill2(o, linked ? CONTROL_PAYLOAD_EXIT : CONTROL_PAYLOAD_EXIT2, s->from, s->to);
        o->payload = s->value;
    } else {
        fill3(o, linked ? CONTROL_EXIT : CONTROL_EXIT2, s->from, s->to, s->value);
    }
}

static void fill_down(struct outgoing *o, const struct remote_signal *s, uint64_t flags)
{
    term from = s->name != NONE ? s->name : s->from;
    if (flags & DIST_EXIT_PAYLOAD) {
        fill3(o, CONTROL_PAYLOAD_MONITOR_EXIT, from, s->to, s->ref);
        o->payload = s->value;
    } else {
        fill(o, CONTROL_MONITOR_EXIT, 5, (term[]){from, s->to, s->ref, s->value});
    }
}

static void fill_signal(struct outgoing *o, const struct remote_signal *s, uint64_t flags)
{
    term target = s->name != NONE ? s->name : s->to;
    switch (s->kind) {
    case REMOTE_SEND:
        fill_send(o, s, flags);
        return;
    case REMOTE_LINK:
        fill2(o, CONTROL_LINK, s->from, s->to);
        return;
    case REMOTE_UNLINK:
        fill3(o, CONTROL_UNLINK_ID, id_term(o, s->id), s->from, s->to);
        return;
    case REMOTE_UNLINK_ACK:
        fill3(o, CONTROL_UNLINK_ID_ACK, id_term(o, s->id), s->from, s->to);
        return;
    case REMOTE_EXIT:
        fill_exit(o, s, flags, true);
        return;
    case REMOTE_EXIT2:
        fill_exit(o, s, flags, false);
        return;
    case REMOTE_MONITOR:
        fill3(o, CONTROL_MONITOR, s->from, target, s->ref);
        return;
    case REMOTE_DEMONITOR:
        fill3(o, CONTROL_DEMONITOR, s->from, target, s->ref);
        return;
    case REMOTE_DOWN:
        fill_down(o, s, flags);
        return;
    case REMOTE_GROUP_LEADER:
        fill2(o, CONTROL_GROUP_LEADER, s->value, s->to);
        return;
    case REMOTE_SPAWN:
        fill(o, CONTROL_SPAWN_REQUEST, 6, (term[]){s->ref, s->from, s->leader, s->value, s->options});
        o->payload = s->arguments;
        return;
    case REMOTE_SPAWN_REPLY:
        fill(o, CONTROL_SPAWN_REPLY, 5, (term[]){s->ref, s->to, small((sword)s->id), s->value});
        return;
    }
}

// What a node without the capability has no form for.
static bool can_be_said(const struct remote_signal *s, uint64_t flags)
{
    if (s->kind == REMOTE_SPAWN)
        return flags & DIST_SPAWN;
    return s->kind != REMOTE_SEND || s->name != NONE || !is_ref(s->to) || flags & DIST_ALIAS;
}

static enum remote_result send_signal(struct proc *sender, const struct remote_signal *s)
{
    struct peer *p = peer_of_node(s->node);
    if (!p || !can_be_said(s, p->flags))
        return REMOTE_UNCONNECTED;
    struct outgoing o = {.payload = NONE};
    struct packet *packet = packet_new();
    fill_signal(&o, s, p->flags);
    writer_u8(&packet->body, PASS_THROUGH);
    if (packet_term(packet, boxed_term(o.tuple)) && (o.payload == NONE || packet_term(packet, o.payload)))
        return peer_send(p, packet, sender ? sender->pid : NONE);
    log_line(LOG_ERROR, "a term is too large to be sent to another node; dropped");
    packet_free(packet);
    return REMOTE_SENT;
}

static bool connected(struct node *n)
{
    return peer_of_node(n) != NULL;
}

static bool busy(struct node *n)
{
    struct peer *p = peer_of_node(n);
    return p && peer_is_busy(p);
}

static term connected_nodes(struct heap *h)
{
    term list = NIL;
    for (struct peer *p = peer_next(NULL); p; p = peer_next(p))
        list = cons(h, p->node->name, list);
    return list;
}

void control_open(void)
{
    remote_hooks = (struct remote_hooks){send_signal, connected, busy, connected_nodes};
}
