// SPDX-License-Identifier: Apache-2.0
// Instructions: moves between registers, alone and two at a time: what a compiler writes around calls. They happen in turn.
#include "code/interp.h"

#define MOVE(variant, from, to) \
    OP(move_##variant) \
    { \
        to(1) = from(0); \
        NEXT(2); \
    }
#define MOVE_TWO(variant, from, to, then_from, then_to) \
    OP(move_two_##variant) \
    { \
        to(1) = from(0); \
        then_to(3) = then_from(2); \
        NEXT(4); \
    }
#define MOVES(variant, from, to) \
    MOVE(variant, from, to) \
    MOVE_TWO(variant##xx, from, to, X, X) \
    MOVE_TWO(variant##xy, from, to, X, Y) \
    MOVE_TWO(variant##yx, from, to, Y, X) \
    MOVE_TWO(variant##yy, from, to, Y, Y) \
    MOVE_TWO(variant##cx, from, to, C, X) \
    MOVE_TWO(variant##cy, from, to, C, Y)

MOVES(xx, X, X)
MOVES(xy, X, Y)
MOVES(yx, Y, X)
MOVES(yy, Y, Y)
MOVES(cx, C, X)
MOVES(cy, C, Y)
