// SPDX-License-Identifier: Apache-2.0
#include "dist/peer.h"

#include "base/log.h"
#include "base/memory.h"
#include "dist/control.h"
#include "dist/neighbours.h"
#include "proc/signal.h"
#include "term/atom.h"

#include <string.h>

enum {
    TAG_PASS_THROUGH = 112,
    TAG_CREDIT = 'C',
    TAG_SEVERAL = 'S',
    TAG_BEGINS = 'B',
    TAG_PIECE = 'P',
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
    neighbours_open();
}

static void peer_done(struct peer *p)
{
    packet_queue_done(&p->greetings);
    outflow_done(&p->output);
    inflow_done(&p->input);
    assembly_done(&p->pieces.assembly);
    mem_free(p->waiters.pids, p->waiters.room * sizeof *p->waiters.pids);
    mem_free(p, sizeof *p);
}

static void forget(struct peer *p)
{
    lock_take(&peers.lock);
    list_remove(&p->member);
    lock_give(&peers.lock);
}

void peer_free(struct peer *p)
{
    forget(p);
    peer_done(p);
}

static void release(struct retired *r)
{
    peer_done(CONTAINER_OF(r, struct peer, retired));
}

void peer_retire(struct peer *p)
{
    forget(p);
    p->retired.release = release;
    epoch_retire(&p->retired);
}

void peers_close(void)
{
    while (!list_empty(&peers.all))
        peer_free(CONTAINER_OF(peers.all.next, struct peer, member));
}

static enum handshake_state first_state(enum peer_kind kind)
{
    switch (kind) {
    case PEER_DIALED:
        return HANDSHAKE_DIALING;
    case PEER_HOST:
        return HANDSHAKE_OPTIONS;
    case PEER_ACCEPTED:
        return HANDSHAKE_NAME;
    }
    return HANDSHAKE_CLOSED;
}

struct peer *peer_new(const struct peer_events *events, enum peer_kind kind)
{
    struct peer *p = mem_zero_alloc(sizeof *p);
    p->kind = kind;
    p->events = events;
    p->state = first_state(kind);
    lock_init(&p->lock);
    packet_queue_init(&p->greetings);
    outflow_init(&p->output);
    inflow_init(&p->input);
    list_init(&p->member);
    lock_take(&peers.lock);
    list_add(&peers.all, &p->member);
    lock_give(&peers.lock);
    return p;
}

void peer_start(struct peer *p, struct carrier *c)
{
    p->carrier = c;
    if (p->kind == PEER_DIALED && p->state == HANDSHAKE_DIALING)
        handshake_start(p);
}

static void output(struct peer *p)
{
    p->carrier->operations->output(p->carrier);
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

// What was encoded in the hope of more than the other node can do.
static void refuse_what_cannot_be_said(struct peer *p)
{
    struct packet_queue all, refused;
    packet_queue_init(&refused);
    lock_take(&p->lock);
    all = p->output.queue;
    outflow_init(&p->output);
    if (!all.first)
        all.last = &all.first;
    for (struct packet *packet = packet_queue_take(&all); packet; packet = packet_queue_take(&all))
        if (packet->needs & ~p->flags)
            packet_queue_add(&refused, packet);
        else
            outflow_add(&p->output, packet);
    p->settled = true;
    lock_give(&p->lock);
    for (struct packet *packet = packet_queue_take(&refused); packet; packet = packet_queue_take(&refused)) {
        control_refused(packet);
        packet_free(packet);
    }
}

static void up(struct peer *p, struct reader *r)
{
    if (!neighbour_up(p)) {
        reader_fail(r, "handshake: there is a connection already");
        return;
    }
    refuse_what_cannot_be_said(p);
    atomic_store(&p->ties, true);
    lock_take(&p->lock);
    struct waiters woken = waiters_take(p);
    lock_give(&p->lock);
    p->events->up(p);
    waiters_wake(&woken);
    output(p);
}

static void credit(struct peer *p, struct reader *r)
{
    reader_u8(r);
    uint64_t more = reader_u64(r);
    lock_take(&p->lock);
    if (reader_left(r) != 0 || more > p->unacknowledged)
        reader_fail(r, "credit for what was not sent");
    else
        p->unacknowledged -= more;
    bool waiting = !outflow_empty(&p->output);
    lock_give(&p->lock);
    if (waiting)
        output(p);
}

void peer_tick(struct peer *p)
{
    lock_take(&p->lock);
    p->ticks++;
    lock_give(&p->lock);
    output(p);
}

static void message(struct peer *p, struct reader *r, struct shared *block)
{
    if (reader_u8(r) != TAG_PASS_THROUGH) {
        reader_fail(r, "unknown kind of packet");
        return;
    }
    atomic_fetch_add_explicit(&peer_messages_in, 1, memory_order_relaxed);
    control_receive(p, r, block, true);
}

static void message_without_versions(struct peer *p, struct reader *r, struct shared *block)
{
    atomic_fetch_add_explicit(&peer_messages_in, 1, memory_order_relaxed);
    control_receive(p, r, block, false);
    if (block)
        shared_drop(block);
}

static void with_header(struct peer *p, struct reader *r)
{
    struct shared *whole = NULL;
    if (inflow_receive(&p->input, r, &whole))
        message_without_versions(p, r, whole);
}

// A piece has been added.
static void piece_added(struct peer *p, struct reader *r)
{
    struct pieces *m = &p->pieces;
    size_t size = m->assembly.size;
    if (!reader_ok(r) || size < m->expected)
        return;
    m->expected = 0;
    struct shared *whole = assembly_take(&m->assembly);
    reader_init(r, whole->bytes, size);
    message(p, r, whole);
    shared_drop(whole);
}

// Its tag has been read.
static void piece(struct peer *p, struct reader *r)
{
    struct pieces *m = &p->pieces;
    if (m->assembly.size + reader_left(r) > m->expected)
        reader_fail(r, "more of a message than was announced");
    else
        assembly_add(&m->assembly, r, m->expected);
    piece_added(p, r);
}

static void begin_pieces(struct peer *p, struct reader *r)
{
    reader_u8(r);
    uint32_t expected = reader_u32(r);
    if (p->pieces.expected || expected == 0)
        reader_fail(r, "a message in pieces that cannot be");
    if (expected > CONFIG_MAX_FRAME)
        reader_fail(r, ASSEMBLY_TOO_LARGE);
    if (!reader_ok(r))
        return;
    p->pieces.expected = expected;
    piece(p, r);
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
            message(p, &one, NULL);
        if (!reader_ok(&one))
            reader_fail(r, one.failure);
    }
}

static void connected(struct peer *p, struct reader *r, struct shared *block)
{
    uint8_t tag = reader_left(r) ? *r->at : 0;
    bool empty = reader_left(r) == 0;
    if (empty && p->kind == PEER_HOST)
        peer_tick(p);
    else if (empty)
        return;
    else if (p->flags & DIST_FRAGMENTS)
        with_header(p, r);
    else if (tag == TAG_CREDIT && p->window)
        credit(p, r);
    else if (tag == TAG_SEVERAL && p->window)
        several(p, r);
    else if (tag == TAG_BEGINS && p->window)
        begin_pieces(p, r);
    else if (tag == TAG_PIECE && p->window && reader_u8(r))
        piece(p, r);
    else
        message(p, r, block);
}

const char *peer_receive(struct peer *p, const uint8_t *bytes, size_t size, struct shared *block)
{
    struct reader r;
    reader_init(&r, bytes, size);
    if (peer_is_up(p)) {
        connected(p, &r, block);
    } else {
        handshake_receive(p, &r);
        if (reader_ok(&r) && peer_is_up(p))
            up(p, &r);
    }
    return r.failure;
}

static uint8_t *place_piece(struct peer *p, struct reader *r, size_t rest)
{
    struct pieces *m = &p->pieces;
    uint8_t tag = reader_u8(r);
    size_t all = reader_left(r) + rest;
    if (tag != TAG_PIECE || !p->window || m->assembly.size + all > m->expected || !assembly_room(&m->assembly, all))
        return NULL;
    assembly_add(&m->assembly, r, m->expected);
    return assembly_room(&m->assembly, rest);
}

uint8_t *peer_place(struct peer *p, const uint8_t *bytes, size_t there, size_t rest)
{
    struct reader r;
    reader_init(&r, bytes, there);
    if (!peer_is_up(p))
        return NULL;
    return p->flags & DIST_FRAGMENTS ? inflow_place(&p->input, &r, rest) : place_piece(p, &r, rest);
}

const char *peer_placed(struct peer *p, size_t rest)
{
    struct reader r;
    struct shared *whole = NULL;
    reader_init(&r, NULL, 0);
    if (!(p->flags & DIST_FRAGMENTS)) {
        p->pieces.assembly.size += rest;
        piece_added(p, &r);
    } else if (inflow_placed(&p->input, &r, rest, &whole)) {
        message_without_versions(p, &r, whole);
    }
    return r.failure;
}

static struct packet *next_message(struct peer *p)
{
    if (p->flags & DIST_FRAGMENTS)
        return outflow_piece(&p->output);
    struct packet *next = p->output.queue.first;
    if (!next || (next->counted && p->window && p->unacknowledged >= p->window))
        return NULL;
    if (next->counted && p->window)
        p->unacknowledged += packet_size(next);
    return outflow_whole(&p->output);
}

static struct packet *next_packet(struct peer *p)
{
    if (p->greetings.first)
        return packet_queue_take(&p->greetings);
    if (!p->settled)
        return NULL;
    if (p->ticks > 0) {
        p->ticks--;
        return packet_new();
    }
    return next_message(p);
}

struct packet *peer_output(struct peer *p)
{
    struct waiters woken = {NULL, 0, 0};
    lock_take(&p->lock);
    struct packet *next = next_packet(p);
    if (p->waiters.count && p->output.bytes <= BUSY_UNTIL && peer_is_up(p))
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

// Lengths are of 2 bytes until the connection is up, but on the host's port.
void peer_greet(struct peer *p, struct packet *packet)
{
    packet->prefix = p->kind == PEER_HOST ? PACKET_PREFIX : PACKET_PREFIX / 2;
    lock_take(&p->lock);
    packet_queue_add(&p->greetings, packet);
    lock_give(&p->lock);
    output(p);
}

enum remote_result peer_send(struct peer *p, struct packet *packet, term sender)
{
    lock_take(&p->lock);
    bool is_up = peer_is_up(p);
    if (p->state == HANDSHAKE_CLOSED || (is_up && packet->needs & ~p->flags)) {
        lock_give(&p->lock);
        return REMOTE_UNCONNECTED;
    }
    packet->counted = true;
    atomic_fetch_add_explicit(&peer_messages_out, 1, memory_order_relaxed);
    outflow_add(&p->output, packet);
    bool busy = p->output.bytes > CONFIG_BUSY_BYTES;
    if (busy && sender != NONE)
        wait_for_room(&p->waiters, sender);
    lock_give(&p->lock);
    if (is_up)
        output(p);
    return busy ? REMOTE_BUSY : REMOTE_SENT;
}

bool peer_await(struct peer *p, term pid)
{
    lock_take(&p->lock);
    bool settled = peer_is_up(p) || p->state == HANDSHAKE_CLOSED;
    if (!settled)
        wait_for_room(&p->waiters, pid);
    lock_give(&p->lock);
    return !settled;
}

bool peer_is_up(const struct peer *p)
{
    return atomic_load_explicit(&p->state, memory_order_acquire) == HANDSHAKE_UP;
}

uint64_t peer_flags(const struct peer *p)
{
    return peer_is_up(p) ? p->flags : DIST_HOPED;
}

bool peer_is_busy(struct peer *p)
{
    lock_take(&p->lock);
    bool busy = p->output.bytes > CONFIG_BUSY_BYTES;
    lock_give(&p->lock);
    return busy;
}

// Nothing more is sent. False: that was so before, or it has yielded.
static bool close_output(struct peer *p, bool expired, struct waiters *woken)
{
    lock_take(&p->lock);
    bool first = p->state != HANDSHAKE_CLOSED && (expired || p->state != HANDSHAKE_YIELDED);
    if (!first) {
        lock_give(&p->lock);
        return false;
    }
    atomic_store_explicit(&p->state, HANDSHAKE_CLOSED, memory_order_release);
    packet_queue_done(&p->greetings);
    outflow_done(&p->output);
    *woken = waiters_take(p);
    lock_give(&p->lock);
    return true;
}

static void close_peer(struct peer *p, bool expired, const char *why)
{
    struct waiters woken;
    if (!close_output(p, expired, &woken))
        return;
    bool ours = neighbour_down(p);
    if (!p->settled && p->kind != PEER_HOST && why)
        log_line(LOG_INFO, "no connection%s%s: %s", p->node ? " with " : "",
                 p->node ? atom_text(p->node->name).bytes : "", why);
    if (ours || p->kind == PEER_HOST)
        p->events->closed(p, why);
    if (ours)
        neighbour_gone(p);
    waiters_wake(&woken);
}

void peer_closed(struct peer *p, const char *why)
{
    close_peer(p, false, why);
}

void peer_expired(struct peer *p, const char *why)
{
    close_peer(p, true, why);
}

void peer_yield(struct peer *p)
{
    lock_take(&p->lock);
    bool has_stream = p->state != HANDSHAKE_DIALING && p->state != HANDSHAKE_YIELDED;
    atomic_store_explicit(&p->state, HANDSHAKE_YIELDED, memory_order_release);
    packet_queue_done(&p->greetings);
    lock_give(&p->lock);
    if (has_stream)
        p->carrier->operations->close(p->carrier);
}

// The other one is in nobody's hands yet, so its lock is free.
void peer_take_over(struct peer *p, struct peer *before)
{
    lock_take(&p->lock);
    lock_take(&before->lock);
    outflow_take_over(&p->output, &before->output);
    packet_queue_done(&before->greetings);
    atomic_store_explicit(&before->state, HANDSHAKE_CLOSED, memory_order_release);
    p->waiters = waiters_take(before);
    lock_give(&before->lock);
    lock_give(&p->lock);
    if (atomic_load(&before->ties))
        atomic_store(&p->ties, true);
}

term peer_names(struct heap *h)
{
    term names = NIL;
    lock_take(&peers.lock);
    for (struct list *l = peers.all.next; l != &peers.all; l = l->next) {
        struct peer *p = CONTAINER_OF(l, struct peer, member);
        if (peer_is_up(p) && p->settled)
            names = cons(h, p->node->name, names);
    }
    lock_give(&peers.lock);
    return names;
}
