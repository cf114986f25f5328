// SPDX-License-Identifier: Apache-2.0
// Large messages in pieces, so that small ones of others needn't wait for them (ERTS User's Guide, "Protocol for fragmenting
// distribution messages"). Both ways, between nodes that agreed on it.
// Outgoing: a queue in which a packet larger than FRAGMENT_BYTES is cut as its turn comes: pieces of several large ones, and
// small ones in between, alternate. Packets of one sender leave in the order in which they came: what follows a large one waits
// for its last piece. Guarded by its owner.
// Incoming: pieces of several messages, each under its number, are put together. By the thread that brings the packets.
// Headers hold no atoms: the atom cache is not offered. It would pay little: of the 98 bytes of a small message between two nodes
// names of nodes are 40, and reading a term with seven atoms takes 0.25 us in all, where a message takes a VM 0.6 us or more to send.
// Remembering the atoms that were looked up last, which needs no protocol, was measured to gain nothing.
#ifndef TANDEM_DIST_FRAGMENTS_H
#define TANDEM_DIST_FRAGMENTS_H

#include "base/list.h"
#include "base/table.h"
#include "dist/assembly.h"
#include "dist/packet.h"

enum { FRAGMENT_BYTES = CONFIG_STRESS ? 64 : 64 * 1024 };

struct outflow {
    struct packet_queue queue;
    struct list large;    // being sent, the one whose turn is next first
    size_t bytes;         // that wait, in all
    size_t since_piece;
    uint64_t sequence;
};

void outflow_init(struct outflow *o);
void outflow_done(struct outflow *o);
void outflow_add(struct outflow *o, struct packet *p);
bool outflow_empty(const struct outflow *o);
struct packet *
outflow_whole(struct outflow *o);    // the next packet as it is; NULL: none. Not to be mixed with outflow_piece
struct packet *outflow_piece(struct outflow *o);    // the next packet or piece of one, all with headers

// All packets of another outflow, of which no piece has been taken, behind ours.
void outflow_take_over(struct outflow *o, struct outflow *other);

struct inflow {
    struct table partial;       // messages of which a piece is still to come, by their number
    struct partial *placing;    // of which a piece comes just now
};

void inflow_init(struct inflow *f);
void inflow_done(struct inflow *f);

// A packet whose second byte is 68, 69 or 70. Control message and payload, without their version bytes, if they are complete now:
// then *r is at their beginning and, if they were put together, in *whole, which the caller drops. Failure is in the reader.
bool inflow_receive(struct inflow *f, struct reader *r, struct shared **whole);

// The beginning of such a packet, of which `rest` bytes are still to come: where they may be put, or NULL. It is taken then, and when the
// rest is in its place inflow_placed does what inflow_receive would have done.
uint8_t *inflow_place(struct inflow *f, struct reader *r, size_t rest);
bool inflow_placed(struct inflow *f, struct reader *r, size_t rest, struct shared **whole);

#endif
