// SPDX-License-Identifier: Apache-2.0
#include "base/keeper.h"

#include "base/config.h"
#include "base/depot.h"
#include "base/memory.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_NS = 500000000,
    IDLE_LEAST = 8 << 20,    // bytes that are not worth the trouble
    IDLE_SHARE = 8,          // nor is a smaller part of what is in use
};

static _Atomic size_t freed;    // since the thread ended
static _Atomic bool running;

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
    malloc_trim(0);
}

// Ends when there is nothing to give back, or giving back did not help.
static void *keep(void *unused)
{
    size_t before = 0;
    for (bool again = true; again;) {
        nanosleep(&(struct timespec){0, LOOK_NS}, NULL);
        size_t now = idle();
        again = now > 0;
        if (now && before) {
            keeper_release();
            size_t left = idle();
            again = left && left < now - now / IDLE_SHARE;
            now = left;
        }
        before = now;
    }
    atomic_store(&freed, 0);
    atomic_store(&running, false);
    return unused;
}

static COLD void start(void)
{
    pthread_t thread;
    if (atomic_exchange(&running, true))
        return;
    if (pthread_create(&thread, NULL, keep, NULL))
        atomic_store(&running, false);
    else
        pthread_detach(thread);
}

void keeper_note(size_t bytes)
{
    if (CONFIG_PLAIN_MEMORY || atomic_load_explicit(&running, memory_order_relaxed))
        return;
    if (atomic_fetch_add_explicit(&freed, bytes, memory_order_relaxed) > 2 * IDLE_LEAST)
        start();
}
