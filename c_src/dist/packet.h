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
    uint8_t prefix;               // bytes of the length in front: the last ones of the room
    uint64_t needs;               // capabilities without which the other node can't take it
    term sender;                  // a local pid, or NONE: packets of one sender stay in order
    size_t end;                   // of the carrier: where in the stream it ends
    size_t payload_at;    // where in the body the second term starts, its version byte included; 0: there is none
};

struct packet *packet_new(void);
void packet_free(struct packet *p);

// Control message and payload as `131, 68, 0` and terms without their version bytes, instead of `112` and terms with them: the
// form of messages between nodes that send fragments.
void packet_use_header(struct packet *p);

// Appends bytes `from` to `from + size` of what another packet sends, prefix not counted. Large binaries are shared.
void packet_add_slice(struct packet *p, const struct packet *whole, size_t from, size_t size);

// Appends a term. False: it cannot be said in the external format.
bool packet_term(struct packet *p, term t);

// The size of what is sent, prefix not included; and of what can't be cut of it: all before a payload.
size_t packet_size(const struct packet *p);
size_t packet_undivided(const struct packet *p);

// The pieces from byte `from` on, counted with the room for the prefix; at most `room`. How many were filled.
size_t packet_parts(const struct packet *p, size_t from, struct iovec *parts, size_t room);

struct packet_queue {
    struct packet *first, **last;
};

void packet_queue_init(struct packet_queue *q);
void packet_queue_done(struct packet_queue *q);
void packet_queue_add(struct packet_queue *q, struct packet *p);
void packet_queue_put_first(struct packet_queue *q, struct packet_queue *more);    // empties `more`
struct packet *packet_queue_take(struct packet_queue *q);                          // NULL: empty

#endif
