// SPDX-License-Identifier: Apache-2.0
#include "proc/epoch.h"

#include "base/clock.h"
#include "base/memory.h"

#include <sched.h>
#include <stdatomic.h>
#include <time.h>

// `seen` is the epoch at the thread's last boundary; UINT64_MAX: it holds no pointers. Threads are registered for good.
struct participant {
    _Atomic uint64_t seen;
    struct participant *next;
    struct retired *first, **last;    // oldest first
};

enum { LOOK_AGAIN_NS = 20000 };

static _Atomic uint64_t epoch = 1;
static _Atomic bool alone;    // nobody but one thread may be unparked
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
    if (UNLIKELY(atomic_load_explicit(&alone, memory_order_relaxed))) {
        epoch_park();
        epoch_unpark();
    }
}

void epoch_park(void)
{
    struct participant *t = self();
    atomic_store(&t->seen, UINT64_MAX);
    if (t->first)
        release_old(t);
}

// First it says that it holds pointers, then it looks whether it may: who wants to be alone does both the other way round.
void epoch_unpark(void)
{
    struct participant *t = self();
    atomic_store(&t->seen, atomic_load(&epoch));
    while (UNLIKELY(atomic_load(&alone))) {
        atomic_store(&t->seen, UINT64_MAX);
        struct timespec wait = {0, LOOK_AGAIN_NS};
        while (atomic_load(&alone))
            nanosleep(&wait, NULL);
        atomic_store(&t->seen, atomic_load(&epoch));
    }
}

static bool others_parked(const struct participant *me)
{
    for (const struct participant *t = atomic_load(&participants); t; t = t->next)
        if (t != me && atomic_load(&t->seen) != UINT64_MAX)
            return false;
    return true;
}

bool epoch_alone(int64_t patience_ns)
{
    const struct participant *me = self();
    if (atomic_exchange(&alone, true))
        return false;
    int64_t until = clock_monotonic() + patience_ns;
    while (!others_parked(me)) {
        if (clock_monotonic() > until) {
            atomic_store(&alone, false);
            return false;
        }
        sched_yield();
    }
    return true;
}

void epoch_together(void)
{
    atomic_store(&alone, false);
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
