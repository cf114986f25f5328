// SPDX-License-Identifier: Apache-2.0
// For unit tests that threads run at once.
#ifndef TANDEM_TEST_THREADS_H
#define TANDEM_TEST_THREADS_H

#include <stddef.h>

// So many threads run it at once, numbered from 1 (as a pointer), and end; it returns NULL where something was wrong.
void threads_run(size_t count, void *(*body)(void *number));

#endif
