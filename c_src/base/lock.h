// SPDX-License-Identifier: Apache-2.0
// A short lock for a few instructions' work: spins, then yields the core. Never held across a system call or a collection.
#ifndef TANDEM_BASE_LOCK_H
#define TANDEM_BASE_LOCK_H

#include "base/types.h"

#include <sched.h>
#include <stdatomic.h>

struct lock {
    _Atomic int held;
};

static inline void lock_init(struct lock *l)
{
    atomic_init(&l->held, 0);
}

static inline void lock_take(struct lock *l)
{
    for (int spins = 0; atomic_exchange_explicit(&l->held, 1, memory_order_acquire); spins++)
        if (spins > 100)
            sched_yield();
}

static inline void lock_give(struct lock *l)
{
    atomic_store_explicit(&l->held, 0, memory_order_release);
}

#endif
