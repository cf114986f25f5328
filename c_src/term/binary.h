// SPDX-License-Identifier: Apache-2.0
// Binaries and bit strings. Up to CONFIG_HEAP_BINARY_MAX bytes they stand in the heap; larger ones are a struct shared
// outside it, counted, to which REFC_BIN objects of any heap point. A SUB_BIN is a part of either, with offset and size
// in bits.
//   HEAP_BIN  h, size in bytes, bytes (padded to words)
//   REFC_BIN  h, size in bytes, struct shared *, next REFC_BIN object of the same heap (chain)
//   SUB_BIN   h, whole (HEAP_BIN or REFC_BIN), bit offset, bit size
//   MATCH     h, whole, bit offset, bit end, saved offsets
// `struct bits` is how everybody reads them: a base and a position in bits. Bits are counted from the top bit of each
// byte.
#ifndef TANDEM_TERM_BINARY_H
#define TANDEM_TERM_BINARY_H

#include "term/heap.h"

#include <stdatomic.h>

// What is part of some binary never changes. Bits from `used` on belong to nobody yet: an append to a bit string that
// ends exactly there claims some of them by moving `used`, atomically, and then owns what it claimed. So of two appends
// to the same source one extends it in place and the other copies, whichever process they run in.
struct shared {
    _Atomic int64_t count;
    _Atomic size_t used;    // bits
    size_t capacity;        // bytes in the block; more than is used only in a binary that was made by an append
    uint8_t bytes[];
};

enum {
    HEAP_BIN_HEAD = 2,    // words before the bytes
    REFC_BIN_WORDS = 4,
    SUB_BIN_WORDS = 4,
    MATCH_HEAD = 4,    // words before the saved offsets
};

struct shared *shared_new(size_t size, size_t capacity);    // size bytes used, counted once
void shared_hold(struct shared *s);
void shared_drop(struct shared *s);

static inline size_t heap_bin_words(size_t bytes)
{
    return HEAP_BIN_HEAD + (bytes + 7) / 8;
}

// A binary of n bytes for the caller to fill, heap or shared by its size. Allocates at most heap_bin_words or
// REFC_BIN_WORDS.
term binary_alloc(struct heap *h, size_t n, uint8_t **bytes);
term binary_from(struct heap *h, const void *bytes, size_t n);

// The words binary_alloc takes for n bytes.
static inline size_t binary_words(size_t n)
{
    return n <= CONFIG_HEAP_BINARY_MAX ? heap_bin_words(n) : REFC_BIN_WORDS;
}

// A REFC_BIN of all that is used of s; takes the caller's count over and links the object into the heap's chain.
term binary_share(struct heap *h, struct shared *s);

// Links a REFC_BIN object, already filled, into the chain of a heap, and counts its bytes for deciding when to collect.
void binary_chain(struct heap *h, term *object);
void binary_drop_chain(term *object);
size_t binary_chain_words(const term *object);    // bytes of the shared binaries that it refers to, in words

// Part of a binary, in bits; small whole-byte parts are copied into a HEAP_BIN, the rest become a SUB_BIN of the whole.
term binary_part_bits(struct heap *h, term binary, size_t bit_offset, size_t bit_size);

struct bits {
    const uint8_t *base;
    size_t offset;    // in bits from base
    size_t size;      // in bits
};

// Reads any bit string term.
static inline struct bits bits_whole(term whole)    // HEAP_BIN or REFC_BIN
{
    const term *object = boxed_ptr(whole);
    const uint8_t *base = header_kind(object[0]) == KIND_HEAP_BIN
                              ? (const uint8_t *)(object + HEAP_BIN_HEAD)
                              : ((const struct shared *)(uintptr_t)object[2])->bytes;
    return (struct bits){base, 0, (size_t)object[1] * 8};
}

static inline struct bits bits_of(term t)
{
    const term *object = boxed_ptr(t);
    if (header_kind(object[0]) != KIND_SUB_BIN)
        return bits_whole(t);
    return (struct bits){bits_whole(object[1]).base, (size_t)object[2], (size_t)object[3]};
}

static inline size_t bit_size(term t)
{
    const term *object = boxed_ptr(t);
    return header_kind(object[0]) == KIND_SUB_BIN ? (size_t)object[3] : (size_t)object[1] * 8;
}

// A binary: a bit string of whole bytes.
static inline bool is_binary(term t)
{
    return is_bitstring(t) && bit_size(t) % 8 == 0;
}

// The bytes of a binary, in place if they start on a byte, else copied into *copy (mem_alloc of the size), which the
// caller frees when it is not NULL. Size in bytes in *size. The term must be a binary.
const uint8_t *binary_bytes(term binary, size_t *size, uint8_t **copy);

// Copies n bits from one place to another, both at any bit. Bits around the target are kept.
void bits_copy(uint8_t *to, size_t to_offset, const uint8_t *from, size_t from_offset, size_t n);
// Compares as the language orders bit strings: <0, 0, >0.
int bits_compare(struct bits a, struct bits b);

#endif
