// SPDX-License-Identifier: Apache-2.0
// Time, in nanoseconds.
#ifndef TANDEM_BASE_CLOCK_H
#define TANDEM_BASE_CLOCK_H

#include "base/types.h"

int64_t clock_monotonic(void);    // never goes back; its zero means nothing

// The same to a microsecond, but it may go back by as much: for what counts in ticks. 7 ns instead of 17 where the processor's
// own counter can be read, which is a tenth of what setting a timer and cancelling it takes.
int64_t clock_ticks(void);
enum { CLOCK_TICKS_OFF = 1000 };    // ns

int64_t clock_system(void);    // since 1970-01-01 UTC
// What is to be added to the monotonic time for the system time: it stays the same, however the system's clock is set afterwards.
int64_t clock_offset(void);
int64_t clock_cpu(void);    // CPU time of the whole OS process

// The clock of the calling thread's CPU time, which any thread may read until that thread ends; 0: it has none.
int clock_own(void);
int64_t clock_of_thread(int clock);

#endif
