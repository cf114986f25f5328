// SPDX-License-Identifier: Apache-2.0
#include "proc/collecting.h"

#include "base/memory.h"
#include "base/turn.h"
#include "proc/dictionary.h"
#include "proc/doom.h"
#include "proc/extra.h"
#include "proc/near.h"
#include "proc/reap.h"
#include "proc/relations.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "proc/system.h"
#include "proc/timeline.h"
#include "term/binary.h"
#include "term/collect.h"

#include <string.h>

enum {
    MANY_WORDS = CONFIG_STRESS ? 1000 : 1 << 17,    // half a millisecond
    SLICE_UNITS = CONFIG_SLICE * CONFIG_TURN_UNITS,
    STRESS_RARELY = 16,    // of so many collections one in turns: there are very many
};

// In the turn's room.
struct collecting {
    struct turn *turn;
    struct proc *p;
    size_t need, live;
    bool full;
    term x[CONFIG_X_REGISTERS];
};

static bool too_large(const struct proc *p)
{
    const struct heap *h = &p->heap;
    if (!p->extra || !p->extra->max_heap.words)
        return false;
    size_t words =
        (size_t)(h->end - h->start) + h->fragment_words + (h->old ? (size_t)(h->old->end - h->old->start) : 0);
    if (p->extra->max_heap.shared)
        words += binary_chain_words(h->shared) + (h->old ? binary_chain_words(h->old->shared) : 0);
    return words + proc_waiting_words(p) > p->extra->max_heap.words;
}

// What a collection may take at once: as much as there is. Not asked for small heaps.
static bool may_collect(const struct proc *p, size_t need)
{
    const struct heap *h = &p->heap;
    size_t words = (size_t)(h->top - h->start) + h->fragment_words + need;
    return mem_allows((words + (h->old ? (size_t)(h->old->top - h->old->start) : 0)) * sizeof(term));
}

static bool is_full(const struct proc *p, bool full)
{
    return full || (p->extra && p->heap.young_collections >= p->extra->fullsweep_after);
}

bool proc_collects_long(const struct proc *p, bool full)
{
    const struct heap *h = &p->heap;
    size_t room = (size_t)(h->end - h->start) + h->fragment_words;
    if (LIKELY(room + (h->old ? (size_t)(h->old->end - h->old->start) : 0) <= MANY_WORDS))
        return false;
    if (CONFIG_STRESS && !full && p->heap.young_collections % STRESS_RARELY)
        return false;
    return heap_collect_words(&p->heap, is_full(p, full)) > MANY_WORDS;
}

static size_t marker_roots(struct proc *p, struct root *roots)
{
    if (LIKELY(!(p->flags & PROC_MARKED)))
        return 0;
    const struct receive_markers *m = &p->extra->markers;
    for (uint32_t i = 0; i < m->count; i++)
        roots[i] = (struct root){&m->all[i].name, 1};
    return m->count;
}

size_t proc_roots(struct proc *p, struct root *roots)
{
    enum { OTHERS = PROC_ROOTS - MAX_MARKERS };
    roots[0] = (struct root){&p->group_leader, 1};
    roots[1] = (struct root){&p->parent, 1};
    roots[2] = dictionary_root(p);
    return OTHERS + marker_roots(p, roots + OTHERS);
}

// False: there is no memory for it.
static bool prepare(struct proc *p, size_t need, bool full)
{
    if (UNLIKELY(p->flags & PROC_LOOKING))
        mailbox_detach(p);
    if (UNLIKELY(!may_collect(p, need) || !near_settle(p))) {
        doom_memory(p);
        return false;
    }
    if (full)
        relations_tidy(p);
    return true;
}

static void collect(struct proc *p, size_t need, term *x, size_t live, bool full)
{
    struct root roots[1 + PROC_ROOTS];
    roots[0] = (struct root){x, live};
    size_t count = 1 + proc_roots(p, roots + 1);
    heap_collect(&p->heap, roots, count, need, full);
}

static void look_at_limits(struct proc *p)
{
    system_count_collection();
    if (UNLIKELY(too_large(p)))
        doom_heap(p);
    if (UNLIKELY(mem_passed()))
        doom_memory(p);
}

void proc_collect(struct proc *p, size_t need, size_t live, bool full)
{
    full = is_full(p, full);
    if (UNLIKELY(!prepare(p, need, full)))
        return;
    if (UNLIKELY(proc_collects_long(p, full)))
        sched_leave();
    if (timeline_runs())
        timeline_collect(full);
    collect(p, need, proc_x(p), live, full);
    if (timeline_runs())
        timeline_collected((size_t)(p->heap.top - p->heap.start));
    look_at_limits(p);
}

// The registers are left as they are when a process yields.
static void run(void *room)
{
    struct collecting *c = room;
    struct proc *p = c->p;
    collect(p, c->need + c->live, c->x, c->live, c->full);
    if (!c->live)
        return;
    term *stack = heap_stack(&p->heap) - c->live;
    memcpy(stack, c->x, c->live * sizeof *stack);
    heap_set_stack(&p->heap, stack);
    p->saved = (uint32_t)c->live;
}

bool collecting_begin_long(struct proc *p, size_t need, size_t live, bool full)
{
    struct turn *t = turn_under_way() ? NULL : turn_new(sizeof(struct collecting));
    if (!t)
        return false;
    full = is_full(p, full);
    if (!prepare(p, need + live, full)) {
        turn_free(t);
        return false;
    }
    struct collecting *c = turn_room(t);
    c->turn = t;
    c->p = p;
    c->need = need;
    c->live = live;
    c->full = full;
    memcpy(c->x, proc_x(p), live * sizeof *c->x);
    proc_extra(p)->collecting = c;
    p->flags |= PROC_COLLECTS;
    reap_hold();
    return true;
}

static void answer(struct signal *s, bool done)
{
    term room[4] = {header(KIND_TUPLE, 3), ATOM_garbage_collect, s->ref, done ? ATOM_true : ATOM_false};
    signal_answer(s->from, boxed_term(room));
    signal_free(s);
}

// While a native stands still in the middle nothing is collected: whoever asks does not wait for its end.
void collecting_ask(struct proc *p, struct signal *s)
{
    p->flags |= PROC_COLLECT;
    if (p->flags & PROC_ERRAND) {
        answer(s, true);
        return;
    }
    s->next = proc_extra(p)->collectors;
    p->extra->collectors = s;
}

void collecting_answer(struct proc *p, bool done)
{
    struct signal *s = p->extra ? p->extra->collectors : NULL;
    if (s)
        p->extra->collectors = NULL;
    while (s) {
        struct signal *next = s->next;
        answer(s, done);
        s = next;
    }
}

static void end(struct proc *p, struct collecting *c)
{
    p->flags = (p->flags & ~(uint32_t)PROC_COLLECTS) | PROC_COLLECTED;
    turn_free(c->turn);
    reap_drop();
}

bool collecting_go_on(struct proc *p, sword *used)
{
    struct collecting *c = p->extra->collecting;
    if (timeline_runs())
        timeline_collect(c->full);
    bool ended = turn_go_on(c->turn, run, SLICE_UNITS);
    *used = (sword)(turn_done(c->turn) / CONFIG_TURN_UNITS);
    if (timeline_runs())
        timeline_collected(ended ? (size_t)(p->heap.top - p->heap.start) : 0);
    if (!ended)
        return false;
    end(p, c);
    collecting_answer(p, true);
    look_at_limits(p);
    return true;
}

void collecting_close(struct proc *p)
{
    struct collecting *c = p->extra->collecting;
    while (!turn_go_on(c->turn, run, SIZE_MAX / 4)) {
    }
    end(p, c);
}
