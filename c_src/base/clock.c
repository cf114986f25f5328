// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <x86intrin.h>
#endif

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

#ifdef __x86_64__
enum {
    TRUST_NS = 50000,          // how long the counter is followed before the clock is read again
    MEASURE_NS = 1000000,      // the counter's rate is taken over at least so long,
    FORGET_NS = 1000000000,    // and at most so long: the machine may have been suspended or moved
    RATE_BITS = 32,            // behind the point
    STEADY_LEAF = 0x80000007,
    STEADY_BIT = 1 << 8,    // CPUID: the counter runs at one rate, whatever the processor does
};

// A reading of both clocks at one moment.
struct moment {
    uint64_t counter;
    int64_t ns;
};

// A thread's own: it goes on from the last moment at a rate that was measured since an earlier one.
static _Thread_local struct {
    struct moment last, earlier;
    uint64_t trust;    // counts after the last moment for which it holds; 0: not yet
    uint64_t rate;     // ns a count, RATE_BITS behind the point
} follower;

static bool is_steady(void)
{
    static _Atomic int known;    // 1: yes, 2: no
    if (!known) {
        unsigned a, b, c, d = 0;
        __get_cpuid(STEADY_LEAF, &a, &b, &c, &d);
        known = d & STEADY_BIT ? 1 : 2;
    }
    return known == 1;
}

// False: something came in between.
static bool take_moment(struct moment *m)
{
    uint64_t before = __rdtsc();
    m->ns = clock_monotonic();
    m->counter = __rdtsc();
    return m->counter - before < 1000;
}

static COLD int64_t follow(void)
{
    struct moment now;
    if (!take_moment(&now) || !is_steady()) {
        follower.trust = 0;
        return now.ns;
    }
    follower.last = now;
    uint64_t passed = (uint64_t)(now.ns - follower.earlier.ns);
    if (passed >= MEASURE_NS) {
        if (passed <= FORGET_NS && now.counter > follower.earlier.counter)
            follower.rate = (passed << RATE_BITS) / (now.counter - follower.earlier.counter);
        follower.earlier = now;
    }
    follower.trust = follower.rate ? ((uint64_t)TRUST_NS << RATE_BITS) / follower.rate : 0;
    return now.ns;
}

int64_t clock_ticks(void)
{
    uint64_t counts = __rdtsc() - follower.last.counter;
    if (UNLIKELY(counts >= follower.trust))
        return follow();
    return follower.last.ns + (int64_t)(counts * follower.rate >> RATE_BITS);
}
#else
int64_t clock_ticks(void)
{
    return clock_monotonic();
}
#endif

int64_t clock_system(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_offset(void)
{
    static _Atomic int64_t fixed = INT64_MIN;
    int64_t known = atomic_load(&fixed);
    if (known != INT64_MIN)
        return known;
    int64_t now = clock_system() - clock_monotonic();
    return atomic_compare_exchange_strong(&fixed, &known, now) ? now : known;
}

int64_t clock_cpu(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

int clock_own(void)
{
    clockid_t id;
    return pthread_getcpuclockid(pthread_self(), &id) ? 0 : id;
}

int64_t clock_of_thread(int clock)
{
    return clock ? read_clock(clock) : 0;
}
