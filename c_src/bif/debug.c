// SPDX-License-Identifier: Apache-2.0
// erts_debug, and the corners of erts_internal that look into a machine. What this engine has none of (break points,
// counters of locks, dirty schedulers) is answered as by a BEAM that was built without it.
#include "bif/bif.h"
#include "base/memory.h"
#include "base/table.h"
#include "term/layout.h"
#include "term/number.h"

// Words of a term when each object counts once, literals not at all.
struct seen {
    struct table objects;
    const term **todo;
    size_t count, capacity, words;
};

static bool same_pointer(const void *entry, const void *key)
{
    return entry == key;
}

static void visit(struct seen *s, term t)
{
    if (is_immediate(t) || is_header(t))
        return;
    const term *at = (const term *)(uintptr_t)(t & ~(term)3);
    uint64_t hash = table_hash_word((word)(uintptr_t)at);
    if (is_literal_ptr(at) || table_find(&s->objects, hash, at))
        return;
    table_add(&s->objects, hash, (void *)(uintptr_t)at);
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 64;
        s->todo = mem_resize(s->todo, s->capacity * sizeof *s->todo, capacity * sizeof *s->todo);
        s->capacity = capacity;
    }
    s->todo[s->count++] = at;
}

static void count_object(struct seen *s, const term *at)
{
    if (!is_header(*at)) {
        s->words += 2;
        visit(s, at[0]);
        visit(s, at[1]);
        return;
    }
    struct layout l = layout_of(*at);
    s->words += 1 + header_size(*at);
    for (size_t i = l.first; i < l.first + l.count; i++)
        visit(s, at[i]);
}

static term bif_size_shared(struct proc *p, term *args)
{
    struct seen s = {.todo = NULL};
    table_init(&s.objects, same_pointer);
    visit(&s, args[0]);
    while (s.count)
        count_object(&s, s.todo[--s.count]);
    table_done(&s.objects);
    mem_free(s.todo, s.capacity * sizeof *s.todo);
    return integer_from_u64(proc_heap(p), s.words);
}

// A term can share with its copy, so that what is shared within it stays so.
static term bif_copy_shared(struct proc *p, term *args)
{
    return is_bool(args[1]) ? args[0] : fail_badarg(p);
}

static term bif_map_info(struct proc *p, term *args)
{
    return is_map(args[0]) ? fail_badarg(p) : fail_with_value(p, ATOM_badmap, args[0]);
}

// The door to a BEAM's internals stays closed, as it is there unless somebody opens it.

static term bif_state(struct proc *p, term *args)
{
    (void)args;
    return fail_error(p, ATOM_undef);
}

static term bif_set_state(struct proc *p, term *args)
{
    bool door = args[0] == ATOM_available_internal_state && is_bool(args[1]);
    return door ? (term)ATOM_false : fail_error(p, ATOM_undef);
}

static term bif_zero(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return small(0);
}

static term bif_none(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return NIL;
}

static term bif_error(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return ATOM_error;
}

static term bif_badarg(struct proc *p, term *args)
{
    (void)args;
    return fail_badarg(p);
}

static term bif_not_supported(struct proc *p, term *args)
{
    (void)args;
    return fail_error(p, ATOM_notsup);
}

static term bif_false_of_pid(struct proc *p, term *args)
{
    return is_local_pid(args[0]) ? (term)ATOM_false : fail_badarg(p);
}

static term bif_false(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return ATOM_false;
}

static term bif_scheduler_wall_time(struct proc *p, term *args)
{
    return args[0] != ATOM_true ? (term)ATOM_false : fail_badarg(p);
}

static term bif_system_check(struct proc *p, term *args)
{
    return args[0] == ATOM_schedulers ? (term)ATOM_ok : fail_badarg(p);
}

static term bif_aux_threads(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return small(1);
}

static const struct native_row rows[] = {
    {"erts_debug", "size_shared", 1, bif_size_shared, 0},
    {"erts_debug", "copy_shared", 2, bif_copy_shared, 0},
    {"erts_debug", "map_info", 1, bif_map_info, 0},
    {"erts_debug", "get_internal_state", 1, bif_state, 0},
    {"erts_debug", "set_internal_state", 2, bif_set_state, 0},
    {"erts_debug", "interpreter_size", 0, bif_zero, 0},
    {"erts_debug", "breakpoint", 2, bif_zero, 0},
    {"erts_debug", "instructions", 0, bif_none, 0},
    {"erts_debug", "disassemble", 1, bif_false, 0},
    {"erts_debug", "dist_ext_to_term", 2, bif_badarg, 0},
    {"erts_debug", "lcnt_clear", 0, bif_error, 0},
    {"erts_debug", "lcnt_collect", 0, bif_error, 0},
    {"erts_debug", "lcnt_control", 1, bif_badarg, 0},
    {"erts_debug", "lcnt_control", 2, bif_badarg, 0},
    {"erts_internal", "is_process_executing_dirty", 1, bif_false_of_pid, 0},
    {"erts_internal", "dirty_process_handle_signals", 1, bif_not_supported, 0},
    {"erts_internal", "check_dirty_process_code", 2, bif_not_supported, 0},
    {"erts_internal", "no_aux_work_threads", 0, bif_aux_threads, 0},
    {"erts_internal", "scheduler_wall_time", 1, bif_scheduler_wall_time, 0},
    {"erts_internal", "system_check", 1, bif_system_check, 0},
    {"erts_internal", "gather_alloc_histograms", 1, bif_badarg, 0},
    {"erts_internal", "gather_carrier_info", 1, bif_badarg, 0},
    {"erts_literal_area_collector", "release_area_switch", 0, bif_false, 0},
    {"erts_literal_area_collector", "send_copy_request", 3, bif_badarg, 0},
};

const struct native_table natives_debug = {rows, COUNT_OF(rows)};
