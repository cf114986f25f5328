// SPDX-License-Identifier: Apache-2.0
#include "proc/timeline.h"

#include "base/clock.h"
#include "base/memory.h"
#include "proc/names.h"
#include "proc/run.h"
#include "proc/sched.h"
#include "proc/system.h"
#include "term/atom.h"

enum {
    RING = CONFIG_STRESS ? 256 : 1 << 17,    // records; a power of two
    NAMED = 1 << 16,
    SENT = CONFIG_STRESS ? 256 : 1 << 16,    // of so many messages it is known when they were sent; a power of two
    SEQUENCE_BITS = 25,    // of a mark: which of its worker's messages it is; above them, which worker
    TIME_BITS = 48,
};

#define PATIENCE_NS 10000000000LL

// Written by its worker but for `tail`, which is the reader's.
struct ring {
    struct retired retired;
    _Atomic uint64_t head, tail;
    _Atomic uint64_t lost;    // all in all
    uint64_t told;            // of these, by records
    uint32_t depth;           // of what has begun, whether or not it was written: a slice, a collection in it
    uint32_t written;         // a bit for each that has begun: it was written
    uint32_t open;            // how many of these
    bool full;
    _Atomic uint64_t sent[SENT];    // when, and above the time which one of those that have this place
    struct timeline_record records[RING];
};

_Alignas(64) _Atomic bool timeline_on;

static _Atomic(struct ring *) rings[CONFIG_MAX_WORKERS];
static _Atomic int64_t last_taken;
static uint32_t sequences[CONFIG_MAX_WORKERS];    // each its worker's; they go on from one timeline to the next

static void release(struct retired *r)
{
    struct ring *ring = CONTAINER_OF(r, struct ring, retired);
    mem_free(ring, sizeof *ring);
}

enum timeline_started timeline_start(void)
{
    if (atomic_load(&timeline_on))
        return TIMELINE_RUNS;
    if (!mem_allows(sched_workers() * sizeof(struct ring))) {
        (void)mem_passed();
        return TIMELINE_NO_MEMORY;
    }
    atomic_store(&last_taken, clock_monotonic());
    for (unsigned i = 0; i < sched_workers(); i++)
        atomic_store(&rings[i], mem_zero_alloc(sizeof(struct ring)));
    atomic_store(&timeline_on, true);
    return TIMELINE_STARTED;
}

void timeline_stop(void)
{
    if (!atomic_exchange(&timeline_on, false))
        return;
    for (unsigned i = 0; i < CONFIG_MAX_WORKERS; i++) {
        struct ring *r = atomic_exchange(&rings[i], NULL);
        if (r) {
            r->retired.release = release;
            epoch_retire(&r->retired);
        }
    }
}

size_t timeline_take(unsigned worker, struct timeline_record *to, size_t most, uint64_t *lost)
{
    struct ring *r = atomic_load(&rings[worker]);
    *lost = r ? atomic_load_explicit(&r->lost, memory_order_relaxed) : 0;
    if (!r)
        return 0;
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    uint64_t waiting = atomic_load_explicit(&r->head, memory_order_acquire) - tail;
    size_t count = waiting < most ? waiting : most;
    for (size_t i = 0; i < count; i++)
        to[i] = r->records[(tail + i) % RING];
    atomic_store_explicit(&r->tail, tail + count, memory_order_release);
    atomic_store_explicit(&last_taken, clock_monotonic(), memory_order_relaxed);
    return count;
}

// NULL: this thread is no worker, or the timeline has just ended.
static struct ring *own_ring(void)
{
    struct worker *w = worker_self();
    return w ? atomic_load_explicit(&rings[w->index], memory_order_acquire) : NULL;
}

static uint64_t used(struct ring *r)
{
    return atomic_load_explicit(&r->head, memory_order_relaxed) - atomic_load_explicit(&r->tail, memory_order_acquire);
}

static void put(struct ring *r, enum timeline_moment kind, uint64_t what, uint64_t more, uint32_t number)
{
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    int64_t now = clock_monotonic();
    r->records[head % RING] = (struct timeline_record){now - system_started(), what, more, kind, number};
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
    if (UNLIKELY(now - atomic_load_explicit(&last_taken, memory_order_relaxed) > PATIENCE_NS))
        timeline_stop();
}

// Whether so many more fit, beside the ends of what is open. A ring that was full is used again when little is left in it.
static bool room(struct ring *r, uint64_t count)
{
    uint64_t in_use = used(r);
    if (r->full && in_use > RING / 4)
        return false;
    if (in_use + r->open + count + 1 > RING) {
        r->full = true;
        return false;
    }
    if (r->full) {
        r->full = false;
        uint64_t lost = atomic_load_explicit(&r->lost, memory_order_relaxed);
        put(r, MOMENT_LOST, lost - r->told, 0, 0);
        r->told = lost;
    }
    return true;
}

static void lose(struct ring *r)
{
    atomic_store_explicit(&r->lost, atomic_load_explicit(&r->lost, memory_order_relaxed) + 1, memory_order_relaxed);
}

static void begin(struct ring *r, enum timeline_moment kind, uint64_t what, uint64_t more, uint32_t number)
{
    bool write = room(r, 3);
    r->depth++;
    r->written = r->written << 1 | write;
    r->open += write;
    if (write)
        put(r, kind, what, more, number);
    else
        lose(r);
}

// The end of something that began before the timeline did is not written.
static void end(struct ring *r, enum timeline_moment kind, uint64_t what, uint32_t number)
{
    if (r->depth == 0)
        return;
    bool write = r->written & 1;
    r->depth--;
    r->written >>= 1;
    r->open -= write;
    if (write)
        put(r, kind, what, 0, number);
    else
        lose(r);
}

// Only within something.
static void moment(struct ring *r, enum timeline_moment kind, uint64_t what)
{
    if (r->open && room(r, 2))
        put(r, kind, what, 0, 0);
    else if (r->depth)
        lose(r);
}

static uint64_t process_of(term pid)
{
    return pid_number(pid) | (uint64_t)pid_serial(pid) << 32;
}

static uint64_t atom_index(term atom)
{
    return atom >> 6;
}

// A process that runs a fun is called by where it goes on.
void timeline_run(struct proc *p)
{
    struct ring *r = own_ring();
    if (!r)
        return;
    term name = names_of(p);
    if (name != NONE) {
        begin(r, MOMENT_RUN, process_of(p->pid), atom_index(name) << 32, NAMED);
        return;
    }
    struct function_name f = {p->initial->module, p->initial->function, p->initial->arity};
    if (f.module == ATOM_erlang && f.function == ATOM_apply && run_hooks.place)
        (void)run_hooks.place(p, &f);
    begin(r, MOMENT_RUN, process_of(p->pid), atom_index(f.module) << 32 | atom_index(f.function), f.arity);
}

void timeline_ran(uint64_t reductions, enum timeline_end how)
{
    struct ring *r = own_ring();
    if (r)
        end(r, MOMENT_RAN, reductions, how);
}

void timeline_collect(bool full)
{
    struct ring *r = own_ring();
    if (r)
        begin(r, MOMENT_COLLECT, 0, 0, full);
}

void timeline_collected(size_t words)
{
    struct ring *r = own_ring();
    if (r)
        end(r, MOMENT_COLLECTED, words, 0);
}

static uint64_t round_of(uint32_t sequence)
{
    return sequence / SENT + 1;
}

// The mark of a message that is sent now by this worker.
static uint32_t mark_now(struct ring *r)
{
    unsigned worker = worker_self()->index;
    uint32_t sequence = sequences[worker] = (sequences[worker] + 1) & ((1u << SEQUENCE_BITS) - 1);
    uint64_t time = (uint64_t)(clock_monotonic() - system_started());
    atomic_store_explicit(&r->sent[sequence % SENT], round_of(sequence) << TIME_BITS | time, memory_order_relaxed);
    return TIMELINE_MARKED | worker << SEQUENCE_BITS | sequence;
}

// When, and above the time by which worker, it was sent; 0: too long ago, or before this timeline.
static uint64_t sent_at(uint32_t mark)
{
    uint32_t worker = (mark & ~TIMELINE_MARKED) >> SEQUENCE_BITS, sequence = mark & ((1u << SEQUENCE_BITS) - 1);
    struct ring *r = atomic_load_explicit(&rings[worker], memory_order_acquire);
    uint64_t sent = r ? atomic_load_explicit(&r->sent[sequence % SENT], memory_order_relaxed) : 0;
    uint64_t time = sent & (((uint64_t)1 << TIME_BITS) - 1);
    return sent >> TIME_BITS == round_of(sequence) ? (uint64_t)worker << TIME_BITS | time : 0;
}

static bool is_message(const struct signal *s)
{
    return s->kind == SIGNAL_MESSAGE || s->kind == SIGNAL_ALIAS_MESSAGE;
}

// An arrow begins where something is written.
void timeline_sent(struct signal *s)
{
    struct ring *r = own_ring();
    if (!r || !is_message(s) || s->number)
        return;
    bool outside = r->depth == 0 && !worker_self()->current;
    if (outside)
        begin(r, MOMENT_OUTSIDE, 0, 0, 0);
    if (r->open)
        s->number = mark_now(r);
    if (outside)
        end(r, MOMENT_DELIVERED, 0, 0);
}

void timeline_taken(struct signal *s)
{
    struct ring *r = own_ring();
    uint64_t sent = r ? sent_at(s->number) : 0;
    s->number = 0;
    if (sent)
        moment(r, MOMENT_TAKEN, sent);
}

void timeline_left(void)
{
    struct ring *r = own_ring();
    if (r)
        moment(r, MOMENT_LEFT, 0);
}

void timeline_given(size_t count, unsigned worker)
{
    struct ring *r = own_ring();
    if (r && room(r, 2))
        put(r, MOMENT_GIVEN, count, 0, worker);
}
