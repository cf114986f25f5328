// SPDX-License-Identifier: Apache-2.0
// Lists of bytes, bit strings and such lists, of any depth; the tail of a list may be a bit string too. A bit string by
// itself is taken for a list of one: whoever wants a list asks for is_any_list first. Parts must divide into units of 8
// bits or 1.
#ifndef TANDEM_TERM_IOLIST_H
#define TANDEM_TERM_IOLIST_H

#include "term/binary.h"
#include "term/work.h"

// Piece by piece, in order. Others have their turn between any two steps, as lists without a single byte may be long, and endless where
// their parts are shared.
enum iolist_piece {
    IOLIST_END,
    IOLIST_BYTE,    // a small integer of 0 to 255
    IOLIST_PART,    // a bit string
    IOLIST_BAD,     // something else, or nobody wants to know (base/turn.h); the walk is over
};

struct iolist {
    struct work later;
    term at;
    size_t steps;
};

void iolist_open(struct iolist *l, term t);
void iolist_close(struct iolist *l);
enum iolist_piece iolist_next(struct iolist *l, term *piece);

// All at once. The size is SIZE_MAX if it is larger than that. False: not such a list, or a part that is not made of
// units.
bool iolist_bits(term t, unsigned unit, size_t *bits);

// Writes all of it; room for the size above, whose last byte is filled with zero bits.
void iolist_write(term t, uint8_t *to);

// Gives all bytes to a function, in some runs. False: not such a list; then some may have been given.
bool iolist_each(term t, void (*take)(void *state, const uint8_t *bytes, size_t n), void *state);

// As a binary: the term itself if it is one. NONE: not such a list, or (*too_large) beyond what can be built.
term iolist_to_binary(struct heap *h, term t, bool *too_large);

#endif
