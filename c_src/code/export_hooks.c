// SPDX-License-Identifier: Apache-2.0
#include "code/export_hooks.h"

#include "base/lock.h"
#include "code/delegate.h"
#include "code/interp.h"

// Where an export's instruction that calls the host stands; the one before it is for all others.
enum { DELEGATE_TRAMPOLINE = 2 };

static struct lock changing;

static void set_trampoline(word *trampoline, word instruction, const void *owner)
{
    trampoline[0] = instruction;
    trampoline[1] = (word)(uintptr_t)owner;
}

// With the lock held, or before anybody can see it.
static void refresh_export(struct export *e)
{
    const word *code = e->native                              ? e->trampoline
                       : export_has_flag(e, EXPORT_DELEGATED) ? e->trampoline + DELEGATE_TRAMPOLINE
                       : e->bytecode                          ? e->bytecode
                                                              : e->trampoline;
    __atomic_store_n(&e->code, code, __ATOMIC_RELEASE);
}

static void refresh_fun(struct fun_entry *f)
{
    __atomic_store_n(&f->code, f->bytecode ? f->bytecode : f->trampoline, __ATOMIC_RELEASE);
}

void export_set_native(struct export *e, native_function *native, uint32_t flags)
{
    e->native = native;
    e->flags |= flags;
    set_trampoline(e->trampoline, op_address_call_native(), e);
    refresh_export(e);
}

void export_set_bytecode(struct export *e, const word *bytecode)
{
    lock_take(&changing);
    __atomic_store_n(&e->bytecode, bytecode, __ATOMIC_RELEASE);
    refresh_export(e);
    lock_give(&changing);
}

void export_set_delegated(struct export *e, bool delegated)
{
    lock_take(&changing);
    uint32_t others = e->flags & ~(uint32_t)EXPORT_DELEGATED;
    __atomic_store_n(&e->flags, others | (delegated ? EXPORT_DELEGATED : 0), __ATOMIC_RELAXED);
    refresh_export(e);
    lock_give(&changing);
}

void fun_set_bytecode(struct fun_entry *f, const word *bytecode)
{
    lock_take(&changing);
    __atomic_store_n(&f->purged, bytecode == NULL, __ATOMIC_RELAXED);
    __atomic_store_n(&f->bytecode, bytecode, __ATOMIC_RELEASE);
    refresh_fun(f);
    lock_give(&changing);
}

// The tables are locked: nothing here may name another export.
static void export_made(struct export *e)
{
    if (delegate_has(e->module, e->function, e->arity))
        e->flags |= EXPORT_DELEGATED;
    set_trampoline(e->trampoline, op_address_call_undefined(), e);
    set_trampoline(e->trampoline + DELEGATE_TRAMPOLINE, op_address_call_delegate(), e);
    refresh_export(e);
}

static void fun_made(struct fun_entry *f)
{
    set_trampoline(f->trampoline, op_address_fun_undefined(), f);
    refresh_fun(f);
}

void export_hooks_open(void)
{
    lock_init(&changing);
    funs_set_hooks((struct fun_hooks){.export_made = export_made, .fun_made = fun_made});
}
