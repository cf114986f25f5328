// SPDX-License-Identifier: Apache-2.0
#include "base/labour.h"

#include "base/thread.h"

#include <sched.h>
#include <stdatomic.h>

enum { HANDS = 4 };

struct job {
    void (*work)(void *room);
    void *room;
    _Atomic bool done;
};

static _Atomic unsigned busy;

static void *do_job(void *job)
{
    struct job *j = job;
    j->work(j->room);
    atomic_store_explicit(&j->done, true, memory_order_release);
    return NULL;
}

// A worker that has nothing else to run comes back at once: then the thread may need its core.
static void stand_by(void)
{
    sched_yield();
    turn_rest();
}

static void take_hand(void)
{
    while (atomic_fetch_add_explicit(&busy, 1, memory_order_relaxed) >= HANDS) {
        atomic_fetch_sub_explicit(&busy, 1, memory_order_relaxed);
        stand_by();
    }
}

static void hand_over(struct job *j)
{
    pthread_t thread;
    if (thread_start(&thread, do_job, j)) {
        j->work(j->room);
        return;
    }
    while (!atomic_load_explicit(&j->done, memory_order_acquire))
        stand_by();
    pthread_join(thread, NULL);
}

void labour(void (*work)(void *room), void *room)
{
    struct job j = {.work = work, .room = room};
    if (!turn_under_way()) {
        work(room);
        return;
    }
    take_hand();
    hand_over(&j);
    atomic_fetch_sub_explicit(&busy, 1, memory_order_relaxed);
}
