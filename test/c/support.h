// SPDX-License-Identifier: Apache-2.0
// What unit tests and fuzzers of terms need: the tables opened once, in order.
#ifndef TANDEM_TEST_SUPPORT_H
#define TANDEM_TEST_SUPPORT_H

#include "term/heap.h"

void support_open(void);    // may be called any number of times

term support_repeated(struct heap *h, term t, size_t n);    // a list of n times the same

#endif
