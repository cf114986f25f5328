// SPDX-License-Identifier: Apache-2.0
#include "main/cookie.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(const char *file, const char *why, const char *what_to_do)
{
    fprintf(stderr, "tandem: the cookie file %s %s: %s\n", file, why, what_to_do);
    return false;
}

// As the BEAM does: only its owner may read it.
static bool is_private(int fd, const char *file)
{
    struct stat s;
    if (fstat(fd, &s) < 0)
        return refuse(file, "cannot be read", strerror(errno));
    if (!S_ISREG(s.st_mode))
        return refuse(file, "is no ordinary file", "give the name of one that has the cookie");
    if (s.st_mode & (S_IRWXG | S_IRWXO))
        return refuse(file, "may be read by others than its owner", "run chmod 400 on it");
    return true;
}

static bool take_line(const char *file, char *text, char cookie[COOKIE_MAX_BYTES + 1])
{
    char *start = text + strspn(text, " \t");
    size_t size = strcspn(start, "\r\n");
    while (size > 0 && isblank((unsigned char)start[size - 1]))
        size--;
    if (size == 0)
        return refuse(file, "has no cookie in its first line", "copy the one that the cluster's nodes have");
    if (size > COOKIE_MAX_BYTES)
        return refuse(file, "has a cookie of more than 255 characters", "nodes can have none that is so long");
    memcpy(cookie, start, size);
    cookie[size] = 0;
    for (const char *c = cookie; *c; c++)
        if (!isgraph((unsigned char)*c))
            return refuse(file, "has a blank or an unprintable character in its cookie", "use letters and digits");
    return true;
}

static bool read_from(int fd, const char *file, char cookie[COOKIE_MAX_BYTES + 1])
{
    char text[2 * COOKIE_MAX_BYTES];
    if (!is_private(fd, file))
        return false;
    ssize_t size = read(fd, text, sizeof text - 1);
    if (size < 0)
        return refuse(file, "cannot be read", strerror(errno));
    text[size] = 0;
    return take_line(file, text, cookie);
}

bool cookie_read(const char *file, char cookie[COOKIE_MAX_BYTES + 1])
{
    char own[PATH_MAX];
    const char *home = getenv("HOME");
    if (!file && !home) {
        fprintf(stderr, "tandem: where is the cookie? Give --cookie-file FILE\n");
        return false;
    }
    if (!file) {
        snprintf(own, sizeof own, "%s/.erlang.cookie", home);
        file = own;
    }
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return refuse(file, "cannot be read",
                      errno == ENOENT ? "there is none; give --cookie-file FILE" : strerror(errno));
    bool good = read_from(fd, file, cookie);
    close(fd);
    return good;
}
