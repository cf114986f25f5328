// SPDX-License-Identifier: Apache-2.0
#include "base/thread.h"

#include <signal.h>

static sigset_t all_but_faults(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t set;
    sigfillset(&set);
    for (size_t i = 0; i < COUNT_OF(faults); i++)
        sigdelset(&set, faults[i]);
    return set;
}

// A thread inherits what its maker holds back.
static int start(pthread_t *thread, const pthread_attr_t *attributes, thread_function *run, void *argument)
{
    sigset_t held = all_but_faults(), before;
    pthread_sigmask(SIG_BLOCK, &held, &before);
    int wrong = pthread_create(thread, attributes, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return wrong;
}

int thread_start(pthread_t *thread, thread_function *run, void *argument)
{
    return start(thread, NULL, run, argument);
}

int thread_start_detached(size_t stack_bytes, thread_function *run, void *argument)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int wrong = stack_bytes ? pthread_attr_setstacksize(&attributes, stack_bytes) : 0;
    if (!wrong)
        wrong = start(&thread, &attributes, run, argument);
    pthread_attr_destroy(&attributes);
    return wrong;
}
