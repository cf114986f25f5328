// SPDX-License-Identifier: Apache-2.0
// Counters of the whole engine, for tandem:info, statistics and system_info. Any thread; each worker counts its own.
#ifndef TANDEM_PROC_SYSTEM_H
#define TANDEM_PROC_SYSTEM_H

#include "base/types.h"

enum { BACKTRACE_DEPTH_MAX = 64 };
extern _Atomic uint32_t backtrace_depth;    // entries of a stack trace; at most BACKTRACE_DEPTH_MAX

extern _Atomic bool scheduler_wall_time;    // a program has asked for statistics(scheduler_wall_time)
// What system_flag was told, for system_info to tell; nothing else depends on it.
enum { REQUESTS_LIMIT_MAX = (1 << 27) - 1 };
extern _Atomic uint32_t schedulers_online;    // of sched_workers
extern _Atomic uint32_t requests_limit;

struct system_counts {
    size_t processes;       // alive
    uint64_t spawned;       // ever
    uint64_t reductions;    // of all processes, the ended ones included
    uint64_t slices;        // context switches
    uint64_t messages;      // pushed to processes here
    uint64_t signals;       // of other kinds, handled
    uint64_t collections;
    size_t run_queue;
    size_t timers;
    size_t memory;    // bytes in use
};

struct system_counts system_counts(void);

// Each adds to the calling worker's own counts (or to a common block on other threads).
void system_count_signal(void);    // pushed, of any kind
void system_count_other(void);     // handled, and no message
void system_count_spawn(void);
void system_count_collection(void);
void system_count_slice(uint64_t reductions);

int64_t system_started(void);    // clock_monotonic when the engine began
// What the OS process ends with when nothing went wrong: 0, or what halt/1 asked for.
void system_set_exit_status(int status);
int system_exit_status(void);

void system_open(void);     // once: when it began
void system_close(void);    // when only the calling thread is left

#endif
