// SPDX-License-Identifier: Apache-2.0
// The wheel itself: members that are due at a tick, in 4 levels of 256 slots; a level's slot is spread over the level below
// when its time comes. Not synchronised: proc/timer.c locks around it.
#ifndef TANDEM_PROC_WHEEL_H
#define TANDEM_PROC_WHEEL_H

#include "base/list.h"

enum { WHEEL_LEVELS = 4, WHEEL_BITS = 8, WHEEL_SLOTS = 1 << WHEEL_BITS };

struct due {
    struct list siblings;
    int64_t tick;
    uint16_t at;    // where it is: level * WHEEL_SLOTS + slot
};

struct slots {
    int64_t now;    // ticks up to this one have been taken
    struct list slots[WHEEL_LEVELS * WHEEL_SLOTS];
    uint64_t used[WHEEL_LEVELS][WHEEL_SLOTS / 64];    // a bit a slot that may hold members
};

void slots_init(struct slots *w, int64_t now);
void slots_add(struct slots *w, struct due *d);    // d->tick set; what is past is due at the next tick
void slots_remove(struct slots *w, struct due *d);

// Moves what is due up to a tick to the end of a list, in order of ticks.
void slots_take(struct slots *w, int64_t tick, struct list *taken);

// A tick not after the next member's; INT64_MAX: there is none.
int64_t slots_next(const struct slots *w);

#endif
