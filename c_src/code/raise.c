// SPDX-License-Identifier: Apache-2.0
#include "code/raise.h"

#include "code/interp.h"
#include "code/trace.h"
#include "proc/fail.h"
#include "proc/report.h"

static void record(term *x, term class, term reason, const struct export *blame)
{
    struct failure *f = &worker_of(x)->failure;
    *f = (struct failure){.request = REQUEST_FAIL, .class = class, .reason = reason, .trace = NIL, .info = NIL};
    f->arguments = blame != NULL;
    interp_of(x)->blame = blame;
}

void raise_class(term *x, term class, term reason)
{
    record(x, class, reason, NULL);
}

void raise_error(term *x, term reason)
{
    record(x, ATOM_error, reason, NULL);
}

void raise_native(term *x, term reason, const struct export *blame, const term *arguments)
{
    struct interp *in = interp_of(x);
    record(x, ATOM_error, reason, blame);
    for (uint32_t i = 0; i < blame->arity; i++)
        in->blame_values[i] = arguments[i];
    in->blame_arguments = in->blame_values;
}

void raise_undefined(term *x, const struct export *e)
{
    record(x, ATOM_error, ATOM_undef, e);
    interp_of(x)->blame_arguments = x;
}

void raise_again(term *x, term reason, term raw_trace)
{
    raise_class(x, trace_class(raw_trace), reason);
    struct failure *f = &worker_of(x)->failure;
    f->ready_trace = true;
    f->trace = raw_trace;
}

// erlang:raise/3 brings a list, a raised-again exception its raw trace.
static term raw_trace(struct proc *p, struct failure *f, const word *ip)
{
    struct heap *h = proc_heap(p);
    if (f->ready_trace)
        return is_tuple(f->trace) ? f->trace : tuple2(h, f->class, f->trace);
    struct trace_start start = {.class = f->class, .at = ip, .info = f->info, .arguments = NONE};
    term *x = proc_x(p);
    struct interp *in = interp_of(x);
    if (f->arguments && in->blame) {
        start.blame = in->blame;
        start.arguments =
            in->blame_arguments ? list_of(h, in->blame->arity, in->blame_arguments, NIL) : small(in->blame->arity);
    } else if (f->caller_arguments) {
        start.arguments = f->caller_arguments;
    } else if (f->reason == ATOM_function_clause && *ip == (word)(uintptr_t)op_func_info_plain) {
        start.arguments = list_of(h, A(2), x, NIL);
    }
    start.undefined = start.blame && f->reason == ATOM_undef;
    return trace_gather(p, &start);
}

// The stack word of the innermost catch, and where its frame starts: just above the return address before it.
static term *find_catch(struct proc *p, term **frame)
{
    term *at = heap_stack(&p->heap);
    *frame = at;
    for (; at < p->heap.end; at++) {
        if (is_catch(*at))
            return at;
        if (is_header(*at))
            *frame = at + 1;
    }
    return NULL;
}

// Not caught: the exit reason, and the report for errors.
static void end_process(struct proc *p, term class, term reason, term raw)
{
    struct heap *h = proc_heap(p);
    term value = reason;
    if (class == ATOM_throw)
        value = tuple2(h, ATOM_nocatch, reason);
    if (class != ATOM_exit) {
        value = tuple2(h, value, trace_build(h, raw));
        report_crash(p, value);
    }
    p->worker->failure.reason = value;
}

const word *raise_find_handler(struct proc *p, const word *ip)
{
    term *x = proc_x(p);
    struct failure *f = &worker_of(x)->failure;
    mailbox_detach(p);
    if (f->class == ATOM_throw && p->catches == 0) {
        f->class = ATOM_error;
        f->reason = tuple2(proc_heap(p), ATOM_nocatch, f->reason);
    }
    term raw = raw_trace(p, f, ip);
    term *frame, *slot = find_catch(p, &frame);
    if (!slot || p->catches == 0 || f->panic) {
        end_process(p, f->class, f->reason, raw);
        return NULL;
    }
    heap_set_stack(&p->heap, frame);
    x[0] = NONE;
    x[1] = f->class;
    x[2] = f->reason;
    x[3] = raw;
    return catch_handler(*slot);
}

term raise_catch_value(struct heap *h, term class, term reason, term raw)
{
    if (class == ATOM_throw)
        return reason;
    if (class == ATOM_error)
        reason = tuple2(h, reason, trace_build(h, raw));
    return tuple2(h, ATOM_EXIT, reason);
}
