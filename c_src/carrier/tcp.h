// SPDX-License-Identifier: Apache-2.0
// The carrier of a member of a cluster: any number of connections over TCP, opened by this node or by others, and this node's
// name at epmd. One thread at a time is in tcp_poll: a worker between two slices, or one that has nothing to run. It alone
// accepts, reads, ticks and ends connections; any thread may write, and asks for connections. Whatever blocks is done elsewhere
// (carrier/dial.h).
// A connection that isn't up within SETUP_MS ends, as does one on which nothing has come for the tick time. When epmd goes
// away the name is registered again as soon as it is back.
#ifndef TANDEM_CARRIER_TCP_H
#define TANDEM_CARRIER_TCP_H

#include "dist/peer.h"

struct tcp_options {
    const char *listen;    // ADDRESS or ADDRESS:PORT; NULL: the host of our name, and only for this machine
    unsigned tick_time;    // seconds
    const struct peer_events *events;
    int owner;    // a descriptor that becomes readable when we are to end, or -1
    void (*owner_gone)(void);
};

enum { TCP_WHY_BYTES = 600 };

enum tcp_started { TCP_STARTED, TCP_NO_EPMD, TCP_NAME_TAKEN, TCP_CANNOT_LISTEN };

// Listens, and registers node_self(). Blocks. If it can't, `why` says what is wrong, and what to do.
enum tcp_started tcp_open(const struct tcp_options *o, char why[TCP_WHY_BYTES]);
void tcp_close(void);    // when no thread uses it any more: says good-bye to all

// Writes what it can, waits at most wait_ns (0: not at all) for something to do, and does it. wake_fd: also ends the waiting when it
// is readable; -1: none. Returns how many packets were written since it last returned.
size_t tcp_poll(int64_t wait_ns, int wake_fd);

uint16_t tcp_port(void);

#endif
