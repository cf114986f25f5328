// SPDX-License-Identifier: Apache-2.0
// The other end of a connection: one record for each node that we are, or are about to be, connected to.
// Life: made for a carrier; handshake (dist/handshake.h); up: packets are control messages (dist/control.h) both ways;
// closed. A record is not freed before the engine closes, because senders may hold it.
// Input: packets come from one thread at a time, and are worked off inside peer_receive, in order.
// Output: any thread. Packets wait in a queue that the carrier empties as fast as it can and as the other end's window
// allows: of the bytes handed out, at most `window` may be unacknowledged when the next packet is handed out. A window
// of 0 means that the carrier's own flow control is enough. Once more than CONFIG_BUSY_BYTES wait, senders are told to, and are woken when
// the queue has shrunk to half of that.
#ifndef TANDEM_DIST_PEER_H
#define TANDEM_DIST_PEER_H

#include "base/list.h"
#include "base/lock.h"
#include "dist/carrier.h"
#include "dist/handshake.h"
#include "dist/packet.h"
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

struct peer {
    struct list member;    // of all peers
    struct carrier *carrier;
    const struct peer_events *events;
    _Atomic uint32_t state;    // enum handshake_state
    struct handshake handshake;
    struct node *node;    // the other node, from the handshake
    uint64_t flags;       // capabilities of both ends
    struct lock lock;     // guards what follows
    struct packet_queue output;
    size_t ticks;    // empty packets owed; they overtake the queue
    size_t window, unacknowledged;
    struct waiters waiters;
};

void peers_open(void);
void peers_close(void);    // frees all; their carriers are closed

// A connection over a carrier, waiting for the host's options if from_host, else starting the handshake at once.
struct peer *peer_new(const struct peer_events *events, bool from_host);
void peer_start(struct peer *p, struct carrier *c);

// For carriers. A packet as it came; NULL, or why the connection must end: the carrier then closes.
const char *peer_receive(struct peer *p, const uint8_t *bytes, size_t size);

// The next packet to write, which the carrier then owns, or NULL: nothing, or the window is full.
struct packet *peer_output(struct peer *p);

// The stream is over. NULL: the other end closed it. Telling processes that have ties to the node (relations_node_down) is
// up to the owner of the connection: when it was the host's, the engine ends instead.
void peer_closed(struct peer *p, const char *why);

// Queues a packet. The sender is to wait if the answer is REMOTE_BUSY: its pid (or NONE) is remembered.
enum remote_result peer_send(struct peer *p, struct packet *packet, term sender);

bool peer_is_up(const struct peer *p);
bool peer_is_busy(struct peer *p);
struct peer *peer_of_node(const struct node *n);    // NULL: not connected

// Walks connected nodes: NULL first, NULL at the end.
struct peer *peer_next(struct peer *p);

// Packets with control messages since the start, all connections.
extern _Atomic uint64_t peer_messages_in, peer_messages_out;

#endif
