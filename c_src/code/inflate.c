// SPDX-License-Identifier: Apache-2.0
#include "code/inflate.h"

#include "base/memory.h"

#include <zlib.h>

enum {
    MAX_RATIO = 1032,    // of the deflate format
    ANY_HEADER = 15 + 32,
};

// Inflates into room for `expected` bytes; true if the stream is whole and gave exactly as many.
static bool inflate_whole(const uint8_t *bytes, size_t size, uint8_t *room, size_t expected)
{
    z_stream z = {
        .next_in = (Bytef *)(uintptr_t)bytes,
        .avail_in = (uInt)size,
        .next_out = room,
        .avail_out = (uInt)expected,
    };
    if (inflateInit2(&z, ANY_HEADER) != Z_OK)
        return false;
    uint8_t nothing;
    if (expected == 0) {
        z.next_out = &nothing;
        z.avail_out = 1;
    }
    bool whole = inflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out == expected;
    inflateEnd(&z);
    return whole;
}

uint8_t *inflate_sized(const uint8_t *bytes, size_t size, size_t claimed)
{
    if (claimed > INFLATE_MAX_BYTES || size > INFLATE_MAX_BYTES || claimed > size * MAX_RATIO)
        return NULL;
    uint8_t *room = mem_alloc(claimed);
    if (inflate_whole(bytes, size, room, claimed))
        return room;
    mem_free(room, claimed);
    return NULL;
}

uint8_t *inflate_gzip(const uint8_t *bytes, size_t size, size_t *out_size)
{
    enum { TRAILER = 8, SMALLEST = 18 };
    if (size < SMALLEST)
        return NULL;
    const uint8_t *foot = bytes + size - TRAILER + 4;    // the contents' size, least significant byte first
    *out_size = foot[0] | (size_t)foot[1] << 8 | (size_t)foot[2] << 16 | (size_t)foot[3] << 24;
    return inflate_sized(bytes, size, *out_size);
}
