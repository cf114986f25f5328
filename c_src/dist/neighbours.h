// SPDX-License-Identifier: Apache-2.0
// Which nodes this one is connected to, or is about to be: one peer a name. A signal to a node that is neither asks the carrier
// for a connection; what is sent until it is up waits in the peer.
// A name leads to its peer through `peer` of its struct node without a creation and, while it is up, of the one with the other
// node's creation, which identifiers point to. They change under one lock; who finds a peer there may use it until its epoch
// ends (proc/epoch.h). Connections come up and end on the thread that brings the packets.
#ifndef TANDEM_DIST_NEIGHBOURS_H
#define TANDEM_DIST_NEIGHBOURS_H

#include "dist/peer.h"

// Filled by a carrier that can open connections. NULL: there is none that can.
struct neighbour_hooks {
    // Opens a connection to p->node, and then peer_start; peer_closed if that fails. Any thread; not at once.
    void (*connect)(struct peer *p);
    const struct peer_events *events;    // of such peers
};
extern struct neighbour_hooks neighbour_hooks;

void neighbours_open(void);

// The peer of a node (whatever its creation) that is connected or about to be. NULL: none.
struct peer *neighbour_find(const struct node *n);

// The same, and if there is none a connection is begun. NULL: it can't be.
struct peer *neighbour_get(const struct node *n);

// Another node wants to connect to us: what to answer (ERTS User's Guide, "Distribution Handshake", send_status). Its name is
// not made an atom before it has proved that it knows the cookie.
enum neighbour_status { NEIGHBOUR_OK, NEIGHBOUR_OK_SIMULTANEOUS, NEIGHBOUR_NOK, NEIGHBOUR_ALIVE };
enum neighbour_status neighbour_asked(const char *name, size_t size);

// The other node has lost the connection that we take for alive: it ends.
void neighbour_replace(const char *name, size_t size);

// For dist/peer.c. p, whose node is known, is up: it takes over what waits for that node. False: another one is.
bool neighbour_up(struct peer *p);

// p is closed. True: it was the node's connection, up or not; tell whoever has ties to it, and then neighbour_gone.
bool neighbour_down(struct peer *p);
void neighbour_gone(struct peer *p);

#endif
