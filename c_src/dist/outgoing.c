// SPDX-License-Identifier: Apache-2.0
#include "dist/control.h"

#include "base/log.h"
#include "dist/neighbours.h"
#include "proc/remote.h"
#include "proc/signal.h"
#include "proc/timeline.h"
#include "term/atom.h"

enum {
    MAX_ELEMENTS = 6,
    PASS_THROUGH = 112,
    TRIES = 3,    // to find a connection that isn't just ending
};

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

// What makes a connection if there is none, as on the BEAM. The others are between processes that have ties, which end with the
// connection.
static bool begins(const struct remote_signal *s)
{
    switch (s->kind) {
    case REMOTE_SEND:
    case REMOTE_LINK:
    case REMOTE_EXIT2:
    case REMOTE_MONITOR:
    case REMOTE_GROUP_LEADER:
    case REMOTE_SPAWN:
        return true;
    case REMOTE_UNLINK:
    case REMOTE_UNLINK_ACK:
    case REMOTE_EXIT:
    case REMOTE_DEMONITOR:
    case REMOTE_DOWN:
    case REMOTE_SPAWN_REPLY:
        return false;
    }
    return false;
}

static bool makes_ties(enum remote_kind kind)
{
    return kind == REMOTE_LINK || kind == REMOTE_MONITOR || kind == REMOTE_SPAWN;
}

static uint64_t capability(enum control number)
{
    if (number == CONTROL_SEND_SENDER)
        return DIST_SEND_SENDER;
    if (number == CONTROL_ALIAS_SEND)
        return DIST_ALIAS;
    if (number == CONTROL_SPAWN_REQUEST)
        return DIST_SPAWN;
    return number == CONTROL_PAYLOAD_EXIT || number == CONTROL_PAYLOAD_EXIT2 || number == CONTROL_PAYLOAD_MONITOR_EXIT
               ? DIST_EXIT_PAYLOAD
               : 0;
}

// Whose signals it must not overtake: a spawn reply comes before all that the child does.
static term whose(const struct remote_signal *s)
{
    term sender = s->kind == REMOTE_SPAWN_REPLY ? s->value : s->from;
    return is_local_pid(sender) ? sender : NONE;
}

// A length has 4 bytes. Fragments have short ones.
static bool has_length(struct packet *packet)
{
    if (packet_size(packet) > UINT32_MAX)
        packet->needs |= DIST_FRAGMENTS;
    return packet_undivided(packet) <= UINT32_MAX;
}

// NULL: it cannot be said in the external format, or to no node at all.
static struct packet *packet_of(const struct remote_signal *s, uint64_t flags)
{
    struct outgoing o = {.payload = NONE};
    struct packet *packet = packet_new();
    fill_signal(&o, s, flags);
    packet->sender = whose(s);
    packet->needs = capability((enum control)small_value(o.tuple[1]));
    writer_u8(&packet->body, PASS_THROUGH);
    bool said = packet_term(packet, boxed_term(o.tuple));
    packet->payload_at = o.payload == NONE ? 0 : packet->body.size;
    if (said && (o.payload == NONE || packet_term(packet, o.payload)) && has_length(packet))
        return packet;
    packet_free(packet);
    return NULL;
}

static struct peer *peer_for(const struct remote_signal *s)
{
    return begins(s) ? neighbour_get(s->node) : neighbour_find(s->node);
}

// Encoding may take turns: the peer that was found before is not held meanwhile.
static enum remote_result try_to_send(struct proc *sender, const struct remote_signal *s)
{
    struct peer *p = peer_for(s);
    uint64_t flags = p ? peer_flags(p) : 0;
    if (!p || !can_be_said(s, flags))
        return REMOTE_UNCONNECTED;
    struct packet *packet = packet_of(s, flags);
    if (!packet)
        return REMOTE_TOO_LARGE;
    p = peer_for(s);
    if (p && peer_is_up(p) && packet->needs & DIST_FRAGMENTS & ~peer_flags(p)) {
        packet_free(packet);
        return REMOTE_TOO_LARGE;
    }
    if (p && makes_ties(s->kind))
        atomic_store(&p->ties, true);
    enum remote_result result = p ? peer_send(p, packet, sender ? sender->pid : NONE) : REMOTE_UNCONNECTED;
    if (result == REMOTE_UNCONNECTED)
        packet_free(packet);
    return result;
}

// The BEAM ends the connection when a process ends with such a reason: who has ties to that process is told as much, nobody else.
static enum remote_result too_large(struct proc *sender, const struct remote_signal *s)
{
    bool of_end = s->kind == REMOTE_EXIT || s->kind == REMOTE_DOWN;
    if (!of_end || s->value == ATOM_noconnection) {
        if (!sender)
            log_line(LOG_ERROR, "a term is too large to be sent to another node; dropped");
        return REMOTE_TOO_LARGE;
    }
    struct remote_signal told = *s;
    told.value = ATOM_noconnection;
    return try_to_send(sender, &told);
}

static enum remote_result send_signal(struct proc *sender, const struct remote_signal *s)
{
    if (timeline_runs() && s->kind == REMOTE_SEND)
        timeline_left();
    enum remote_result result = try_to_send(sender, s);
    for (int i = 1; i < TRIES && result == REMOTE_UNCONNECTED && peer_for(s); i++)
        result = try_to_send(sender, s);
    return result == REMOTE_TOO_LARGE ? too_large(sender, s) : result;
}

void control_refused(const struct packet *packet)
{
    struct reader r;
    struct external e;
    struct heap h;
    if (!(packet->needs & DIST_SPAWN))
        return;
    reader_init(&r, packet->body.bytes + PACKET_PREFIX + 1, packet->payload_at - PACKET_PREFIX - 1);
    heap_init(&h, 64);
    term control = external_scan(&e, &r, EXTERNAL_NO_COMPRESSION) ? external_decode(&h, &e) : NONE;
    if (control != NONE)
        signal_spawn_reply(element(control, 2), element(control, 1), ATOM_notsup, 0);
    external_done(&e);
    heap_done(&h);
}

static struct peer *up(const struct node *n)
{
    struct peer *p = neighbour_find(n);
    return p && peer_is_up(p) ? p : NULL;
}

static bool connected(struct node *n)
{
    return up(n) != NULL;
}

static bool begun(struct node *n)
{
    return neighbour_find(n) != NULL;
}

static bool busy(struct node *n)
{
    struct peer *p = neighbour_find(n);
    return p && peer_is_busy(p);
}

static bool watch(struct node *n)
{
    struct peer *p = neighbour_get(n);
    if (p)
        atomic_store(&p->ties, true);
    return p && p->state != HANDSHAKE_CLOSED;
}

static enum remote_connect connect(struct node *n, term pid)
{
    struct peer *p = neighbour_get(n);
    if (!p)
        return REMOTE_NONE;
    if (peer_await(p, pid))
        return REMOTE_CONNECTING;
    return peer_is_up(p) ? REMOTE_CONNECTED : REMOTE_NONE;
}

static bool disconnect(struct node *n)
{
    struct peer *p = up(n);
    if (p)
        p->carrier->operations->close(p->carrier);
    return p;
}

void control_open(void)
{
    remote_hooks = (struct remote_hooks){send_signal, connected, begun, busy, peer_names, watch, connect, disconnect};
}
