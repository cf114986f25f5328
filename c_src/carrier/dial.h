// SPDX-License-Identifier: Apache-2.0
// What the carrier must wait for elsewhere: the address of a host, epmd's answer, a connection. Each has a thread of its own, so
// that none keeps another waiting, and no worker ever waits. The thread ends with the dial; who started it fetches the results.
#ifndef TANDEM_CARRIER_DIAL_H
#define TANDEM_CARRIER_DIAL_H

#include "base/types.h"

enum { DIAL_WHY_BYTES = 400 };

struct dial {
    struct dial *next;
    void *owner;    // NULL: nobody waits for it any more
    int fd;         // the connection; -1: it failed, because of:
    char why[DIAL_WHY_BYTES];
    unsigned milliseconds;
    int notify;
    uint16_t port;    // to register; 0: it connects
    char name[];      // of the node, with its host
};

// notify: an eventfd that becomes readable when a dial is over. NULL: no thread could be started.
struct dial *dial_node(const char *node, unsigned milliseconds, int notify, void *owner);

// Registers this node with epmd (carrier/epmd.h).
struct dial *dial_epmd(const char *node, uint16_t port, unsigned milliseconds, int notify, void *owner);

// One that is over, or NULL. The caller has its fd, and frees it.
struct dial *dial_finished(void);
void dial_free(struct dial *d);

// Waits for what is still under way, at most that long; what isn't over then ends with the process.
void dials_close(unsigned milliseconds);

#endif
