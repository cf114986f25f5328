// SPDX-License-Identifier: Apache-2.0
// Any bytes as an external term: they are refused, or give a term whose own encoding can be decoded and encoded again to the
// same bytes, has the size that was foretold, and can be printed.
#include "base/die.h"
#include "support.c"
#include "term/external.h"
#include "term/print.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// In a block of exactly the words that the scan asked for. NONE: refused.
static term decode(struct heap *h, const uint8_t *bytes, size_t size, unsigned flags)
{
    struct reader r;
    struct external e;
    term t = NONE;
    reader_init(&r, bytes, size);
    if (external_scan(&e, &r, flags)) {
        heap_init(h, e.words);
        t = external_decode(h, &e);
        if (t == NONE)
            heap_done(h);
    }
    external_done(&e);
    return t;
}

static void check(term t, const struct external_options *options)
{
    struct writer first, second, text;
    struct heap h;
    writer_init(&first);
    writer_init(&second);
    writer_init(&text);
    ENSURE(external_encode(&first, t, options));
    ENSURE(options->compress || external_size(t, options) >= first.size);
    term again = decode(&h, first.bytes, first.size, 0);
    ENSURE(again != NONE);
    external_encode(&second, again, options);
    ENSURE(first.size == second.size && memcmp(first.bytes, second.bytes, first.size) == 0);
    term_print(&text, again, 1000);
    ENSURE(text.size <= 1003);
    heap_done(&h);
    writer_done(&first);
    writer_done(&second);
    writer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct external_options options[] = {
        {.minor_version = 1},
        {.minor_version = 2, .deterministic = true},
        {.minor_version = 1, .compress = 1},
    };
    struct heap h;
    support_open();
    if (size == 0)
        return 0;
    term t = decode(&h, data + 1, size - 1, data[0] & (EXTERNAL_SAFE | EXTERNAL_NO_COMPRESSION));
    if (t == NONE)
        return 0;
    for (size_t i = 0; i < COUNT_OF(options); i++)
        check(t, &options[i]);
    heap_done(&h);
    return 0;
}
