// SPDX-License-Identifier: Apache-2.0
// A lock for many readers or one writer: spins, then yields the core. A writer that waits keeps new readers out.
// May be held for long (a walk over a table), but never across a system call or a collection; who has it holds his turn.
#ifndef TANDEM_BASE_RWLOCK_H
#define TANDEM_BASE_RWLOCK_H

#include "base/turn.h"

#include <sched.h>
#include <stdatomic.h>

#define RWLOCK_WRITER ((uint32_t)1 << 31)    // somebody writes, or waits for the readers to leave

struct rwlock {
    _Atomic uint32_t state;    // RWLOCK_WRITER, and the number of readers
};

static inline void rwlock_init(struct rwlock *l)
{
    atomic_init(&l->state, 0);
}

static inline void rwlock_pause(int spins)
{
    if (spins > 100)
        sched_yield();
}

static inline void rwlock_take_read(struct rwlock *l)
{
    turn_hold();
    uint32_t state = atomic_load_explicit(&l->state, memory_order_relaxed) & ~RWLOCK_WRITER;
    for (int spins = 0; !atomic_compare_exchange_weak_explicit(&l->state, &state, state + 1, memory_order_acquire,
                                                               memory_order_relaxed);
         spins++) {
        state &= ~RWLOCK_WRITER;
        rwlock_pause(spins);
    }
}

static inline void rwlock_give_read(struct rwlock *l)
{
    atomic_fetch_sub_explicit(&l->state, 1, memory_order_release);
    turn_release();
}

static inline void rwlock_take_write(struct rwlock *l)
{
    int spins = 0;
    turn_hold();
    while (atomic_fetch_or_explicit(&l->state, RWLOCK_WRITER, memory_order_acquire) & RWLOCK_WRITER)
        rwlock_pause(spins++);
    while (atomic_load_explicit(&l->state, memory_order_acquire) != RWLOCK_WRITER)
        rwlock_pause(spins++);
}

static inline void rwlock_give_write(struct rwlock *l)
{
    atomic_store_explicit(&l->state, 0, memory_order_release);
    turn_release();
}

#endif
