// SPDX-License-Identifier: Apache-2.0
#include "proc/info.h"

#include "proc/dictionary.h"
#include "proc/extra.h"
#include "proc/names.h"
#include "proc/near.h"
#include "proc/relations.h"
#include "proc/run.h"
#include "proc/signal.h"
#include "proc/spawn_options.h"
#include "proc/suspend.h"
#include "proc/system.h"
#include "term/binary.h"
#include "term/copy.h"
#include "term/map.h"
#include "term/number.h"

#include <stdio.h>

typedef term item_value(struct proc *p, struct heap *h);

static size_t block_words(const struct proc *p)
{
    return (size_t)(p->heap.end - p->heap.start);
}

static size_t stack_words(const struct proc *p)
{
    return (size_t)(p->heap.end - heap_stack(&p->heap));
}

static size_t old_words(const struct proc *p)
{
    return p->heap.old ? (size_t)(p->heap.old->end - p->heap.old->start) : 0;
}

static size_t all_words(const struct proc *p)
{
    return block_words(p) + old_words(p) + p->heap.fragment_words;
}

static term number(struct heap *h, size_t value)
{
    return integer_from_u64(h, value);
}

static term pair(struct heap *h, term name, term value)
{
    return tuple2(h, name, value);
}

static term copied(struct heap *h, term t)
{
    return is_immediate(t) ? t : term_copy(h, t);
}

// An answer for another process must not point into this heap; one for itself may, but a copy does no harm.
static term value_registered_name(struct proc *p, struct heap *h)
{
    (void)h;
    term name = names_of(p);
    return name == NONE ? NIL : name;
}

static term stack_of(struct proc *p, struct heap *h, unsigned limit)
{
    return run_hooks.stack ? run_hooks.stack(h, p, limit) : NIL;
}

static term value_initial_call(struct proc *p, struct heap *h)
{
    return tuple3(h, p->initial->module, p->initial->function, small(p->initial->arity));
}

static bool is_at_entry(const struct proc *p)
{
    const word *ip = p->ip;
    return !(p->flags & PROC_RUNS) &&
           (ip == run_hooks.call_entry || ip == run_hooks.fun_entry || ip == run_hooks.apply_entry);
}

// A process that has not begun is in its first call, one that hibernates in hibernate/3.
static term value_current_function(struct proc *p, struct heap *h)
{
    if (is_at_entry(p))
        return p->flags & PROC_PARKED ? tuple3(h, ATOM_erlang, ATOM_hibernate, small(3)) : value_initial_call(p, h);
    term calls = stack_of(p, h, 1);
    if (!is_list(calls))
        return ATOM_undefined;
    term call = head(calls);
    return tuple3(h, element(call, 0), element(call, 1), element(call, 2));
}

static term value_current_location(struct proc *p, struct heap *h)
{
    term calls = stack_of(p, h, 1);
    if (is_list(calls))
        return head(calls);
    term function = value_current_function(p, h);
    if (function == ATOM_undefined)
        return function;
    return tuple4(h, element(function, 0), element(function, 1), element(function, 2), NIL);
}

static term value_current_stacktrace(struct proc *p, struct heap *h)
{
    return stack_of(p, h, backtrace_depth);
}

static term value_backtrace(struct proc *p, struct heap *h)
{
    struct writer w;
    writer_init(&w);
    if (run_hooks.backtrace)
        run_hooks.backtrace(&w, p);
    term value = binary_from(h, w.bytes, w.size);
    writer_done(&w);
    return value;
}

// process_display: the backtrace goes where a BEAM's does.
static void display(struct proc *p)
{
    struct writer w;
    writer_init(&w);
    if (run_hooks.backtrace)
        run_hooks.backtrace(&w, p);
    fwrite(w.bytes, 1, w.size, stderr);
    writer_done(&w);
}

static term value_status(struct proc *p, struct heap *h)
{
    (void)h;
    if (p->flags & PROC_EXITING)
        return ATOM_exiting;
    if (p->flags & PROC_SUSPENDED)
        return ATOM_suspended;
    return p->flags & PROC_PARKED && !*p->mailbox.save ? ATOM_waiting : ATOM_running;
}

static term value_message_queue_len(struct proc *p, struct heap *h)
{
    return number(h, p->mailbox.length);
}

static term value_messages(struct proc *p, struct heap *h)
{
    term list = NIL;
    size_t n = p->mailbox.length, at = n;
    if (p->flags & PROC_SENSITIVE)
        return NIL;
    term *cells = heap_alloc(h, n * 2);
    for (struct signal *s = p->mailbox.first; s; s = s->next)
        cells[2 * (n - at--)] = copied(h, s->value);
    for (size_t i = n; i-- > 0; list = list_term(cells + 2 * i))
        cells[2 * i + 1] = list;
    return list;
}

static term value_links(struct proc *p, struct heap *h)
{
    return relations_links(p, h);
}

static term value_monitors(struct proc *p, struct heap *h)
{
    return relations_monitors(p, h);
}

static term value_monitored_by(struct proc *p, struct heap *h)
{
    return relations_monitored_by(p, h);
}

static term value_dictionary(struct proc *p, struct heap *h)
{
    return p->flags & PROC_SENSITIVE ? NIL : copied(h, dictionary_pairs(p, &p->heap));
}

static term value_trap_exit(struct proc *p, struct heap *h)
{
    (void)h;
    return bool_term(p->flags & PROC_TRAP_EXIT);
}

static term value_error_handler(struct proc *p, struct heap *h)
{
    (void)h;
    return proc_error_handler(p);
}

static term value_priority(struct proc *p, struct heap *h)
{
    (void)h;
    return priority_atom((enum priority)p->priority);
}

static term value_group_leader(struct proc *p, struct heap *h)
{
    return copied(h, p->group_leader);
}

static term value_total_heap_size(struct proc *p, struct heap *h)
{
    return number(h, all_words(p) + proc_waiting_words(p));
}

static term value_heap_size(struct proc *p, struct heap *h)
{
    return number(h, block_words(p));
}

static term value_stack_size(struct proc *p, struct heap *h)
{
    return number(h, stack_words(p));
}

static term value_reductions(struct proc *p, struct heap *h)
{
    const struct worker *w = p->worker;
    bool runs = p->flags & PROC_RUNS && w == worker_self();
    return number(h, p->reductions + (runs ? (uint64_t)(CONFIG_SLICE - w->left) : 0));
}

static term value_memory(struct proc *p, struct heap *h)
{
    size_t bytes = sizeof *p + all_words(p) * sizeof(term);
    for (struct signal *s = p->mailbox.first; s; s = s->next)
        bytes += sizeof(struct fragment) + message_words(s) * sizeof(term);
    return number(h, bytes);
}

static size_t min_heap(const struct proc *p)
{
    return p->extra && p->extra->min_heap_words ? p->extra->min_heap_words : CONFIG_FIRST_HEAP;
}

static term value_min_heap_size(struct proc *p, struct heap *h)
{
    return number(h, min_heap(p));
}

static term value_min_bin_vheap_size(struct proc *p, struct heap *h)
{
    return number(h, p->extra && p->extra->min_bin_vheap_words ? p->extra->min_bin_vheap_words
                                                               : spawn_defaults.min_bin_vheap_words);
}

static term value_fullsweep_after(struct proc *p, struct heap *h)
{
    (void)h;
    return small(p->extra ? p->extra->fullsweep_after : UINT16_MAX);
}

static term value_max_heap_size(struct proc *p, struct heap *h)
{
    static const struct max_heap none = {0, true, true, false};
    const struct max_heap *m = p->extra ? &p->extra->max_heap : &none;
    term pairs[] = {ATOM_error_logger,
                    bool_term(m->log),
                    ATOM_kill,
                    bool_term(m->kill),
                    ATOM_size,
                    number(h, m->words),
                    ATOM_include_shared_binaries,
                    ATOM_true};
    return map_from_pairs(h, pairs, m->shared ? 4 : 3);
}

static term value_garbage_collection(struct proc *p, struct heap *h)
{
    term items[] = {
        pair(h, ATOM_max_heap_size, value_max_heap_size(p, h)),
        pair(h, ATOM_min_bin_vheap_size, value_min_bin_vheap_size(p, h)),
        pair(h, ATOM_min_heap_size, number(h, min_heap(p))),
        pair(h, ATOM_fullsweep_after, value_fullsweep_after(p, h)),
        pair(h, ATOM_minor_gcs, small(p->heap.young_collections)),
    };
    return list_of(h, COUNT_OF(items), items, NIL);
}

static size_t old_used(const struct proc *p)
{
    return p->heap.old ? (size_t)(p->heap.old->top - p->heap.old->start) : 0;
}

static term value_garbage_collection_info(struct proc *p, struct heap *h)
{
    size_t least =
        p->extra && p->extra->min_bin_vheap_words ? p->extra->min_bin_vheap_words : spawn_defaults.min_bin_vheap_words;
    term items[] = {
        pair(h, ATOM_old_heap_block_size, number(h, old_words(p))),
        pair(h, ATOM_heap_block_size, number(h, block_words(p))),
        pair(h, ATOM_mbuf_size, number(h, p->heap.fragment_words)),
        pair(h, ATOM_recent_size, number(h, (size_t)(p->heap.high - p->heap.start))),
        pair(h, ATOM_stack_size, number(h, stack_words(p))),
        pair(h, ATOM_old_heap_size, number(h, old_used(p))),
        pair(h, ATOM_heap_size, number(h, (size_t)(p->heap.top - p->heap.start))),
        pair(h, ATOM_bin_vheap_size, number(h, binary_chain_words(p->heap.shared))),
        pair(h, ATOM_bin_vheap_block_size, number(h, least)),
        pair(h, ATOM_bin_old_vheap_size, number(h, p->heap.old ? binary_chain_words(p->heap.old->shared) : 0)),
        pair(h, ATOM_bin_old_vheap_block_size, number(h, least)),
    };
    return list_of(h, COUNT_OF(items), items, NIL);
}

// {Address, Bytes, Count} for each reference to a shared binary in the young block's chain and the old one's.
static term binaries(struct heap *h, const term *object, term list)
{
    for (; object; object = (const term *)(uintptr_t)object[3]) {
        struct shared *s = (struct shared *)(uintptr_t)object[2];
        list = cons(h, tuple3(h, number(h, (size_t)object[2]), number(h, object[1]), small((sword)s->count)), list);
    }
    return list;
}

static term value_binary(struct proc *p, struct heap *h)
{
    return binaries(h, p->heap.shared, p->heap.old ? binaries(h, p->heap.old->shared, NIL) : NIL);
}

static term value_message_queue_data(struct proc *p, struct heap *h)
{
    (void)h;
    return p->flags & PROC_OFF_HEAP ? ATOM_off_heap : ATOM_on_heap;
}

static term value_parent(struct proc *p, struct heap *h)
{
    return copied(h, p->parent);
}

static term value_catchlevel(struct proc *p, struct heap *h)
{
    (void)h;
    return small(p->catches);
}

static term value_empty(struct proc *p, struct heap *h)
{
    (void)p;
    (void)h;
    return NIL;
}

static term value_zero(struct proc *p, struct heap *h)
{
    (void)p;
    (void)h;
    return small(0);
}

static term value_last_calls(struct proc *p, struct heap *h)
{
    (void)h;
    return p->extra && p->extra->save_calls ? NIL : (term)ATOM_false;
}

static term value_suspending(struct proc *p, struct heap *h)
{
    return suspend_list(p, h);
}

// The items of process_info/1 come first, in its order.
static const struct {
    term name;
    item_value *value;
} items_known[] = {
    {ATOM_registered_name, value_registered_name},
    {ATOM_current_function, value_current_function},
    {ATOM_initial_call, value_initial_call},
    {ATOM_status, value_status},
    {ATOM_message_queue_len, value_message_queue_len},
    {ATOM_links, value_links},
    {ATOM_dictionary, value_dictionary},
    {ATOM_trap_exit, value_trap_exit},
    {ATOM_error_handler, value_error_handler},
    {ATOM_priority, value_priority},
    {ATOM_group_leader, value_group_leader},
    {ATOM_total_heap_size, value_total_heap_size},
    {ATOM_heap_size, value_heap_size},
    {ATOM_stack_size, value_stack_size},
    {ATOM_reductions, value_reductions},
    {ATOM_garbage_collection, value_garbage_collection},
    {ATOM_suspending, value_suspending},
    {ATOM_current_location, value_current_location},
    {ATOM_current_stacktrace, value_current_stacktrace},
    {ATOM_messages, value_messages},
    {ATOM_monitors, value_monitors},
    {ATOM_monitored_by, value_monitored_by},
    {ATOM_memory, value_memory},
    {ATOM_min_heap_size, value_min_heap_size},
    {ATOM_max_heap_size, value_max_heap_size},
    {ATOM_fullsweep_after, value_fullsweep_after},
    {ATOM_garbage_collection_info, value_garbage_collection_info},
    {ATOM_binary, value_binary},
    {ATOM_message_queue_data, value_message_queue_data},
    {ATOM_parent, value_parent},
    {ATOM_catchlevel, value_catchlevel},
    {ATOM_backtrace, value_backtrace},
    {ATOM_min_bin_vheap_size, value_min_bin_vheap_size},
    {ATOM_magic_ref, value_empty},
    {ATOM_trace, value_zero},
    {ATOM_sequential_trace_token, value_empty},
    {ATOM_last_calls, value_last_calls},
};

enum { FIRST_ITEMS = 17 };

static item_value *value_of(term item)
{
    for (size_t i = 0; i < COUNT_OF(items_known); i++)
        if (items_known[i].name == item)
            return items_known[i].value;
    return NULL;
}

bool info_known(term item)
{
    return value_of(item) != NULL;
}

term info_item(struct proc *p, struct heap *h, term item)
{
    item_value *value = value_of(item);
    return value ? pair(h, item, value(p, h)) : NONE;
}

static term all_first(struct proc *p, struct heap *h)
{
    term list = NIL;
    for (size_t i = FIRST_ITEMS; i-- > 0;)
        if (items_known[i].name != ATOM_registered_name || names_of(p) != NONE)
            list = cons(h, info_item(p, h, items_known[i].name), list);
    return list;
}

// In the order of the list; built back to front would need it reversed, so the cells are linked as they come.
static term several(struct proc *p, struct heap *h, term items)
{
    term first = NIL, last = NONE;
    for (; is_list(items); items = tail(items)) {
        term cell = cons(h, info_item(p, h, head(items)), NIL);
        if (last == NONE)
            first = cell;
        else
            list_ptr(last)[1] = cell;
        last = cell;
    }
    return first;
}

term info_items(struct proc *p, struct heap *h, term items)
{
    if (items == ATOM_all)
        return all_first(p, h);
    if (items == ATOM_process_display) {
        display(p);
        return ATOM_true;
    }
    if (!is_atom(items))
        return several(p, h, items);
    if (items == ATOM_registered_name && names_of(p) == NONE)
        return NIL;
    return info_item(p, h, items);
}
