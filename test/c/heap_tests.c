// SPDX-License-Identifier: Apache-2.0
#include "heap_tests.h"

#include "support.h"

struct heap heap;

static void setup(void)
{
    support_open();
    heap_init(&heap, 64);
}

static void teardown(void)
{
    heap_done(&heap);
}

TCase *heap_tests(Suite *s, const char *name)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, setup, teardown);
    suite_add_tcase(s, c);
    return c;
}
