// SPDX-License-Identifier: Apache-2.0
// The engine's own log: one line a call on standard error, which is the terminal of the VM that started it. For what an
// operator must know (a refused module, a closed connection); a program's errors go to the host's logger instead.
#ifndef TANDEM_BASE_LOG_H
#define TANDEM_BASE_LOG_H

#include "base/types.h"

#include <stdarg.h>

enum { LOG_LINE = 1024 };

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level highest);
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);
// Gives the length of what is written: the beginning, if it is too long. `kind` stands in front.
size_t log_compose(char line[LOG_LINE], const char *kind, const char *format, va_list arguments);
void log_write(const char *text, size_t size);    // as it is; from signal handlers too

#endif
