// SPDX-License-Identifier: Apache-2.0
// Work that cannot stand still in the middle, as it is not ours: GMP's on huge integers. Inside a turn (base/turn.h) a thread of its own
// does it, and the turn stands still, again and again, until that is done. Elsewhere it is just done. Only so many are under way at
// once; others wait for one of them to end.
#ifndef TANDEM_BASE_LABOUR_H
#define TANDEM_BASE_LABOUR_H

#include "base/turn.h"

// work(room) may read and write what nobody else looks at meanwhile, and take memory from the system alone.
void labour(void (*work)(void *room), void *room);

#endif
