// SPDX-License-Identifier: Apache-2.0
// Names and ports of nodes, as epmd knows them, through erl_interface, and over IPv6 by ourselves. These functions block, at most as long as they are
// told: they are for the start of the engine, and for threads of their own (carrier/dial.h). epmd's port is 4369, or what the
// variable ERL_EPMD_PORT says.
#ifndef TANDEM_CARRIER_EPMD_H
#define TANDEM_CARRIER_EPMD_H

#include "carrier/address.h"

enum epmd_result {
    EPMD_OK,
    EPMD_MISSING,    // nobody answers
    EPMD_REFUSED,    // registering: the name is taken. Looking up: it is unknown, or speaks no version that we speak
};

enum { EPMD_MAX_NAME = 253 };    // characters before the @: an atom has 255

// Where the node of that name on that machine listens.
enum epmd_result epmd_find(const struct address *at, const char *name, unsigned milliseconds, uint16_t *port);

// Registers this node, hidden, with the epmd of this machine, for as long as *fd is open.
enum epmd_result epmd_register(const char *name, uint16_t port, unsigned milliseconds, int *fd);

int epmd_port(void);

#endif
