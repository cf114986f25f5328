// SPDX-License-Identifier: Apache-2.0
// The carrier of an Erlang port with {packet, 4}: two pipes, a 4-byte length in front of each packet. Nothing blocks.
// One thread at a time calls port_poll: a worker between two slices (wait 0), or one that has nothing to run and sleeps there
// until packets come, output can be written, or its wake descriptor becomes readable. Packets are worked off by the thread
// that read them. Output of any thread is collected and written by the next port_poll, or at once by the sender if
// a thread sleeps in port_poll just then.
// Memory is bounded: a read takes at most what the input buffer has free, and its packets are handed over before the next;
// only a packet that is larger than the buffer makes it grow, as its bytes arrive.
#ifndef TANDEM_CARRIER_PORT_H
#define TANDEM_CARRIER_PORT_H

#include "dist/peer.h"

struct port;

// Takes over the file descriptors. The peer is started. NULL: they are not open.
struct port *port_open(int in, int out, struct peer *peer);
void port_close(struct port *p);    // when no thread uses it any more

// Writes what it can, waits at most wait_ns (0: not at all, negative: without limit) for something to do, and does it. wake_fd: also ends the waiting when it is readable; -1: none. Returns
// how many packets were written since it last returned.
size_t port_poll(struct port *p, int64_t wait_ns, int wake_fd);

bool port_ended(const struct port *p);

// A packet 'E' with the text, written at once, if no other is half written: for last_words (base/die.h).
void port_last_words(struct port *p, const char *text, size_t size);

#endif
