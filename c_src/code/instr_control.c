// SPDX-License-Identifier: Apache-2.0
// Instructions: stack frames, calls and returns.
#include "code/interp.h"

#include "code/call.h"
#include "term/fun.h"

OP(swap_any)
{
    term kept = D(0);
    D(0) = D(1);
    D(1) = kept;
    NEXT(2);
}

OP(init_y)
{
    Y(0) = NIL;
    NEXT(1);
}

// Operands: y registers, heap words wanted as well, live x registers.
OP(allocate_plain)
{
    word slots = A(0);
    if (!HAS_WORDS(slots + A(1)))
        COLLECT(slots + A(1), A(2));
    E -= slots;
#pragma clang loop vectorize(disable) unroll(disable)
    for (word i = 0; i < slots; i++)
        E[i] = NIL;
    NEXT(3);
}

// Frames of few slots, the common ones. Operands: heap words wanted as well, live x registers.
#define ALLOCATE(name, slots) \
    OP(name) \
    { \
        if (!HAS_WORDS((slots) + A(0))) \
            COLLECT((slots) + A(0), A(1)); \
        E -= (slots); \
        for (word i = 0; i < (slots); i++) \
            E[i] = NIL; \
        NEXT(2); \
    }

ALLOCATE(allocate_none_plain, 0)
ALLOCATE(allocate_one_plain, 1)
ALLOCATE(allocate_two_plain, 2)

OP(test_heap_plain)
{
    if (!HAS_WORDS(A(0)))
        COLLECT(A(0), A(1));
    NEXT(2);
}

OP(deallocate_plain)
{
    E += A(0);
    NEXT(1);
}

// Every call and every return costs a reduction, as on the BEAM since it has a JIT: so who comes back from a deep recursion gives
// way too. op_yield saves as many x registers as the function called has arguments, or the result.
#define GO_ON(address, live_registers) \
    do { \
        if (UNLIKELY(--reds <= 0)) { \
            interp_of(x)->live = (live_registers); \
            ip = (const word *)(uintptr_t)(address); \
            TAIL(op_yield); \
        } \
        JUMP(address); \
    } while (0)
#define CALL(address, arity) GO_ON(address, arity)
#define RETURN(words) \
    do { \
        E += (words) + 1; \
        GO_ON(E[-1], 1); \
    } while (0)

OP(deallocate_return_plain)
{
    RETURN(A(0));
}

OP(return_plain)
{
    RETURN(0);
}

OP(trim_plain)
{
    E += A(0);
    NEXT(1);
}

OP(jump_plain)
{
    JUMP(A(0));
}

OP(call_plain)
{
    *--E = (term)(uintptr_t)(ip + 3);
    CALL(A(0), A(1));
}

OP(call_only_plain)
{
    CALL(A(0), A(1));
}

OP(call_last_plain)
{
    E += A(2);
    CALL(A(0), A(1));
}

#define MOVE_CALLS(variant, from) \
    OP(move_call_##variant) \
    { \
        X(1) = from(0); \
        *--E = (term)(uintptr_t)(ip + 5); \
        CALL(A(2), A(3)); \
    } \
    OP(move_call_only_##variant) \
    { \
        X(1) = from(0); \
        CALL(A(2), A(3)); \
    } \
    OP(move_call_last_##variant) \
    { \
        X(1) = from(0); \
        E += A(4); \
        CALL(A(2), A(3)); \
    }

MOVE_CALLS(xx, X)
MOVE_CALLS(yx, Y)

OP(call_ext_plain)
{
    const struct export *e = EXPORT(0);
    *--E = (term)(uintptr_t)(ip + 2);
    CALL(export_code(e), e->arity);
}

OP(call_ext_only_plain)
{
    CALL(export_code(EXPORT(0)), EXPORT(0)->arity);
}

OP(call_ext_last_plain)
{
    E += A(1);
    CALL(export_code(EXPORT(0)), EXPORT(0)->arity);
}

// Natives. Their result goes to x0; NONE means that the worker's failure tells what to do.
// The collection after a native that had to take fragments is the interpreter's, as no other place knows what is live.
#define CALL_NATIVE(e, after) \
    do { \
        SWAP_OUT(); \
        p->ip = ip; \
        worker_of(x)->left = reds; \
        const struct fragment *before = p->heap.fragments; \
        term result = (e)->native(p, x); \
        htop = p->heap.top; \
        reds--; \
        if (UNLIKELY(worker_of(x)->charge)) \
            reds -= interp_charged(x); \
        if (UNLIKELY(!result)) { \
            interp_of(x)->blame = (e); \
            after; \
            TAIL(op_handle_request); \
        } \
        x[0] = result; \
        if (call_native_wants_collection(p, before) && !call_collect(p, 1)) \
            reds = 0; \
        SWAP_IN(); \
    } while (0)

// After a trap the call returns to where the native would have returned to.
OP(call_native_plain)
{
    CALL_NATIVE(EXPORT(0), interp_of(x)->need = CALL_PUSH_RETURN);
    NEXT(1);
}

OP(call_native_only_plain)
{
    CALL_NATIVE(EXPORT(0), interp_of(x)->need = 0);
    RETURN(0);
}

OP(call_native_last_plain)
{
    CALL_NATIVE(EXPORT(0), interp_of(x)->need = A(1));
    RETURN(A(1));
}

// What a native's export points to: called as any function is.
OP(native_body_plain)
{
    CALL_NATIVE(EXPORT(0), interp_of(x)->need = 0);
    RETURN(0);
}

// Calls of what is known only when the call happens: call.c finds the code and places the arguments in x registers.
// The call returns behind the instruction, or (in tail position) to the caller after `words` of the stack are dropped. What never
// returns is told an address within the instruction: it is looked up as it stands.
#define CALL_FOUND(target, operands) \
    do { \
        SWAP_OUT(); \
        struct call_target found = (target); \
        if (UNLIKELY(!found.code)) { \
            htop = p->heap.top; \
            if (found.raises) \
                *--E = (term)(uintptr_t)(ip + 1 + (operands)); \
            TAIL(op_raise); \
        } \
        *--E = (term)(uintptr_t)(ip + 1 + (operands)); \
        CALL(found.code, found.arity); \
    } while (0)
#define JUMP_FOUND(target, operands, words) \
    do { \
        SWAP_OUT(); \
        struct call_target found = (target); \
        if (UNLIKELY(!found.code)) { \
            htop = p->heap.top; \
            TAIL(op_raise); \
        } \
        if (UNLIKELY(found.raises)) \
            *--E = (term)(uintptr_t)(ip + (operands)); \
        else \
            E += (words); \
        CALL(found.code, found.arity); \
    } while (0)

OP(apply_plain)
{
    CALL_FOUND(call_apply(x, A(0)), 1);
}

OP(apply_last_plain)
{
    JUMP_FOUND(call_apply(x, A(0)), 2, A(1));
}

OP(apply_list_plain)
{
    CALL_FOUND(call_apply_list(x), 0);
}

OP(apply_list_only_plain)
{
    JUMP_FOUND(call_apply_list(x), 0, 0);
}

OP(apply_list_last_plain)
{
    JUMP_FOUND(call_apply_list(x), 1, A(0));
}

// Its operand, the export of apply/2, only takes room: a return address next to the instruction would not show in a trace.
OP(apply_fun_list_plain)
{
    CALL_FOUND(call_fun_list(x), 1);
}

OP(apply_fun_list_only_plain)
{
    JUMP_FOUND(call_fun_list(x), 1, 0);
}

OP(apply_fun_list_last_plain)
{
    JUMP_FOUND(call_fun_list(x), 2, A(1));
}

OP(call_fun_plain)
{
    CALL_FOUND(call_fun(x, x[A(0)], A(0)), 1);
}

OP(call_fun2_plain)
{
    CALL_FOUND(call_fun(x, S(1), A(0)), 2);
}

OP(call_fun_last_plain)
{
    JUMP_FOUND(call_fun(x, x[A(0)], A(0)), 2, A(1));
}

OP(call_fun2_last_plain)
{
    JUMP_FOUND(call_fun(x, S(1), A(0)), 3, A(2));
}

// Operands: fun entry, target, number of free variables; then the variables. test_heap or allocate came before, or the
// heap takes a fragment.
OP(make_fun_plain)
{
    word free = A(2);
    SWAP_OUT();
    term *object = heap_alloc(&p->heap, FUN_WORDS + free);
    htop = p->heap.top;
    object[0] = header(KIND_FUN, FUN_WORDS - 1 + free);
    object[1] = A(0);
    object[2] = p->pid;
    for (word i = 0; i < free; i++)
        object[FUN_WORDS + i] = S(3 + i);
    D(1) = boxed_term(object);
    NEXT(3 + free);
}

// No clause of the function matched its arguments.
OP(func_info_plain)
{
    interp_of(x)->live = A(2);
    raise_error(x, ATOM_function_clause);
    TAIL(op_raise);
}

OP(call_undefined_plain)
{
    SWAP_OUT();
    struct call_target found = call_undefined(p, EXPORT(0));
    SWAP_IN();
    if (found.code)
        JUMP(found.code);
    if (found.arity == CALL_WAITS) {
        interp_of(x)->live = EXPORT(0)->arity;
        TAIL(op_block);
    }
    TAIL(op_raise);
}

OP(fun_undefined_plain)
{
    const struct fun_entry *f = (const struct fun_entry *)(uintptr_t)A(0);
    SWAP_OUT();
    struct call_target found = call_fun_undefined(p, f);
    SWAP_IN();
    if (found.code)
        JUMP(found.code);
    if (found.arity == CALL_WAITS) {
        interp_of(x)->live = f->arity + f->free;
        TAIL(op_block);
    }
    TAIL(op_raise);
}

OP(call_delegate_plain)
{
    SWAP_OUT();
    struct call_target found = call_delegate(p, EXPORT(0));
    SWAP_IN();
    CALL(found.code, found.arity);
}

// A fresh process: module, function, argument list in x0 .. x2.
// The start of a process: proc/run.h.
OP(call_entry_plain)
{
    *--E = (term)(uintptr_t)call_end_code();
    CALL(p->initial->code, p->initial->arity);
}

#define START_FOUND(target) \
    do { \
        SWAP_OUT(); \
        struct call_target found = (target); \
        htop = p->heap.top; \
        if (UNLIKELY(!found.code)) \
            TAIL(op_raise); \
        *--E = (term)(uintptr_t)call_end_code(); \
        CALL(found.code, found.arity); \
    } while (0)

// No call of apply shows in the stack traces of a process that was spawned with a fun.
OP(fun_entry_plain)
{
    START_FOUND(call_fun(x, x[0], 0));
}

OP(apply_entry_plain)
{
    START_FOUND(call_apply_entry(x));
}

OP(process_end_plain)
{
    raise_class(x, ATOM_exit, ATOM_normal);
    TAIL(op_exit);
}

OP(bad_code_plain)
{
    raise_error(x, ATOM_badarg);
    TAIL(op_raise);
}
