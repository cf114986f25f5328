// SPDX-License-Identifier: Apache-2.0
#include "base/offload.h"

#include "base/thread.h"

#include <sched.h>
#include <stdatomic.h>

enum { MAX_THREADS = 4 };

struct job {
    void (*work)(void *room);
    void *room;
    _Atomic bool done;
};

static _Atomic unsigned threads;

static void *run_job(void *job)
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

static void take_slot(void)
{
    while (atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) >= MAX_THREADS) {
        atomic_fetch_sub_explicit(&threads, 1, memory_order_relaxed);
        stand_by();
    }
}

static void give_slot(void)
{
    atomic_fetch_sub_explicit(&threads, 1, memory_order_relaxed);
}

static void run_on_thread(struct job *j)
{
    pthread_t thread;
    if (thread_start(&thread, run_job, j)) {
        j->work(j->room);
        return;
    }
    while (!atomic_load_explicit(&j->done, memory_order_acquire))
        stand_by();
    pthread_join(thread, NULL);
}

void offload(void (*work)(void *room), void *room)
{
    struct job j = {.work = work, .room = room};
    if (!turn_under_way()) {
        work(room);
        return;
    }
    take_slot();
    run_on_thread(&j);
    give_slot();
}
