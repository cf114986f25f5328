// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static _Atomic int highest_level = LOG_WARNING;

void log_set_level(enum log_level highest)
{
    highest_level = highest;
}

// Standard error may be a pipe that nobody reads: what finds no room there is dropped, rather than hold the engine up.
void log_write(const char *text, size_t size)
{
    struct pollfd fd = {STDERR_FILENO, POLLOUT, 0};
    if (poll(&fd, 1, 0) > 0 && fd.revents & POLLOUT && write(STDERR_FILENO, text, size) < 0)
        return;
}

// One write a line, so that lines of several threads never mix.
void log_line(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    if ((int)level > highest_level)
        return;
    char line[1024];
    int used = snprintf(line, sizeof line, "tandem: %s: ", names[level]);
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, arguments);
    va_end(arguments);
    size_t length = (size_t)(used + (more > 0 ? more : 0));
    if (length > sizeof line - 2)
        length = sizeof line - 2;
    line[length++] = '\n';
    log_write(line, length);
}
