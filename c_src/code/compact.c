// SPDX-License-Identifier: Apache-2.0
#include "code/compact.h"

#include "term/term.h"

enum {
    MAX_BYTES = 1 << 28,    // of one number
};

// The first byte is size and high bits of the number, above the tag: 0 (4 bits of it here), 01 (3 bits, 8 more follow),
// 11 (as many bytes as follow).
static word low_forms(struct reader *r, uint8_t first)
{
    if (!(first & 0x08))
        return first >> 4;
    return (word)(first >> 5) << 8 | reader_u8(r);
}

static size_t byte_count(struct reader *r, uint8_t first)
{
    unsigned code = first >> 5;
    if (code < 7)
        return code + 2;
    uint8_t prefix = reader_u8(r);
    if ((prefix & 7) != COMPACT_NUMBER) {
        reader_fail(r, "bad size of a number");
        return 0;
    }
    if ((prefix & 0x18) != 0x18)
        return 9 + (size_t)low_forms(r, prefix);
    size_t bytes = (size_t)(prefix >> 5) + 2, count = 0;
    if (bytes > 4)
        reader_fail(r, "bad size of a number");
    for (size_t i = 0; i < bytes && reader_ok(r); i++)
        count = count << 8 | reader_u8(r);
    if (count > MAX_BYTES)
        reader_fail(r, "bad size of a number");
    return 9 + count;
}

static void long_form(struct reader *r, uint8_t first, struct compact *c)
{
    size_t count = byte_count(r, first);
    const uint8_t *bytes = reader_take(r, count);
    if (!reader_ok(r))
        return;
    c->bytes = bytes;
    c->size = count;
    if (count > sizeof(word))
        return;
    bool negative = c->tag == COMPACT_INTEGER && bytes[0] & 0x80;
    word value = negative ? ~(word)0 : 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    if (c->tag == COMPACT_INTEGER ? fits_small((sword)value) : (sword)value >= 0) {
        c->value = value;
        c->bytes = NULL;
        c->size = 0;
    }
}

struct compact compact_read(struct reader *r)
{
    uint8_t first = reader_u8(r);
    struct compact c = {.tag = (enum compact_tag)(first & 7)};
    if ((first & 0x18) == 0x18)
        long_form(r, first, &c);
    else
        c.value = low_forms(r, first);
    return reader_ok(r) ? c : (struct compact){.tag = COMPACT_NUMBER};
}

word compact_number(struct reader *r, word max)
{
    struct compact c = compact_read(r);
    if (c.tag == COMPACT_NUMBER && !c.bytes && c.value <= max)
        return c.value;
    reader_fail(r, "bad number");
    return 0;
}
