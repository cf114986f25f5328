// SPDX-License-Identifier: Apache-2.0
// Work that cannot stand still in the middle, as it is not ours: GMP's on huge integers. Inside a turn (base/turn.h) it is offloaded to a
// thread of its own, and the turn stands still, again and again, until that has ended. Elsewhere it is just done. Only so many such
// threads run at once; other turns wait for one of them to end.
#ifndef TANDEM_BASE_OFFLOAD_H
#define TANDEM_BASE_OFFLOAD_H

#include "base/turn.h"

// work(room) may read and write what nobody else looks at meanwhile, and take memory from the system alone (base/memory.h).
void offload(void (*work)(void *room), void *room);

#endif
