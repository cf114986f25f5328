// SPDX-License-Identifier: Apache-2.0
#include "proc/sched.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/thread.h"
#include "proc/collecting.h"
#include "proc/doom.h"
#include "proc/errand.h"
#include "proc/reap.h"
#include "proc/run.h"
#include "proc/run_queue.h"
#include "proc/signal.h"
#include "proc/system.h"
#include "proc/timeline.h"
#include "proc/timer.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    LOOKS_TILL_WAY = 4,    // for input, until the core is left to others for once
    SLICE_COST = 20,       // what a slice costs in reductions beside what it ran
    CHECK_AFTER = 8000,    // reductions between two looks at timers, carrier and other workers
    GIVE_MAX = 256,        // processes to another worker at once
};

#define LONGEST_SLEEP_NS 60000000000LL

struct sched {
    struct run_queue queue;          // its worker's own
    _Atomic size_t length;           // of the queue, for others to look at
    _Atomic(struct proc *) inbox;    // given by other threads, newest first
    _Atomic uint8_t raise;           // the priority to which those with signals are to be raised; 0: none asked
    _Atomic bool idle;               // it has nothing to run
    _Atomic bool sleeping;
    _Atomic bool away;          // it is in something that takes long
    _Atomic int64_t idle_ns;    // written by its worker alone; while it is idle, less the clock's time: negative
    _Atomic uint64_t given;     // likewise
    _Atomic int cpu_clock;      // clock_own of its thread
    sword since_check;
    unsigned kept;            // slices since it gave one away: stress builds
    bool drained;             // nothing waited, at some time since the last check
    bool worked;              // since it last slept
    struct traffic passed;    // in the hook, since it last ran out of work
    int wake_fd;
    _Atomic uint64_t wakes;    // written to wake_fd, or about to be
    uint64_t cleared;          // of these, by reading it
    pthread_t thread;
};

struct sched_hooks sched_hooks;

static struct worker *workers[CONFIG_MAX_WORKERS];
static unsigned worker_count;
static _Atomic bool stopping;
static _Atomic bool polling;    // a worker is in the hook
static _Thread_local struct worker *own;

struct worker *worker_self(void)
{
    return own;
}

unsigned sched_workers(void)
{
    return worker_count;
}

int sched_wake_fd(void)
{
    return own->sched->wake_fd;
}

bool sched_stopping(void)
{
    return atomic_load_explicit(&stopping, memory_order_relaxed);
}

static struct worker *worker_new(unsigned index)
{
    struct worker *w = mem_zero_alloc(sizeof *w);
    struct sched *s = mem_zero_alloc(sizeof *s);
    w->index = index;
    w->sched = s;
    w->wheel = wheel_new();
    run_queue_init(&s->queue);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake_fd < 0)
        die("no eventfd");
    return w;
}

static void worker_free(struct worker *w)
{
    close(w->sched->wake_fd);
    wheel_free(w->wheel);
    mem_free(w->sched, sizeof *w->sched);
    mem_free(w, sizeof *w);
}

void sched_wake(struct worker *w)
{
    uint64_t one = 1;
    atomic_fetch_add(&w->sched->wakes, 1);
    if (write(w->sched->wake_fd, &one, sizeof one) < 0)
        return;    // the counter is full: it will wake anyway
}

static void count_queue(struct sched *s)
{
    atomic_store_explicit(&s->length, s->queue.length, memory_order_relaxed);
}

static void add_to_queue(struct sched *s, struct proc *p)
{
    run_queue_add(&s->queue, p);
    count_queue(s);
}

static struct proc *take_from_queue(struct sched *s)
{
    struct proc *p = run_queue_take(&s->queue);
    count_queue(s);
    if (!s->queue.length)
        s->drained = true;
    return p;
}

static void wake(struct worker *w)
{
    if (atomic_exchange(&w->sched->sleeping, false))
        sched_wake(w);
}

// A chain of processes, newest first, to another worker.
static void give(struct worker *w, struct proc *newest, struct proc *oldest)
{
    struct sched *s = w->sched;
    struct proc *head = atomic_load_explicit(&s->inbox, memory_order_relaxed);
    do
        oldest->next = head;
    while (!atomic_compare_exchange_weak(&s->inbox, &head, newest));
    wake(w);
}

void sched_add(struct proc *p)
{
    if (LIKELY(own != NULL))
        add_to_queue(own->sched, p);
    else
        give(workers[0], p, p);
}

void sched_wake_proc(struct proc *p)
{
    uint8_t waiting = PROC_WAITING;
    if (atomic_load(&p->state) == PROC_WAITING && atomic_compare_exchange_strong(&p->state, &waiting, PROC_RUNNABLE))
        sched_add(p);
}

static void raise_own(struct sched *s, uint8_t priority)
{
    uint8_t had = atomic_load(&s->raise);
    while (had < priority && !atomic_compare_exchange_weak(&s->raise, &had, priority)) {
    }
}

// Twice round: the first time, it may be under way from a worker to one that has looked already.
void sched_raise(term pid)
{
    if (!own || !own->current)
        return;
    uint8_t priority = own->current->priority;
    bool parked = epoch_enter();
    struct proc *p = proc_find(pid);
    bool lower = p && __atomic_load_n(&p->priority, __ATOMIC_RELAXED) < priority;
    epoch_exit(parked);
    for (unsigned i = 0; lower && i < 2 * worker_count; i++)
        raise_own(workers[i % worker_count]->sched, priority);
}

static void empty_inbox(struct worker *w)
{
    if (!atomic_load_explicit(&w->sched->inbox, memory_order_relaxed))
        return;
    struct proc *newest = atomic_exchange(&w->sched->inbox, NULL), *oldest = NULL;
    while (newest) {
        struct proc *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct proc *next = oldest->next;
        add_to_queue(w->sched, oldest);
        oldest = next;
    }
}

static void give_first(struct sched *s, struct worker *to, size_t count)
{
    struct proc *newest = take_from_queue(s), *oldest = newest;
    for (size_t i = 1; i < count; i++) {
        struct proc *p = take_from_queue(s);
        p->next = newest;
        newest = p;
    }
    atomic_store_explicit(&s->given, atomic_load_explicit(&s->given, memory_order_relaxed) + count,
                          memory_order_relaxed);
    if (timeline_runs())
        timeline_given(count, to->index);
    give(to, newest, oldest);
    raise_own(to->sched, atomic_load(&s->raise));
}

// What it runs, and what waits for it.
static size_t load_of(const struct worker *w)
{
    return atomic_load_explicit(&w->sched->length, memory_order_relaxed) +
           !atomic_load_explicit(&w->sched->idle, memory_order_relaxed);
}

static bool may_be_given(const struct sched *s, bool more)
{
    return (more || !atomic_load_explicit(&s->inbox, memory_order_relaxed)) &&
           !atomic_load_explicit(&s->away, memory_order_relaxed);
}

// Among those that are there, and, unless they may be given more, have taken in what they were given last.
static struct worker *least_loaded(const struct worker *but, bool more, size_t *load)
{
    struct worker *least = NULL;
    for (unsigned i = 0; i < worker_count; i++) {
        struct worker *w = workers[(but->index + 1 + i) % worker_count];
        if (w != but && may_be_given(w->sched, more) && (!least || load_of(w) < *load)) {
            least = w;
            *load = load_of(w);
        }
    }
    return least;
}

// Between two slices of a worker for which something has always been waiting since the last check.
static void share(struct worker *w)
{
    struct sched *s = w->sched;
    size_t theirs = 0, count;
    struct worker *other = least_loaded(w, false, &theirs);
    if (!other || s->queue.length < theirs + 2)
        return;
    count = (s->queue.length - theirs) / 2;
    give_first(s, other, count < GIVE_MAX ? count : GIVE_MAX);
}

static bool somebody_idles(void)
{
    for (unsigned i = 0; i < worker_count; i++)
        if (atomic_load_explicit(&workers[i]->sched->idle, memory_order_relaxed))
            return true;
    return false;
}

// After a slice that was used up while something waited. The next check may be far away: first slices, on cold memory, take 0.2 ms each.
// Of eight processes that compute for 4 ms four begin 0.6 ms earlier, and two workers are 1.91 times as fast as one instead of 1.88.
static void share_early(struct worker *w)
{
    if (worker_count > 1 && somebody_idles())
        share(w);
}

void sched_leave(void)
{
    size_t load;
    struct worker *other = own && worker_count > 1 ? least_loaded(own, true, &load) : NULL;
    if (!other)
        return;
    atomic_store_explicit(&own->sched->away, true, memory_order_relaxed);
    empty_inbox(own);
    if (own->sched->queue.length)
        give_first(own->sched, other, own->sched->queue.length);
    else
        wake(other);
}

static void come_back(struct sched *s)
{
    if (UNLIKELY(atomic_load_explicit(&s->away, memory_order_relaxed)))
        atomic_store_explicit(&s->away, false, memory_order_relaxed);
}

static void check_share(struct worker *w)
{
    struct sched *s = w->sched;
    if (worker_count > 1 && !s->drained)
        share(w);
    s->drained = s->queue.length == 0;
}

// Processes change workers all the time; not after every slice, as one alone would go back and forth at the pace of wake-ups.
static void stress_share(struct worker *w)
{
    enum { KEPT = 4 };
    if (!CONFIG_STRESS || worker_count == 1 || !w->sched->queue.length || ++w->sched->kept < KEPT)
        return;
    struct worker *other = workers[(w->index + 1) % worker_count];
    if (!may_be_given(other->sched, true))
        return;
    w->sched->kept = 0;
    give_first(w->sched, other, 1);
}

static struct proc *next_process(struct worker *w)
{
    empty_inbox(w);
    if (UNLIKELY(atomic_load_explicit(&w->sched->raise, memory_order_relaxed)))
        run_queue_raise(&w->sched->queue, (enum priority)atomic_exchange(&w->sched->raise, 0));
    return take_from_queue(w->sched);
}

// Waits for a signal. One that came while it ran must not be missed: whoever pushes looks at the state afterwards, and
// here the state is set before the queue is looked at.
static void park(struct proc *p)
{
    atomic_store(&p->state, PROC_WAITING);
    if (atomic_load(&p->mailbox.outer))
        sched_wake_proc(p);
}

// Signals were taken in, but nothing among them lets a waiting process go on.
static bool still_parked(const struct proc *p)
{
    if (p->flags & PROC_EXITING)
        return false;
    if (p->flags & PROC_SUSPENDED)
        return true;
    if (!(p->flags & PROC_PARKED))
        return false;
    if (p->flags & PROC_BLOCKED)
        return true;
    return !*p->mailbox.save && !(p->flags & PROC_TIMEOUT);
}

// Not one that exits: its reason is no root.
static void collect_if_asked(struct proc *p)
{
    if (LIKELY(!(p->flags & PROC_COLLECT)) || p->flags & (PROC_ERRAND | PROC_COLLECTS | PROC_EXITING))
        return;
    p->flags &= ~(uint32_t)PROC_COLLECT;
    if (collecting_begin(p, 0, 0, true))
        return;
    proc_collect(p, 0, 0, true);
    collecting_answer(p, true);
}

static void add_spent(struct worker *w, struct proc *p)
{
    atomic_store_explicit(&p->state, PROC_RUNNABLE, memory_order_relaxed);
    run_queue_add_spent(&w->sched->queue, p);
    count_queue(w->sched);
}

static void park_if_done(struct worker *w, struct proc *p)
{
    if (UNLIKELY(collecting(p)))
        add_spent(w, p);
    else
        park(p);
}

// From the moment it waits others may run it: its slice has ended then.
static void after_run(struct worker *w, struct proc *p, enum run_result result, uint64_t used)
{
    switch (result) {
    case RUN_YIELD:
        if (UNLIKELY(w->timeline))
            timeline_ran(used, END_YIELDS);
        add_spent(w, p);
        return;
    case RUN_WAIT:
        collect_if_asked(p);
        p->flags |= PROC_PARKED;
        if (UNLIKELY(w->timeline))
            timeline_ran(used, END_WAITS);
        park_if_done(w, p);
        return;
    case RUN_EXIT:
        if (!proc_exit(p, w->failure.reason))
            add_to_queue(w->sched, p);
        if (UNLIKELY(w->timeline))
            timeline_ran(used, END_EXITS);
        return;
    }
}

// Between two processes the thread allocates for nobody.
static void forget_passed(void)
{
    (void)mem_passed();
}

static void run_slice(struct worker *w, struct proc *p)
{
    sword used = 0;
    enum run_result result = RUN_EXIT;
    collect_if_asked(p);
    if (UNLIKELY(collecting(p))) {
        after_run(w, p, RUN_YIELD, 0);
        return;
    }
    p->flags = (p->flags & ~(uint32_t)PROC_PARKED) | PROC_RUNS;
    w->left = CONFIG_SLICE;
    bool waited = w->sched->queue.length > 0;
    if (!(p->flags & PROC_EXITING))
        result = run_hooks.run(w, p, CONFIG_SLICE, &used);
    else if (errand_waits(p) && !errand_finish(p, &used))
        result = RUN_YIELD;
    p->flags &= ~(uint32_t)PROC_RUNS;
    if (UNLIKELY(mem_passed()) && result != RUN_EXIT)
        doom_memory(p);
    p->reductions += (uint64_t)used;
    system_count_slice((uint64_t)used);
    w->sched->since_check += used + SLICE_COST;
    after_run(w, p, result, (uint64_t)used);
    if (result == RUN_YIELD && waited && used >= CONFIG_SLICE)
        share_early(w);
}

// It has taken its signals in ahead of its turn, and waits for that.
static void lower(struct worker *w, struct proc *p)
{
    collect_if_asked(p);
    if (UNLIKELY(w->timeline))
        timeline_ran(0, END_YIELDS);
    atomic_store_explicit(&p->state, PROC_RUNNABLE, memory_order_relaxed);
    add_to_queue(w->sched, p);
}

// Goes on with a collection for a slice, or to its end for those of higher priority. True: it has ended.
static bool collect_on(struct worker *w, struct proc *p, bool raised)
{
    sword used;
    bool ended;
    do {
        ended = collecting_go_on(p, &used);
        w->sched->since_check += used + SLICE_COST;
    } while (!ended && raised);
    if (UNLIKELY(mem_passed()))
        doom_memory(p);
    if (ended)
        return true;
    if (UNLIKELY(w->timeline))
        timeline_ran(0, END_YIELDS);
    add_spent(w, p);
    return false;
}

// Takes its signals in, and lets it run if it may.
static void go_on(struct worker *w, struct proc *p, bool raised)
{
    if (signal_waiting(p))
        signal_take(p);
    if (still_parked(p)) {
        collect_if_asked(p);
        if (UNLIKELY(w->timeline))
            timeline_ran(0, END_WAITS);
        park_if_done(w, p);
    } else if (UNLIKELY(raised) && !(p->flags & PROC_EXITING)) {
        lower(w, p);
    } else {
        run_slice(w, p);
    }
}

static void run_process(struct worker *w, struct proc *p)
{
    bool raised = w->sched->queue.raised;
    atomic_store_explicit(&p->state, PROC_RUNNING, memory_order_relaxed);
    __atomic_store_n(&p->worker, w, __ATOMIC_RELAXED);
    w->current = p;
    w->sched->worked = true;
    forget_passed();
    if (UNLIKELY(w->timeline))
        timeline_run(p);
    if (LIKELY(!collecting(p)) || collect_on(w, p, raised))
        go_on(w, p, raised);
    w->current = NULL;
    come_back(w->sched);
}

// Only one worker is in the hook. False: another one is, or there is no carrier.
static bool poll_carrier(int64_t wait_ns)
{
    if (!sched_hooks.poll || atomic_exchange(&polling, true))
        return false;
    struct traffic t = sched_hooks.poll(wait_ns);
    own->sched->passed.came += t.came;
    own->sched->passed.left += t.left;
    atomic_store(&polling, false);
    return true;
}

// Counted, so that who was woken by something else needs no system call.
static void clear_wake_fd(struct sched *s)
{
    uint64_t count;
    if (atomic_load(&s->wakes) != s->cleared && read(s->wake_fd, &count, sizeof count) > 0)
        s->cleared += count;
}

static void sleep_on_fd(struct sched *s, int64_t wait_ns)
{
    struct pollfd fd = {.fd = s->wake_fd, .events = POLLIN};
    struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};
    epoch_park();
    ppoll(&fd, 1, &wait, NULL);
    epoch_unpark();
}

static bool has_work(struct worker *w)
{
    return w->sched->queue.length || atomic_load(&w->sched->inbox) || sched_stopping();
}

// From the moment `sleeping` is set whoever brings work wakes us; what came before is seen by has_work.
static void sleep_until_woken(struct worker *w, int64_t wait_ns)
{
    struct sched *s = w->sched;
    atomic_store(&s->sleeping, true);
    if (!has_work(w)) {
        if (!poll_carrier(wait_ns))
            sleep_on_fd(s, wait_ns);
    }
    atomic_store(&s->sleeping, false);
    clear_wake_fd(s);
    s->worked = false;
}

static void poll_or_yield(void)
{
    if (!poll_carrier(0))
        epoch_quiet();
}

// Those of workers that are away as well. Nanoseconds until one of them has more.
static int64_t run_wheels(struct worker *w, int64_t now)
{
    int64_t wait = wheel_run(w->wheel, now);
    for (unsigned i = 0; i < worker_count; i++)
        if (UNLIKELY(workers[i] != w && atomic_load_explicit(&workers[i]->sched->away, memory_order_relaxed))) {
            int64_t theirs = wheel_run(workers[i]->wheel, now);
            wait = theirs < wait ? theirs : wait;
        }
    return wait;
}

// For input, before it sleeps. True: there is work. In the host's OS process a scheduler of the host's may want this core: without
// giving way one round trip in ten takes as long as we look.
static bool look(struct worker *w, int64_t now)
{
    poll_or_yield();
    int64_t until = now + vigil_idle(now, w->sched->passed);
    w->sched->passed = (struct traffic){0};
    for (unsigned looks = 1; !has_work(w) && clock_monotonic() < until; looks++) {
        poll_or_yield();
        if (!os_process_is_ours && looks % LOOKS_TILL_WAY == 0)
            sched_yield();
    }
    return has_work(w);
}

static void rest(struct worker *w, int64_t now)
{
    int64_t wait = run_wheels(w, now);
    if (has_work(w) || wait <= 0 || (w->sched->worked && look(w, now)))
        return;
    w->sched->worked = false;
    int64_t spent = clock_monotonic() - now;
    wait = wait > LONGEST_SLEEP_NS ? LONGEST_SLEEP_NS : wait;
    if (wait > spent)
        sleep_until_woken(w, wait - spent);
}

static void idle(struct worker *w)
{
    struct sched *s = w->sched;
    int64_t now = clock_monotonic(), before = atomic_load_explicit(&s->idle_ns, memory_order_relaxed);
    atomic_store_explicit(&s->idle_ns, before - now, memory_order_relaxed);
    atomic_store_explicit(&s->idle, true, memory_order_relaxed);
    rest(w, now);
    w->timeline = timeline_runs();
    atomic_store_explicit(&s->idle, false, memory_order_relaxed);
    atomic_store_explicit(&s->idle_ns, before + clock_monotonic() - now, memory_order_relaxed);
}

static void check(struct worker *w)
{
    w->sched->since_check = 0;
    w->timeline = timeline_runs();
    check_share(w);
    run_wheels(w, clock_monotonic());
    poll_carrier(0);
}

static void loop(struct worker *w)
{
    atomic_store_explicit(&w->sched->cpu_clock, clock_own(), memory_order_relaxed);
    epoch_unpark();
    while (!sched_stopping()) {
        struct proc *p = next_process(w);
        if (p)
            run_process(w, p);
        else
            idle(w);
        if (w->sched->since_check >= CHECK_AFTER)
            check(w);
        stress_share(w);
        reap_if_due();
        epoch_quiet();
    }
    epoch_park();
}

static void *thread_main(void *argument)
{
    own = argument;
    loop(own);
    turn_close();
    return NULL;
}

void sched_start(unsigned count)
{
    ENSURE(count >= 1 && count <= CONFIG_MAX_WORKERS);
    atomic_store(&stopping, false);
    worker_count = count;
    atomic_store(&schedulers_online, count);
    for (unsigned i = 0; i < count; i++)
        workers[i] = worker_new(i);
    own = workers[0];
}

// Processes in the middle of a long exit are in no table any more: queues alone know them.
static void close_leaving(struct worker *w)
{
    empty_inbox(w);
    for (struct proc *p; (p = take_from_queue(w->sched)) != NULL;)
        if (p->flags & PROC_LEFT)
            proc_close_leaving(p);
}

void sched_run(void)
{
    for (unsigned i = 1; i < worker_count; i++)
        if (thread_start(&workers[i]->sched->thread, thread_main, workers[i]))
            die("no thread for worker %u", i);
    loop(own);
    for (unsigned i = 1; i < worker_count; i++)
        pthread_join(workers[i]->sched->thread, NULL);
    vigil_stop();
    timeline_stop();
    for (unsigned i = 0; i < worker_count && reap_held(); i++)
        close_leaving(workers[i]);
    procs_close();
    for (unsigned i = 0; i < worker_count; i++)
        worker_free(workers[i]);
    epoch_park();
    turn_close();
    own = NULL;
    worker_count = 0;
}

void sched_stop(void)
{
    atomic_store(&stopping, true);
    for (unsigned i = 0; i < worker_count; i++)
        sched_wake(workers[i]);
}

size_t sched_run_queue(void)
{
    size_t length = 0;
    for (unsigned i = 0; i < worker_count; i++)
        length += atomic_load_explicit(&workers[i]->sched->length, memory_order_relaxed);
    return length;
}

struct sched_load sched_load(unsigned worker)
{
    struct sched *s = workers[worker]->sched;
    int64_t idle = atomic_load_explicit(&s->idle_ns, memory_order_relaxed);
    return (struct sched_load){
        .idle = idle < 0 ? idle + clock_monotonic() : idle,
        .cpu = clock_of_thread(atomic_load_explicit(&s->cpu_clock, memory_order_relaxed)),
        .run_queue = atomic_load_explicit(&s->length, memory_order_relaxed),
        .given = atomic_load_explicit(&s->given, memory_order_relaxed),
    };
}
