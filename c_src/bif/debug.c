// SPDX-License-Identifier: Apache-2.0
// erts_debug, and the corners of erts_internal that look into a machine. What this engine has none of (break points,
// counters of locks, dirty schedulers) is answered as by a BEAM that was built without it.
#include "base/memory.h"
#include "base/table.h"
#include "bif/always.h"
#include "proc/errand.h"
#include "term/binary.h"
#include "term/ident.h"
#include "term/number.h"

// Sizes of terms, in the words that they take on a BEAM: programs know them from there.
enum {
    BEAM_REF = 3,
    BEAM_OWNED_REF = 4,
    BEAM_FUN = 5,    // beside its free variables
    BEAM_EXPORT = 5,
    BEAM_REFC_BIN = 6,
    BEAM_SUB_BIN = 5,
    BEAM_FOREIGN = 4,    // a pid or port of another node
};

struct sizing {
    bool shared;             // each object counts once, literals not at all
    struct table objects;    // if shared: those seen
    const term **unvisited;
    size_t count, capacity, words;
};

static bool same_pointer(const void *entry, const void *key)
{
    return entry == key;
}

static bool seen_before(struct sizing *s, const term *at)
{
    uint64_t hash = table_hash_word((word)(uintptr_t)at);
    if (!s->shared)
        return false;
    if (is_literal_ptr(at) || table_find(&s->objects, hash, at))
        return true;
    table_add(&s->objects, hash, (void *)(uintptr_t)at);
    return false;
}

static void visit(struct sizing *s, term t)
{
    const term *at = (const term *)(uintptr_t)(t & ~(term)3);
    if (is_immediate(t) || is_header(t) || seen_before(s, at))
        return;
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 64;
        s->unvisited = mem_resize(s->unvisited, s->capacity * sizeof *s->unvisited, capacity * sizeof *s->unvisited);
        s->capacity = capacity;
    }
    s->unvisited[s->count++] = at;
}

static void visit_all(struct sizing *s, const term *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        visit(s, words[i]);
}

// A part counts as a binary of its own size, or of the whole's kind.
static size_t part_words(const term *at)
{
    size_t bits = (size_t)at[3], offset = (size_t)at[2] % 8;
    size_t bytes = (bits + offset + 7) / 8;
    size_t own = is_kind(at[1], KIND_REFC_BIN) ? BEAM_REFC_BIN : heap_bin_words(bytes);
    return own + (bits % 8 || offset ? BEAM_SUB_BIN : 0);
}

static size_t object_words(struct sizing *s, const term *at)
{
    size_t size = header_size(at[0]);
    switch (header_kind(at[0])) {
    case KIND_TUPLE:
        visit_all(s, at + 1, size);
        return size ? 1 + size : 0;
    case KIND_MAP:
        visit_all(s, at + 1, size);
        return 2 + size;
    case KIND_TRIE:
        visit_all(s, at + 2, size - 1);
        return size + ((word)small_value(at[1]) >> 16 ? 1 : 0);
    case KIND_FUN:
        visit_all(s, at + 2, size - 1);
        return BEAM_FUN + size - 2;
    case KIND_REF:
        return ((const struct ref_ids *)(at + 1))->count > 3 ? BEAM_OWNED_REF : BEAM_REF;
    case KIND_EXPORT:
        return BEAM_EXPORT;
    case KIND_REFC_BIN:
        return BEAM_REFC_BIN;
    case KIND_SUB_BIN:
        return part_words(at);
    case KIND_FOREIGN_PID:
    case KIND_FOREIGN_PORT:
        return BEAM_FOREIGN;
    case KIND_BIG:
    case KIND_BIG_NEG:
    case KIND_FLOAT:
    case KIND_HEAP_BIN:
    case KIND_FOREIGN_REF:
    case KIND_MATCH:
    case KIND_SMALL:
    case KIND_ATOM:
    case KIND_NIL:
    case KIND_PID:
    case KIND_LIST:
    case KIND_COUNT:
        break;
    }
    return 1 + size;
}

static term size_of(struct proc *p, term t, bool shared)
{
    struct sizing s = {.shared = shared};
    table_init(&s.objects, same_pointer);
    size_t steps = 0;
    for (visit(&s, t); s.count > 0 && !turn_step(&steps);) {
        const term *at = s.unvisited[--s.count];
        if (is_header(*at)) {
            s.words += object_words(&s, at);
        } else {
            s.words += 2;
            visit_all(&s, at, 2);
        }
    }
    table_done(&s.objects);
    mem_free(s.unvisited, s.capacity * sizeof *s.unvisited);
    return integer_from_u64(proc_heap(p), s.words);
}

static term flat_size(struct proc *p, term *args)
{
    return size_of(p, args[0], false);
}

ERRAND_PURE(bif_flat_size, 1, flat_size)

static term bif_size_shared(struct proc *p, term *args)
{
    return size_of(p, args[0], true);
}

// The BEAM has but one empty tuple.
static term bif_same(struct proc *p, term *args)
{
    (void)p;
    return bool_term(args[0] == args[1] || (is_tuple_of(args[0], 0) && is_tuple_of(args[1], 0)));
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

static term bif_error(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return ATOM_error;
}

static term bif_false_of_pid(struct proc *p, term *args)
{
    return is_local_pid(args[0]) ? (term)ATOM_false : fail_badarg(p);
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

// Module, function and arity, the last ones of which may be left open.
static bool is_breakpoint(term t)
{
    if (!is_tuple_of(t, 3) || !is_atom(element(t, 0)) || !is_atom(element(t, 1)))
        return false;
    bool open = element(t, 0) == ATOM_underscore;
    if (open && element(t, 1) != ATOM_underscore)
        return false;
    open = element(t, 1) == ATOM_underscore;
    return element(t, 2) == ATOM_underscore || (is_small(element(t, 2)) && !open);
}

// Nothing breaks here: there is no function where it would.
static term bif_breakpoint(struct proc *p, term *args)
{
    return is_breakpoint(args[0]) && (args[1] == ATOM_true || args[1] == ATOM_false) ? small(0) : fail_badarg(p);
}

static const struct native_row rows[] = {
    {"erts_debug", "flat_size", 1, bif_flat_size, 0},
    {"erts_debug", "size_shared", 1, bif_size_shared, 0},
    {"erts_debug", "same", 2, bif_same, 0},
    {"erts_debug", "copy_shared", 2, bif_copy_shared, 0},
    {"erts_debug", "map_info", 1, bif_map_info, 0},
    {"erts_debug", "get_internal_state", 1, bif_state, 0},
    {"erts_debug", "set_internal_state", 2, bif_set_state, 0},
    {"erts_debug", "interpreter_size", 0, bif_zero, 0},
    {"erts_debug", "breakpoint", 2, bif_breakpoint, 0},
    {"erts_debug", "instructions", 0, always_nil, 0},
    {"erts_debug", "disassemble", 1, always_false, 0},
    {"erts_debug", "dist_ext_to_term", 2, always_fail_badarg, 0},
    {"erts_debug", "lcnt_clear", 0, bif_error, 0},
    {"erts_debug", "lcnt_collect", 0, bif_error, 0},
    {"erts_debug", "lcnt_control", 1, always_fail_badarg, 0},
    {"erts_debug", "lcnt_control", 2, always_fail_badarg, 0},
    {"erts_internal", "is_process_executing_dirty", 1, bif_false_of_pid, 0},
    {"erts_internal", "dirty_process_handle_signals", 1, always_fail_notsup, 0},
    {"erts_internal", "check_dirty_process_code", 2, always_fail_notsup, 0},
    {"erts_internal", "no_aux_work_threads", 0, bif_aux_threads, 0},
    {"erts_internal", "system_check", 1, bif_system_check, 0},
    {"erts_internal", "gather_alloc_histograms", 1, always_fail_badarg, 0},
    {"erts_internal", "gather_carrier_info", 1, always_fail_badarg, 0},
    {"erts_literal_area_collector", "release_area_switch", 0, always_false, 0},
    {"erts_literal_area_collector", "send_copy_request", 3, always_fail_notsup, 0},
};

const struct native_table natives_debug = {rows, COUNT_OF(rows)};
