// SPDX-License-Identifier: Apache-2.0
#include "proc/vigil.h"

#include "base/clock.h"
#include "base/os.h"
#include "base/thread.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    LOOK_NS = 50000,      // 20 us were measured to be too few
    QUICK_NS = 300000,    // answers further apart are not in quick succession
    SLOW_NS = 10000,      // answers closer to each other than this can't come faster on one core
    CALLED_AT = 16,       // the score that calls the vigil; at 0 it is dismissed
    SETBACK = 4,
    ANSWERS_AT_ONCE = 3,    // to one message
    KEEP_NS = 1000000,      // without an answer for so long it ends
    LOWEST_PRIORITY = 19,
};

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t called;
    pthread_t thread;
    bool runs, stop;         // under the mutex
    size_t core;             // under the mutex: the vigil's
    _Atomic pid_t worker;    // changed under the mutex: the thread that answers, held on the host's core; 0: none
    _Atomic bool keeps;      // false: it sleeps, or is about to
    _Atomic int64_t last;    // answer left, as far as a worker that ran out of work could tell
    _Atomic int score;    // one up for each answer that came alone, down for what tells of more than one conversation
} vigil = {.mutex = PTHREAD_MUTEX_INITIALIZER, .called = PTHREAD_COND_INITIALIZER};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static cpu_set_t allowed;
static int cores;

static void count_cores(void)
{
    cores = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

static void relax(void)
{
    for (int i = 0; i < 64; i++)
#if defined(__x86_64__)
        __builtin_ia32_pause();
#else
        __asm__ volatile("" ::: "memory");
#endif
}

static void keep(void)
{
    while (atomic_load_explicit(&vigil.keeps, memory_order_relaxed) &&
           clock_monotonic() - atomic_load_explicit(&vigil.last, memory_order_relaxed) < KEEP_NS)
        relax();
}

static pid_t thread_id(void)
{
    static _Thread_local pid_t id;
    if (!id)
        id = gettid();
    return id;
}

static void let_go(void)
{
    if (vigil.worker)
        sched_setaffinity(vigil.worker, sizeof allowed, &allowed);
    vigil.worker = 0;
}

static void hold_caller(void)
{
    cpu_set_t others = allowed;
    CPU_CLR(vigil.core, &others);
    sched_setaffinity(0, sizeof others, &others);
    vigil.worker = thread_id();
}

static void release_caller(void)
{
    let_go();
    atomic_store(&vigil.keeps, false);
}

static void *thread_main(void *unused)
{
    (void)unused;
    setpriority(PRIO_PROCESS, (id_t)gettid(), LOWEST_PRIORITY);
    pthread_mutex_lock(&vigil.mutex);
    while (!vigil.stop) {
        pthread_mutex_unlock(&vigil.mutex);
        keep();
        pthread_mutex_lock(&vigil.mutex);
        release_caller();
        while (!vigil.stop && !atomic_load(&vigil.keeps))
            pthread_cond_wait(&vigil.called, &vigil.mutex);
    }
    pthread_mutex_unlock(&vigil.mutex);
    return NULL;
}

// The caller has looked for input on one core, so the host has the other one. The vigil takes the caller's, and the caller goes to
// the host's: left to the kernel, the vigil may end up beside the host, and the caller where it was.
static void change_places(void)
{
    cpu_set_t here;
    int core = sched_getcpu();
    if (core < 0)
        return;
    CPU_ZERO(&here);
    CPU_SET((size_t)core, &here);
    vigil.core = (size_t)core;
    pthread_setaffinity_np(vigil.thread, sizeof here, &here);
    hold_caller();
}

// Without a thread everything works, only slower.
static void call(void)
{
    pthread_mutex_lock(&vigil.mutex);
    if (!vigil.runs && !vigil.stop)
        vigil.runs = thread_start(&vigil.thread, thread_main, NULL) == 0;
    if (vigil.runs) {
        release_caller();
        atomic_store(&vigil.keeps, true);
        change_places();
        pthread_cond_signal(&vigil.called);
    }
    pthread_mutex_unlock(&vigil.mutex);
}

// Another worker answers now.
static void follow(void)
{
    pthread_mutex_lock(&vigil.mutex);
    if (atomic_load(&vigil.keeps) && vigil.worker) {
        let_go();
        hold_caller();
    }
    pthread_mutex_unlock(&vigil.mutex);
}

static int scored(bool alone)
{
    int score = atomic_load_explicit(&vigil.score, memory_order_relaxed);
    if (alone)
        score += score < CALLED_AT;
    else
        score = score > SETBACK ? score - SETBACK : 0;
    atomic_store_explicit(&vigil.score, score, memory_order_relaxed);
    return score;
}

static void answered(int64_t now, bool alone)
{
    bool keeps = atomic_load(&vigil.keeps);
    int64_t gap = now - atomic_exchange_explicit(&vigil.last, now, memory_order_relaxed);
    int score = scored(alone && gap < QUICK_NS && (keeps || gap > SLOW_NS));
    if (!keeps && score == CALLED_AT)
        call();
    else if (keeps && score == 0)
        atomic_store(&vigil.keeps, false);
    else if (keeps && atomic_load_explicit(&vigil.worker, memory_order_relaxed) != thread_id())
        follow();
}

// One message may be answered more than once: a spawn, by who is spawned and by what that has to say; or what was watched is
// watched no more, something else is, and is asked.
static bool is_alone(struct traffic t)
{
    return t.left == 1 || (t.left <= ANSWERS_AT_ONCE && t.came <= 1);
}

int64_t vigil_idle(int64_t now, struct traffic t)
{
    pthread_once(&once, count_cores);
    if (cores != 2 || !os_process_is_ours)
        return cores > 1 ? LOOK_NS : 0;
    if (t.left > 0)
        answered(now, is_alone(t));
    return atomic_load(&vigil.keeps) ? 0 : LOOK_NS;
}

void vigil_stop(void)
{
    pthread_mutex_lock(&vigil.mutex);
    vigil.stop = true;
    atomic_store(&vigil.keeps, false);
    pthread_cond_signal(&vigil.called);
    bool runs = vigil.runs;
    vigil.runs = false;
    pthread_mutex_unlock(&vigil.mutex);
    if (runs)
        pthread_join(vigil.thread, NULL);
    pthread_mutex_lock(&vigil.mutex);
    release_caller();
    vigil.stop = false;
    pthread_mutex_unlock(&vigil.mutex);
}
