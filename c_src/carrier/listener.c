// SPDX-License-Identifier: Apache-2.0
#include "carrier/listener.h"

#include "carrier/epmd.h"

#include <arpa/inet.h>
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

// ADDRESS or ADDRESS:PORT.
static bool split(struct listener *l, const char *where, char address[MAX_ADDRESS])
{
    const char *colon = strrchr(where, ':');
    size_t size = colon ? (size_t)(colon - where) : strlen(where);
    char *end = NULL;
    long port = colon ? strtol(colon + 1, &end, 10) : 0;
    if (size == 0 || size >= MAX_ADDRESS || (colon && (end == colon + 1 || *end)) || port < 0 || port > UINT16_MAX)
        return refuse(l, "%s is no address to listen on: give ADDRESS or ADDRESS:PORT, such as 0.0.0.0:9100", where);
    memcpy(address, where, size);
    address[size] = 0;
    l->port = (uint16_t)port;
    return true;
}

static bool bind_and_listen(struct listener *l, struct in_addr address)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(l->port), .sin_addr = address};
    socklen_t size = sizeof own;
    int one = 1;
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0 || (l->port && setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0) ||
        bind(l->fd, (struct sockaddr *)&own, sizeof own) < 0 || listen(l->fd, BACKLOG) < 0 ||
        getsockname(l->fd, (struct sockaddr *)&own, &size) < 0)
        return false;
    l->port = ntohs(own.sin_port);
    return true;
}

bool listener_open(struct listener *l, const char *where, const char *host)
{
    char address_text[MAX_ADDRESS];
    struct in_addr address;
    *l = (struct listener){.fd = -1, .local_only = !where};
    if (where && !split(l, where, address_text))
        return false;
    const char *text = where ? address_text : host;
    if (!epmd_resolve(text, &address))
        return refuse(l,
                      "the host %s is not known to this machine: name the node after a host that is (vm, localhost, "
                      "127.0.0.1), or add it to /etc/hosts",
                      text);
    if (bind_and_listen(l, address))
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
static bool is_local(int fd, const struct sockaddr_in *from)
{
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    if (ntohl(from->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET)
        return true;
    return getsockname(fd, (struct sockaddr *)&own, &size) == 0 && own.sin_addr.s_addr == from->sin_addr.s_addr;
}

int listener_accept(const struct listener *l)
{
    for (;;) {
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        int one = 1, fd = accept4(l->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
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
