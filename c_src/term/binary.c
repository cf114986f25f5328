// SPDX-License-Identifier: Apache-2.0
#include "term/binary.h"

#include "base/die.h"
#include "base/memory.h"

#include <string.h>

// Parts of up to this many bytes are copied: not larger than a SUB_BIN, and they don't keep the whole alive.
enum { PART_COPY_MAX = (SUB_BIN_WORDS - HEAP_BIN_HEAD) * 8 };

struct shared *shared_new(size_t size, size_t capacity)
{
    ENSURE(size <= capacity);
    struct shared *s = mem_alloc(sizeof *s + capacity);
    mem_count_use(MEM_BINARIES, (int64_t)(sizeof *s + capacity));
    atomic_init(&s->count, 1);
    atomic_init(&s->used, size * 8);
    s->capacity = capacity;
    return s;
}

void shared_hold(struct shared *s)
{
    atomic_fetch_add_explicit(&s->count, 1, memory_order_relaxed);
}

void shared_drop(struct shared *s)
{
    if (atomic_fetch_sub_explicit(&s->count, 1, memory_order_acq_rel) != 1)
        return;
    mem_count_use(MEM_BINARIES, -(int64_t)(sizeof *s + s->capacity));
    mem_free(s, sizeof *s + s->capacity);
}

static term heap_bin(struct heap *h, size_t n, uint8_t **bytes)
{
    size_t words = heap_bin_words(n);
    term *object = heap_alloc(h, words);
    object[0] = header(KIND_HEAP_BIN, words - 1);
    object[1] = n;
    if (n % 8)
        object[words - 1] = 0;
    *bytes = (uint8_t *)(object + HEAP_BIN_HEAD);
    return boxed_term(object);
}

term binary_alloc(struct heap *h, size_t n, uint8_t **bytes)
{
    if (n <= CONFIG_HEAP_BINARY_MAX)
        return heap_bin(h, n, bytes);
    struct shared *s = shared_new(n, n);
    *bytes = s->bytes;
    return binary_share(h, s);
}

term binary_from(struct heap *h, const void *bytes, size_t n)
{
    uint8_t *room;
    term t = binary_alloc(h, n, &room);
    bits_copy(room, 0, bytes, 0, n * 8);
    return t;
}

term binary_share(struct heap *h, struct shared *s)
{
    term *object = heap_alloc(h, REFC_BIN_WORDS);
    object[0] = header(KIND_REFC_BIN, REFC_BIN_WORDS - 1);
    object[1] = (atomic_load_explicit(&s->used, memory_order_relaxed) + 7) / 8;
    object[2] = (word)(uintptr_t)s;
    binary_chain(h, object);
    return boxed_term(object);
}

void binary_chain(struct heap *h, term *object)
{
    object[3] = (word)(uintptr_t)h->shared;
    h->shared = object;
    h->shared_bytes += object[1];
}

size_t binary_chain_words(const term *object)
{
    size_t bytes = 0;
    for (; object; object = (const term *)(uintptr_t)object[3])
        bytes += object[1];
    return bytes / sizeof(term);
}

void binary_drop_chain(term *object)
{
    while (object) {
        term *next = (term *)(uintptr_t)object[3];
        shared_drop((struct shared *)(uintptr_t)object[2]);
        object = next;
    }
}

term binary_part_bits(struct heap *h, term binary, size_t bit_offset, size_t size)
{
    struct bits all = bits_of(binary);
    ENSURE(bit_offset <= all.size && size <= all.size - bit_offset);
    if (size == all.size)
        return binary;
    size_t offset = all.offset + bit_offset;
    if (size % 8 == 0 && size <= PART_COPY_MAX * 8) {
        uint8_t *bytes;
        term t = heap_bin(h, size / 8, &bytes);
        bits_copy(bytes, 0, all.base, offset, size);
        return t;
    }
    term *object = heap_alloc(h, SUB_BIN_WORDS);
    object[0] = header(KIND_SUB_BIN, SUB_BIN_WORDS - 1);
    object[1] = is_kind(binary, KIND_SUB_BIN) ? boxed_ptr(binary)[1] : binary;
    object[2] = offset;
    object[3] = size;
    return boxed_term(object);
}

const uint8_t *binary_bytes(term binary, size_t *size, uint8_t **copy)
{
    struct bits b = bits_of(binary);
    *size = b.size / 8;
    *copy = NULL;
    if (b.offset % 8 == 0 || *size == 0)
        return b.base + b.offset / 8;
    uint8_t *bytes = mem_alloc(*size);
    bits_copy(bytes, 0, b.base, b.offset, b.size);
    *copy = bytes;
    return bytes;
}
