// SPDX-License-Identifier: Apache-2.0
// Terms for tests, written down as the BEAM's term_to_binary/1 gave them, in hexadecimal.
#ifndef TANDEM_TEST_TERMS_H
#define TANDEM_TEST_TERMS_H

#include "base/memory.h"
#include "term/external.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static inline term term_of_hex(struct heap *h, const char *hex)
{
    size_t size = strlen(hex) / 2;
    uint8_t *bytes = mem_alloc(size);
    for (size_t i = 0; i < size; i++)
        ck_assert_int_eq(sscanf(hex + 2 * i, "%2hhx", &bytes[i]), 1);
    struct reader r;
    reader_init(&r, bytes, size);
    struct external e;
    ck_assert_msg(external_scan(&e, &r, 0), "%s: %s", hex, r.failure);
    term t = external_decode(h, &e);
    external_done(&e);
    mem_free(bytes, size);
    return t;
}

#endif
