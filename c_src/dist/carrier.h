// SPDX-License-Identifier: Apache-2.0
// Hook upward, filled by carrier/: a stream of packets between this engine and one other node, in order, none lost.
// A carrier reads packets and hands each to peer_receive; it takes the packets to write from peer_output, when it can write
// and whenever it was told that there are some. It never blocks the thread that calls it, and keeps reading whatever the
// state of its output. When the stream ends it says so with peer_closed, once, and from then on doesn't touch the peer.
// Downwards (dist/peer.h): peer_receive, peer_output, peer_closed. The functions below may be called by any thread.
#ifndef TANDEM_DIST_CARRIER_H
#define TANDEM_DIST_CARRIER_H

#include "base/types.h"

struct carrier;

struct carrier_operations {
    void (*output)(struct carrier *c);                // there is something to take from peer_output; soon, not at once
    void (*input)(struct carrier *c, bool wanted);    // false: hand over no more packets until it is wanted again
    void (*close)(struct carrier *c);                 // give the stream up
};

// First member of every carrier.
struct carrier {
    const struct carrier_operations *operations;
};

#endif
