// SPDX-License-Identifier: Apache-2.0
// Time, in nanoseconds.
#ifndef TANDEM_BASE_CLOCK_H
#define TANDEM_BASE_CLOCK_H

#include "base/types.h"

int64_t clock_monotonic(void);    // never goes back; its zero means nothing
int64_t clock_system(void);       // since 1970-01-01 UTC
int64_t clock_cpu(void);          // CPU time of the whole OS process

// The clock of the calling thread's CPU time, which any thread may read until that thread ends; 0: it has none.
int clock_own(void);
int64_t clock_of_thread(int clock);

#endif
