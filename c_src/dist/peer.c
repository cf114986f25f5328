// SPDX-License-Identifier: Apache-2.0
#include "dist/peer.h"

#include "base/memory.h"
#include "dist/control.h"
#include "proc/signal.h"

#include <string.h>

enum {
    TAG_PASS_THROUGH = 112,
    TAG_CREDIT = 'C',
    TAG_SEVERAL = 'S',
    BUSY_UNTIL = CONFIG_BUSY_BYTES / 2,
};

_Atomic uint64_t peer_messages_in, peer_messages_out;

static struct {
    struct lock lock;
    struct list all;
} peers;

void peers_open(void)
{
    lock_init(&peers.lock);
    list_init(&peers.all);
}

static void peer_free(struct peer *p)
{
    list_remove(&p->member);
    packet_queue_done(&p->output);
    mem_free(p->waiters.pids, p->waiters.room * sizeof *p->waiters.pids);
    mem_free(p, sizeof *p);
}

void peers_close(void)
{
    while (!list_empty(&peers.all))
        peer_free(CONTAINER_OF(peers.all.next, struct peer, member));
}

struct peer *peer_new(const struct peer_events *events, bool from_host)
{
    struct peer *p = mem_zero_alloc(sizeof *p);
    p->events = events;
    p->state = from_host ? HANDSHAKE_OPTIONS : HANDSHAKE_STATUS;
    lock_init(&p->lock);
    packet_queue_init(&p->output);
    list_init(&p->member);
    lock_take(&peers.lock);
    list_add(&peers.all, &p->member);
    lock_give(&peers.lock);
    return p;
}

void peer_start(struct peer *p, struct carrier *c)
{
    p->carrier = c;
    if (p->state == HANDSHAKE_STATUS)
        handshake_start(p);
}

static void up(struct peer *p)
{
    __atomic_store_n(&p->node->peer, p, __ATOMIC_RELEASE);
    __atomic_store_n(&node_intern(p->node->name, 0)->peer, p, __ATOMIC_RELEASE);
    p->events->up(p);
}

static void credit(struct peer *p, struct reader *r)
{
    reader_u8(r);
    uint32_t more = reader_u32(r);
    lock_take(&p->lock);
    if (reader_left(r) != 0 || more > p->unacknowledged)
        reader_fail(r, "credit for what was not sent");
    else
        p->unacknowledged -= more;
    bool waiting = p->output.first != NULL;
    lock_give(&p->lock);
    if (waiting)
        p->carrier->operations->output(p->carrier);
}

static void tick(struct peer *p)
{
    lock_take(&p->lock);
    p->ticks++;
    lock_give(&p->lock);
    p->carrier->operations->output(p->carrier);
}

static void message(struct peer *p, struct reader *r)
{
    if (reader_u8(r) != TAG_PASS_THROUGH) {
        reader_fail(r, "unknown kind of packet");
        return;
    }
    atomic_fetch_add_explicit(&peer_messages_in, 1, memory_order_relaxed);
    control_receive(p, r);
}

// Messages in one packet, each behind its length.
static void several(struct peer *p, struct reader *r)
{
    reader_u8(r);
    while (reader_ok(r) && reader_left(r)) {
        uint32_t size = reader_u32(r);
        const uint8_t *bytes = reader_take(r, size);
        struct reader one;
        reader_init(&one, bytes, bytes ? size : 0);
        if (bytes)
            message(p, &one);
        if (!reader_ok(&one))
            reader_fail(r, one.failure);
    }
}

static void connected(struct peer *p, struct reader *r)
{
    uint8_t tag = reader_left(r) ? *r->at : 0;
    if (reader_left(r) == 0)
        tick(p);
    else if (tag == TAG_CREDIT && p->window)
        credit(p, r);
    else if (tag == TAG_SEVERAL && p->window)
        several(p, r);
    else
        message(p, r);
}

const char *peer_receive(struct peer *p, const uint8_t *bytes, size_t size)
{
    struct reader r;
    reader_init(&r, bytes, size);
    if (peer_is_up(p)) {
        connected(p, &r);
    } else {
        handshake_receive(p, &r);
        if (reader_ok(&r) && peer_is_up(p))
            up(p);
    }
    return r.failure;
}

// Takes the list of who waits, with the lock held; they are woken without it.
static struct waiters waiters_take(struct peer *p)
{
    struct waiters taken = p->waiters;
    p->waiters = (struct waiters){NULL, 0, 0};
    return taken;
}

static void waiters_wake(struct waiters *w)
{
    for (size_t i = 0; i < w->count; i++)
        proc_wake(w->pids[i]);
    mem_free(w->pids, w->room * sizeof *w->pids);
}

static struct packet *next_packet(struct peer *p)
{
    if (p->ticks > 0) {
        p->ticks--;
        return packet_new();
    }
    struct packet *next = p->output.first;
    if (!next || (next->counted && p->window && p->unacknowledged >= p->window))
        return NULL;
    if (next->counted && p->window)
        p->unacknowledged += packet_size(next);
    return packet_queue_take(&p->output);
}

struct packet *peer_output(struct peer *p)
{
    struct waiters woken = {NULL, 0, 0};
    lock_take(&p->lock);
    struct packet *next = next_packet(p);
    if (p->waiters.count && p->output.bytes <= BUSY_UNTIL)
        woken = waiters_take(p);
    lock_give(&p->lock);
    waiters_wake(&woken);
    return next;
}

// A sender is remembered once while it waits; it may send more (a dying process does) before it is woken.
static void wait_for_room(struct waiters *w, term sender)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->pids[i] == sender)
            return;
    if (w->count == w->room) {
        size_t room = w->room ? w->room * 2 : 8;
        w->pids = mem_resize(w->pids, w->room * sizeof *w->pids, room * sizeof *w->pids);
        w->room = room;
    }
    w->pids[w->count++] = sender;
}

enum remote_result peer_send(struct peer *p, struct packet *packet, term sender)
{
    packet->counted = packet->body.size > PACKET_PREFIX && packet->body.bytes[PACKET_PREFIX] == TAG_PASS_THROUGH;
    lock_take(&p->lock);
    if (p->state == HANDSHAKE_CLOSED) {
        lock_give(&p->lock);
        packet_free(packet);
        return REMOTE_UNCONNECTED;
    }
    if (packet->counted)
        atomic_fetch_add_explicit(&peer_messages_out, 1, memory_order_relaxed);
    packet_queue_add(&p->output, packet);
    bool busy = p->output.bytes > CONFIG_BUSY_BYTES;
    if (busy && sender != NONE)
        wait_for_room(&p->waiters, sender);
    lock_give(&p->lock);
    p->carrier->operations->output(p->carrier);
    return busy ? REMOTE_BUSY : REMOTE_SENT;
}

bool peer_is_up(const struct peer *p)
{
    return atomic_load_explicit(&p->state, memory_order_acquire) == HANDSHAKE_UP;
}

bool peer_is_busy(struct peer *p)
{
    lock_take(&p->lock);
    bool busy = p->output.bytes > CONFIG_BUSY_BYTES;
    lock_give(&p->lock);
    return busy;
}

void peer_closed(struct peer *p, const char *why)
{
    lock_take(&p->lock);
    atomic_store_explicit(&p->state, HANDSHAKE_CLOSED, memory_order_release);
    packet_queue_done(&p->output);
    struct waiters woken = waiters_take(p);
    lock_give(&p->lock);
    if (p->node) {
        __atomic_store_n(&p->node->peer, NULL, __ATOMIC_RELEASE);
        __atomic_store_n(&node_intern(p->node->name, 0)->peer, NULL, __ATOMIC_RELEASE);
    }
    waiters_wake(&woken);
    p->events->closed(p, why);
}

// An identifier of an earlier life of a connected node leads to the connection as well: the node tells that it is gone.
static struct peer *peer_by_name(term name)
{
    struct peer *found = NULL;
    lock_take(&peers.lock);
    for (struct list *l = peers.all.next; l != &peers.all && !found; l = l->next) {
        struct peer *p = CONTAINER_OF(l, struct peer, member);
        if (peer_is_up(p) && p->node->name == name)
            found = p;
    }
    lock_give(&peers.lock);
    return found;
}

struct peer *peer_of_node(const struct node *n)
{
    struct peer *p = __atomic_load_n(&n->peer, __ATOMIC_ACQUIRE);
    return p ? p : peer_by_name(n->name);
}

struct peer *peer_next(struct peer *p)
{
    struct peer *found = NULL;
    lock_take(&peers.lock);
    for (struct list *l = p ? p->member.next : peers.all.next; l != &peers.all && !found; l = l->next) {
        struct peer *candidate = CONTAINER_OF(l, struct peer, member);
        if (peer_is_up(candidate))
            found = candidate;
    }
    lock_give(&peers.lock);
    return found;
}
