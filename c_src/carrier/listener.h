// SPDX-License-Identifier: Apache-2.0
// The socket on which other nodes reach this one. Unless an address is given it is that of the name's own host, and only this
// machine is let in.
#ifndef TANDEM_CARRIER_LISTENER_H
#define TANDEM_CARRIER_LISTENER_H

#include "base/types.h"

enum { LISTENER_WHY_BYTES = 400 };

struct listener {
    int fd;
    uint16_t port;
    bool local_only;
    char why[LISTENER_WHY_BYTES];    // it could not be opened
};

// where: ADDRESS, ADDRESS:PORT or NULL; host: the part of the node's name behind the @. Blocks while an address is looked up.
bool listener_open(struct listener *l, const char *where, const char *host);
void listener_close(struct listener *l);

// The next connection, which doesn't block; -1: none now, errno tells why.
int listener_accept(const struct listener *l);

#endif
