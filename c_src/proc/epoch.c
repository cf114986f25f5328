// SPDX-License-Identifier: Apache-2.0
#include "proc/epoch.h"

#include "base/memory.h"

#include <stdatomic.h>

// `seen` is the epoch at the thread's last boundary; UINT64_MAX: it holds no pointers. Threads are registered for good.
struct participant {
    _Atomic uint64_t seen;
    struct participant *next;
    struct retired *first, **last;    // oldest first
};

static _Atomic uint64_t epoch = 1;
static _Atomic(struct participant *) participants;
static _Thread_local struct participant *own;

static COLD struct participant *join(void)
{
    struct participant *t = mem_zero_alloc(sizeof *t);
    atomic_init(&t->seen, UINT64_MAX);
    t->last = &t->first;
    t->next = atomic_load(&participants);
    while (!atomic_compare_exchange_weak(&participants, &t->next, t)) {
    }
    return own = t;
}

static struct participant *self(void)
{
    return LIKELY(own != NULL) ? own : join();
}

// Every epoch up to this one is over for all threads.
static uint64_t oldest_seen(void)
{
    uint64_t oldest = UINT64_MAX;
    for (struct participant *t = atomic_load(&participants); t; t = t->next) {
        uint64_t seen = atomic_load(&t->seen);
        if (seen < oldest)
            oldest = seen;
    }
    return oldest;
}

static void release_old(struct participant *t)
{
    uint64_t oldest = oldest_seen();
    while (t->first && t->first->epoch <= oldest) {
        struct retired *r = t->first;
        t->first = r->next;
        if (!t->first)
            t->last = &t->first;
        r->release(r);
    }
}

void epoch_quiet(void)
{
    struct participant *t = self();
    atomic_store_explicit(&t->seen, atomic_load(&epoch), memory_order_release);
    if (t->first)
        release_old(t);
}

void epoch_park(void)
{
    struct participant *t = self();
    atomic_store(&t->seen, UINT64_MAX);
    if (t->first)
        release_old(t);
}

void epoch_unpark(void)
{
    atomic_store(&self()->seen, atomic_load(&epoch));
}

void epoch_close(void)
{
    for (struct participant *t = atomic_load(&participants); t; t = t->next)
        atomic_store(&t->seen, UINT64_MAX);
    for (struct participant *t = atomic_load(&participants); t; t = t->next)
        release_old(t);
    for (struct participant *t = atomic_exchange(&participants, NULL), *next; t; t = next) {
        next = t->next;
        mem_free(t, sizeof *t);
    }
    own = NULL;
}

bool epoch_enter(void)
{
    struct participant *t = self();
    bool parked = atomic_load_explicit(&t->seen, memory_order_relaxed) == UINT64_MAX;
    if (parked)
        epoch_unpark();
    return parked;
}

void epoch_exit(bool was_parked)
{
    if (was_parked)
        epoch_park();
}

void epoch_retire(struct retired *r)
{
    struct participant *t = self();
    r->next = NULL;
    r->epoch = atomic_fetch_add(&epoch, 1) + 1;
    *t->last = r;
    t->last = &r->next;
}
