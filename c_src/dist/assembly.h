// SPDX-License-Identifier: Apache-2.0
// A large message that comes in pieces, put together in a block that the binaries in it may share when it is decoded: so their bytes are
// copied once on their way from a carrier's buffer. Memory is bounded by the bytes that have come: an announced size is believed in
// part only. Used by the thread that brings the packets.
#ifndef TANDEM_DIST_ASSEMBLY_H
#define TANDEM_DIST_ASSEMBLY_H

#include "base/reader.h"
#include "term/binary.h"

#define ASSEMBLY_TOO_LARGE "a message of more than 1 GiB"    // CONFIG_MAX_FRAME

struct assembly {
    struct shared *block;    // NULL: nothing has come
    size_t size;             // bytes that have come
};

// Adds the rest of what is in the reader. `expected`: how many bytes there may be in all, as far as the other end says.
void assembly_add(struct assembly *a, struct reader *r, size_t expected);

// Room for n bytes more, which are there once they are counted; NULL: the block has no room for them.
uint8_t *assembly_room(const struct assembly *a, size_t n);

struct shared *assembly_take(struct assembly *a);    // all that has come; empty afterwards
void assembly_done(struct assembly *a);

#endif
