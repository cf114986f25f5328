// SPDX-License-Identifier: Apache-2.0
#include "base/die.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
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
    char line[LOG_LINE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = log_compose(line, "", format, arguments);
    va_end(arguments);
    last_words(line, length);
    abort();
}
