// SPDX-License-Identifier: Apache-2.0
#include "carrier/epmd.h"

#include <ei.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

bool epmd_resolve(const char *host, struct in_addr *address)
{
    static const struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    if (getaddrinfo(host, NULL, &wanted, &found) != 0)
        return false;
    struct sockaddr_in first;
    memcpy(&first, found->ai_addr, sizeof first);
    *address = first.sin_addr;
    freeaddrinfo(found);
    return true;
}

static bool answers(struct in_addr address, unsigned milliseconds)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)epmd_port()), .sin_addr = address};
    struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool there = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
                 connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    if (fd >= 0)
        close(fd);
    return there;
}

// erl_interface says EIO for much. So whoever was asked is looked for once more.
static enum epmd_result failure(struct in_addr address, unsigned milliseconds)
{
    return erl_errno == EIO && answers(address, milliseconds) ? EPMD_REFUSED : EPMD_MISSING;
}

enum epmd_result epmd_find(struct in_addr address, const char *name, unsigned milliseconds, uint16_t *port)
{
    int version;
    pthread_once(&once, start);
    int found = ei_epmd_port_tmo(&address, name, &version, milliseconds);
    if (found <= 0)
        return failure(address, milliseconds);
    *port = (uint16_t)found;
    return EPMD_OK;
}

enum epmd_result epmd_register(const char *name, uint16_t port, unsigned milliseconds, int *fd)
{
    ei_cnode node;
    struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
    char node_name[EPMD_MAX_NAME + sizeof "@localhost"];
    pthread_once(&once, start);
    if (strlen(name) > EPMD_MAX_NAME)
        return EPMD_REFUSED;
    strcpy(node_name, name);
    strcat(node_name, "@localhost");
    if (ei_connect_xinit(&node, "localhost", name, node_name, &loopback, "", 0) < 0)
        return EPMD_MISSING;
    *fd = ei_publish_tmo(&node, port, milliseconds);
    return *fd < 0 ? failure(loopback, milliseconds) : EPMD_OK;
}
