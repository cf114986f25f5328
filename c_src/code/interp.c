// SPDX-License-Identifier: Apache-2.0
#include "code/interp.h"

#include "base/memory.h"
#include "code/call.h"
#include "code/module.h"
#include "code/operators.h"
#include "code/trace.h"
#include "proc/collecting.h"
#include "proc/doom.h"
#include "proc/errand.h"
#include "proc/extra.h"
#include "proc/mailbox.h"
#include "proc/run.h"
#include "proc/signal.h"
#include "term/number.h"

#include <string.h>

struct operator_row operators[OPERATOR_COUNT] = {
#define OPERATOR(name, text, arity, function) [OPERATOR_##name] = {text, arity, function, NULL},
    OPERATOR_TABLE(OPERATOR)
#undef OPERATOR
};

void operators_open(void)
{
    for (size_t i = 0; i < OPERATOR_COUNT; i++)
        operators[i].export = export_get(ATOM_erlang, atom_from_c(operators[i].text), operators[i].arity);
}

bool interp_collected(term *x, const struct proc *p)
{
    struct interp *in = interp_of(x);
    bool collected = in->collected;
    in->collected = false;
    return collected || p->heap.end - p->heap.start > CONFIG_EXACT_WORDS;
}

// Ends a slice: registers are saved, the heap is up to date. Not in tail-call form, as nothing follows.
static void leave(struct proc *p, term *x, const word *ip, sword reds, enum run_result result)
{
    p->ip = ip;
    interp_of(x)->result = result;
    interp_of(x)->reductions = reds;
}

// A collection is the only thing for which a process leaves its worker in the middle of an expression. The registers stand in the
// worker, and others use them meanwhile.
static void keep_floats(struct proc *p, const term *x)
{
    const struct worker *w = (const struct worker *)(const void *)x;
    struct proc_extra *extra = proc_extra(p);
    if (!extra->floats)
        extra->floats = mem_alloc(sizeof w->f);
    memcpy(extra->floats, w->f, sizeof w->f);
    p->flags |= PROC_FLOATS;
}

static void restore_floats(struct proc *p, struct worker *w)
{
    memcpy(w->f, p->extra->floats, sizeof w->f);
    mem_free(p->extra->floats, sizeof w->f);
    p->extra->floats = NULL;
    p->flags &= ~(uint32_t)PROC_FLOATS;
}

// What instructions seldom go on to stays outside of them: in there it makes each save registers, and calls take 0.15 longer.
NOINLINE OP(collect)
{
    struct interp *in = interp_of(x);
    SWAP_OUT();
    if (UNLIKELY(collecting_begin(p, in->need, in->live, false))) {
        keep_floats(p, x);
        leave(p, x, ip, reds, RUN_YIELD);
        return;
    }
    proc_collect(p, in->need, in->live, false);
    SWAP_IN();
    in->collected = true;
    if (UNLIKELY(p->flags & (PROC_EXITING | PROC_DOOMED)))
        TAIL(op_doomed);
    DISPATCH();
}

// Its own signal waits for it, and ends it.
OP(doomed)
{
    SWAP_OUT();
    if (signal_waiting(p))
        signal_take(p);
    SWAP_IN();
    TAIL(op_exit);
}

NOINLINE OP(raise)
{
    SWAP_OUT();
    if (UNLIKELY(mem_passed()))
        doom_memory(p);
    if (UNLIKELY(p->flags & PROC_DOOMED))
        TAIL(op_doomed);
    const word *handler = raise_find_handler(p, ip);
    SWAP_IN();
    if (UNLIKELY(!handler))
        TAIL(op_exit);
    ip = handler;
    DISPATCH();
}

// A doomed process may find no room for them; it will not ask for them again. A collection that is done in turns saves them itself.
static void save_registers(struct proc *p, term *x, size_t live)
{
    if (errand_waits(p)) {
        errand_save(p, x, live);
        return;
    }
    if (call_wants_collection(p) || p->heap.limit - p->heap.top < (sword)live) {
        if (UNLIKELY(collecting_begin(p, 0, live, false)))
            return;
        proc_collect(p, live, live, false);
    }
    if (UNLIKELY(p->flags & PROC_DOOMED))
        return;
    term *stack = heap_stack(&p->heap) - live;
    memcpy(stack, x, live * sizeof *stack);
    heap_set_stack(&p->heap, stack);
    p->saved = (uint32_t)live;
}

NOINLINE OP(yield)
{
    SWAP_OUT();
    save_registers(p, x, interp_of(x)->live);
    leave(p, x, ip, reds, RUN_YIELD);
}

NOINLINE OP(block)
{
    SWAP_OUT();
    save_registers(p, x, interp_of(x)->live);
    p->flags |= PROC_BLOCKED;
    leave(p, x, ip, reds, RUN_WAIT);
}

NOINLINE OP(wait)
{
    SWAP_OUT();
    save_registers(p, x, interp_of(x)->live);
    leave(p, x, ip, reds, RUN_WAIT);
}

NOINLINE OP(exit)
{
    SWAP_OUT();
    leave(p, x, ip, reds, RUN_EXIT);
}

// hibernate: nothing is left but the call that wakes it, and what is live is packed.
static enum run_result hibernate(struct proc *p, term *x)
{
    heap_set_stack(&p->heap, p->heap.end);
    p->catches = 0;
    if (!collecting_begin(p, 0, 3, true)) {
        proc_collect(p, 0, 3, true);
        save_registers(p, x, 3);
    }
    mailbox_rewind(p);
    return p->mailbox.first || atomic_load(&p->mailbox.outer) ? RUN_YIELD : RUN_WAIT;
}

// The heap is up to date but for htop and the stack, which the native's caller has put right.
NOINLINE OP(handle_request)
{
    struct interp *in = interp_of(x);
    struct failure *f = &worker_of(x)->failure;
    switch (f->request) {
    case REQUEST_FAIL:
        in->blame_arguments = x;
        TAIL(op_raise);
    case REQUEST_TRAP:
        if (in->need == CALL_PUSH_RETURN)
            *--E = (term)(uintptr_t)(ip + 2);
        else
            E += in->need;
        in->live = f->trap->arity;
        ip = export_code(f->trap);
        if (UNLIKELY(reds <= 0))
            TAIL(op_yield);
        DISPATCH();
    case REQUEST_YIELD:
        in->live = in->blame->arity;
        TAIL(op_yield);
    case REQUEST_BLOCK:
        in->live = in->blame->arity;
        TAIL(op_block);
    case REQUEST_HIBERNATE:
        leave(p, x, run_hooks.apply_entry, reds, hibernate(p, x));
        return;
    case REQUEST_EXIT:
    case REQUEST_NONE:
        break;
    }
    TAIL(op_exit);
}

static _Thread_local struct interp own_interp;

static enum run_result run(struct worker *w, struct proc *p, sword reductions, sword *used)
{
    term *x = w->x;
    struct interp *in = &own_interp;
    w->build = in;
    in->whole.late = &in->late;
    if (CONFIG_STRESS) {
        in->collected = p->flags & PROC_COLLECTED;
        p->flags &= ~(uint32_t)PROC_COLLECTED;
    }
    const word *ip = p->ip;
    term *E = heap_stack(&p->heap);
    memcpy(x, E, p->saved * sizeof *x);
    E += p->saved;
    p->saved = 0;
    heap_set_stack(&p->heap, E);
    if (UNLIKELY(errand_waits(p)))
        errand_restore(p, x);
    if (UNLIKELY(p->flags & PROC_FLOATS))
        restore_floats(p, w);
    ((op_function *)(uintptr_t)*ip)(ip, x, E, p->heap.top, reductions, p);
    *used = reductions - in->reductions;
    return (enum run_result)in->result;
}

static word call_code, fun_code, apply_code;

static void mark_raising(const char *name, uint32_t arity)
{
    export_get(ATOM_erlang, atom_from_c(name), arity)->flags |= EXPORT_RAISES;
}

void interp_open(void)
{
    operators_open();
    call_open();
    for (uint32_t arity = 1; arity <= 3; arity++)
        mark_raising("error", arity);
    mark_raising("exit", 1);
    mark_raising("throw", 1);
    call_code = (word)(uintptr_t)op_call_entry_plain;
    fun_code = (word)(uintptr_t)op_fun_entry_plain;
    apply_code = (word)(uintptr_t)op_apply_entry_plain;
    run_hooks.run = run;
    run_hooks.call_entry = &call_code;
    run_hooks.fun_entry = &fun_code;
    run_hooks.apply_entry = &apply_code;
    run_hooks.stack = trace_of_stack;
    run_hooks.place = trace_place;
    run_hooks.backtrace = trace_text;
    run_hooks.uses_old_code = module_in_use;
}

word op_address_call_undefined(void)
{
    return (word)(uintptr_t)op_call_undefined_plain;
}

word op_address_call_native(void)
{
    return (word)(uintptr_t)op_native_body_plain;
}

word op_address_call_delegate(void)
{
    return (word)(uintptr_t)op_call_delegate_plain;
}

word op_address_fun_undefined(void)
{
    return (word)(uintptr_t)op_fun_undefined_plain;
}
