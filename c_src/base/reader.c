// SPDX-License-Identifier: Apache-2.0
#include "base/reader.h"

void reader_fail(struct reader *r, const char *why)
{
    if (!r->failure)
        r->failure = why;
    r->at = r->end;
}

static uint64_t big_endian(struct reader *r, size_t n)
{
    const uint8_t *bytes = reader_take(r, n);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint8_t reader_u8(struct reader *r)
{
    return (uint8_t)big_endian(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
    return (uint16_t)big_endian(r, 2);
}

uint32_t reader_u32(struct reader *r)
{
    return (uint32_t)big_endian(r, 4);
}

uint64_t reader_u64(struct reader *r)
{
    return big_endian(r, 8);
}
