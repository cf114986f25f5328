// SPDX-License-Identifier: Apache-2.0
// Work that lets others have their turn: a function that runs on a stack of its own, and stands still in the middle, wherever
// it happens to be, when it has used up what it was given. So a long loop stays a plain loop: it tells turn_pass what it has
// done, in units of about a word looked at (CONFIG_TURN_UNITS of them are a reduction), and that may return much later, on
// another thread. What such code must keep to:
//   - between turn_hold and turn_release nothing stands still: whoever holds a lock that others may want holds its turn too;
//   - nothing that belongs to the thread or to the slice is kept across turn_pass: pointers to processes, `p->worker`, the
//     machine's registers;
//   - the body ends by returning. Nobody ends it from outside: whoever wants to be rid of it goes on until it has ended. A walk over
//     a term whose parts are shared may not live to see that: it gives up when turn_pass says so, where nobody wants the result.
// Outside of such work turn_pass does nothing, so that everybody may use code that calls it.
// Stacks are kept by threads for the next one. A turn is owned by who made it; any thread may go on with it, one at a time.
#ifndef TANDEM_BASE_TURN_H
#define TANDEM_BASE_TURN_H

#include "base/types.h"

struct turn;

// Nothing runs yet. `room` bytes at turn_room are the owner's and the body's. NULL: there is no memory for a stack.
struct turn *turn_new(size_t room);
void turn_free(struct turn *t);    // whose body never began, or has ended
void *turn_room(struct turn *t);

// Calls body(room), or goes on where it stood still, until it has ended (true) or has done `units` (false).
bool turn_go_on(struct turn *t, void (*body)(void *room), size_t units);
size_t turn_done(const struct turn *t);    // units, by the last turn_go_on

// Nobody wants to know what t computes any more. Only for a body that does nothing else, whatever its walks tell it.
void turn_dismiss(struct turn *t);

bool turn_under_way(void);       // the caller is part of such work
bool turn_pass(size_t units);    // whether it is dismissed
void turn_rest(void);            // stands still without having done anything
void turn_hold(void);
void turn_release(void);

void turn_close(void);    // frees the stacks that the calling thread keeps

// For work on bytes, a run at a time: at most TURN_BYTES, and after each turn_bytes.
enum { TURN_BYTES = 32 << 10 };

static inline void turn_bytes(size_t n)
{
    if (UNLIKELY(n >= TURN_BYTES))
        turn_pass(n / sizeof(word));
}

// For loops with short rounds: passes once in a while, with what turn_pass says then. The counter starts at 0.
enum { TURN_STRIDE = 64 };

static inline bool turn_step(size_t *rounds)
{
    return UNLIKELY(++*rounds % TURN_STRIDE == 0) && turn_pass(TURN_STRIDE);
}

#endif
