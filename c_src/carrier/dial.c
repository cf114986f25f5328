// SPDX-License-Identifier: Apache-2.0
#include "carrier/dial.h"

#include "base/memory.h"
#include "base/thread.h"
#include "carrier/address.h"
#include "carrier/epmd.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STACK_BYTES = 256 * 1024 };

static _Atomic(struct dial *) finished;
static _Atomic unsigned under_way;

static void failed(struct dial *d, const char *format, const char *what)
{
    snprintf(d->why, sizeof d->why, format, what);
}

static bool connected(struct dial *d, int fd, const struct address *to)
{
    struct pollfd wait = {fd, POLLOUT, 0};
    int error = 0;
    socklen_t size = sizeof error;
    if (connect(fd, &to->is.any, to->size) == 0)
        return true;
    if (errno != EINPROGRESS)
        error = errno;
    else if (poll(&wait, 1, (int)d->milliseconds) == 0)
        error = ETIMEDOUT;
    else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    if (error)
        failed(d, "no connection: %s", strerror(error));
    return !error;
}

static void open_connection(struct dial *d, const struct address *to)
{
    int fd = address_socket(to);
    if (fd < 0) {
        failed(d, "no socket: %s", strerror(errno));
        return;
    }
    if (connected(d, fd, to))
        d->fd = fd;
    else
        close(fd);
}

// True: there is an epmd, and the node is unknown to it.
static bool reach_at(struct dial *d, struct address *at, const char *name, const char *host)
{
    uint16_t port = 0;
    switch (epmd_find(at, name, d->milliseconds, &port)) {
    case EPMD_OK:
        address_set_port(at, port);
        open_connection(d, at);
        return false;
    case EPMD_MISSING:
        failed(d, "no epmd answers on %s", host);
        return false;
    case EPMD_REFUSED:
        failed(d, "epmd knows no node %s there that we can talk to", name);
        return true;
    }
    return false;
}

// True: the same.
static bool reach_by(struct dial *d, sa_family_t family, const char *name, const char *host)
{
    struct address found[ADDRESS_MOST];
    size_t count = address_find_of(host, family, found);
    bool unknown = false;
    for (size_t i = 0; i < count && d->fd < 0; i++)
        unknown |= reach_at(d, &found[i], name, host);
    return unknown;
}

// A machine has one epmd: when that has answered, or the node, nobody waits for a name server that knows no address of the other kind
// (5 s, if it is silent).
static void reach(struct dial *d, const char *name, const char *host)
{
    failed(d, "the host %s is not known", host);
    if (!reach_by(d, AF_INET, name, host) && d->fd < 0)
        reach_by(d, AF_INET6, name, host);
}

static void come_back(struct dial *d, const char *name)
{
    switch (epmd_register(name, d->port, d->milliseconds, &d->fd)) {
    case EPMD_OK:
        return;
    case EPMD_MISSING:
        failed(d, "no epmd answers%s", "");
        return;
    case EPMD_REFUSED:
        failed(d, "the name %s is taken", name);
        return;
    }
}

static void finish(struct dial *d)
{
    uint64_t one = 1;
    int notify = d->notify;
    d->next = atomic_load(&finished);
    while (!atomic_compare_exchange_weak(&finished, &d->next, d)) {
    }
    if (write(notify, &one, sizeof one) < 0)
        return;    // the counter is full: it wakes anyway
}

// On a thread that ends soon: it takes no blocks (base/memory.h).
static void *run(void *argument)
{
    struct dial *d = argument;
    char *host = strchr(d->name, '@');
    char name[EPMD_MAX_NAME + 1];
    if (!host || (size_t)(host - d->name) > EPMD_MAX_NAME) {
        failed(d, "the name %s has no host, or too many characters", d->name);
    } else {
        memcpy(name, d->name, (size_t)(host - d->name));
        name[host - d->name] = 0;
        if (d->port)
            come_back(d, name);
        else
            reach(d, name, host + 1);
    }
    finish(d);
    atomic_fetch_sub(&under_way, 1);
    return NULL;
}

static struct dial *dial(const char *node, uint16_t port, unsigned milliseconds, int notify, void *owner)
{
    size_t size = strlen(node) + 1;
    struct dial *d = mem_zero_alloc(sizeof *d + size);
    d->owner = owner;
    d->fd = -1;
    d->milliseconds = milliseconds;
    d->port = port;
    memcpy(d->name, node, size);
    d->notify = notify;
    atomic_fetch_add(&under_way, 1);
    if (thread_start_detached(STACK_BYTES, run, d) == 0)
        return d;
    atomic_fetch_sub(&under_way, 1);
    dial_free(d);
    return NULL;
}

struct dial *dial_node(const char *node, unsigned milliseconds, int notify, void *owner)
{
    return dial(node, 0, milliseconds, notify, owner);
}

struct dial *dial_epmd(const char *node, uint16_t port, unsigned milliseconds, int notify, void *owner)
{
    return dial(node, port, milliseconds, notify, owner);
}

struct dial *dial_finished(void)
{
    struct dial *d = atomic_load(&finished);
    while (d && !atomic_compare_exchange_weak(&finished, &d, d->next)) {
    }
    return d;
}

void dial_free(struct dial *d)
{
    mem_free(d, sizeof *d + strlen(d->name) + 1);
}

void dials_close(unsigned milliseconds)
{
    for (unsigned waited = 0; atomic_load(&under_way) && waited < milliseconds; waited++)
        poll(NULL, 0, 1);
    for (struct dial *d = dial_finished(); d; d = dial_finished()) {
        if (d->fd >= 0)
            close(d->fd);
        dial_free(d);
    }
}
