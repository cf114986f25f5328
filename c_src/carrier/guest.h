// SPDX-License-Identifier: Apache-2.0
// The carrier of an engine that is a guest in its host's OS process: frames pass in memory (carrier/border.h). It is polled as
// carrier/port.h is; what is read and written are pointers, so neither side ever waits for the other.
#ifndef TANDEM_CARRIER_GUEST_H
#define TANDEM_CARRIER_GUEST_H

#include "carrier/border.h"
#include "dist/peer.h"

struct guest;

struct guest *guest_open(struct border *b, struct peer *peer);    // the peer is started
void guest_close(struct guest *g);    // when no thread uses it any more; releases every frame

// As port_poll.
size_t guest_poll(struct guest *g, int64_t wait_ns, int wake_fd);

bool guest_ended(const struct guest *g);

#endif
