// SPDX-License-Identifier: Apache-2.0
// What unit tests of terms need, the tables opened once, in order; and those of threads.
#ifndef TANDEM_TEST_SUPPORT_H
#define TANDEM_TEST_SUPPORT_H

#include <stddef.h>

void support_open(void);    // may be called any number of times

// So many threads run it at once, numbered from 1 (as a pointer), and end; it returns NULL where something was wrong.
void support_threads(size_t count, void *(*body)(void *number));

#endif
