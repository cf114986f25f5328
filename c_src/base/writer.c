// SPDX-License-Identifier: Apache-2.0
#include "base/writer.h"

#include "base/memory.h"

#include <string.h>

enum { FIRST_CAPACITY = 256 };

void writer_init(struct writer *w)
{
    *w = (struct writer){NULL, 0, 0};
}

void writer_done(struct writer *w)
{
    mem_free(w->bytes, w->capacity);
    writer_init(w);
}

static NOINLINE void grow(struct writer *w, size_t n)
{
    size_t capacity = w->capacity ? w->capacity * 2 : FIRST_CAPACITY;
    while (capacity - w->size < n)
        capacity *= 2;
    w->bytes = mem_resize(w->bytes, w->capacity, capacity);
    w->capacity = capacity;
}

uint8_t *writer_room(struct writer *w, size_t n)
{
    if (UNLIKELY(w->capacity - w->size < n || !w->bytes))
        grow(w, n);
    uint8_t *room = w->bytes + w->size;
    w->size += n;
    return room;
}

static void big_endian(uint8_t *to, uint64_t value, size_t n)
{
    while (n-- > 0) {
        to[n] = (uint8_t)value;
        value >>= 8;
    }
}

void writer_u8(struct writer *w, uint8_t value)
{
    *writer_room(w, 1) = value;
}

void writer_u16(struct writer *w, uint16_t value)
{
    big_endian(writer_room(w, 2), value, 2);
}

void writer_u32(struct writer *w, uint32_t value)
{
    big_endian(writer_room(w, 4), value, 4);
}

void writer_u64(struct writer *w, uint64_t value)
{
    big_endian(writer_room(w, 8), value, 8);
}

void writer_bytes(struct writer *w, const void *bytes, size_t n)
{
    if (n)
        memcpy(writer_room(w, n), bytes, n);
}

void writer_patch_u32(struct writer *w, size_t at, uint32_t value)
{
    big_endian(w->bytes + at, value, 4);
}
