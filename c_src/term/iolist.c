// SPDX-License-Identifier: Apache-2.0
#include "term/iolist.h"

#include "base/memory.h"
#include "base/turn.h"
#include "term/build.h"

#include <string.h>

void iolist_open(struct iolist *l, term t)
{
    work_init(&l->later);
    l->at = t;
    l->steps = 0;
}

void iolist_close(struct iolist *l)
{
    work_done(&l->later);
}

// Goes down into a list inside a list; what follows it comes later.
static void enter(struct iolist *l, term inner)
{
    const term *rest = list_ptr(l->at) + 1;
    if (!is_nil(*rest))
        work_push(&l->later, 0, rest, NULL, 1);
    l->at = inner;
}

static inline enum iolist_piece next(struct iolist *l, term *piece)
{
    while (!turn_step(&l->steps)) {
        if (is_list(l->at)) {
            term first = head(l->at);
            *piece = first;
            if (is_list(first)) {
                enter(l, first);
                continue;
            }
            l->at = tail(l->at);
            if (is_small(first))
                return (word)small_value(first) <= 255 ? IOLIST_BYTE : IOLIST_BAD;
            if (is_bitstring(first))
                return IOLIST_PART;
            if (!is_nil(first))
                return IOLIST_BAD;
        } else if (is_nil(l->at)) {
            if (l->later.count == 0)
                return IOLIST_END;
            l->at = *l->later.spans[--l->later.count].at;
        } else {
            *piece = l->at;
            l->at = NIL;
            return is_bitstring(*piece) ? IOLIST_PART : IOLIST_BAD;
        }
    }
    return IOLIST_BAD;
}

enum iolist_piece iolist_next(struct iolist *l, term *piece)
{
    return next(l, piece);
}

bool iolist_bits(term t, unsigned unit, size_t *bits)
{
    struct iolist l;
    term piece;
    enum iolist_piece kind;
    size_t sum = 0;
    iolist_open(&l, t);
    while ((kind = next(&l, &piece)) == IOLIST_BYTE || kind == IOLIST_PART) {
        size_t size = kind == IOLIST_BYTE ? 8 : bit_size(piece);
        if (size % unit) {
            kind = IOLIST_BAD;
            break;
        }
        if (__builtin_add_overflow(sum, size, &sum))
            sum = SIZE_MAX;
    }
    iolist_close(&l);
    *bits = sum;
    return kind == IOLIST_END;
}

// A byte at any bit position; the bits after it in its last byte become zero.
static void write_byte(uint8_t *to, size_t at, uint8_t byte)
{
    size_t skip = at % 8;
    if (skip == 0) {
        to[at / 8] = byte;
        return;
    }
    to[at / 8] |= (uint8_t)(byte >> skip);
    to[at / 8 + 1] = (uint8_t)(byte << (8 - skip));
}

static void write_part(uint8_t *to, size_t at, struct bits part)
{
    if (part.size == 0)
        return;
    size_t end = at + part.size;
    if (end % 8 && (at % 8 == 0 || end / 8 != at / 8))
        to[end / 8] = 0;
    bits_copy(to, at, part.base, part.offset, part.size);
}

void iolist_write(term t, uint8_t *to)
{
    struct iolist l;
    term piece;
    enum iolist_piece kind;
    size_t at = 0;
    iolist_open(&l, t);
    while ((kind = next(&l, &piece)) == IOLIST_BYTE || kind == IOLIST_PART) {
        if (kind == IOLIST_BYTE) {
            write_byte(to, at, (uint8_t)small_value(piece));
            at += 8;
        } else {
            struct bits part = bits_of(piece);
            write_part(to, at, part);
            at += part.size;
        }
    }
    iolist_close(&l);
}

static void each_part(term part, void (*take)(void *state, const uint8_t *bytes, size_t n), void *state)
{
    size_t n;
    uint8_t *copy;
    const uint8_t *bytes = binary_bytes(part, &n, &copy);
    for (size_t at = 0, run; at < n; at += run, turn_bytes(run)) {
        run = n - at < TURN_BYTES ? n - at : TURN_BYTES;
        take(state, bytes + at, run);
    }
    if (copy)
        mem_free(copy, n);
}

bool iolist_each(term t, void (*take)(void *state, const uint8_t *bytes, size_t n), void *state)
{
    struct iolist l;
    term piece;
    enum iolist_piece kind;
    uint8_t waiting[256];
    size_t n = 0;
    iolist_open(&l, t);
    while ((kind = next(&l, &piece)) == IOLIST_BYTE || (kind == IOLIST_PART && is_binary(piece))) {
        if (n == sizeof waiting || (n > 0 && kind == IOLIST_PART)) {
            take(state, waiting, n);
            n = 0;
        }
        if (kind == IOLIST_PART)
            each_part(piece, take, state);
        else
            waiting[n++] = (uint8_t)small_value(piece);
    }
    if (n > 0)
        take(state, waiting, n);
    iolist_close(&l);
    return kind == IOLIST_END;
}

term iolist_to_binary(struct heap *h, term t, bool *too_large)
{
    size_t bits;
    *too_large = false;
    if (!is_list(t) && !is_nil(t))
        return is_binary(t) ? t : NONE;
    if (!iolist_bits(t, 8, &bits))
        return NONE;
    if (!size_allowed(bits)) {
        *too_large = true;
        return NONE;
    }
    uint8_t *bytes;
    term result = binary_alloc(h, bits / 8, &bytes);
    iolist_write(t, bytes);
    return result;
}
