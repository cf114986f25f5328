// SPDX-License-Identifier: Apache-2.0
#include "code/call.h"

#include "code/delegate.h"
#include "code/demand.h"
#include "code/interp.h"
#include "code/module.h"
#include "proc/collecting.h"
#include "proc/extra.h"

#include <string.h>

static const struct call_target nowhere = {NULL, 0, false};
static const struct call_target waits = {NULL, CALL_WAITS, false};

// Written once, before any worker runs.
static word end_code;
static const struct export *delegate;

void call_open(void)
{
    end_code = (word)(uintptr_t)op_process_end_plain;
    delegate = export_get(atom_from_c("tandem_delegate"), ATOM_call, 3);
}

static struct call_target to_export(const struct export *e)
{
    return (struct call_target){export_code(e), e->arity, export_has_flag(e, EXPORT_RAISES)};
}

static struct heap *heap_of(term *x)
{
    return proc_heap(worker_of(x)->current);
}

// The blame goes to erlang:apply, with as many arguments as it was called with.
static struct call_target bad_apply(term *x, uint32_t arity, const term *arguments)
{
    raise_native(x, ATOM_badarg, export_get(ATOM_erlang, ATOM_apply, arity), arguments);
    return nowhere;
}

// Spreads a list over x registers from x0. False: not a proper list, or too long.
static bool spread(term *x, term list, word *arity)
{
    sword length = list_length(list);
    if (length < 0 || length > CONFIG_MAX_ARITY)
        return false;
    for (*arity = 0; is_list(list); list = tail(list))
        x[(*arity)++] = head(list);
    return true;
}

// An apply/3 that is applied itself shows in no stack trace: what counts is what is called in the end.
static void unwrap_apply(term *x)
{
    while (x[0] == ATOM_erlang && x[1] == ATOM_apply && list_length(x[2]) == 3) {
        term rest = tail(x[2]);
        x[0] = head(x[2]);
        x[1] = head(rest);
        x[2] = head(tail(rest));
    }
}

struct call_target call_apply_list(term *x)
{
    unwrap_apply(x);
    term module = x[0], function = x[1], arguments = x[2];
    word arity;
    if (UNLIKELY(!is_atom(module) || !is_atom(function) || !spread(x, arguments, &arity)))
        return bad_apply(x, 3, (term[]){module, function, arguments});
    return to_export(export_get(module, function, (uint32_t)arity));
}

struct call_target call_apply(term *x, word arity)
{
    term module = x[arity], function = x[arity + 1];
    if (UNLIKELY(!is_atom(module) || !is_atom(function)))
        return bad_apply(x, 3, (term[]){module, function, list_of(heap_of(x), arity, x, NIL)});
    if (UNLIKELY(module == ATOM_erlang && function == ATOM_apply && arity == 3))
        return call_apply_list(x);
    return to_export(export_get(module, function, (uint32_t)arity));
}

struct call_target call_fun_list(term *x)
{
    term fun = x[0], arguments = x[1];
    word arity;
    if (UNLIKELY(!spread(x, arguments, &arity)))
        return bad_apply(x, 2, (term[]){fun, arguments});
    return call_fun(x, fun, arity);
}

// The call has left its return address when it fails: the stack trace shows the caller twice, as on the BEAM.
static struct call_target bad_fun(term *x, term fun, word arity)
{
    static const struct call_target returned = {.raises = true};
    struct heap *h = heap_of(x);
    if (!is_fun(fun)) {
        raise_error(x, tuple2(h, ATOM_badfun, fun));
        return returned;
    }
    term arguments = list_of(h, arity, x, NIL);
    raise_error(x, tuple2(h, ATOM_badarity, tuple2(h, fun, arguments)));
    return returned;
}

// A caller has stored its stack and heap when this is called for a fun that is none: bad_fun builds on the heap.
struct call_target call_fun(term *x, term fun, word arity)
{
    if (UNLIKELY(!is_fun(fun) || fun_arity(fun) != arity))
        return bad_fun(x, fun, arity);
    if (header_kind(*boxed_ptr(fun)) == KIND_EXPORT)
        return (struct call_target){export_code(export_of(fun)), arity, false};
    const struct fun_entry *f = fun_entry_of(fun);
    const term *free = fun_free(fun);
    for (uint32_t i = 0; i < f->free; i++)
        x[arity + i] = free[i];
    return (struct call_target){fun_entry_code(f), arity + f->free, false};
}

// The module may define what happens when one of its functions does not exist.
static struct call_target undefined_function(struct proc *p, const struct export *e)
{
    term *x = proc_x(p);
    struct heap *h = proc_heap(p);
    const struct export *handler = export_find(e->module, ATOM_handle_undefined_function, 2);
    if (!handler || !export_bytecode(handler)) {
        raise_undefined(x, e);
        return nowhere;
    }
    term arguments = list_of(h, e->arity, x, NIL);
    x[0] = e->function;
    x[1] = arguments;
    return to_export(handler);
}

// What the module that the process named as its own error handler says. The module is loaded like any other that is called.
static struct call_target own_handler(struct proc *p, const struct export *e)
{
    term *x = proc_x(p), handler = proc_error_handler(p);
    if (!module_find(handler) && !module_demand(p, handler))
        return waits;
    const struct export *said = export_find(handler, ATOM_undefined_function, 3);
    if (!said || !export_bytecode(said)) {
        raise_undefined(x, e);
        return nowhere;
    }
    x[2] = list_of(proc_heap(p), e->arity, x, NIL);
    x[0] = e->module;
    x[1] = e->function;
    return to_export(said);
}

struct call_target call_undefined(struct proc *p, const struct export *e)
{
    if (export_code(e) != e->trampoline)
        return to_export(e);
    if (!module_find(e->module) && !module_demand(p, e->module))
        return waits;
    if (export_code(e) != e->trampoline)
        return to_export(e);
    return proc_error_handler(p) == ATOM_error_handler ? undefined_function(p, e) : own_handler(p, e);
}

// The error handler, OTP's or the process's own, says what a fun is whose module doesn't exist.
static struct call_target without_module(struct proc *p, const struct fun_entry *f, term fun)
{
    term *x = proc_x(p);
    x[2] = list_of(heap_of(x), f->arity, x, NIL);
    x[0] = f->module;
    x[1] = fun;
    return to_export(export_get(proc_error_handler(p), ATOM_undefined_lambda, 3));
}

struct call_target call_fun_undefined(struct proc *p, const struct fun_entry *f)
{
    term *x = proc_x(p);
    if (fun_entry_code(f) == f->trampoline && !module_demand_fun(p, f))
        return waits;
    const word *code = fun_entry_code(f);
    if (code != f->trampoline)
        return (struct call_target){code, f->arity + f->free, false};
    struct heap *h = proc_heap(p);
    term fun = fun_make(h, (struct fun_entry *)(uintptr_t)f, p->pid, x + f->arity);
    if (!module_find(f->module))
        return without_module(p, f, fun);
    raise_error(x, tuple2(h, ATOM_badfun, fun));
    return nowhere;
}

struct call_target call_delegate(struct proc *p, const struct export *e)
{
    term *x = proc_x(p);
    x[2] = list_of(proc_heap(p), e->arity, x, NIL);
    x[0] = e->module;
    x[1] = e->function;
    delegate_count();
    return to_export(delegate);
}

// A process spawned as erlang:apply(Fun, [A ..]) or erlang:apply(Module, Function, [A ..]): that call doesn't show in its stack
// traces.
struct call_target call_apply_entry(term *x)
{
    term arguments = x[2];
    sword length = list_length(arguments);
    if (x[0] != ATOM_erlang || x[1] != ATOM_apply || (length != 2 && length != 3))
        return call_apply_list(x);
    for (sword i = 0; i < length; i++, arguments = tail(arguments))
        x[i] = head(arguments);
    return length == 2 ? call_fun_list(x) : call_apply_list(x);
}

const word *call_end_code(void)
{
    return &end_code;
}

bool call_collect(struct proc *p, size_t live)
{
    if (UNLIKELY(proc_collects_long(p, false)))
        return false;
    proc_collect(p, 0, live, false);
    return true;
}
