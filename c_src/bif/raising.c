// SPDX-License-Identifier: Apache-2.0
// Natives that raise. Of them only nif_error shows in the stack trace.
#include "bif/bif.h"
#include "proc/system.h"

static struct failure *bare(struct proc *p, term class, term reason)
{
    fail(p, class, reason);
    p->worker->failure.arguments = false;
    return &p->worker->failure;
}

static term bif_exit(struct proc *p, term *args)
{
    bare(p, ATOM_exit, args[0]);
    return NONE;
}

static term bif_throw(struct proc *p, term *args)
{
    bare(p, ATOM_throw, args[0]);
    return NONE;
}

static term bif_error(struct proc *p, term *args)
{
    bare(p, ATOM_error, args[0]);
    return NONE;
}

// Anything but a list of arguments is as if none were given.
static term bif_error_arguments(struct proc *p, term *args)
{
    struct failure *f = bare(p, ATOM_error, args[0]);
    if (is_any_list(args[1]))
        f->caller_arguments = args[1];
    return NONE;
}

static term error_info(term options)
{
    term info = NIL;
    for (; is_list(options); options = tail(options)) {
        term option = head(options);
        if (!is_tuple_of(option, 2) || element(option, 0) != ATOM_error_info || !is_map(element(option, 1)))
            return NIL;
        info = element(option, 1);
    }
    return is_nil(options) ? info : NIL;
}

static term bif_error_options(struct proc *p, term *args)
{
    bif_error_arguments(p, args);
    p->worker->failure.info = error_info(args[2]);
    return NONE;
}

static term bif_nif_error(struct proc *p, term *args)
{
    return fail_error(p, args[0]);
}

// One entry of a stack trace as catch gives it, older forms completed. NONE: malformed.
static term trace_entry(struct heap *h, term t)
{
    if (!is_tuple(t))
        return NONE;
    size_t arity = tuple_arity(t);
    term first = arity ? element(t, 0) : NIL;
    bool named = arity >= 3 && is_atom(first) && is_atom(element(t, 1));
    if (arity == 2 && is_fun(first))
        return tuple3(h, first, element(t, 1), NIL);
    if (arity == 3 && is_fun(first))
        return is_any_list(element(t, 2)) ? t : NONE;
    if (arity == 3 && named)
        return tuple4(h, first, element(t, 1), element(t, 2), NIL);
    return arity == 4 && named && is_any_list(element(t, 3)) ? t : NONE;
}

// A copy of at most backtrace_depth entries, or of the first; false: malformed anywhere.
static bool trace_of(struct heap *h, term list, term *trace)
{
    term entries[BACKTRACE_DEPTH_MAX];
    size_t n = 0;
    for (; is_list(list); list = tail(list)) {
        term entry = trace_entry(h, head(list));
        if (entry == NONE)
            return false;
        if (n < backtrace_depth || n == 0)
            entries[n++] = entry;
    }
    *trace = list_of(h, n, entries, NIL);
    return is_nil(list);
}

static term bif_raise(struct proc *p, term *args)
{
    term trace;
    bool known = args[0] == ATOM_error || args[0] == ATOM_exit || args[0] == ATOM_throw;
    if (!known || !trace_of(proc_heap(p), args[2], &trace))
        return ATOM_badarg;
    struct failure *f = bare(p, args[0], args[1]);
    f->ready_trace = true;
    f->trace = trace;
    return NONE;
}

static const struct native_row rows[] = {
    {"erlang", "exit", 1, bif_exit, 0},           {"erlang", "throw", 1, bif_throw, 0},
    {"erlang", "error", 1, bif_error, 0},         {"erlang", "error", 2, bif_error_arguments, 0},
    {"erlang", "error", 3, bif_error_options, 0}, {"erlang", "nif_error", 1, bif_nif_error, 0},
    {"erlang", "nif_error", 2, bif_nif_error, 0}, {"erlang", "raise", 3, bif_raise, 0},
};

const struct native_table natives_raising = {rows, COUNT_OF(rows)};
