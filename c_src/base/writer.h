// SPDX-License-Identifier: Apache-2.0
// A buffer of bytes that grows at its end. The owner closes it, or keeps its block: `capacity` bytes.
#ifndef TANDEM_BASE_WRITER_H
#define TANDEM_BASE_WRITER_H

#include "base/types.h"

struct writer {
    uint8_t *bytes;
    size_t size, capacity;
};

void writer_init(struct writer *w);
void writer_done(struct writer *w);

// Room for n more bytes, counted as written: the caller fills them at once.
uint8_t *writer_room(struct writer *w, size_t n);

void writer_u8(struct writer *w, uint8_t value);
void writer_u16(struct writer *w, uint16_t value);    // all big-endian
void writer_u32(struct writer *w, uint32_t value);
void writer_u64(struct writer *w, uint64_t value);
void writer_bytes(struct writer *w, const void *bytes, size_t n);

// Stores a value at a place written earlier (a length known only at the end).
void writer_patch_u32(struct writer *w, size_t at, uint32_t value);

#endif
