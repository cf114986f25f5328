// SPDX-License-Identifier: Apache-2.0
#include "carrier/listener.h"

#include "carrier/address.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128, MAX_ADDRESS = 256 };

static bool refuse(struct listener *l, const char *format, const char *what)
{
    snprintf(l->why, sizeof l->why, format, what);
    return false;
}

static bool port_of(const char *text, uint16_t *port)
{
    char *end;
    long number = strtol(text, &end, 10);
    *port = (uint16_t)number;
    return end != text && !*end && number >= 0 && number <= UINT16_MAX;
}

// ADDRESS or ADDRESS:PORT. An address of IPv6 has colons of its own, so it is in brackets if a port follows.
static bool split(struct listener *l, const char *where, char address[MAX_ADDRESS])
{
    bool bracket = *where == '[';
    const char *start = where + bracket, *colon = strchr(start, ':'),
               *end = bracket                            ? strchr(start, ']')
                      : colon && !strchr(colon + 1, ':') ? colon
                                                         : start + strlen(start);
    const char *rest = end ? end + bracket : "?";
    if (!end || end == start || end - start >= MAX_ADDRESS || (*rest && (*rest != ':' || !port_of(rest + 1, &l->port))))
        return refuse(l,
                      "%s is no address to listen on: give ADDRESS or ADDRESS:PORT, such as 0.0.0.0:9100 or [::1]:9100",
                      where);
    memcpy(address, start, (size_t)(end - start));
    address[end - start] = 0;
    return true;
}

static bool bind_and_listen(struct listener *l, struct address *own)
{
    int yes = 1, no = 0;
    address_set_port(own, l->port);
    l->fd = address_socket(own);
    if (l->fd < 0 || (l->port && setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0) ||
        (!address_is_v4(own) && setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) < 0) ||
        bind(l->fd, &own->is.any, own->size) < 0 || listen(l->fd, BACKLOG) < 0 ||
        getsockname(l->fd, &own->is.any, &own->size) < 0)
        return false;
    l->port = address_port(own);
    return true;
}

bool listener_open(struct listener *l, const char *where, const char *host)
{
    char address_text[MAX_ADDRESS];
    struct address found[ADDRESS_MOST];
    *l = (struct listener){.fd = -1, .local_only = !where};
    if (where && !split(l, where, address_text))
        return false;
    const char *text = where ? address_text : host;
    if (address_find(text, found) == 0)
        return refuse(
            l,
            where ? "the address %s to listen on is not known to this machine: give one that it has, or 0.0.0.0 "
                    "for all"
                  : "the host %s is not known to this machine: name the node after a host that is (vm, "
                    "localhost, 127.0.0.1), or add it to /etc/hosts",
            text);
    if (bind_and_listen(l, &found[0]))
        return true;
    char what[MAX_ADDRESS + 100];
    snprintf(what, sizeof what, "%s, port %u: %s", text, l->port, strerror(errno));
    listener_close(l);
    return refuse(l, "cannot listen on %s. Choose another address or port to listen on", what);
}

void listener_close(struct listener *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

// Whoever comes from an address of this machine to that same address, or from loopback, is on this machine.
static bool is_local(int fd, const struct address *from)
{
    struct address own = {.size = sizeof own.is};
    return address_is_loopback(from) || (getsockname(fd, &own.is.any, &own.size) == 0 && address_same_host(&own, from));
}

int listener_accept(const struct listener *l)
{
    for (;;) {
        struct address from = {.size = sizeof from.is};
        int one = 1, fd = accept4(l->fd, &from.is.any, &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0 && l->local_only && !is_local(fd, &from)) {
            close(fd);
            continue;
        }
        if (fd >= 0)
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (fd >= 0 || (errno != ECONNABORTED && errno != EINTR))
            return fd;
    }
}
