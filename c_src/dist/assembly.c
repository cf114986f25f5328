// SPDX-License-Identifier: Apache-2.0
#include "dist/assembly.h"

#include <string.h>

enum { BELIEVED = 16 };    // times the bytes that are there

static void grow(struct assembly *a, size_t needed, size_t expected)
{
    size_t believed = needed * BELIEVED, doubled = a->block ? a->block->capacity * 2 : 0;
    size_t capacity = expected < believed ? expected : believed;
    if (capacity < needed || (a->block && capacity > doubled))
        capacity = needed > doubled ? needed : doubled;
    struct shared *block = shared_new(0, capacity);
    if (a->block) {
        memcpy(block->bytes, a->block->bytes, a->size);
        shared_drop(a->block);
    }
    a->block = block;
}

void assembly_add(struct assembly *a, struct reader *r, size_t expected)
{
    size_t more = reader_left(r);
    if (a->size + more > CONFIG_MAX_FRAME) {
        reader_fail(r, ASSEMBLY_TOO_LARGE);
        return;
    }
    if (!a->block || a->size + more > a->block->capacity)
        grow(a, a->size + more, expected);
    memcpy(a->block->bytes + a->size, reader_take(r, more), more);
    a->size += more;
}

uint8_t *assembly_room(const struct assembly *a, size_t n)
{
    return a->block && n <= a->block->capacity - a->size ? a->block->bytes + a->size : NULL;
}

struct shared *assembly_take(struct assembly *a)
{
    struct shared *block = a->block;
    atomic_store_explicit(&block->used, a->size * 8, memory_order_relaxed);
    *a = (struct assembly){NULL, 0};
    return block;
}

void assembly_done(struct assembly *a)
{
    if (a->block)
        shared_drop(a->block);
    *a = (struct assembly){NULL, 0};
}
