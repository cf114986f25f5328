// SPDX-License-Identifier: Apache-2.0
// Packets over file descriptors that don't block, each behind its length: what the port and TCP have in common.
// One thread at a time reads, and works the packets off; any thread may flush, one at a time does. Whoever adds output sets
// `pending` first. A write that fails is remembered (`failed`, `failure`): the thread that reads ends the stream.
// Memory is bounded: a read takes at most what the input buffer has free, and its packets are handed over before the next;
// only a packet that is larger than the buffer makes it grow, as its bytes arrive. Pieces of a large message are read to their place in
// it (peer_place), once it has begun.
#ifndef TANDEM_CARRIER_STREAM_H
#define TANDEM_CARRIER_STREAM_H

#include "dist/peer.h"

enum { STREAM_MAX_SENDING = 32 };    // packets taken from the peer at once

struct stream_input {
    int fd;
    uint8_t *buffer;
    size_t from, to, capacity;    // unread bytes are buffer[from .. to)
    uint8_t *place;               // or NULL: where the rest of a packet goes
    size_t rest, placed;          // how large it is, how much of it is there
    size_t received;              // bytes so far
    _Atomic bool wanted;
};

// `pending`: the peer may have packets. `stuck`: nothing can be written now; whoever waits for events clears it.
// `lends`: the descriptor is a pipe. Large packets are lent to it: it refers to their bytes instead of copying them into pages that the
// kernel takes for it, and they stay as they are until the reader has got them (`lent`, the oldest first). Measured with 1 MB to a
// VM: 0.20 ms instead of 0.30; and instead of 2.8 ms in a virtual machine while the pages are ones that its host must first find
// memory for, 10 us each.
struct stream_output {
    atomic_flag taken;
    int fd;
    bool lends;
    struct packet_queue lent;
    _Atomic bool pending, stuck;
    struct packet *sending[STREAM_MAX_SENDING];
    size_t count;
    size_t written;         // of the first packet, its length included
    _Atomic size_t left;    // packets written whole
    _Atomic size_t sent;    // bytes so far
};

// First member of a carrier.
struct stream {
    struct carrier carrier;
    struct peer *peer;
    struct stream_input in;
    struct stream_output out;
    _Atomic bool ended;     // and the peer knows
    _Atomic bool failed;    // a write has, because of:
    const char *failure;    // NULL: the other end is gone
};

void stream_init(struct stream *s, const struct carrier_operations *operations,
                 struct peer *peer);    // of zeros; the descriptors follow
void stream_done(struct stream *s);     // the descriptors stay the caller's, who closes them afterwards

// Reads once, and hands over what is complete. True: there may be more to read.
bool stream_read(struct stream *s);

// Writes what there is, or some of it: MORE, if others should have their turn before the rest.
enum stream_flushed { STREAM_EMPTY, STREAM_MORE, STREAM_STUCK, STREAM_FAILED };
enum stream_flushed stream_flush(struct stream *s);

// Frees what was lent and has been read. True: there is more of it.
bool stream_reclaim(struct stream *s);

// Tells the peer, the first time. By the thread that reads.
void stream_end(struct stream *s, const char *why);
bool stream_ended(const struct stream *s);

#endif
