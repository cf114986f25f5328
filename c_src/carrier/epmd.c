// SPDX-License-Identifier: Apache-2.0
#include "carrier/epmd.h"

#include <ei.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { DEFAULT_PORT = 4369 };

// erl_interface has it for its own use: no header declares it.
int ei_epmd_port_tmo(struct in_addr *address, const char *name, int *version, unsigned milliseconds);

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
    ei_init();
}

int epmd_port(void)
{
    const char *given = getenv("ERL_EPMD_PORT");
    return given ? atoi(given) : DEFAULT_PORT;
}

// A connection to the epmd there, on which sending and receiving have that much time; -1: none.
static int connection(const struct address *at, unsigned milliseconds)
{
    struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
    struct address to = *at;
    address_set_port(&to, (uint16_t)epmd_port());
    int fd = socket(to.is.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 ||
        (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
         setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 && connect(fd, &to.is.any, to.size) == 0))
        return fd;
    close(fd);
    return -1;
}

// erl_interface says EIO for much. So whoever was asked is looked for once more.
static enum epmd_result failure(const struct address *at, unsigned milliseconds)
{
    int fd = erl_errno == EIO ? connection(at, milliseconds) : -1;
    if (fd < 0)
        return EPMD_MISSING;
    close(fd);
    return EPMD_REFUSED;
}

// erl_interface knows IPv4 alone. PORT_PLEASE2_REQ, and as much of PORT2_RESP as tells the port (ERTS user's guide, "Distribution
// Protocol").
static enum epmd_result find_v6(const struct address *at, const char *name, unsigned milliseconds, uint16_t *port)
{
    size_t size = strlen(name);
    uint8_t request[3 + EPMD_MAX_NAME] = {(uint8_t)((size + 1) >> 8), (uint8_t)(size + 1), 'z'}, answer[4] = {0};
    int fd = connection(at, milliseconds);
    if (fd < 0)
        return EPMD_MISSING;
    memcpy(request + 3, name, size);
    bool sent = send(fd, request, 3 + size, MSG_NOSIGNAL) == (ssize_t)(3 + size);
    ssize_t got = sent ? recv(fd, answer, sizeof answer, MSG_WAITALL) : -1;
    close(fd);
    if (got < 2)
        return EPMD_MISSING;
    if (got < (ssize_t)sizeof answer || answer[0] != 'w' || answer[1] != 0)
        return EPMD_REFUSED;
    *port = (uint16_t)(answer[2] << 8 | answer[3]);
    return EPMD_OK;
}

enum epmd_result epmd_find(const struct address *at, const char *name, unsigned milliseconds, uint16_t *port)
{
    int version;
    if (strlen(name) > EPMD_MAX_NAME)
        return EPMD_REFUSED;
    if (!address_is_v4(at))
        return find_v6(at, name, milliseconds, port);
    struct in_addr v4 = at->is.v4.sin_addr;
    pthread_once(&once, start);
    int found = ei_epmd_port_tmo(&v4, name, &version, milliseconds);
    if (found <= 0)
        return failure(at, milliseconds);
    *port = (uint16_t)found;
    return EPMD_OK;
}

enum epmd_result epmd_register(const char *name, uint16_t port, unsigned milliseconds, int *fd)
{
    ei_cnode node;
    struct address here = {.is.v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}},
                           .size = sizeof here.is.v4};
    pthread_once(&once, start);
    if (strlen(name) > EPMD_MAX_NAME)
        return EPMD_REFUSED;
    // The name before the @ is what is published; that of the node may not be longer.
    if (ei_connect_xinit(&node, "localhost", name, name, &here.is.v4.sin_addr, "", 0) < 0)
        return EPMD_MISSING;
    *fd = ei_publish_tmo(&node, port, milliseconds);
    return *fd < 0 ? failure(&here, milliseconds) : EPMD_OK;
}
