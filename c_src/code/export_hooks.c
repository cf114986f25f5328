// SPDX-License-Identifier: Apache-2.0
#include "code/export_hooks.h"

#include "code/delegate.h"
#include "code/interp.h"

// The stub is one instruction; calls that are under way meanwhile see the one before or this one. Its operand is what the stub
// belongs to: written when that is made, before anybody can see it, and never again.
static void set_stub(word *stub, word instruction, const void *owner)
{
    if (!stub[1])
        stub[1] = (word)(uintptr_t)owner;
    if (stub[0] != instruction)
        __atomic_store_n(&stub[0], instruction, __ATOMIC_RELEASE);
}

static void set_code(const word **code, const word *to)
{
    __atomic_store_n(code, to, __ATOMIC_RELEASE);
}

void export_refresh(struct export *e)
{
    bool delegated = e->flags & EXPORT_DELEGATED;
    word instruction = e->native   ? op_address_call_native()
                       : delegated ? op_address_call_delegate()
                                   : op_address_call_undefined();
    set_stub(e->stub, instruction, e);
    set_code(&e->code, e->bytecode && !e->native && !delegated ? e->bytecode : e->stub);
}

void fun_refresh(struct fun_entry *f)
{
    set_stub(f->stub, op_address_fun_undefined(), f);
    set_code(&f->code, f->bytecode ? f->bytecode : f->stub);
}

// The tables are locked: nothing here may name another export.
static void export_made(struct export *e)
{
    if (delegate_has(e->module, e->function, e->arity))
        e->flags |= EXPORT_DELEGATED;
    export_refresh(e);
}

void export_hooks_open(void)
{
    funs_set_hooks((struct fun_hooks){.export_made = export_made, .fun_made = fun_refresh});
}
