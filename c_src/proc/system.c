// SPDX-License-Identifier: Apache-2.0
#include "proc/system.h"

#include "base/clock.h"
#include "base/memory.h"
#include "proc/sched.h"
#include "proc/timer.h"

#include <stdatomic.h>

_Atomic uint32_t backtrace_depth = 8;
_Atomic bool scheduler_wall_time;
_Atomic uint32_t schedulers_online = 1;
_Atomic uint32_t requests_limit = 4;

enum count { COUNT_SIGNALS, COUNT_OTHER, COUNT_SPAWNED, COUNT_COLLECTIONS, COUNT_SLICES, COUNT_REDUCTIONS, COUNTS };

// One a thread, written by it alone, so that counting costs no locked instruction; kept when the thread ends.
struct counts {
    _Atomic uint64_t of[COUNTS];
    struct counts *next;
};

static _Atomic(struct counts *) all;
static _Thread_local struct counts *own;
static int64_t started;

static COLD struct counts *join(void)
{
    struct counts *c = mem_zero_alloc(sizeof *c);
    c->next = atomic_load(&all);
    while (!atomic_compare_exchange_weak(&all, &c->next, c)) {
    }
    return own = c;
}

static void count(enum count what, uint64_t n)
{
    struct counts *c = LIKELY(own != NULL) ? own : join();
    uint64_t before = atomic_load_explicit(&c->of[what], memory_order_relaxed);
    atomic_store_explicit(&c->of[what], before + n, memory_order_relaxed);
}

static uint64_t sum(enum count what)
{
    uint64_t n = 0;
    for (struct counts *c = atomic_load(&all); c; c = c->next)
        n += atomic_load_explicit(&c->of[what], memory_order_relaxed);
    return n;
}

void system_count_signal(void)
{
    count(COUNT_SIGNALS, 1);
}

void system_count_other(void)
{
    count(COUNT_OTHER, 1);
}

void system_count_spawn(void)
{
    count(COUNT_SPAWNED, 1);
}

void system_count_collection(void)
{
    count(COUNT_COLLECTIONS, 1);
}

void system_count_slice(uint64_t reductions)
{
    count(COUNT_SLICES, 1);
    count(COUNT_REDUCTIONS, reductions);
}

uint64_t proc_total_reductions(void)
{
    return sum(COUNT_REDUCTIONS);
}

struct system_counts system_counts(void)
{
    return (struct system_counts){
        .processes = proc_count(),
        .spawned = sum(COUNT_SPAWNED),
        .reductions = sum(COUNT_REDUCTIONS),
        .slices = sum(COUNT_SLICES),
        .messages = sum(COUNT_SIGNALS) - sum(COUNT_OTHER),
        .signals = sum(COUNT_OTHER),
        .collections = sum(COUNT_COLLECTIONS),
        .run_queue = sched_run_queue(),
        .timers = timers_count(),
        .memory = mem_in_use(),
    };
}

int64_t system_started(void)
{
    return started;
}

void system_open(void)
{
    started = clock_monotonic();
}

void system_close(void)
{
    for (struct counts *c = atomic_exchange(&all, NULL), *next; c; c = next) {
        next = c->next;
        mem_free(c, sizeof *c);
    }
    own = NULL;
}

static _Atomic int exit_status;

void system_set_exit_status(int status)
{
    exit_status = status;
}

int system_exit_status(void)
{
    return exit_status;
}
