// SPDX-License-Identifier: Apache-2.0
// Natives that start, cancel and read message timers.
#include "proc/timer.h"

#include "bif/bif.h"
#include "proc/signal.h"
#include "term/number.h"

#define LONGEST_MS (INT64_MAX / 1000000 / 2)    // half of what the clock can tell

static bool boolean_of(term t, bool *value)
{
    *value = t == ATOM_true;
    return is_bool(t);
}

static bool absolute_option(term list, bool *absolute)
{
    for (; is_list(list); list = tail(list)) {
        term option = head(list);
        if (!is_tuple_of(option, 2) || element(option, 0) != ATOM_abs || !boolean_of(element(option, 1), absolute))
            return false;
    }
    return is_nil(list);
}

static bool time_of(term t, bool absolute, int64_t *at)
{
    if (!integer_to_i64(t, at) || (!absolute && *at < 0))
        return false;
    return *at <= LONGEST_MS && *at >= -LONGEST_MS;
}

static term start(struct proc *p, const term *args, term options, enum timer_form form)
{
    int64_t at;
    bool absolute = false;
    if (!absolute_option(options, &absolute))
        return fail_badarg_because(p, ATOM_badopt);
    if (!time_of(args[0], absolute, &at))
        return fail_badarg_because(p, ATOM_time);
    if (!is_local_pid(args[1]) && !is_atom(args[1]))
        return fail_badarg(p);
    return timer_start(p, args[1], args[2], at, absolute, form);
}

static term bif_send_after(struct proc *p, term *args)
{
    return start(p, args, NIL, TIMER_PLAIN);
}

static term bif_send_after_options(struct proc *p, term *args)
{
    return start(p, args, args[3], TIMER_PLAIN);
}

static term bif_start_timer(struct proc *p, term *args)
{
    return start(p, args, NIL, TIMER_TIMEOUT);
}

static term bif_start_timer_options(struct proc *p, term *args)
{
    return start(p, args, args[3], TIMER_TIMEOUT);
}

static term left_term(struct proc *p, int64_t left)
{
    return left < 0 ? (term)ATOM_false : integer_from_i64(proc_heap(p), left);
}

static term bif_cancel_timer(struct proc *p, term *args)
{
    return is_ref(args[0]) ? left_term(p, timer_cancel(args[0])) : fail_badarg(p);
}

static term bif_read_timer(struct proc *p, term *args)
{
    return is_ref(args[0]) ? left_term(p, timer_read(args[0])) : fail_badarg(p);
}

static bool ask_options(term list, bool info_too, bool *async, bool *info)
{
    for (; is_list(list); list = tail(list)) {
        term option = head(list);
        if (!is_tuple_of(option, 2))
            return false;
        bool *which = element(option, 0) == ATOM_async              ? async
                      : element(option, 0) == ATOM_info && info_too ? info
                                                                    : NULL;
        if (!which || !boolean_of(element(option, 1), which))
            return false;
    }
    return is_nil(list);
}

static term ask(struct proc *p, const term *args, term tag, bool cancel)
{
    bool async = false, info = true;
    if (!is_ref(args[0]) || !ask_options(args[1], cancel, &async, &info))
        return fail_badarg(p);
    term left = left_term(p, cancel ? timer_cancel(args[0]) : timer_read(args[0]));
    if (async && info)
        signal_message(p->pid, tuple3(proc_heap(p), tag, args[0], left));
    bool is_ours = header_kind(*boxed_ptr(args[0])) == KIND_REF;
    return async || (!info && is_ours) ? ATOM_ok : left;
}

static term bif_cancel_timer_options(struct proc *p, term *args)
{
    return ask(p, args, ATOM_cancel_timer, true);
}

static term bif_read_timer_options(struct proc *p, term *args)
{
    return ask(p, args, ATOM_read_timer, false);
}

static const struct native_row rows[] = {
    {"erlang", "send_after", 3, bif_send_after, 0},     {"erlang", "send_after", 4, bif_send_after_options, 0},
    {"erlang", "start_timer", 3, bif_start_timer, 0},   {"erlang", "start_timer", 4, bif_start_timer_options, 0},
    {"erlang", "cancel_timer", 1, bif_cancel_timer, 0}, {"erlang", "cancel_timer", 2, bif_cancel_timer_options, 0},
    {"erlang", "read_timer", 1, bif_read_timer, 0},     {"erlang", "read_timer", 2, bif_read_timer_options, 0},
};

const struct native_table natives_timers = {rows, COUNT_OF(rows)};
