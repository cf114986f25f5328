// SPDX-License-Identifier: Apache-2.0
// A packet on its way out: bytes that were encoded once and are handed from the sender to the connection's queue to the
// carrier. In front of them is room for the carrier's own header. Large shared binaries are not copied into a packet: it
// holds them, and remembers where they belong (cuts); packet_parts gives the pieces in order, ready for writev.
// Owned by one holder at a time; a queue is guarded by its owner.
#ifndef TANDEM_DIST_PACKET_H
#define TANDEM_DIST_PACKET_H

#include "base/writer.h"
#include "term/external.h"

#include <sys/uio.h>

enum { PACKET_PREFIX = 4 };    // bytes of room at the front

struct packet {
    struct packet *next;
    struct writer body;           // PACKET_PREFIX bytes, then what is sent, less the bytes of the cuts
    struct external_cuts cuts;    // their binaries' bytes are held; `binary` is the address of the struct shared
    bool counted;                 // its bytes count against the receiver's window
};

struct packet *packet_new(void);
void packet_free(struct packet *p);

// Appends a term. False: it cannot be said in the external format.
bool packet_term(struct packet *p, term t);

// The size of what is sent, prefix not included.
size_t packet_size(const struct packet *p);

// The pieces from byte `from` on, counted with the prefix; at most `room`. How many were filled.
size_t packet_parts(const struct packet *p, size_t from, struct iovec *parts, size_t room);

struct packet_queue {
    struct packet *first, **last;
    size_t bytes;
};

void packet_queue_init(struct packet_queue *q);
void packet_queue_done(struct packet_queue *q);
void packet_queue_add(struct packet_queue *q, struct packet *p);
struct packet *packet_queue_take(struct packet_queue *q);    // NULL: empty

#endif
