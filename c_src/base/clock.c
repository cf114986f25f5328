// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <pthread.h>
#include <time.h>

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

int64_t clock_system(void)
{
    return read_clock(CLOCK_REALTIME);
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
