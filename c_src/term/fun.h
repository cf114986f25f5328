// SPDX-License-Identifier: Apache-2.0
// What funs point to. An export is a name that can be called, M:F/A, whether or not its module is loaded; a fun entry is one
// `fun` of one version of a module. Both are interned and survive the module: code/ and bif/ fill in how they run. An export is
// never freed; a fun entry is once its module's code is gone and no fun is left of it (proc/reap.h). Entries stand among the literals.
// `code` always points to instructions that do the right thing (run it, load the module first, or raise undef), so
// a call never tests anything. `code`, `bytecode`, `flags` and `purged` change while others call: outside of code/export_hooks.c
// they are read by the functions below.
//   FUN     h, struct fun_entry *, creator's pid, free variables        EXPORT  h, struct export *
// Tables behind a lock: any thread.
#ifndef TANDEM_TERM_FUN_H
#define TANDEM_TERM_FUN_H

#include "term/heap.h"

struct proc;

// A native function: arguments in args[0..arity-1]. Gives its result, or NONE after recording a failure or a request in the
// process (proc/fail.h). It builds on proc_heap(p) and never collects.
typedef term native_function(struct proc *p, term *args);

struct export
{
    const word *code;    // what a call jumps to
    term module, function;
    uint32_t arity;
    uint32_t flags;             // enum export_flag
    native_function *native;    // NULL: bytecode or nothing
    const word *bytecode;       // of the current version of the loaded module, NULL: not exported by one
    word trampoline[4];         // instructions that `code` points to when there is no bytecode, written once
};

enum export_flag {
    EXPORT_GUARD = 1,        // callable in guards: never asks to wait
    EXPORT_DELEGATED = 2,    // runs on the host
    EXPORT_RAISES = 4,       // never returns: erlang:error/1,2,3, exit/1, throw/1
};

enum {
    FUN_WORDS = 3,    // beside the free variables
    EXPORT_WORDS = 2,
};

struct fun_entry {
    const word *code;    // as in struct export
    term module;
    uint32_t index, old_index, old_unique;
    uint32_t arity;    // of the fun, free variables not counted
    uint32_t free;     // free variables
    uint8_t unique[16];
    const word *bytecode;      // NULL: module version not loaded
    bool purged;               // it was, and is not wanted any more
    bool kept;                 // shared: funs of it stand where nobody looks for them
    bool given_up;             // in the list of those
    uint32_t loads;            // of modules that it belongs to: its code's, and all the others'
    struct fun_entry *next;    // given up
    word trampoline[4];
};

void funs_open(void);
void funs_close(void);

struct export *export_get(term module, term function, uint32_t arity);     // made when new
struct export *export_find(term module, term function, uint32_t arity);    // NULL: nobody ever named it

static inline const word *export_code(const struct export *e)
{
    return __atomic_load_n(&e->code, __ATOMIC_ACQUIRE);
}

static inline const word *export_bytecode(const struct export *e)
{
    return __atomic_load_n(&e->bytecode, __ATOMIC_ACQUIRE);
}

static inline bool export_has_flag(const struct export *e, enum export_flag flag)
{
    return __atomic_load_n(&e->flags, __ATOMIC_RELAXED) & flag;
}

static inline bool export_is_callable(const struct export *e)    // as far as is known here
{
    return e->native || export_bytecode(e) || export_has_flag(e, EXPORT_DELEGATED);
}

struct export *export_next(size_t *at);    // walks all; NULL at the end

// By module, index, old_index, old_unique, unique, arity and free (all that the external format tells); made when new.
struct fun_entry *fun_entry_get(const struct fun_entry *like);

// A module that has the fun is loaded, and is freed. Without any the entry is given up.
struct fun_entry *fun_entry_hold(const struct fun_entry *like);
void fun_entry_drop(struct fun_entry *f);

// Funs of it stand in what outlives processes, where fun_entries_free's caller does not look: it is never freed.
static inline void fun_entry_keep(struct fun_entry *f)
{
    __atomic_store_n(&f->kept, true, __ATOMIC_RELAXED);
}

// While no process runs: calls `used` for each that was given up and belongs to no module again, and frees those it denies.
void fun_entries_free(bool (*used)(const struct fun_entry *f, void *context), void *context);

static inline const word *fun_entry_code(const struct fun_entry *f)
{
    return __atomic_load_n(&f->code, __ATOMIC_ACQUIRE);
}

static inline const word *fun_entry_bytecode(const struct fun_entry *f)
{
    return __atomic_load_n(&f->bytecode, __ATOMIC_ACQUIRE);
}

static inline bool fun_entry_is_purged(const struct fun_entry *f)
{
    return __atomic_load_n(&f->purged, __ATOMIC_RELAXED);
}

// Called, with the table locked, on every fresh export and fun entry to fill `code` and `trampoline`; set once by code/ before
// any is made.
struct fun_hooks {
    void (*export_made)(struct export *e);
    void (*fun_made)(struct fun_entry *f);
};
void funs_set_hooks(struct fun_hooks hooks);

static inline struct fun_entry *fun_entry_of(term fun)
{
    return (struct fun_entry *)(uintptr_t)boxed_ptr(fun)[1];
}

static inline struct export *export_of(term fun)
{
    return (struct export *)(uintptr_t)boxed_ptr(fun)[1];
}

// A fun's arity, local or external.
uint32_t fun_arity(term fun);

static inline term fun_creator(term fun)
{
    return boxed_ptr(fun)[2];
}

static inline term *fun_free(term fun)
{
    return boxed_ptr(fun) + 3;
}

term fun_make(struct heap *h, struct fun_entry *entry, term creator, const term *free);
term export_make(struct heap *h, struct export *e);

#endif
