// SPDX-License-Identifier: Apache-2.0
// A carrier in memory, for unit tests and fuzzers: whoever holds it plays the other node, packet by packet, in one thread.
#ifndef TANDEM_CARRIER_LOOP_H
#define TANDEM_CARRIER_LOOP_H

#include "dist/peer.h"

struct loop {
    struct carrier carrier;
    struct peer *peer;
    bool wanted, ended;
};

void loop_open(struct loop *l, struct peer *peer);    // starts the peer

// A packet arrives. NULL, or why the connection has ended (then it is closed).
const char *loop_arrive(struct loop *l, const void *bytes, size_t size);

// In two steps: `there` bytes of it, then the rest, which goes where the peer wants it.
const char *loop_arrive_late(struct loop *l, const void *bytes, size_t there, size_t size);

// Appends the next packet that the peer sends; false: it sends none now.
bool loop_sent(struct loop *l, struct writer *w);

#endif
