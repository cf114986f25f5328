// SPDX-License-Identifier: Apache-2.0
#include "carrier/address.h"

#include <netdb.h>
#include <string.h>

static size_t find(const char *host, int family, struct address *found, size_t room)
{
    const struct addrinfo wanted = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all;
    size_t count = 0;
    if (getaddrinfo(host, NULL, &wanted, &all) != 0)
        return 0;
    for (struct addrinfo *one = all; one && count < room; one = one->ai_next) {
        if (one->ai_addrlen > sizeof found[count].is)
            continue;
        memcpy(&found[count].is, one->ai_addr, one->ai_addrlen);
        found[count++].size = one->ai_addrlen;
    }
    freeaddrinfo(all);
    return count;
}

size_t address_find(const char *host, struct address found[ADDRESS_MOST])
{
    size_t count = find(host, AF_INET, found, ADDRESS_MOST);
    return count + find(host, AF_INET6, found + count, ADDRESS_MOST - count);
}

size_t address_find_of(const char *host, sa_family_t family, struct address found[ADDRESS_MOST])
{
    return find(host, family, found, ADDRESS_MOST);
}

bool address_is_v4(const struct address *a)
{
    return a->is.any.sa_family == AF_INET;
}

// Both kinds have it in the same place.
_Static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port), "the port's place");

uint16_t address_port(const struct address *a)
{
    return ntohs(a->is.v4.sin_port);
}

void address_set_port(struct address *a, uint16_t port)
{
    a->is.v4.sin_port = htons(port);
}

bool address_is_loopback(const struct address *a)
{
    if (address_is_v4(a))
        return ntohl(a->is.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return IN6_IS_ADDR_LOOPBACK(&a->is.v6.sin6_addr);
}

bool address_same_host(const struct address *a, const struct address *b)
{
    if (a->is.any.sa_family != b->is.any.sa_family)
        return false;
    if (address_is_v4(a))
        return a->is.v4.sin_addr.s_addr == b->is.v4.sin_addr.s_addr;
    return memcmp(&a->is.v6.sin6_addr, &b->is.v6.sin6_addr, sizeof a->is.v6.sin6_addr) == 0;
}

int address_socket(const struct address *a)
{
    return socket(a->is.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}
