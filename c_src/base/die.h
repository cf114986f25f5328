// SPDX-License-Identifier: Apache-2.0
// The one way the engine gives up: a broken invariant or no memory. Never for bad input and never for a program's error.
#ifndef TANDEM_BASE_DIE_H
#define TANDEM_BASE_DIE_H

#include "base/types.h"

// Says the message and aborts.
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);

// Says why the engine is about to end: on standard error, unless nobody takes it there, and to the host as far as it can still be
// reached. The first call counts. From signal handlers too.
void last_words(const char *text, size_t size);

// Reaches the host; set once, before workers run.
extern void (*last_words_hook)(const char *text, size_t size);

// A condition that always holds; compiled into every build.
#define ENSURE(condition) \
    do { \
        if (UNLIKELY(!(condition))) \
            die("%s:%d: broken invariant: %s", __FILE__, __LINE__, #condition); \
    } while (0)

#endif
