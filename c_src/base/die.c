// SPDX-License-Identifier: Apache-2.0
#include "base/die.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

void (*last_words_hook)(const char *text, size_t size);

void last_words(const char *text, size_t size)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&said))
        return;
    log_write(text, size);
    if (last_words_hook)
        last_words_hook(text, size);
}

_Noreturn void die(const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int used = snprintf(line, sizeof line, "tandem: ");
    int more = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, arguments);
    va_end(arguments);
    size_t length = (size_t)(used + (more > 0 ? more : 0));
    if (length > sizeof line - 2)
        length = sizeof line - 2;
    line[length++] = '\n';
    last_words(line, length);
    abort();
}
