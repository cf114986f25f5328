// SPDX-License-Identifier: Apache-2.0
// Tests that make terms: each starts with a small heap of its own, which grows by fragments and is gone afterwards.
#ifndef TANDEM_TEST_HEAP_TESTS_H
#define TANDEM_TEST_HEAP_TESTS_H

#include "term/heap.h"

#include <check.h>

extern struct heap heap;

TCase *heap_tests(Suite *s, const char *name);    // a new case of s, for such tests

#endif
