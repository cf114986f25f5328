// SPDX-License-Identifier: Apache-2.0
// Where a socket is, or can be reached: an address of IPv4 or IPv6, and a port.
#ifndef TANDEM_CARRIER_ADDRESS_H
#define TANDEM_CARRIER_ADDRESS_H

#include "base/types.h"

#include <netinet/in.h>
#include <sys/socket.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } is;
    socklen_t size;
};

enum { ADDRESS_MOST = 4 };

// The addresses of a host, given by its name or as an address, without ports: those of IPv4 come first. Blocks while the name is
// looked up. Returns how many; 0: the host is not known.
size_t address_find(const char *host, struct address found[ADDRESS_MOST]);
size_t address_find_of(const char *host, sa_family_t family, struct address found[ADDRESS_MOST]);

bool address_is_v4(const struct address *a);
uint16_t address_port(const struct address *a);
void address_set_port(struct address *a, uint16_t port);

bool address_is_loopback(const struct address *a);
bool address_same_host(const struct address *a, const struct address *b);

// A socket of its family: non-blocking, closed on exec; -1: errno tells why.
int address_socket(const struct address *a);

#endif
