// SPDX-License-Identifier: Apache-2.0
// Threads beside the one on which the engine was begun. They take no signals: those that the system sends go to that thread, or
// are the host's business. What a thread's own faults raise is not held back, so that a crash can be told of whichever thread it
// happens on.
#ifndef TANDEM_BASE_THREAD_H
#define TANDEM_BASE_THREAD_H

#include "base/types.h"

#include <pthread.h>

typedef void *thread_function(void *argument);

// 0, or why there is none, as an error number; then nothing has run. A stack of 0 bytes: as large as the system gives.
int thread_start(pthread_t *thread, thread_function *run, void *argument);              // the caller joins it
int thread_start_detached(size_t stack_bytes, thread_function *run, void *argument);    // it ends by itself

#endif
