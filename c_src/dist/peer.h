// SPDX-License-Identifier: Apache-2.0
// The other end of a connection: one record for each node that we are, or are about to be, connected to.
// Life: made for a carrier; handshake (dist/handshake.h); up: packets are control messages (dist/control.h) both ways;
// closed. A record that is no longer wanted is freed when no sender can hold it any more, or with the engine.
// Input: packets come from one thread at a time, and are worked off inside peer_receive, in order.
// Output: any thread. Packets wait until the connection is up, and then for the carrier, which takes them as fast as it can and as
// the other end's window allows: of the bytes handed out, at most `window` may be unacknowledged when the next packet is handed out. A window
// of 0 means that the carrier's own flow control is enough. Once more than CONFIG_BUSY_BYTES wait, senders are told to, and are woken when
// the queue has shrunk to half of that. A host that is connected by its port gets messages without headers and a tick for each
// of its ticks; between other nodes messages are cut if both know how to (dist/fragments.h), and the carrier ticks.
#ifndef TANDEM_DIST_PEER_H
#define TANDEM_DIST_PEER_H

#include "base/list.h"
#include "base/lock.h"
#include "dist/carrier.h"
#include "dist/fragments.h"
#include "dist/handshake.h"
#include "proc/epoch.h"
#include "proc/remote.h"
#include "term/ident.h"

#include <stdatomic.h>

struct peer;

// What the owner of the connections (main/) wants to know. Called by the thread that brings the packets.
struct peer_events {
    void (*up)(struct peer *p);
    void (*closed)(struct peer *p, const char *why);    // NULL: the other end closed the stream
};

// Local pids of processes that were told to wait.
struct waiters {
    term *pids;
    size_t count, room;
};

enum peer_kind {
    PEER_DIALED,    // we connect to it
    PEER_HOST,      // the host that has started us; its options come first
    PEER_ACCEPTED,
};

// A message of which more is to come; of 0 bytes: none.
struct pieces {
    size_t expected;
    struct assembly assembly;
};

struct peer {
    struct retired retired;
    struct list member;    // of all peers
    enum peer_kind kind;
    struct carrier *carrier;
    const struct peer_events *events;
    _Atomic uint32_t state;    // enum handshake_state
    struct handshake handshake;
    struct node *node;    // the other node: from the handshake, or that to which we connect, whatever its creation
    uint64_t flags;       // capabilities of both ends
    struct inflow input;
    struct pieces pieces;
    _Atomic bool ties;                // processes may have ties to it: it was up, or one has asked for a tie
    struct lock lock;                 // guards what follows
    struct packet_queue greetings;    // packets of the handshake
    struct outflow output;
    _Atomic bool settled;    // up, and all that waits can be said to the other node
    size_t ticks;            // empty packets owed; they overtake the queue
    size_t window, unacknowledged;
    struct waiters waiters;
};

void peers_open(void);
void peers_close(void);    // frees all; their carriers are closed

struct peer *peer_new(const struct peer_events *events, enum peer_kind kind);
void peer_start(struct peer *p, struct carrier *c);    // over a stream that is open now: the handshake begins
void peer_free(struct peer *p);                        // nobody has seen it yet
void peer_retire(struct peer *p);                      // it is closed, and its carrier gone

// For carriers. A packet as it came, and what holds its bytes if the message may share it, or NULL. NULL, or why the connection must
// end: the carrier then closes.
const char *peer_receive(struct peer *p, const uint8_t *bytes, size_t size, struct shared *block);

// The beginning of a packet, of which `rest` bytes are still to come: where the carrier may put them, or NULL. The beginning is
// taken then, and the next packet handed over is this one, by peer_placed, when all of it is in its place.
uint8_t *peer_place(struct peer *p, const uint8_t *bytes, size_t there, size_t rest);
const char *peer_placed(struct peer *p, size_t rest);

// The next packet to write, which the carrier then owns, or NULL: nothing, or the window is full.
struct packet *peer_output(struct peer *p);

// The stream is over, or there will be none. NULL: the other end closed it. Telling processes that have ties to the node
// (relations_node_down) is up to the owner of the connection: when it was the host's, the engine ends instead. It is told of
// connections that were up, and of those that somebody waited for. One that has yielded waits for the other node's all the same,
// until it has expired.
void peer_closed(struct peer *p, const char *why);
void peer_expired(struct peer *p, const char *why);

// Queues a packet. The sender is to wait if the answer is REMOTE_BUSY: its pid (or NONE) is remembered. REMOTE_UNCONNECTED: the
// packet is still the caller's.
enum remote_result peer_send(struct peer *p, struct packet *packet, term sender);

void peer_greet(struct peer *p, struct packet *packet);    // sends a packet of the handshake
void peer_tick(struct peer *p);                            // sends an empty packet, before all others

// Remembers a process to be woken when the connection is up or closed. False: it is one of both already.
bool peer_await(struct peer *p, term pid);

// For dist/neighbours.c: the attempt to connect is given up in favour of the other node's; what waits goes to another peer.
void peer_yield(struct peer *p);
void peer_take_over(struct peer *p, struct peer *before);

bool peer_is_up(const struct peer *p);
bool peer_is_busy(struct peer *p);
uint64_t peer_flags(const struct peer *p);    // what may be said to it now

term peer_names(struct heap *h);    // a list of the nodes that are connected

// Packets with control messages since the start, all connections.
extern _Atomic uint64_t peer_messages_in, peer_messages_out;

#endif
