// SPDX-License-Identifier: Apache-2.0
// Natives about code: what is loaded, loading, versions, and what the host's code server does for the BEAM.
#include "base/memory.h"
#include "bif/bif.h"
#include "bif/prepared.h"
#include "code/delegate.h"
#include "code/demand.h"
#include "code/module.h"
#include "code/preloaded.h"
#include "proc/sched.h"
#include "term/binary.h"
#include "term/copy.h"
#include "term/ident.h"

#include <string.h>

// Information about a module.

static term exports_list(struct heap *h, const struct module *m)
{
    term list = NIL;
    const struct export *e;
    for (size_t at = 0; (e = export_next(&at));)
        if (e->module == m->name && export_bytecode(e))
            list = cons(h, tuple2(h, e->function, small(e->arity)), list);
    return list;
}

static term functions_list(struct heap *h, const struct module *m)
{
    term list = NIL;
    for (uint32_t i = m->function_count; i-- > 0;)
        list = cons(h, tuple2(h, m->functions[i].name, small(m->functions[i].arity)), list);
    return list;
}

// NONE: there is no such item.
static term module_item(struct heap *h, const struct module *m, term item)
{
    switch (item) {
    case ATOM_module:
        return m->name;
    case ATOM_md5:
        return binary_from(h, m->md5, sizeof m->md5);
    case ATOM_exports:
        return exports_list(h, m);
    case ATOM_functions:
        return functions_list(h, m);
    case ATOM_attributes:
        return m->attributes;
    case ATOM_compile:
        return m->compile_info;
    case ATOM_nifs:
    case ATOM_native_addresses:
        return NIL;
    case ATOM_native:
        return ATOM_false;
    }
    return NONE;
}

static term bif_get_module_info_1(struct proc *p, term *args)
{
    static const term items[] = {ATOM_md5, ATOM_compile, ATOM_attributes, ATOM_exports, ATOM_module};
    struct heap *h = proc_heap(p);
    const struct module *m = is_atom(args[0]) ? module_find(args[0]) : NULL;
    if (!m)
        return fail_badarg(p);
    term list = NIL;
    for (size_t i = 0; i < COUNT_OF(items); i++)
        list = cons(h, tuple2(h, items[i], module_item(h, m, items[i])), list);
    return list;
}

static term bif_get_module_info_2(struct proc *p, term *args)
{
    const struct module *m = is_atom(args[0]) ? module_find(args[0]) : NULL;
    term value = m ? module_item(proc_heap(p), m, args[1]) : NONE;
    return value != NONE ? value : fail_badarg(p);
}

static term bif_module_loaded(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_badarg(p);
    return bool_term(module_find(args[0]) != NULL);
}

static term bif_loaded(struct proc *p, term *args)
{
    (void)args;
    term list = NIL, name;
    for (size_t at = 0; (name = module_next(&at)) != NONE;)
        list = cons(proc_heap(p), name, list);
    return list;
}

// What is part of the BEAM itself; here it comes from the host like any other module.
static term bif_pre_loaded(struct proc *p, term *args)
{
    (void)args;
    return preloaded_list(proc_heap(p));
}

// Object code as bytes. The caller frees *copy, of *size bytes, if it is not NULL.
static const uint8_t *code_bytes(term binary, size_t *size, uint8_t **copy)
{
    *copy = NULL;
    return is_binary(binary) ? binary_bytes(binary, size, copy) : NULL;
}

static void free_code_bytes(uint8_t *copy, size_t size)
{
    mem_free(copy, copy ? size : 0);
}

static term bif_beamfile_module_md5(struct proc *p, term *args)
{
    size_t size;
    uint8_t *copy;
    const char *why;
    const uint8_t *bytes = code_bytes(args[0], &size, &copy);
    if (!bytes)
        return fail_badarg(p);
    struct beam_file *b = beam_file_new(bytes, size, &why);
    term md5 = b ? binary_from(proc_heap(p), b->md5, sizeof b->md5) : (term)ATOM_undefined;
    if (b)
        beam_file_free(b);
    free_code_bytes(copy, size);
    return md5;
}

// Four bytes as a list.
static bool chunk_name(term list, uint8_t name[4])
{
    for (int i = 0; i < 4; i++, list = tail(list)) {
        if (!is_list(list) || !is_small(head(list)) || (word)small_value(head(list)) > UINT8_MAX)
            return false;
        name[i] = (uint8_t)small_value(head(list));
    }
    return is_nil(list);
}

static term bif_beamfile_chunk(struct proc *p, term *args)
{
    size_t size, chunk_size;
    uint8_t *copy, name[4];
    if (!chunk_name(args[1], name))
        return fail_badarg(p);
    const uint8_t *bytes = code_bytes(args[0], &size, &copy);
    if (!bytes)
        return fail_badarg(p);
    const uint8_t *chunk = beam_chunk(bytes, size, name, &chunk_size);
    term part = ATOM_undefined;
    if (chunk && chunk_size)
        part = binary_part_bits(proc_heap(p), args[0], (size_t)(chunk - bytes) * 8, chunk_size * 8);
    free_code_bytes(copy, size);
    return part;
}

// Loading by hand, in two steps (bif/prepared.h).

// NULL: not a module, or not this one. The argument has been checked to be a binary.
static struct module *build(term name, term binary)
{
    size_t size;
    uint8_t *copy;
    const char *why;
    const uint8_t *bytes = code_bytes(binary, &size, &copy);
    struct module *m = module_build(bytes, size, &why);
    free_code_bytes(copy, size);
    if (m && m->name != name) {
        module_free(m);
        m = NULL;
    }
    return m;
}

static term bif_prepare_loading(struct proc *p, term *args)
{
    struct heap *h = proc_heap(p);
    if (!is_atom(args[0]) || !is_binary(args[1]))
        return fail_badarg(p);
    struct module *m = build(args[0], args[1]);
    if (!m)
        return tuple2(h, ATOM_error, ATOM_badfile);
    term ref = ref_new(h);
    prepared_add(ref_ids(ref), m);
    return ref;
}

static term bif_has_prepared_code_on_load(struct proc *p, term *args)
{
    bool has;
    return prepared_has_on_load(args[0], &has) ? bool_term(has) : fail_badarg(p);
}

// Two versions are loaded already: there is no place for a third until the old one is purged.
static bool is_full(term name)
{
    return module_find(name) && module_old(name);
}

// The modules of a list of references, while they are being finished.
struct finishing {
    struct module **all;
    size_t room;
    unsigned count;
};

// The module of a reference that the list has a second time.
static struct module *taken_before(const struct finishing *f, term list, term ref)
{
    for (unsigned i = 0; is_kind(ref, KIND_REF) && i < f->count; i++, list = tail(list))
        if (memcmp(ref_ids(head(list)), ref_ids(ref), sizeof(struct ref_ids)) == 0)
            return f->all[i];
    return NULL;
}

// False: not a list of that, or a longer one than there can be. Those before are taken all the same.
static bool take_all(struct finishing *f, term list)
{
    sword length = list_length(list);
    if (length < 0 || length > 2 * PREPARED_MAX)
        return false;
    f->room = (size_t)length;
    f->all = mem_alloc(f->room * sizeof(struct module *));
    for (term l = list; is_list(l); l = tail(l)) {
        struct module *m = prepared_take(head(l));
        m = m ? m : taken_before(f, list, head(l));
        if (!m)
            return false;
        f->all[f->count++] = m;
    }
    return true;
}

static void finishing_done(struct finishing *f)
{
    mem_free(f->all, f->room * sizeof(struct module *));
}

static bool is_there_before(const struct finishing *f, unsigned i)
{
    for (unsigned j = 0; j < i; j++)
        if (f->all[j] == f->all[i])
            return true;
    return false;
}

static void put_back(struct finishing *f, term list)
{
    for (unsigned i = 0; i < f->count; i++, list = tail(list))
        if (!is_there_before(f, i))
            prepared_add(ref_ids(head(list)), f->all[i]);
    finishing_done(f);
}

static bool is_repeated(const struct finishing *f, unsigned i)
{
    for (unsigned j = 0; j < i; j++)
        if (f->all[j]->name == f->all[i]->name)
            return true;
    return false;
}

static bool is_not_purged(const struct finishing *f, unsigned i)
{
    return is_full(f->all[i]->name);
}

static bool has_on_load(const struct finishing *f, unsigned i)
{
    return f->all[i]->on_load != NULL;
}

// The names of those that are in a certain state, the last one first.
static term names_of(struct heap *h, const struct finishing *f, bool (*in_state)(const struct finishing *, unsigned))
{
    term names = NIL;
    for (unsigned i = 0; i < f->count; i++)
        if (in_state(f, i))
            names = cons(h, f->all[i]->name, names);
    return names;
}

// NONE: nothing speaks against finishing; else the result.
static term objection(struct heap *h, const struct finishing *f)
{
    term names = names_of(h, f, is_repeated);
    if (!is_nil(names))
        return tuple2(h, ATOM_duplicated, names);
    names = names_of(h, f, is_not_purged);
    return is_nil(names) ? NONE : tuple2(h, ATOM_not_purged, names);
}

static void finish_all(const struct finishing *f)
{
    for (unsigned i = 0; i < f->count; i++)
        if (!f->all[i]->on_load)
            module_publish(f->all[i]);
        else if (!module_await_on_load(f->all[i]))
            module_free(f->all[i]);
}

static term bif_finish_loading(struct proc *p, term *args)
{
    struct finishing f = {.count = 0};
    if (!take_all(&f, args[0])) {
        put_back(&f, args[0]);
        return fail_badarg(p);
    }
    term on_load = names_of(proc_heap(p), &f, has_on_load);
    if (!is_nil(on_load) && f.count > 1) {
        put_back(&f, args[0]);
        return fail_error(p, ATOM_system_limit);
    }
    term refused = objection(proc_heap(p), &f);
    if (refused != NONE) {
        put_back(&f, args[0]);
        return refused;
    }
    finish_all(&f);
    finishing_done(&f);
    return is_nil(on_load) ? (term)ATOM_ok : tuple2(proc_heap(p), ATOM_on_load, on_load);
}

// code:load_binary/3
static term bif_load_binary(struct proc *p, term *args)
{
    struct heap *h = proc_heap(p);
    if (!is_atom(args[0]) || !is_binary(args[2]) || !(is_list(args[1]) || is_nil(args[1]) || is_atom(args[1])))
        return fail_error(p, ATOM_function_clause);
    if (is_full(args[0]))
        return fail_trap(p, export_get(ATOM_tandem_local, atom_from_c("purge_and_load"), 3), args);
    struct module *m = build(args[0], args[2]);
    if (!m)
        return tuple2(h, ATOM_error, ATOM_badfile);
    module_set_file(m, args[1]);
    if (!m->on_load) {
        module_publish(m);
        return tuple2(h, ATOM_module, args[0]);
    }
    if (module_await_on_load(m))
        return fail_trap(p, export_get(ATOM_tandem_local, ATOM_finish_load, 1), args);
    module_free(m);
    return tuple2(h, ATOM_error, ATOM_on_load_failure);
}

static term bif_prepared_file(struct proc *p, term *args)
{
    struct module *m = prepared_take(args[0]);
    if (!m)
        return fail_badarg(p);
    if (m->file == NONE && (is_list(args[1]) || is_atom(args[1])))
        module_set_file(m, args[1]);
    prepared_add(ref_ids(args[0]), m);
    return ATOM_ok;
}

// A module that came from the host may be sticky there, any other one here (src/tandem_code.erl).
static const struct module *from_host(term name)
{
    const struct module *m = is_atom(name) ? module_find(name) : NULL;
    return m && m->file == NONE ? m : NULL;
}

static term bif_code_load_binary(struct proc *p, term *args)
{
    bool ask = is_atom(args[0]) && module_find(args[0]) && is_binary(args[2]) && (is_list(args[1]) || is_atom(args[1]));
    return ask ? fail_trap(p, export_get(ATOM_tandem_code, ATOM_load_binary, 3), args) : bif_load_binary(p, args);
}

static term bif_came_from_host(struct proc *p, term *args)
{
    (void)p;
    return bool_term(from_host(args[0]) != NULL);
}

// On load.

// The function is no export: the interpreter reads the code of this one right after the trap, on this thread.
static term bif_call_on_load_function(struct proc *p, term *args)
{
    static _Thread_local struct export entry;
    const word *code = is_atom(args[0]) ? module_on_load(p, args[0]) : NULL;
    if (!code)
        return fail_badarg(p);
    entry = (struct export){.code = code, .module = args[0], .function = ATOM_on_load};
    return fail_trap(p, &entry, args);
}

static term bif_finish_after_on_load(struct proc *p, term *args)
{
    if (!is_atom(args[0]) || !is_bool(args[1]) || !module_on_load_done(args[0], args[1] == ATOM_true))
        return fail_badarg(p);
    return ATOM_true;
}

// There is no native code here. An on_load function that wants some ends at once, without a chance to complain.
static term bif_load_nif(struct proc *p, term *args)
{
    static const char text[] = "no native code can be loaded here";
    if (!is_any_list(args[0]) && !is_atom(args[0]) && !is_binary(args[0]))
        return fail_badarg(p);
    if (module_wants_native(p))
        return fail(p, ATOM_throw, ATOM_native);
    struct heap *h = proc_heap(p);
    term list = NIL;
    for (size_t i = strlen(text); i-- > 0;)
        list = cons(h, small(text[i]), list);
    return tuple2(h, ATOM_error, tuple2(h, ATOM_load_failed, list));
}

// Versions.

static term bif_check_old_code(struct proc *p, term *args)
{
    return is_atom(args[0]) ? bool_term(module_old(args[0]) != NULL) : fail_badarg(p);
}

static term bif_delete_module(struct proc *p, term *args)
{
    if (!is_atom(args[0]) || module_old(args[0]))
        return fail_badarg(p);
    return module_delete(args[0]) ? ATOM_true : ATOM_undefined;
}

// Whoever runs the old code is ended first: src/tandem_local.erl.
static term bif_purge_module(struct proc *p, term *args)
{
    if (!is_atom(args[0]) || !module_old(args[0]))
        return fail_badarg(p);
    return fail_trap(p, export_get(ATOM_tandem_local, ATOM_purge_module, 1), args);
}

// The end of a purge: comes back at once after others had their turn, and so when the memory has gone.
static term complete_purge(struct proc *p, term name)
{
    if (p->flags & PROC_AGAIN) {
        p->flags &= ~(uint32_t)PROC_AGAIN;
        return ATOM_true;
    }
    if (!module_purge(name))
        return ATOM_false;
    p->flags |= PROC_AGAIN;
    return fail_yield(p);
}

static term bif_purge_module_2(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_badarg(p);
    switch (args[1]) {
    case ATOM_prepare:
    case ATOM_prepare_on_load:
        return bool_term(module_old(args[0]) != NULL);
    case ATOM_complete:
        return complete_purge(p, args[0]);
    case ATOM_abort:
        return ATOM_false;
    }
    return fail_badarg(p);
}

static term bif_check_process_code(struct proc *p, term *args)
{
    return is_atom(args[0]) ? bool_term(module_in_use(p, args[0])) : fail_badarg(p);
}

// Who runs old code is found by asking every process: src/tandem_local.erl.
static term bif_code_purge(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_error(p, ATOM_function_clause);
    return fail_trap(p, export_get(ATOM_tandem_local, ATOM_purge, 1), args);
}

static term bif_code_soft_purge(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_error(p, ATOM_function_clause);
    return fail_trap(p, export_get(ATOM_tandem_local, ATOM_soft_purge, 1), args);
}

static term bif_code_delete(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_error(p, ATOM_function_clause);
    if (module_old(args[0]))
        return ATOM_false;
    module_delete(args[0]);
    return ATOM_true;
}

// Asking the host for code.

static term loaded_or_failure(struct proc *p, term name)
{
    struct heap *h = proc_heap(p);
    if (module_find(name))
        return tuple2(h, ATOM_module, name);
    term failure = module_failure(name);
    return tuple2(h, ATOM_error, failure != NONE ? failure : (term)ATOM_nofile);
}

// A module that is the host's business is asked about there.
static term on_host(struct proc *p, term function, term name)
{
    const term arguments[] = {ATOM_code, function, cons(proc_heap(p), name, NIL)};
    return fail_trap(p, export_get(ATOM_tandem_delegate, ATOM_call, 3), arguments);
}

static term bif_code_ensure_loaded(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_error(p, ATOM_function_clause);
    if (!module_find(args[0]) && delegate_whole(args[0]))
        return on_host(p, ATOM_ensure_loaded, args[0]);
    return module_demand(p, args[0]) ? loaded_or_failure(p, args[0]) : fail_block(p);
}

// What is loaded here. Where a module is that came from the host, the host knows.
static term bif_code_is_loaded(struct proc *p, term *args)
{
    struct heap *h = proc_heap(p);
    if (!is_atom(args[0]))
        return fail_error(p, ATOM_function_clause);
    const struct module *m = module_find(args[0]);
    if (m && m->file != NONE)
        return tuple2(h, ATOM_file, term_copy(h, m->file));
    if (m)
        return fail_trap(p, export_get(ATOM_tandem_local, ATOM_loaded, 1), args);
    return delegate_whole(args[0]) ? on_host(p, ATOM_is_loaded, args[0]) : (term)ATOM_false;
}

static term bif_code_which(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_error(p, ATOM_function_clause);
    const struct module *m = module_find(args[0]);
    return m && m->file != NONE ? term_copy(proc_heap(p), m->file) : on_host(p, ATOM_which, args[0]);
}

// The version that the host has now replaces the one that is loaded.
static term bif_load_file(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_error(p, ATOM_function_clause);
    if (delegate_whole(args[0]))
        return on_host(p, ATOM_ensure_loaded, args[0]);
    if (module_refreshed(p, args[0])) {
        term failure = module_failure(args[0]);
        return failure == NONE ? loaded_or_failure(p, args[0]) : tuple2(proc_heap(p), ATOM_error, failure);
    }
    if (is_full(args[0]))
        return tuple2(proc_heap(p), ATOM_error, ATOM_not_purged);
    module_refresh(p, args[0]);
    return fail_block(p);
}

static term bif_code_load_file(struct proc *p, term *args)
{
    bool ask = is_atom(args[0]) && module_find(args[0]) && !delegate_whole(args[0]);
    return ask ? fail_trap(p, export_get(ATOM_tandem_code, ATOM_load_file, 1), args) : bif_load_file(p, args);
}

// Stopping the system ends the engine, and with it the connection; the host goes on.
static term bif_init_stop(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    sched_stop();
    return ATOM_ok;
}

static const struct native_row rows[] = {
    {"erlang", "get_module_info", 1, bif_get_module_info_1, 0},
    {"erlang", "get_module_info", 2, bif_get_module_info_2, 0},
    {"erlang", "module_loaded", 1, bif_module_loaded, 0},
    {"erlang", "loaded", 0, bif_loaded, 0},
    {"erlang", "pre_loaded", 0, bif_pre_loaded, 0},
    {"erts_internal", "beamfile_module_md5", 1, bif_beamfile_module_md5, 0},
    {"erts_internal", "beamfile_chunk", 2, bif_beamfile_chunk, 0},
    {"erts_internal", "prepare_loading", 2, bif_prepare_loading, 0},
    {"erlang", "has_prepared_code_on_load", 1, bif_has_prepared_code_on_load, 0},
    {"erlang", "finish_loading", 1, bif_finish_loading, 0},
    {"erlang", "call_on_load_function", 1, bif_call_on_load_function, 0},
    {"erlang", "finish_after_on_load", 2, bif_finish_after_on_load, 0},
    {"erlang", "load_nif", 2, bif_load_nif, 0},
    {"erlang", "check_old_code", 1, bif_check_old_code, 0},
    {"erlang", "delete_module", 1, bif_delete_module, 0},
    {"erlang", "purge_module", 1, bif_purge_module, 0},
    {"erts_internal", "purge_module", 2, bif_purge_module_2, 0},
    {"erts_internal", "check_process_code", 1, bif_check_process_code, 0},
    {"code", "load_binary", 3, bif_code_load_binary, 0},
    {"tandem_native", "load_binary", 3, bif_load_binary, 0},
    {"tandem_native", "load_file", 1, bif_load_file, 0},
    {"tandem_native", "came_from_host", 1, bif_came_from_host, 0},
    {"tandem_native", "prepared_file", 2, bif_prepared_file, 0},
    {"code", "ensure_loaded", 1, bif_code_ensure_loaded, 0},
    {"code", "load_file", 1, bif_code_load_file, 0},
    {"code", "is_loaded", 1, bif_code_is_loaded, 0},
    {"code", "which", 1, bif_code_which, 0},
    {"code", "purge", 1, bif_code_purge, 0},
    {"code", "soft_purge", 1, bif_code_soft_purge, 0},
    {"code", "delete", 1, bif_code_delete, 0},
    {"init", "stop", 0, bif_init_stop, 0},
    {"init", "stop", 1, bif_init_stop, 0},
};

const struct native_table natives_code = {rows, COUNT_OF(rows)};
