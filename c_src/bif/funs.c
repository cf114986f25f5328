// SPDX-License-Identifier: Apache-2.0
// What funs are made of, and which functions there are.
#include "bif/bif.h"
#include "code/delegate.h"
#include "code/module.h"
#include "term/binary.h"

#include <string.h>

// The name that the compiler gave it; the empty list as long as its module is not loaded.
static term fun_name(const struct fun_entry *f)
{
    struct code_place place;
    const word *bytecode = fun_entry_bytecode(f);
    return bytecode && code_place(bytecode, &place) ? place.function->name : NIL;
}

// NONE: no such item.
static term export_info(const struct export *e, term item)
{
    switch (item) {
    case ATOM_module:
        return e->module;
    case ATOM_name:
        return e->function;
    case ATOM_arity:
        return small(e->arity);
    case ATOM_type:
        return ATOM_external;
    case ATOM_env:
        return NIL;
    case ATOM_pid:
    case ATOM_index:
    case ATOM_uniq:
    case ATOM_new_index:
    case ATOM_new_uniq:
    case ATOM_refc:
        return ATOM_undefined;
    }
    return NONE;
}

static term fun_info(struct heap *h, term fun, term item)
{
    const struct fun_entry *f = fun_entry_of(fun);
    switch (item) {
    case ATOM_module:
        return f->module;
    case ATOM_name:
        return fun_name(f);
    case ATOM_arity:
        return small(f->arity);
    case ATOM_type:
        return ATOM_local;
    case ATOM_env:
        return list_of(h, f->free, fun_free(fun), NIL);
    case ATOM_pid:
        return fun_creator(fun);
    case ATOM_index:
        return small((int32_t)f->old_index);
    case ATOM_uniq:
        return small((int32_t)f->old_unique);
    case ATOM_new_index:
        return small(f->index);
    case ATOM_new_uniq:
        return binary_from(h, f->unique, sizeof f->unique);
    case ATOM_refc:
        return small(1);
    }
    return NONE;
}

// Its name is known by its module, which is loaded for that. False: the process waits for it. What was purged has no name.
static bool name_is_here(struct proc *p, const struct fun_entry *f)
{
    return fun_entry_is_purged(f) || module_demand_fun(p, f);
}

static term bif_fun_info(struct proc *p, term *args)
{
    if (!is_fun(args[0]))
        return fail_badarg(p);
    struct heap *h = proc_heap(p);
    bool external = is_kind(args[0], KIND_EXPORT);
    if (!external && args[1] == ATOM_name && !name_is_here(p, fun_entry_of(args[0])))
        return fail_block(p);
    term value = external ? export_info(export_of(args[0]), args[1]) : fun_info(h, args[0], args[1]);
    return value == NONE ? fail_badarg(p) : tuple2(h, args[1], value);
}

static term bif_fun_info_mfa(struct proc *p, term *args)
{
    if (!is_fun(args[0]))
        return fail_badarg(p);
    term arity = small(fun_arity(args[0]));
    if (is_kind(args[0], KIND_EXPORT))
        return tuple3(proc_heap(p), export_of(args[0])->module, export_of(args[0])->function, arity);
    const struct fun_entry *f = fun_entry_of(args[0]);
    if (!name_is_here(p, f))
        return fail_block(p);
    return tuple3(proc_heap(p), f->module, fun_name(f), arity);
}

static bool is_name(const term *args)
{
    return is_atom(args[0]) && is_atom(args[1]) && is_small(args[2]);
}

static term bif_make_fun(struct proc *p, term *args)
{
    if (!is_name(args) || small_value(args[2]) < 0 || small_value(args[2]) > CONFIG_MAX_ARITY)
        return fail_badarg(p);
    return export_make(proc_heap(p), export_get(args[0], args[1], (uint32_t)small_value(args[2])));
}

static term asked_of_host(struct proc *p, const term *args)
{
    const term arguments[] = {ATOM_erlang, ATOM_function_exported, list_of(proc_heap(p), 3, args, NIL)};
    return fail_trap(p, export_get(ATOM_tandem_delegate, ATOM_call, 3), arguments);
}

// The host would have the module loaded already, so the engine loads it to know.
static term bif_function_exported(struct proc *p, term *args)
{
    if (!is_name(args))
        return fail_badarg(p);
    if (small_value(args[2]) < 0 || small_value(args[2]) > CONFIG_MAX_ARITY)
        return ATOM_false;
    uint32_t arity = (uint32_t)small_value(args[2]);
    const struct export *e = export_find(args[0], args[1], arity);
    if (e && export_is_callable(e))
        return ATOM_true;
    if (delegate_whole(args[0]))
        return asked_of_host(p, args);
    if (!module_demand(p, args[0]))
        return fail_block(p);
    e = export_find(args[0], args[1], arity);
    return bool_term(e && export_is_callable(e));
}

// Where the BEAM's answer is not whether the function is native here.
static const struct {
    const char *module, *function;
    uint32_t arity;
    bool is_builtin;
} builtins[] = {
#define BUILTIN(module, function, arity) {module, function, arity, true},
#define BYTECODE(module, function, arity) {module, function, arity, false},
#include "bif/builtins.def"
#undef BUILTIN
#undef BYTECODE
};

static bool is_text(term atom, const char *text)
{
    struct atom_text t = atom_text(atom);
    return strlen(text) == t.size && memcmp(t.bytes, text, t.size) == 0;
}

static bool is_builtin(term module, term function, uint32_t arity)
{
    for (size_t i = 0; i < COUNT_OF(builtins); i++)
        if (builtins[i].arity == arity && is_text(module, builtins[i].module) &&
            is_text(function, builtins[i].function))
            return builtins[i].is_builtin;
    const struct export *e = export_find(module, function, arity);
    return e && e->native && module != ATOM_tandem_native;
}

static term bif_is_builtin(struct proc *p, term *args)
{
    if (!is_name(args))
        return fail_badarg(p);
    if (small_value(args[2]) < 0 || small_value(args[2]) > CONFIG_MAX_ARITY)
        return ATOM_false;
    return bool_term(is_builtin(args[0], args[1], (uint32_t)small_value(args[2])));
}

static const struct native_row rows[] = {
    {"erlang", "fun_info", 2, bif_fun_info, 0},     {"erlang", "fun_info_mfa", 1, bif_fun_info_mfa, 0},
    {"erlang", "make_fun", 3, bif_make_fun, 0},     {"erlang", "function_exported", 3, bif_function_exported, 0},
    {"erlang", "is_builtin", 3, bif_is_builtin, 0},
};
const struct native_table natives_funs = {rows, COUNT_OF(rows)};
