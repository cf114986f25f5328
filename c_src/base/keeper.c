// SPDX-License-Identifier: Apache-2.0
#include "base/keeper.h"

#include "base/config.h"
#include "base/depot.h"
#include "base/large.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/thread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_MS = 500,
    RAREST_LOOK_MS = 4000,
    IDLE_LEAST = 8 << 20,    // bytes that are not worth the trouble
    IDLE_SHARE = 8,          // nor is a smaller part of what is in use
};

static _Atomic size_t freed;    // since the thread ended
static _Atomic bool running;

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t stopped;
    pthread_t thread;
    bool started, stop;    // started: it is to be joined
} keeper = {.mutex = PTHREAD_MUTEX_INITIALIZER, .stopped = PTHREAD_COND_INITIALIZER};

size_t memory_resident(void)
{
    size_t all = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%zu %zu", &all, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t idle(void)
{
    size_t resident = memory_resident(), used = mem_in_use();
    size_t slack = IDLE_LEAST + used / IDLE_SHARE;
    return resident > used + slack ? resident - used : 0;
}

void keeper_release(void)
{
    depot_release();
    large_release();
    mem_trim();
}

// False: the engine ends.
static bool wait_for_a_look(int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t ns = until.tv_nsec + ms * 1000000;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&keeper.mutex);
    while (!keeper.stop && pthread_cond_timedwait(&keeper.stopped, &keeper.mutex, &until) == 0) {
    }
    bool stop = keeper.stop;
    pthread_mutex_unlock(&keeper.mutex);
    return !stop;
}

// Until there is nothing to give back. Where giving back doesn't help, since what is in use lies in between, it may help once that
// is gone: looks become rarer.
static void look_and_release(void)
{
    size_t before = 0;
    for (int64_t ms = LOOK_MS; ms <= RAREST_LOOK_MS && wait_for_a_look(ms);) {
        size_t now = idle();
        if (now && before) {
            keeper_release();
            size_t left = idle();
            ms = left < now - now / IDLE_SHARE ? LOOK_MS : ms * 2;
            now = left;
        }
        if (!now)
            return;
        before = now;
    }
}

// A guest can't tell how much of the OS process's memory is the engine's.
static void *keep(void *unused)
{
    if (os_process_is_ours)
        look_and_release();
    else if (wait_for_a_look(LOOK_MS))
        keeper_release();
    atomic_store(&freed, 0);
    atomic_store(&running, false);
    return unused;
}

// The thread before, if there was one, has ended or is about to.
static COLD void start(void)
{
    if (atomic_exchange(&running, true))
        return;
    pthread_mutex_lock(&keeper.mutex);
    if (keeper.started)
        pthread_join(keeper.thread, NULL);
    keeper.started = !keeper.stop && thread_start(&keeper.thread, keep, NULL) == 0;
    if (!keeper.started)
        atomic_store(&running, false);
    pthread_mutex_unlock(&keeper.mutex);
}

void keeper_close(void)
{
    pthread_mutex_lock(&keeper.mutex);
    keeper.stop = true;
    pthread_cond_signal(&keeper.stopped);
    bool started = keeper.started;
    keeper.started = false;
    pthread_mutex_unlock(&keeper.mutex);
    if (started)
        pthread_join(keeper.thread, NULL);
    keeper.stop = false;
}

void keeper_note(size_t bytes)
{
    if (CONFIG_PLAIN_MEMORY || atomic_load_explicit(&running, memory_order_relaxed))
        return;
    if (atomic_fetch_add_explicit(&freed, bytes, memory_order_relaxed) > 2 * IDLE_LEAST)
        start();
}
