// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <poll.h>
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

size_t log_compose(char line[LOG_LINE], const char *kind, const char *format, va_list arguments)
{
    size_t used = (size_t)snprintf(line, LOG_LINE, "tandem: %s", kind);
    int more = vsnprintf(line + used, LOG_LINE - used - 1, format, arguments);
    size_t length = used + (more > 0 ? (size_t)more : 0);
    if (length > LOG_LINE - 2)
        length = LOG_LINE - 2;
    line[length++] = '\n';
    return length;
}

// One write a line, so that lines of several threads never mix.
void log_line(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"error: ", "warning: ", "info: ", "debug: "};
    if ((int)level > highest_level)
        return;
    char line[LOG_LINE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = log_compose(line, names[level], format, arguments);
    va_end(arguments);
    log_write(line, length);
}
