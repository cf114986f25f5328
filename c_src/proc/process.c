// SPDX-License-Identifier: Apache-2.0
#include "proc/proc.h"

#include "base/die.h"
#include "base/memory.h"
#include "proc/collecting.h"
#include "proc/dictionary.h"
#include "proc/doom.h"
#include "proc/errand.h"
#include "proc/extra.h"
#include "proc/names.h"
#include "proc/near.h"
#include "proc/process_table.h"
#include "proc/reap.h"
#include "proc/relations.h"
#include "proc/run.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "proc/spawn_options.h"
#include "proc/suspend.h"
#include "proc/system.h"
#include "proc/timeline.h"
#include "proc/timer.h"
#include "term/copy.h"

#include <string.h>

enum {
    APPLY_ARGUMENTS = 3,    // module, function, argument list
    MAX_TOLD = 8,
};

struct run_hooks run_hooks;

static void (*told_at_exit[MAX_TOLD])(struct proc *p);

void proc_on_exit(void (*told)(struct proc *p))
{
    for (int i = 0; i < MAX_TOLD; i++)
        if (!told_at_exit[i]) {
            told_at_exit[i] = told;
            return;
        }
    die("too many modules want to hear of exits");
}

void spawn_init(struct spawn *s, struct proc *parent)
{
    *s = (struct spawn){.arguments = NIL, .monitor_ref = NONE, .monitor_tag = ATOM_DOWN};
    s->priority = PRIORITY_NORMAL;
    s->min_heap_words = spawn_defaults.min_heap_words;
    s->max_heap = (struct max_heap){spawn_defaults.max_heap_words, spawn_defaults.max_heap_kill,
                                    spawn_defaults.max_heap_log, false};
    s->fullsweep_after = spawn_defaults.fullsweep_after;
    s->parent = parent ? parent->pid : ATOM_undefined;
    s->group_leader = parent ? parent->group_leader : ATOM_undefined;
}

static term copy_into(struct heap *h, term t)
{
    return is_immediate(t) ? t : term_copy(h, t);
}

static size_t words_of(term t)
{
    return is_immediate(t) ? 0 : term_words(t);
}

// How it starts, and the x registers that this takes: borrowed terms.
struct entry {
    const word *ip;
    uint32_t count;
    term x[CONFIG_MAX_ARITY];
};

static void spread(struct entry *e, const word *ip, term list)
{
    e->ip = ip;
    for (; is_list(list); list = tail(list))
        e->x[e->count++] = head(list);
}

// Lists of arguments are not kept: they would be the larger part of what a process that waits has on its heap.
static void find_entry(struct entry *e, const struct spawn *s)
{
    bool apply = s->module == ATOM_erlang && s->function == ATOM_apply;
    e->count = 0;
    if (!apply) {
        spread(e, run_hooks.call_entry, s->arguments);
    } else if (list_length(s->arguments) == 2 && is_fun(head(s->arguments)) && is_nil(head(tail(s->arguments)))) {
        e->ip = run_hooks.fun_entry;
        e->x[e->count++] = head(s->arguments);
    } else {
        e->ip = run_hooks.apply_entry;
        memcpy(e->x, (term[]){s->module, s->function, s->arguments}, APPLY_ARGUMENTS * sizeof(term));
        e->count = APPLY_ARGUMENTS;
    }
}

// The block that a fresh process starts with: its terms, x registers on the stack, and what CONFIG_FIRST_HEAP leaves to grow in.
static void make_heap(struct proc *p, const struct spawn *s)
{
    struct entry e;
    find_entry(&e, s);
    struct heap *h = &p->heap;
    size_t words = CONFIG_FIRST_HEAP + CONFIG_STACK_RESERVE + e.count + words_of(s->parent) + words_of(s->group_leader);
    for (uint32_t i = 0; i < e.count; i++)
        words += words_of(e.x[i]);
    words = mem_rounded(words * sizeof(term)) / sizeof(term);
    heap_init(h, words > s->min_heap_words ? words : s->min_heap_words);
    term *stack = h->end - e.count;
    heap_set_stack(h, stack);
    for (uint32_t i = 0; i < e.count; i++)
        stack[i] = copy_into(h, e.x[i]);
    p->ip = e.ip;
    p->saved = e.count;
    p->parent = copy_into(h, s->parent);
    p->group_leader = copy_into(h, s->group_leader);
}

static void set_options(struct proc *p, const struct spawn *s)
{
    p->priority = (uint8_t)s->priority;
    p->flags = (s->off_heap ? PROC_OFF_HEAP : 0) | (s->sensitive ? PROC_SENSITIVE : 0);
    if (!s->min_heap_words && !s->max_heap.words && !s->min_bin_vheap_words && s->fullsweep_after == UINT16_MAX)
        return;
    struct proc_extra *x = proc_extra(p);
    x->min_heap_words = s->min_heap_words;
    x->min_bin_vheap_words = s->min_bin_vheap_words;
    x->max_heap = s->max_heap;
    x->fullsweep_after = s->fullsweep_after;
}

// Of the whole list, which is more than what is kept of it. Those who spawn and are spawned by turns take little each, but are many;
// who calls from elsewhere is none of them.
static bool may_start(const struct proc *creator, const struct spawn *s)
{
    size_t words = words_of(s->arguments);
    return !(creator && mem_overdrawn()) &&
           mem_allows((words > s->min_heap_words ? words : s->min_heap_words) * sizeof(term));
}

struct proc *proc_make(struct proc *creator, const struct spawn *s)
{
    if (UNLIKELY(!may_start(creator, s)))
        return NULL;
    term pid = process_table_reserve();
    if (pid == NONE)
        return NULL;
    struct proc *p = mem_zero_alloc(sizeof *p);
    p->pid = pid;
    atomic_init(&p->state, PROC_RUNNABLE);
    mailbox_init(&p->mailbox);
    make_heap(p, s);
    p->worker = worker_self();
    set_options(p, s);
    p->initial = export_get(s->module, s->function, (uint32_t)list_length(s->arguments));
    if (s->link || s->monitor)
        relations_started(p, s);
    if (creator && (s->link || s->monitor))
        relations_child(creator, pid, s);
    process_table_publish(p);
    system_count_spawn();
    return p;
}

void proc_start(struct proc *p)
{
    sched_add(p);
}

term proc_spawn(struct proc *creator, const struct spawn *s)
{
    struct proc *p = proc_make(creator, s);
    if (!p)
        return NONE;
    term pid = p->pid;
    proc_start(p);
    return pid;
}

size_t proc_waiting_words(const struct proc *p)
{
    size_t words = 0;
    if (p->flags & PROC_OFF_HEAP)
        return 0;
    for (struct signal *s = p->mailbox.first; s; s = s->next)
        words += message_words(s);
    return words;
}

static void free_messages(struct mailbox *m)
{
    for (struct signal *s = m->first, *next; s; s = next) {
        next = s->next;
        if (is_near(s))
            near_drop(s);
        signal_free(s);
    }
}

static void free_parts(struct proc *p)
{
    if (errand_waits(p))
        errand_close(p);
    if (collecting(p))
        collecting_close(p);
    free_messages(&p->mailbox);
    dictionary_clear(p);
    timer_receive_free(p);
    extra_free(p);
    heap_done(&p->heap);
}

static void release(struct retired *r)
{
    struct proc *p = CONTAINER_OF(r, struct proc, retired);
    mem_free(p, sizeof *p);
}

static term leave_others(struct proc *p, term *args)
{
    for (int i = 0; i < MAX_TOLD && told_at_exit[i]; i++)
        told_at_exit[i](p);
    process_table_remove(p);
    names_forget(p);
    timers_exit(p);
    suspend_exit(p);
    atomic_store(&p->state, PROC_EXITED);
    relations_exit(p, args[0]);
    return ATOM_true;
}

static bool telling_takes_long(const struct proc *p, term reason)
{
    return relations_are_many(p) || atomic_load(&p->tables) != TABLES_NONE ||
           (p->relations && errand_is_large(p, reason));
}

// Nobody finds it from the moment it leaves the table; signals that were pushed before, or are by those who had found it,
// are answered when the queue is closed.
bool proc_exit(struct proc *p, term reason)
{
    bool left = p->flags & PROC_LEFT;
    p->flags |= PROC_EXITING | PROC_LEFT;
    if (!left && telling_takes_long(p, reason)) {
        if (!errand_begin(p, reason, leave_others)) {
            reap_hold();
            return false;
        }
    } else if (!left) {
        leave_others(p, &reason);
    } else {
        reap_drop();
    }
    signal_close_queue(p);
    free_parts(p);
    p->retired.release = release;
    epoch_retire(&p->retired);
    return true;
}

static void drop_queue(struct proc *p)
{
    struct signal *s = atomic_exchange(&p->mailbox.outer, MAILBOX_CLOSED);
    while (s) {
        struct signal *next = s->next;
        signal_free(s);
        s = next;
    }
}

void proc_close_leaving(struct proc *p)
{
    drop_queue(p);
    free_parts(p);
    mem_free(p, sizeof *p);
}

static void close_all(void)
{
    uint32_t at = 0;
    for (term pid = proc_next(&at); pid != NONE; pid = proc_next(&at)) {
        struct proc *p = proc_find(pid);
        process_table_remove(p);
        drop_queue(p);
        relations_free(p);
        free_parts(p);
        mem_free(p, sizeof *p);
    }
}

// One that was about to spawn another does so before it is freed.
void procs_close(void)
{
    while (proc_count())
        close_all();
}
