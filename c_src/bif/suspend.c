// SPDX-License-Identifier: Apache-2.0
// suspend_process, resume_process, process_flag/3 and process_display: what one process does to another that waits for it.
#include "proc/suspend.h"
#include "bif/bif.h"
#include "proc/extra.h"
#include "proc/info.h"
#include "proc/signal.h"
#include "term/ident.h"

enum { SAVE_CALLS_MAX = 10000 };

struct options {
    bool unless_suspending, asynchronous;
    term tag;    // NONE: nobody is told
};

static bool option_taken(term t, struct options *o)
{
    if (t == ATOM_unless_suspending)
        return o->unless_suspending = true;
    if (is_tuple_of(t, 2) && element(t, 0) == ATOM_asynchronous)
        o->tag = element(t, 1);
    else if (t != ATOM_asynchronous)
        return false;
    return o->asynchronous = true;
}

// The answer to the wrapper in erlang.beam: a reference to wait for, or the result.
static term bif_suspend(struct proc *p, term *args)
{
    struct options o = {false, false, NONE};
    term list = args[1];
    if (!is_local_pid(args[0]) || args[0] == p->pid)
        return ATOM_badarg;
    while (is_list(list) && option_taken(head(list), &o))
        list = tail(list);
    if (!is_nil(list))
        return ATOM_badopt;
    if (o.unless_suspending && suspend_count(p, args[0]))
        return ATOM_false;
    if (o.asynchronous) {
        suspend_other(p, args[0], o.tag == NONE ? NONE : p->pid, o.tag, ATOM_suspended);
        return ATOM_true;
    }
    if (!proc_find(args[0]))
        return ATOM_badarg;
    term ref = ref_new(proc_heap(p));
    suspend_other(p, args[0], p->pid, ref, ATOM_true);
    return ref;
}

static term bif_resume(struct proc *p, term *args)
{
    return is_local_pid(args[0]) && suspend_resume(p, args[0]) && proc_find(args[0]) ? (term)ATOM_true : fail_badarg(p);
}

static term bif_process_flag(struct proc *p, term *args)
{
    term pid = args[0], number = args[2];
    if (!is_local_pid(pid) || !proc_find(pid))
        return ATOM_badtype;
    if (args[1] != ATOM_save_calls || !is_small(number) || small_value(number) < 0 ||
        small_value(number) > SAVE_CALLS_MAX)
        return ATOM_badarg;
    term ref = ref_new(proc_heap(p));
    signal_save_calls(p->pid, pid, ref, (uint64_t)small_value(number));
    return ref;
}

static term bif_process_display(struct proc *p, term *args)
{
    if (args[1] != ATOM_backtrace)
        return ATOM_badopt;
    if (!is_local_pid(args[0]))
        return ATOM_badarg;
    if (args[0] == p->pid)
        return info_items(p, proc_heap(p), ATOM_process_display);
    term ref = ref_new(proc_heap(p));
    signal_process_info(p->pid, args[0], ref, ATOM_process_display);
    return ref;
}

static const struct native_row rows[] = {
    {"erts_internal", "suspend_process", 2, bif_suspend, 0},
    {"erlang", "resume_process", 1, bif_resume, 0},
    {"erts_internal", "process_flag", 3, bif_process_flag, 0},
    {"erts_internal", "process_display", 2, bif_process_display, 0},
};

const struct native_table natives_suspend = {rows, COUNT_OF(rows)};
