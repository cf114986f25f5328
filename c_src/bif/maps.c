// SPDX-License-Identifier: Apache-2.0
// Natives over maps, and the few that show how terms are built (erts_debug:size/1 asks).
#include "base/memory.h"
#include "bif/bif.h"
#include "proc/errand.h"
#include "term/binary.h"
#include "term/compare.h"
#include "term/map.h"
#include "term/number.h"
#include "term/trie.h"

enum {
    FEW = 100,           // keys: not worth an errand
    FIRST_BATCH = 32,    // pairs that the first step of an iterator gives, as on the BEAM
    BATCH = 1000,
    BATCH_UNITS = 8,    // of work for each
};

static term fail_badmap(struct proc *p, term t)
{
    return fail_with_value(p, ATOM_badmap, t);
}

static term value_or_badkey(struct proc *p, term key, term map)
{
    if (!is_map(map))
        return fail_badmap(p, map);
    term value = map_get(map, key);
    return value == NONE ? fail_with_value(p, ATOM_badkey, key) : value;
}

static term bif_get(struct proc *p, term *args)
{
    return value_or_badkey(p, args[0], args[1]);
}

static term bif_find(struct proc *p, term *args)
{
    if (!is_map(args[1]))
        return fail_badmap(p, args[1]);
    term value = map_get(args[1], args[0]);
    return value == NONE ? ATOM_error : tuple2(proc_heap(p), ATOM_ok, value);
}

static term bif_is_key(struct proc *p, term *args)
{
    if (!is_map(args[1]))
        return fail_badmap(p, args[1]);
    return bool_term(map_get(args[1], args[0]) != NONE);
}

static term bif_map_size(struct proc *p, term *args)
{
    return is_map(args[0]) ? small((sword)map_size(args[0])) : fail_badmap(p, args[0]);
}

static term bif_put(struct proc *p, term *args)
{
    return is_map(args[2]) ? map_put(proc_heap(p), args[2], args[0], args[1]) : fail_badmap(p, args[2]);
}

static term bif_update(struct proc *p, term *args)
{
    if (!is_map(args[2]))
        return fail_badmap(p, args[2]);
    term map = map_replace(proc_heap(p), args[2], args[0], args[1]);
    return map == NONE ? fail_with_value(p, ATOM_badkey, args[0]) : map;
}

static term bif_remove(struct proc *p, term *args)
{
    return is_map(args[1]) ? map_remove(proc_heap(p), args[1], args[0]) : fail_badmap(p, args[1]);
}

static term bif_take(struct proc *p, term *args)
{
    if (!is_map(args[1]))
        return fail_badmap(p, args[1]);
    term value = map_get(args[1], args[0]);
    if (value == NONE)
        return ATOM_error;
    return tuple2(proc_heap(p), value, map_remove(proc_heap(p), args[1], args[0]));
}

static term merge(struct proc *p, term *args)
{
    if (!is_map(args[0]) || !is_map(args[1]))
        return fail_badmap(p, args[is_map(args[0]) ? 1 : 0]);
    return map_merge(proc_heap(p), args[0], args[1]);
}

static bool is_large(term t)
{
    return is_map(t) && map_size(t) > FEW;
}

static term bif_merge(struct proc *p, term *args)
{
    return is_large(args[0]) && is_large(args[1]) ? errand(p, args, 2, merge) : merge(p, args);
}

// From n tuples of two, or from n keys that all get the value.
static term map_of_list(struct heap *h, term list, size_t n, term value)
{
    term few[2 * CONFIG_FLAT_MAP_MAX];
    term *pairs = n <= CONFIG_FLAT_MAP_MAX ? few : mem_alloc(2 * n * sizeof(term));
    for (size_t i = 0, steps = 0; i < n; i++, list = tail(list), turn_step(&steps)) {
        pairs[2 * i] = value == NONE ? element(head(list), 0) : head(list);
        pairs[2 * i + 1] = value == NONE ? element(head(list), 1) : value;
    }
    term map = map_from_pairs(h, pairs, n);
    if (pairs != few)
        mem_free(pairs, 2 * n * sizeof(term));
    return map;
}

static term from_list(struct proc *p, term *args)
{
    size_t n = 0;
    term list = args[0];
    for (; is_list(list) && is_tuple_of(head(list), 2); list = tail(list))
        turn_step(&n);
    return is_nil(list) ? map_of_list(proc_heap(p), args[0], n, NONE) : fail_badarg(p);
}

static bool has_few(term list)
{
    size_t n = 0;
    while (is_list(list) && n++ < FEW)
        list = tail(list);
    return !is_list(list);
}

static term bif_from_list(struct proc *p, term *args)
{
    return has_few(args[0]) ? from_list(p, args) : errand(p, args, 1, from_list);
}

static term from_keys(struct proc *p, term *args)
{
    sword n = list_length(args[0]);
    return n < 0 ? fail_badarg(p) : map_of_list(proc_heap(p), args[0], (size_t)n, args[1]);
}

static term bif_from_keys(struct proc *p, term *args)
{
    return has_few(args[0]) ? from_keys(p, args) : errand(p, args, 2, from_keys);
}

// All keys, or all values: a trie's in reverse order, as on the BEAM.
static term list_of_map(struct heap *h, term map, bool keys)
{
    if (is_kind(map, KIND_MAP)) {
        const term *row = keys ? tuple_elements(map_flat_keys(map)) : map_flat_values(map);
        return list_of(h, map_size(map), row, NIL);
    }
    term result = NIL, *cell = heap_alloc(h, 2 * map_size(map));
    struct map_walk w;
    map_walk_init(&w, map);
    size_t steps = 0;
    for (term key, value; map_walk_next(&w, &key, &value); cell += 2, turn_step(&steps)) {
        cell[0] = keys ? key : value;
        cell[1] = result;
        result = list_term(cell);
    }
    return result;
}

static term keys(struct proc *p, term *args)
{
    return is_map(args[0]) ? list_of_map(proc_heap(p), args[0], true) : fail_badmap(p, args[0]);
}

static term values(struct proc *p, term *args)
{
    return is_map(args[0]) ? list_of_map(proc_heap(p), args[0], false) : fail_badmap(p, args[0]);
}

static term bif_keys(struct proc *p, term *args)
{
    return is_large(args[0]) ? errand(p, args, 1, keys) : keys(p, args);
}

static term bif_values(struct proc *p, term *args)
{
    return is_large(args[0]) ? errand(p, args, 1, values) : values(p, args);
}

// A leaf of a trie by its way from the root. As an integer: the slot of the root in the low 4 bits, then that of the
// node below, and so on; the slot of a node of keys with equal hashes, always the last, takes all bits above.
struct place {
    const term *node[TRIE_LEVELS + 1];
    size_t slot[TRIE_LEVELS + 1];
    unsigned depth;    // 0: past the last leaf
};

static bool take_path(term t, unsigned __int128 *path)
{
    uint8_t bytes[sizeof *path] = {0};
    if (!is_integer(t) || integer_is_negative(t) || integer_byte_size(t) > sizeof bytes)
        return false;
    integer_to_bytes(t, bytes, sizeof bytes);
    *path = 0;
    for (size_t i = sizeof bytes; i-- > 0;)
        *path = *path << 8 | bytes[i];
    return true;
}

static term place_path(struct heap *h, const struct place *at)
{
    unsigned __int128 path = 0;
    for (unsigned i = at->depth; i-- > 0;)
        path = path << 4 | at->slot[i];
    uint8_t bytes[sizeof path];
    for (size_t i = 0; i < sizeof bytes; i++, path >>= 8)
        bytes[i] = (uint8_t)path;
    return integer_from_bytes(h, bytes, sizeof bytes, false);
}

// Goes down from a node to a leaf, by the path's slots. False: no such leaf.
static bool place_down(struct place *at, term node, unsigned __int128 path)
{
    while (!is_list(node)) {
        const term *n = boxed_ptr(node);
        unsigned __int128 slot = at->depth == TRIE_LEVELS ? path : path & 15;
        if (slot >= trie_children(n))
            return false;
        at->node[at->depth] = n;
        at->slot[at->depth++] = (size_t)slot;
        node = n[TRIE_HEAD + (size_t)slot];
        path >>= 4;
    }
    return true;
}

static term place_leaf(const struct place *at)
{
    return at->node[at->depth - 1][TRIE_HEAD + at->slot[at->depth - 1]];
}

static void place_next(struct place *at)
{
    while (at->depth > 0 && ++at->slot[at->depth - 1] == trie_children(at->node[at->depth - 1]))
        at->depth--;
    if (at->depth > 0)
        place_down(at, place_leaf(at), 0);
}

// {K1, V1, {K2, V2, ... Last}} in the order of the walk.
static term next_as_iterator(struct heap *h, struct place *at, size_t count, term map)
{
    term first = NONE, *end = &first;
    for (; at->depth > 0 && count > 0; count--, place_next(at)) {
        term leaf = place_leaf(at), step = tuple3(h, head(leaf), tail(leaf), NIL);
        *end = step;
        end = &tuple_elements(step)[2];
    }
    *end = at->depth > 0 ? cons(h, place_path(h, at), map) : ATOM_none;
    return first;
}

// [Path, Map, {Kn, Vn}, ... {K1, V1} | Rest], the first two only if there is more.
static term next_as_list(struct heap *h, struct place *at, size_t count, term map, term rest)
{
    for (; at->depth > 0 && count > 0; count--, place_next(at))
        rest = cons(h, tuple2(h, head(place_leaf(at)), tail(place_leaf(at))), rest);
    return at->depth > 0 ? cons(h, place_path(h, at), cons(h, map, rest)) : rest;
}

// A flat map's pairs all at once, in the order of keys in both forms.
static term next_flat(struct heap *h, term map, term rest)
{
    const term *keys = tuple_elements(map_flat_keys(map)), *values = map_flat_values(map);
    term result = rest == ATOM_iterator ? ATOM_none : rest;
    for (size_t i = map_size(map); i-- > 0;)
        result = rest == ATOM_iterator ? tuple3(h, keys[i], values[i], result)
                                       : cons(h, tuple2(h, keys[i], values[i]), result);
    return result;
}

// The protocol of maps:iterator/1, maps:next/1 and maps:to_list/1.
static term bif_map_next(struct proc *p, term *args)
{
    term map = args[1], form = args[2];
    unsigned __int128 path;
    if (!is_map(map) || !(form == ATOM_iterator || is_any_list(form)) || !take_path(args[0], &path))
        return fail_badarg(p);
    if (is_kind(map, KIND_MAP))
        return path > map_size(map) ? fail_badarg(p) : next_flat(proc_heap(p), map, form);
    struct place at = {.depth = 0};
    if (!place_down(&at, map, path))
        return fail_badarg(p);
    size_t count = path == 0 ? FIRST_BATCH : BATCH;
    if (form == ATOM_iterator)
        return next_as_iterator(proc_heap(p), &at, count, map);
    errand_charge(p, count * BATCH_UNITS);
    return next_as_list(proc_heap(p), &at, count, map, form);
}

static term cmp_term(struct proc *p, term *args)
{
    (void)p;
    int order = term_compare_exact(args[0], args[1]);
    return small((order > 0) - (order < 0));
}

ERRAND(bif_cmp_term, 2, cmp_term)

static term bif_map_to_tuple_keys(struct proc *p, term *args)
{
    if (!is_map(args[0]))
        return fail_badmap(p, args[0]);
    return is_kind(args[0], KIND_MAP) ? map_flat_keys(args[0]) : fail_badarg(p);
}

static term bif_map_hashmap_children(struct proc *p, term *args)
{
    if (!is_map(args[0]))
        return fail_badmap(p, args[0]);
    if (is_kind(args[0], KIND_MAP))
        return fail_badarg(p);
    const term *node = boxed_ptr(args[0]);
    term result = NIL;
    for (size_t i = 0; i < trie_children(node); i++)
        result = cons(proc_heap(p), node[TRIE_HEAD + i], result);
    return result;
}

static term bif_term_type(struct proc *p, term *args)
{
    (void)p;
    switch (kind_of(args[0])) {
    case KIND_SMALL:
        return ATOM_fixnum;
    case KIND_ATOM:
        return ATOM_atom;
    case KIND_NIL:
        return ATOM_nil_;
    case KIND_PID:
        return ATOM_pid;
    case KIND_LIST:
        return ATOM_list;
    case KIND_TUPLE:
        return ATOM_tuple;
    case KIND_BIG:
    case KIND_BIG_NEG:
        return ATOM_bignum;
    case KIND_REF:
        return ATOM_reference;
    case KIND_FUN:
        return ATOM_fun_;
    case KIND_FLOAT:
        return ATOM_hfloat;
    case KIND_EXPORT:
        return ATOM_export;
    case KIND_REFC_BIN:
        return ATOM_refc_binary;
    case KIND_HEAP_BIN:
        return ATOM_heap_binary;
    case KIND_SUB_BIN:
    case KIND_MATCH:
        return ATOM_sub_binary;
    case KIND_MAP:
        return ATOM_flatmap;
    case KIND_FOREIGN_PID:
        return ATOM_external_pid;
    case KIND_FOREIGN_PORT:
        return ATOM_external_port;
    case KIND_FOREIGN_REF:
        return ATOM_external_reference;
    case KIND_TRIE:
        return trie_size(args[0]) > 0 ? ATOM_hashmap : ATOM_hashmap_node;
    case KIND_COUNT:
        break;
    }
    return fail_badarg(p);
}

static const struct native_row rows[] = {
    {"erlang", "is_map_key", 2, bif_is_key, NATIVE_GUARD},
    {"erlang", "map_get", 2, bif_get, NATIVE_GUARD},
    {"erlang", "map_size", 1, bif_map_size, NATIVE_GUARD},
    {"erts_internal", "cmp_term", 2, bif_cmp_term, 0},
    {"erts_internal", "map_hashmap_children", 1, bif_map_hashmap_children, 0},
    {"erts_internal", "map_next", 3, bif_map_next, 0},
    {"erts_internal", "map_to_tuple_keys", 1, bif_map_to_tuple_keys, 0},
    {"erts_internal", "term_type", 1, bif_term_type, 0},
    {"maps", "find", 2, bif_find, 0},
    {"maps", "from_keys", 2, bif_from_keys, 0},
    {"maps", "from_list", 1, bif_from_list, 0},
    {"maps", "get", 2, bif_get, 0},
    {"maps", "is_key", 2, bif_is_key, 0},
    {"maps", "keys", 1, bif_keys, 0},
    {"maps", "merge", 2, bif_merge, 0},
    {"maps", "put", 3, bif_put, 0},
    {"maps", "remove", 2, bif_remove, 0},
    {"maps", "take", 2, bif_take, 0},
    {"maps", "update", 3, bif_update, 0},
    {"maps", "values", 1, bif_values, 0},
};

const struct native_table natives_maps = {rows, COUNT_OF(rows)};
