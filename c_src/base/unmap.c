// SPDX-License-Identifier: Apache-2.0
#include "base/unmap.h"

#include "base/thread.h"

#include <stdlib.h>
#include <time.h>

enum {
    LINGER_SECONDS = 1,
    WAITING_MOST = 1 << 30,    // bytes
};

// Stands in the block.
struct waiting {
    struct waiting *next;
    size_t bytes;
};

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct waiting *first;
    size_t bytes;
    pthread_t thread;
    bool started, running, stop;    // started: it is to be joined
} unmapper = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

// False: nothing came for a while, or the engine ends. With the mutex.
static bool wait_for_more(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LINGER_SECONDS;
    while (!unmapper.first && !unmapper.stop)
        if (pthread_cond_timedwait(&unmapper.changed, &unmapper.mutex, &until))
            break;
    return unmapper.first;
}

static void *free_all(void *unused)
{
    pthread_mutex_lock(&unmapper.mutex);
    while (wait_for_more()) {
        struct waiting *w = unmapper.first;
        unmapper.first = w->next;
        size_t bytes = w->bytes;
        pthread_mutex_unlock(&unmapper.mutex);
        free(w);
        pthread_mutex_lock(&unmapper.mutex);
        unmapper.bytes -= bytes;
    }
    unmapper.running = false;
    pthread_mutex_unlock(&unmapper.mutex);
    return unused;
}

// The thread before, if there was one, has ended or is about to. With the mutex.
static bool start(void)
{
    if (unmapper.started)
        pthread_join(unmapper.thread, NULL);
    unmapper.started = unmapper.running = !unmapper.stop && thread_start(&unmapper.thread, free_all, NULL) == 0;
    return unmapper.running;
}

void unmap_later(void *block, size_t bytes)
{
    struct waiting *w = block;
    pthread_mutex_lock(&unmapper.mutex);
    bool later = unmapper.bytes + bytes <= WAITING_MOST && (unmapper.running || start());
    if (later) {
        *w = (struct waiting){unmapper.first, bytes};
        unmapper.first = w;
        unmapper.bytes += bytes;
        pthread_cond_signal(&unmapper.changed);
    }
    pthread_mutex_unlock(&unmapper.mutex);
    if (!later)
        free(block);
}

void unmap_close(void)
{
    pthread_mutex_lock(&unmapper.mutex);
    unmapper.stop = true;
    pthread_cond_signal(&unmapper.changed);
    bool started = unmapper.started;
    unmapper.started = false;
    pthread_mutex_unlock(&unmapper.mutex);
    if (started)
        pthread_join(unmapper.thread, NULL);
    unmapper.stop = false;
}
