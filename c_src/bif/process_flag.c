// SPDX-License-Identifier: Apache-2.0
// Natives that look at processes and set their flags; the process dictionary.
#include "bif/bif.h"
#include "proc/dictionary.h"
#include "proc/errand.h"
#include "proc/extra.h"
#include "proc/info.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "proc/spawn_options.h"
#include "term/ident.h"

enum { SAVE_CALLS_MAX = 10000 };

// Each setter checks the value and gives the old one, or NONE when it is no value of the flag.
typedef term setter(struct proc *p, term value);

static term set_bit(struct proc *p, uint32_t flag, term value)
{
    if (!is_bool(value))
        return NONE;
    term old = bool_term(p->flags & flag);
    p->flags = value == ATOM_true ? p->flags | flag : p->flags & ~flag;
    return old;
}

static term set_trap_exit(struct proc *p, term value)
{
    return set_bit(p, PROC_TRAP_EXIT, value);
}

static term set_sensitive(struct proc *p, term value)
{
    return set_bit(p, PROC_SENSITIVE, value);
}

static term set_error_handler(struct proc *p, term value)
{
    if (!is_atom(value))
        return NONE;
    term old = proc_error_handler(p);
    proc_extra(p)->error_handler = value;
    return old;
}

static term set_priority(struct proc *p, term value)
{
    enum priority priority;
    if (!priority_of(value, &priority))
        return NONE;
    term old = priority_atom((enum priority)p->priority);
    __atomic_store_n(&p->priority, (uint8_t)priority, __ATOMIC_RELAXED);
    return old;
}

static term set_message_queue_data(struct proc *p, term value)
{
    bool off_heap, was = p->flags & PROC_OFF_HEAP;
    if (!queue_data_of(value, &off_heap))
        return NONE;
    p->flags = off_heap ? p->flags | PROC_OFF_HEAP : p->flags & ~(uint32_t)PROC_OFF_HEAP;
    return was ? ATOM_off_heap : ATOM_on_heap;
}

static term old_value(struct proc *p, term item)
{
    return element(info_item(p, proc_heap(p), item), 1);
}

static term set_fullsweep_after(struct proc *p, term value)
{
    size_t after;
    if (!words_of_option(value, &after))
        return NONE;
    term old = old_value(p, ATOM_fullsweep_after);
    proc_extra(p)->fullsweep_after = (uint32_t)(after < UINT16_MAX ? after : UINT16_MAX);
    return old;
}

static term set_min_heap_size(struct proc *p, term value)
{
    size_t words;
    if (!words_of_option(value, &words))
        return NONE;
    if (p->extra && p->extra->max_heap.words && words > p->extra->max_heap.words)
        return NONE;
    term old = old_value(p, ATOM_min_heap_size);
    proc_extra(p)->min_heap_words = words;
    return old;
}

static term set_min_bin_vheap_size(struct proc *p, term value)
{
    size_t words;
    if (!words_of_option(value, &words))
        return NONE;
    term old = old_value(p, ATOM_min_bin_vheap_size);
    proc_extra(p)->min_bin_vheap_words = words;
    return old;
}

static term set_max_heap_size(struct proc *p, term value)
{
    struct proc_extra *x = proc_extra(p);
    struct max_heap m;
    if (!max_heap_of(value, &m) || (m.words && m.words < (x->min_heap_words ? x->min_heap_words : CONFIG_FIRST_HEAP)))
        return NONE;
    term old = old_value(p, ATOM_max_heap_size);
    x->max_heap = m;
    return old;
}

static term set_save_calls(struct proc *p, term value)
{
    if (!is_small(value) || small_value(value) < 0 || small_value(value) > SAVE_CALLS_MAX)
        return NONE;
    term old = small(proc_extra(p)->save_calls);
    proc_extra(p)->save_calls = (uint32_t)small_value(value);
    return old;
}

static term set_scheduler(struct proc *p, term value)
{
    if (!is_small(value) || small_value(value) < 0 || small_value(value) > sched_workers())
        return NONE;
    term old = small(proc_extra(p)->scheduler);
    proc_extra(p)->scheduler = (uint32_t)small_value(value);
    return old;
}

static const struct {
    term flag;
    setter *set;
} flags[] = {
    {ATOM_trap_exit, set_trap_exit},
    {ATOM_sensitive, set_sensitive},
    {ATOM_error_handler, set_error_handler},
    {ATOM_priority, set_priority},
    {ATOM_message_queue_data, set_message_queue_data},
    {ATOM_fullsweep_after, set_fullsweep_after},
    {ATOM_min_heap_size, set_min_heap_size},
    {ATOM_min_bin_vheap_size, set_min_bin_vheap_size},
    {ATOM_max_heap_size, set_max_heap_size},
    {ATOM_save_calls, set_save_calls},
    {ATOM_scheduler, set_scheduler},
};

static term bif_process_flag(struct proc *p, term *args)
{
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (flags[i].flag == args[0]) {
            term old = flags[i].set(p, args[1]);
            if (old != NONE)
                return old;
            return args[0] == ATOM_save_calls ? fail_badarg_because(p, ATOM_none) : fail_badarg(p);
        }
    return fail_badarg_because(p, ATOM_badopt);
}

static bool items_known(term items)
{
    if (is_atom(items))
        return info_known(items);
    while (is_list(items) && info_known(head(items)))
        items = tail(items);
    return is_nil(items);
}

// Of another process: asked by a signal, so that what was sent to it before counts. The receive that waits for the answer
// need not look at what is in the mailbox already.
static term ask(struct proc *p, term pid, term items)
{
    term ref = ref_new(proc_heap(p));
    p->mailbox.save = p->mailbox.last;
    signal_process_info(p->pid, pid, ref, items);
    return fail_trap(p, export_get(ATOM_erts_internal, ATOM_await_result, 1), &ref);
}

static term info_of(struct proc *p, term pid, term items)
{
    if (is_former_pid(pid))
        return ATOM_undefined;
    if (!is_local_pid(pid))
        return fail_badarg(p);
    if (pid != p->pid)
        return proc_find(pid) ? ask(p, pid, items) : (term)ATOM_undefined;
    if (signal_waiting(p))
        signal_take(p);
    return p->flags & PROC_EXITING ? fail_exiting(p) : info_items(p, proc_heap(p), items);
}

static term bif_process_info(struct proc *p, term *args)
{
    return info_of(p, args[0], ATOM_all);
}

static term bif_process_info_items(struct proc *p, term *args)
{
    return items_known(args[1]) ? info_of(p, args[0], args[1]) : fail_badarg(p);
}

// Of many at once: the answers come as messages {Ref, Value}, in whatever order.
static term bif_ask_process_info(struct proc *p, term *args)
{
    if (!is_local_pid(args[0]) || !items_known(args[1]))
        return fail_badarg(p);
    term ref = ref_new(proc_heap(p));
    signal_process_info(p->pid, args[0], ref, args[1]);
    return ref;
}

// The process dictionary.

static term or_undefined(term value)
{
    return value == NONE ? (term)ATOM_undefined : value;
}

static term bif_get(struct proc *p, term *args)
{
    return or_undefined(dictionary_get(p, args[0]));
}

static term get_all(struct proc *p, term *args)
{
    (void)args;
    return dictionary_pairs(p, proc_heap(p));
}

ERRAND(bif_get_all, 0, get_all)

static term put(struct proc *p, term *args)
{
    return or_undefined(dictionary_put(p, args[0], args[1]));
}

static term bif_put(struct proc *p, term *args)
{
    return UNLIKELY(dictionary_grows_long(p) || errand_waits(p)) ? errand(p, args, 2, put) : put(p, args);
}

static term bif_erase(struct proc *p, term *args)
{
    return or_undefined(dictionary_erase(p, args[0]));
}

static term bif_erase_all(struct proc *p, term *args)
{
    (void)args;
    term pairs = dictionary_pairs(p, proc_heap(p));
    dictionary_clear(p);
    return pairs;
}

static term bif_get_keys(struct proc *p, term *args)
{
    (void)args;
    return dictionary_keys(p, proc_heap(p));
}

static term bif_get_keys_of(struct proc *p, term *args)
{
    return dictionary_keys_of(p, proc_heap(p), args[0]);
}

static const struct native_row rows[] = {
    {"erlang", "process_flag", 2, bif_process_flag, 0},
    {"erlang", "process_info", 1, bif_process_info, 0},
    {"erlang", "process_info", 2, bif_process_info_items, 0},
    {"tandem_native", "ask_process_info", 2, bif_ask_process_info, 0},
    {"erlang", "get", 0, bif_get_all, 0},
    {"erlang", "get", 1, bif_get, NATIVE_GUARD},
    {"erlang", "put", 2, bif_put, 0},
    {"erlang", "erase", 0, bif_erase_all, 0},
    {"erlang", "erase", 1, bif_erase, 0},
    {"erlang", "get_keys", 0, bif_get_keys, 0},
    {"erlang", "get_keys", 1, bif_get_keys_of, 0},
};

const struct native_table natives_process_flag = {rows, COUNT_OF(rows)};
