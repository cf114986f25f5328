// SPDX-License-Identifier: Apache-2.0
// Natives of ets that tell about tables.
#include "base/clock.h"
#include "bif/bif.h"
#include "bif/ets_store.h"
#include "term/binary.h"
#include "term/ident.h"
#include "term/number.h"

#include <math.h>

enum { NS_A_US = 1000, US_A_SECOND = 1000000, STATS = 8 };

static size_t memory_words(const struct ets_table *t)
{
    size_t words = sizeof *t / sizeof(term);
    return t->ordered ? words + t->tree.words : words + t->hash.words + t->hash.capacity;
}

static term type_of(const struct ets_table *t)
{
    if (t->ordered)
        return ATOM_ordered_set;
    return t->hash.equal_keys == ETS_SET ? ATOM_set : t->hash.equal_keys == ETS_BAG ? ATOM_bag : ATOM_duplicate_bag;
}

static term write_concurrency_of(struct heap *h, const struct ets_table *t)
{
    return is_small(t->write_concurrency) ? tuple2(h, ATOM_debug_hash_fixed_number_of_locks, t->write_concurrency)
                                          : t->write_concurrency;
}

static term timestamp(struct heap *h, int64_t monotonic)
{
    int64_t us = (monotonic + clock_offset()) / NS_A_US;
    int64_t seconds = us / US_A_SECOND;
    return tuple3(h, small(seconds / US_A_SECOND), small(seconds % US_A_SECOND), small(us % US_A_SECOND));
}

static term fixed_item(struct heap *h, const struct ets_table *t, bool monotonic)
{
    if (!ets_fixed(t))
        return ATOM_false;
    term since = monotonic ? integer_from_i64(h, t->fixed_since) : timestamp(h, t->fixed_since);
    return tuple2(h, since, ets_fixers(h, t));
}

// {Buckets, AverageLength, StdDeviation, ExpectedStdDeviation, Shortest, Longest, Marked, Locks}, as exact as on the BEAM.
static term hash_stats(struct heap *h, const struct ets_hash *t)
{
    int shortest = INT32_MAX, longest = 0, marked = 0, sum = 0, squares = 0, active = (int)t->active;
    for (int i = 0; i < active; i++) {
        int length = 0;
        for (const struct ets_object *o = t->buckets[i]; o; o = o->link[ETS_NEXT], length++)
            marked += o->gone;
        shortest = length < shortest ? length : shortest;
        longest = length > longest ? length : longest;
        sum += length;
        squares += length * length;
    }
    float average = (float)sum / (float)active;
    float deviation = (float)sqrt(((float)squares - average * (float)sum) / (float)active);
    float expected = (float)sqrt(average * (1 - 1.0 / active));
    term items[STATS] = {
        small(active),  float_term(h, average), float_term(h, deviation), float_term(h, expected), small(shortest),
        small(longest), small(marked),          small(t->stride),
    };
    return tuple_of(h, STATS, items);
}

static term stats_item(struct heap *h, const struct ets_table *t)
{
    if (!t->ordered)
        return hash_stats(h, &t->hash);
    return t->write_concurrency == ATOM_false ? (term)ATOM_false : tuple3(h, small(0), small(1), small(0));
}

// NONE: no such item.
static term item_of(struct heap *h, const struct ets_table *t, term item)
{
    switch (item) {
    case ATOM_size:
        return small((sword)ets_count(t));
    case ATOM_type:
        return type_of(t);
    case ATOM_memory:
        return small((sword)memory_words(t));
    case ATOM_owner:
        return t->owner;
    case ATOM_heir:
        return t->heir;
    case ATOM_protection:
        return t->protection;
    case ATOM_write_concurrency:
        return write_concurrency_of(h, t);
    case ATOM_read_concurrency:
        return bool_term(t->read_concurrency);
    case ATOM_name:
        return t->name;
    case ATOM_keypos:
        return small(t->position);
    case ATOM_node:
        return node_self()->name;
    case ATOM_named_table:
        return bool_term(t->named);
    case ATOM_compressed:
        return bool_term(t->compressed);
    case ATOM_id:
        return ets_id(h, t);
    case ATOM_decentralized_counters:
        return bool_term(t->decentralized);
    case ATOM_fixed:
        return bool_term(ets_fixed(t));
    case ATOM_safe_fixed:
        return fixed_item(h, t, false);
    case ATOM_safe_fixed_monotonic_time:
        return fixed_item(h, t, true);
    case ATOM_stats:
        return stats_item(h, t);
    }
    return NONE;
}

// The table of info and whereis: no table is `undefined`, not a failure. *missing is what to return if NULL.
static struct ets_table *take_for_info(struct proc *p, term id, term *missing)
{
    term cause;
    struct ets_table *t = ets_take_any(p, id, &cause);
    if (!t)
        *missing = cause == ATOM_id ? (term)ATOM_undefined : cause == NONE ? NONE : fail_badarg_because(p, cause);
    return t;
}

static term bif_info(struct proc *p, term *args)
{
    static const term items[] = {
        ATOM_id,
        ATOM_decentralized_counters,
        ATOM_read_concurrency,
        ATOM_write_concurrency,
        ATOM_compressed,
        ATOM_memory,
        ATOM_owner,
        ATOM_heir,
        ATOM_name,
        ATOM_size,
        ATOM_node,
        ATOM_named_table,
        ATOM_type,
        ATOM_keypos,
        ATOM_protection,
    };
    term list = NIL;
    struct heap *h = proc_heap(p);
    struct ets_table *t = take_for_info(p, args[0], &list);
    if (!t)
        return list;
    for (size_t i = COUNT_OF(items); i-- > 0;)
        list = cons(h, tuple2(h, items[i], item_of(h, t, items[i])), list);
    ets_give(t, false);
    return list;
}

static term bif_info_item(struct proc *p, term *args)
{
    if (args[1] == ATOM_binary)
        return fail_trap(p, export_get(ATOM_erts_internal, ATOM_ets_info_binary, 1), args);
    term result;
    struct ets_table *t = take_for_info(p, args[0], &result);
    if (!t)
        return result;
    result = item_of(proc_heap(p), t, args[1]);
    ets_give(t, false);
    return result == NONE ? fail_badarg(p) : result;
}

// The logger's table is the host's: logger looks it up here and hands it to logger_config, which is delegated.
static term whereis_on_host(struct proc *p, term *args)
{
    const term arguments[] = {ATOM_ets, ATOM_whereis, cons(proc_heap(p), args[0], NIL)};
    return fail_trap(p, export_get(ATOM_tandem_delegate, ATOM_call, 3), arguments);
}

static term bif_whereis(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_badarg(p);
    term id;
    struct ets_table *t = take_for_info(p, args[0], &id);
    if (!t)
        return id != NONE && args[0] == ATOM_logger ? whereis_on_host(p, args) : id;
    id = ets_id(proc_heap(p), t);
    ets_give(t, false);
    return id;
}

// What erts_internal:ets_info_binary/1 walks with, past a table's protection.

static term bif_raw_first(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_INFO, false);
    struct ets_object *o;
    if (!t)
        return NONE;
    if (t->ordered)
        o = ets_tree_end(&t->tree, ETS_LEFT);
    else
        ets_hash_first(&t->hash, &o);
    term key = o ? term_copy(proc_heap(p), ets_object_key(o, t->position)) : (term)ATOM_end_of_table;
    ets_give(t, false);
    return key;
}

static term bif_raw_next(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_INFO, false);
    struct ets_object *o = NULL;
    bool known = true;
    if (!t)
        return NONE;
    if (t->ordered)
        o = ets_tree_beyond(&t->tree, args[1], ETS_RIGHT);
    else
        known = ets_hash_next(&t->hash, args[1], &o);
    term key = o ? term_copy(proc_heap(p), ets_object_key(o, t->position)) : (term)ATOM_end_of_table;
    ets_give(t, false);
    return known ? key : fail_badarg(p);
}

// [{Identity, Bytes, References}] of the shared binaries in the objects of a key.
static term bif_binary_info(struct proc *p, term *args)
{
    struct heap *h = proc_heap(p);
    term list = NIL;
    struct ets_table *t = ets_take(p, args[0], ETS_INFO, false);
    if (!t)
        return NONE;
    for (const struct ets_object *o = ets_lookup(t, args[1]); o; o = ets_lookup_again(t, o))
        for (const term *b = o->shared; b; b = (const term *)(uintptr_t)b[3]) {
            struct shared *s = (struct shared *)(uintptr_t)b[2];
            term references = small((sword)atomic_load_explicit(&s->count, memory_order_relaxed));
            list = cons(h, tuple3(h, integer_from_u64(h, (uintptr_t)s), small((sword)b[1]), references), list);
        }
    ets_give(t, false);
    return list;
}

static term bif_super_user(struct proc *p, term *args)
{
    return is_bool(args[0]) ? (term)ATOM_ok : fail_badarg(p);
}

static const struct native_row rows[] = {
    {"erts_internal", "ets_lookup_binary_info", 2, bif_binary_info, 0},
    {"erts_internal", "ets_raw_first", 1, bif_raw_first, 0},
    {"erts_internal", "ets_raw_next", 2, bif_raw_next, 0},
    {"erts_internal", "ets_super_user", 1, bif_super_user, 0},
    {"ets", "info", 1, bif_info, 0},
    {"ets", "info", 2, bif_info_item, 0},
    {"ets", "whereis", 1, bif_whereis, 0},
};

const struct native_table natives_ets_info = {rows, COUNT_OF(rows)};
