// SPDX-License-Identifier: Apache-2.0
#include "proc/timer.h"

#include "base/clock.h"
#include "base/lock.h"
#include "base/memory.h"
#include "proc/extra.h"
#include "proc/fail.h"
#include "proc/ref_index.h"
#include "proc/signal.h"
#include "proc/wheel.h"
#include "term/atom.h"
#include "term/copy.h"
#include "term/ident.h"

enum {
    TICK_NS = 1000000,
    LONGEST_RECEIVE = 0xFFFFFFFF,    // milliseconds that `after` takes
};

struct wheel {
    struct lock lock;
    struct slots slots;
    struct ref_index messages;    // message timers
    _Atomic int64_t next;         // tick before which nothing is due
    _Atomic int firing;           // threads that deliver what has fired
    unsigned index;
};

enum timer_kind { TIMER_RECEIVE, TIMER_MESSAGE };

// Belongs to its process and lives as long as that, or (message timers) to the wheel. All but pid with the wheel's lock held.
struct timer {
    struct due due;
    enum timer_kind kind;
    bool running;
    struct wheel *wheel;
    term pid;       // TIMER_RECEIVE
    uint64_t id;    // which setting of the timer this is
};

struct message_timer {
    struct timer timer;
    struct ref_entry entry;
    term to;                     // a local pid or a name
    struct list of_process;      // in the receiver's extra, if that started it
    struct proc_extra *extra;    // NULL: in no list
    struct signal *message;      // complete
};

static _Atomic(struct wheel *) wheels[CONFIG_MAX_WORKERS];

static int64_t ticks_reached(int64_t ns)
{
    return ns / TICK_NS;
}

static int64_t ticks_above(int64_t ns)
{
    return (ns - 1) / TICK_NS + 1;
}

// The first tick that is certainly not before now.
static int64_t tick_now(void)
{
    return ticks_above(clock_ticks() + CLOCK_TICKS_OFF);
}

struct wheel *wheel_new(void)
{
    struct wheel *w = mem_alloc(sizeof *w);
    lock_init(&w->lock);
    slots_init(&w->slots, ticks_reached(clock_monotonic()));
    ref_index_init(&w->messages);
    atomic_init(&w->next, INT64_MAX);
    atomic_init(&w->firing, 0);
    for (w->index = 0; w->index < CONFIG_MAX_WORKERS; w->index++) {
        struct wheel *none = NULL;
        if (atomic_compare_exchange_strong(&wheels[w->index], &none, w))
            break;
    }
    return w;
}

static void message_timer_free(struct message_timer *t)
{
    if (t->message)
        signal_free(t->message);
    mem_free(t, sizeof *t);
}

static struct message_timer *timer_of(struct ref_entry *e)
{
    return e ? CONTAINER_OF(e, struct message_timer, entry) : NULL;
}

static void free_entry(struct ref_entry *e, void *about)
{
    (void)about;
    message_timer_free(timer_of(e));
}

void wheel_free(struct wheel *w)
{
    atomic_store(&wheels[w->index], NULL);
    ref_index_each(&w->messages, free_entry, NULL);
    ref_index_done(&w->messages);
    mem_free(w, sizeof *w);
}

// With the lock held, like all functions up to timer_new.
static void start(struct wheel *w, struct timer *t, int64_t tick)
{
    t->wheel = w;
    t->due.tick = tick;
    t->running = true;
    slots_add(&w->slots, &t->due);
    if (tick < atomic_load_explicit(&w->next, memory_order_relaxed))
        atomic_store_explicit(&w->next, tick, memory_order_relaxed);
}

// A process's timers stand in one list as long as it stays with the worker where it set the first one: that wheel's lock, held
// anyway, guards it (6 % of setting and cancelling). The others have a list and a lock of their own.
static void add_to_process(struct wheel *w, struct proc *p, struct message_timer *t)
{
    struct proc_extra *x = t->extra = proc_extra(p);
    if (!x->home_wheel)
        x->home_wheel = w;
    if (x->home_wheel == w) {
        list_add(&x->timers_at_home, &t->of_process);
        return;
    }
    lock_take(&x->timers_lock);
    list_add(&x->timers_away, &t->of_process);
    lock_give(&x->timers_lock);
}

static void remove_from_process(struct wheel *w, struct message_timer *t)
{
    if (!t->extra)
        return;
    if (t->extra->home_wheel == w) {
        list_remove(&t->of_process);
        return;
    }
    lock_take(&t->extra->timers_lock);
    list_remove(&t->of_process);
    lock_give(&t->extra->timers_lock);
}

static void stop(struct wheel *w, struct timer *t)
{
    slots_remove(&w->slots, &t->due);
    t->running = false;
}

static struct wheel *own_wheel(void)
{
    struct worker *w = worker_self();
    return w ? w->wheel : atomic_load(&wheels[0]);
}

// What fired, as signals to deliver once the lock is given back.
struct fired {
    struct signal *first;
    struct message_timer *messages;
};

static void collect_fired(struct wheel *w, struct list *due, struct fired *f)
{
    struct signal **last = &f->first;
    while (!list_empty(due)) {
        struct timer *t = CONTAINER_OF(due->next, struct timer, due.siblings);
        list_remove(&t->due.siblings);
        t->running = false;
        if (t->kind == TIMER_MESSAGE) {
            struct message_timer *m = CONTAINER_OF(t, struct message_timer, timer);
            ref_index_remove(&w->messages, &m->entry.ids);
            remove_from_process(w, m);
            list_add(&f->messages->of_process, &m->of_process);
            continue;
        }
        struct signal *s = signal_new(SIGNAL_TIMEOUT, 0);
        s->from = t->pid;
        s->id = t->id;
        *last = s;
        last = &s->next;
    }
}

static void deliver_message(struct message_timer *m)
{
    struct signal *s = m->message;
    if (is_atom(m->to))
        signal_name_message(m->to, s->value);
    else
        signal_deliver(m->to, s);
    m->message = is_atom(m->to) ? s : NULL;
    message_timer_free(m);
}

static void deliver_fired(struct fired *f)
{
    for (struct signal *s = f->first, *next; s; s = next) {
        next = s->next;
        signal_deliver(s->from, s);
    }
    struct list *messages = &f->messages->of_process;
    while (!list_empty(messages)) {
        struct message_timer *m = CONTAINER_OF(messages->next, struct message_timer, of_process);
        list_remove(&m->of_process);
        deliver_message(m);
    }
}

int64_t wheel_run(struct wheel *w, int64_t now)
{
    int64_t tick = ticks_reached(now);
    if (atomic_load_explicit(&w->next, memory_order_relaxed) <= tick) {
        struct list due;
        struct message_timer head;
        struct fired fired = {NULL, &head};
        list_init(&due);
        list_init(&head.of_process);
        lock_take(&w->lock);
        slots_take(&w->slots, tick, &due);
        collect_fired(w, &due, &fired);
        atomic_fetch_add(&w->firing, 1);
        atomic_store_explicit(&w->next, slots_next(&w->slots), memory_order_relaxed);
        lock_give(&w->lock);
        deliver_fired(&fired);
        atomic_fetch_sub(&w->firing, 1);
    }
    int64_t next = atomic_load_explicit(&w->next, memory_order_relaxed);
    return next == INT64_MAX ? INT64_MAX : next * TICK_NS - now;
}

static struct timer *timer_new(term pid)
{
    struct timer *t = mem_zero_alloc(sizeof *t);
    t->kind = TIMER_RECEIVE;
    t->pid = pid;
    return t;
}

static void start_receive(struct proc *p, sword ms)
{
    struct proc_extra *x = proc_extra(p);
    if (!x->receive_timer)
        x->receive_timer = timer_new(p->pid);
    struct timer *t = x->receive_timer;
    struct wheel *w = own_wheel();
    int64_t tick = tick_now() + ms;
    lock_take(&w->lock);
    t->id++;
    start(w, t, tick);
    lock_give(&w->lock);
    p->flags |= PROC_RECEIVE_TIMER;
}

bool timer_receive(struct proc *p, term timeout)
{
    if (p->flags & PROC_RECEIVE_TIMER || timeout == ATOM_infinity)
        return true;
    if (!is_small(timeout) || small_value(timeout) < 0 || small_value(timeout) > LONGEST_RECEIVE)
        return false;
    start_receive(p, small_value(timeout));
    return true;
}

void timer_receive_cancel(struct proc *p)
{
    struct timer *t = p->extra->receive_timer;
    p->flags &= ~(uint32_t)(PROC_RECEIVE_TIMER | PROC_TIMEOUT);
    lock_take(&t->wheel->lock);
    if (t->running)
        stop(t->wheel, t);
    lock_give(&t->wheel->lock);
}

void timer_receive_fired(struct proc *p, uint64_t id)
{
    if (p->flags & PROC_RECEIVE_TIMER && p->extra->receive_timer->id == id)
        p->flags |= PROC_TIMEOUT;
}

void timer_receive_free(struct proc *p)
{
    if (!p->extra || !p->extra->receive_timer)
        return;
    mem_free(p->extra->receive_timer, sizeof *p->extra->receive_timer);
    p->extra->receive_timer = NULL;
}

static struct signal *message_of(term ref, term message, enum timer_form form)
{
    size_t words = term_words(message) + REF_WORDS + 4;
    if (!mem_allows(words * sizeof(term)))
        return NULL;
    struct signal *s = signal_new(SIGNAL_MESSAGE, words);
    struct heap h;
    signal_heap(s, &h);
    term copy = term_copy(&h, message);
    s->value = form == TIMER_TIMEOUT ? tuple3(&h, ATOM_timeout, term_copy(&h, ref), copy) : copy;
    signal_close(s, &h);
    return s;
}

term timer_start(struct proc *p, term to, term message, int64_t at, bool absolute, enum timer_form form)
{
    term ref = ref_new(&p->heap);
    struct signal *s = message_of(ref, message, form);
    if (!s)
        return fail_error(p, ATOM_system_limit);
    struct message_timer *t = mem_zero_alloc(sizeof *t);
    t->timer.kind = TIMER_MESSAGE;
    t->entry.ids = *ref_ids(ref);
    t->to = to;
    t->message = s;
    list_init(&t->of_process);
    struct wheel *w = own_wheel();
    lock_take(&w->lock);
    if (to == p->pid)
        add_to_process(w, p, t);
    ref_index_add(&w->messages, &t->entry);
    start(w, &t->timer, absolute ? at : tick_now() + at);
    lock_give(&w->lock);
    return ref;
}

static int64_t ticks_left(const struct message_timer *t)
{
    int64_t left = t->timer.due.tick - tick_now();
    return left > 0 ? left : 0;
}

// Who is told that a timer is gone may look for its message at once.
static void await_delivery(struct wheel *w)
{
    while (atomic_load(&w->firing))
        sched_yield();
}

static bool receiver_lives(const struct message_timer *t)
{
    return t->extra || is_atom(t->to) || proc_find(t->to);
}

// -1: not in this wheel. A timer whose receiver is gone counts as gone.
static int64_t look_in(struct wheel *w, const struct ref_ids *ids, bool cancel)
{
    bool parked = epoch_enter();
    lock_take(&w->lock);
    struct message_timer *t =
        timer_of(cancel ? ref_index_remove(&w->messages, ids) : ref_index_find(&w->messages, ids));
    int64_t left = t && receiver_lives(t) ? ticks_left(t) : -1;
    bool ends = t && (cancel || left < 0);
    if (ends) {
        if (!cancel)
            ref_index_remove(&w->messages, ids);
        stop(w, &t->timer);
        remove_from_process(w, t);
    }
    lock_give(&w->lock);
    epoch_exit(parked);
    if (!t)
        await_delivery(w);
    if (ends)
        message_timer_free(t);
    return left;
}

static int64_t look(term ref, bool cancel)
{
    if (!is_kind(ref, KIND_REF))
        return -1;
    struct ref_ids ids = *ref_ids(ref);
    struct wheel *own = own_wheel();
    int64_t left = look_in(own, &ids, cancel);
    for (unsigned i = 0; left < 0 && i < CONFIG_MAX_WORKERS; i++) {
        struct wheel *w = atomic_load(&wheels[i]);
        if (!w)
            break;
        if (w != own)
            left = look_in(w, &ids, cancel);
    }
    return left;
}

int64_t timer_cancel(term ref)
{
    return look(ref, true);
}

int64_t timer_read(term ref)
{
    return look(ref, false);
}

static bool take_ref(struct lock *lock, const struct list *timers, struct ref_ids *ids)
{
    lock_take(lock);
    bool any = !list_empty(timers);
    if (any)
        *ids = CONTAINER_OF(timers->next, struct message_timer, of_process)->entry.ids;
    lock_give(lock);
    return any;
}

// One at a time: the lock of a wheel comes before that of a process's list.
static bool take_any_ref(struct proc_extra *x, struct ref_ids *ids)
{
    return x->home_wheel &&
           (take_ref(&x->home_wheel->lock, &x->timers_at_home, ids) || take_ref(&x->timers_lock, &x->timers_away, ids));
}

void timers_exit(struct proc *p)
{
    if (p->flags & PROC_RECEIVE_TIMER)
        timer_receive_cancel(p);
    struct ref_ids ids;
    while (p->extra && take_any_ref(p->extra, &ids))
        for (unsigned i = 0; i < CONFIG_MAX_WORKERS; i++) {
            struct wheel *w = atomic_load(&wheels[i]);
            if (!w || look_in(w, &ids, true) >= 0)
                break;
        }
}

size_t timers_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < CONFIG_MAX_WORKERS; i++) {
        struct wheel *w = atomic_load(&wheels[i]);
        if (!w)
            break;
        lock_take(&w->lock);
        count += w->messages.count;
        lock_give(&w->lock);
    }
    return count;
}

struct visit {
    void (*visit)(struct reap *r, struct signal *message);
    struct reap *reap;
};

static void visit_entry(struct ref_entry *e, void *about)
{
    const struct visit *v = about;
    v->visit(v->reap, timer_of(e)->message);
}

void timers_visit(void (*visit)(struct reap *r, struct signal *message), struct reap *r)
{
    struct visit v = {visit, r};
    for (size_t i = 0; i < CONFIG_MAX_WORKERS; i++) {
        struct wheel *w = atomic_load(&wheels[i]);
        if (w)
            ref_index_each(&w->messages, visit_entry, &v);
    }
}
