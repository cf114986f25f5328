// SPDX-License-Identifier: Apache-2.0
// The one way the engine gives up: a broken invariant or no memory. Never for bad input and never for a program's error.
#ifndef TANDEM_BASE_DIE_H
#define TANDEM_BASE_DIE_H

#include "base/types.h"

// Prints the message on standard error and aborts.
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);

// A condition that always holds; compiled into every build.
#define ENSURE(condition) \
    do { \
        if (UNLIKELY(!(condition))) \
            die("%s:%d: broken invariant: %s", __FILE__, __LINE__, #condition); \
    } while (0)

#endif
