// SPDX-License-Identifier: Apache-2.0
// Natives of ets for tables as a whole and for single objects.
#include "base/memory.h"
#include "bif/bif.h"
#include "bif/ets_options.h"
#include "bif/ets_store.h"
#include "proc/errand.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "term/compare.h"
#include "term/ident.h"

static term bif_new(struct proc *p, term *args)
{
    struct ets_options o;
    term why;
    if (!is_atom(args[0]) || !ets_options_read(args[1], &o))
        return fail_badarg(p);
    struct ets_table *t = ets_options_table(&o, args[0]);
    term id = ets_enter(p, t, &why);
    if (id != NONE)
        return id;
    return why == ATOM_system_limit ? fail_error(p, why) : fail_badarg_because(p, why);
}

static term delete_table(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    ets_delete(t);
    return ATOM_true;
}

ERRAND(bif_delete_table, 1, delete_table)

static term bif_rename(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    bool renamed = is_atom(args[1]) && ets_rename(t, args[1]);
    bool named = t->named;
    ets_give(t, true);
    if (!renamed)
        return fail_badarg(p);
    return named ? args[1] : args[0];
}

static term bif_give_away(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    bool alive = is_local_pid(args[1]) && proc_find(args[1]);
    term cause = !alive ? NONE : t->owner != p->pid ? ATOM_not_owner : args[1] == p->pid ? ATOM_owner : ATOM_none;
    bool passed = cause == ATOM_none && ets_pass(t, args[1], args[2]);
    ets_give(t, true);
    if (passed)
        return ATOM_true;
    return cause == NONE || cause == ATOM_none ? fail_badarg(p) : fail_badarg_because(p, cause);
}

static term bif_setopts(struct proc *p, term *args)
{
    struct ets_changes c;
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    bool good = ets_changes_read(args[1], &c) && t->owner == p->pid;
    if (good && c.heir != NONE)
        ets_set_heir(t, c.heir, c.gift);
    if (good && c.protection != NONE)
        t->protection = c.protection;
    ets_give(t, true);
    return good ? (term)ATOM_true : fail_badarg(p);
}

static term bif_safe_fixtable(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_READ, true);
    if (!t)
        return NONE;
    if (args[1] == ATOM_true)
        ets_fix(p, t);
    else if (args[1] == ATOM_false)
        ets_unfix(p, t);
    ets_give(t, true);
    return is_bool(args[1]) ? (term)ATOM_true : fail_badarg(p);
}

// ets:all/0 waits for as many messages {Ref, Tables} as there are schedulers.
static term bif_request_all(struct proc *p, term *args)
{
    (void)args;
    struct heap *h = proc_heap(p);
    term ref = ref_new(h), all = ets_all(h);
    for (unsigned i = 0; i < sched_workers(); i++)
        signal_message(p->pid, tuple2(h, ref, i == 0 ? all : NIL));
    return ref;
}

// Objects.

enum { LONG_LIST = CONFIG_STRESS ? 2 : 64 };

static bool is_long(term list)
{
    size_t n = 0;
    for (; is_list(list) && n <= LONG_LIST; list = tail(list))
        n++;
    return n > LONG_LIST;
}

// What insert and insert_new take: one object or a list of them.
struct objects {
    term list;
    term single[2];
};

static void objects_of(term t, struct objects *o)
{
    o->single[0] = t;
    o->single[1] = NIL;
    o->list = is_any_list(t) ? t : list_term(o->single);
}

static bool all_fit(uint32_t position, term list)
{
    size_t steps = 0;
    for (; is_list(list); list = tail(list), turn_step(&steps))
        if (!is_tuple(head(list)) || tuple_arity(head(list)) < position)
            return false;
    return is_nil(list);
}

static bool none_there(const struct ets_table *t, term list)
{
    for (; is_list(list); list = tail(list))
        if (ets_lookup(t, element(head(list), t->position - 1)))
            return false;
    return true;
}

// A bag takes the objects of a list from its end, as on the BEAM, where it shows in the order of equal keys.
static bool takes_from_end(const struct ets_table *t)
{
    return !t->ordered && t->hash.equal_keys == ETS_BAG;
}

static term order_of_insertion(struct heap *h, const struct ets_table *t, term list)
{
    term result = NIL;
    if (!takes_from_end(t))
        return list;
    for (; is_list(list); list = tail(list))
        result = cons(h, head(list), result);
    return result;
}

static term insert_few(struct proc *p, const term *args, bool only_new)
{
    struct objects o;
    objects_of(args[1], &o);
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    bool good = all_fit(t->position, o.list);
    bool wanted = good && (!only_new || none_there(t, o.list));
    for (term list = wanted ? order_of_insertion(proc_heap(p), t, o.list) : NIL; is_list(list); list = tail(list))
        ets_put_tuple(t, head(list));
    ets_give(t, true);
    return good ? bool_term(wanted) : fail_badarg(p);
}

// Many objects are made before the table is locked for them, since that can be done in turns with others.
struct made {
    uint32_t position;
    bool backwards;    // what was made last goes in first
    struct ets_object *first;
};

static void free_made(struct made *m)
{
    for (struct ets_object *o = m->first, *next; o; o = next) {
        next = o->link[ETS_NEXT];
        turn_pass(1);
        ets_object_free(o);
    }
}

// False: there is no memory for all of them, or nobody wants them any more.
static bool make_objects(struct proc *p, term list, struct made *m)
{
    struct ets_object **end = &m->first;
    for (; is_list(list); list = tail(list)) {
        struct ets_object *o = p->flags & (PROC_DOOMED | PROC_EXITING) ? NULL : ets_object_new(head(list));
        if (!o)
            return false;
        o->link[ETS_NEXT] = m->backwards ? m->first : NULL;
        *end = o;
        if (!m->backwards)
            end = &o->link[ETS_NEXT];
        turn_pass(ets_object_words(o));
    }
    return true;
}

static bool is_made_for(const struct made *m, const struct ets_table *t)
{
    return m->position == t->position && m->backwards == takes_from_end(t);
}

static term put_made(struct proc *p, const term *args, bool only_new, struct made *m)
{
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    bool good = is_made_for(m, t), wanted = good && (!only_new || none_there(t, args[1]));
    if (wanted) {
        ets_put_in_turns(p, t, args[0], m->first);
        m->first = NULL;
    } else {
        ets_give(t, true);
    }
    return good ? bool_term(wanted) : fail_badarg_because(p, ATOM_id);
}

static term insert_many(struct proc *p, const term *args, bool only_new)
{
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, false);
    if (!t)
        return NONE;
    struct made m = {.position = t->position, .backwards = takes_from_end(t)};
    ets_give(t, false);
    if (!all_fit(m.position, args[1]))
        return fail_badarg(p);
    bool made = make_objects(p, args[1], &m);
    term result = made ? put_made(p, args, only_new, &m) : fail_error(p, ATOM_system_limit);
    free_made(&m);
    return result;
}

static term insert_in_turns(struct proc *p, term *args)
{
    return insert_many(p, args, false);
}

static term insert_new_in_turns(struct proc *p, term *args)
{
    return insert_many(p, args, true);
}

static term bif_insert(struct proc *p, term *args)
{
    return is_long(args[1]) ? errand(p, args, 2, insert_in_turns) : insert_few(p, args, false);
}

static term bif_insert_new(struct proc *p, term *args)
{
    return is_long(args[1]) ? errand(p, args, 2, insert_new_in_turns) : insert_few(p, args, true);
}

// All objects of a key, oldest first.
static term copies(struct heap *h, const struct ets_table *t, term key)
{
    term list = NIL;
    for (const struct ets_object *o = ets_lookup(t, key); o; o = ets_lookup_again(t, o))
        list = cons(h, ets_copy(h, o), list);
    return list;
}

static term bif_lookup(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_READ, false);
    if (!t)
        return NONE;
    term list = copies(proc_heap(p), t, args[1]);
    ets_give(t, false);
    return list;
}

static term bif_member(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_READ, false);
    if (!t)
        return NONE;
    bool there = ets_lookup(t, args[1]) != NULL;
    ets_give(t, false);
    return bool_term(there);
}

static bool all_have(const struct ets_table *t, const struct ets_object *o, size_t position)
{
    for (; o; o = ets_lookup_again(t, o))
        if (tuple_arity(ets_object_tuple(o)) < position)
            return false;
    return true;
}

static term elements(struct heap *h, const struct ets_table *t, const struct ets_object *o, size_t index)
{
    if (!ets_is_bag(t))
        return term_copy(h, element(ets_object_tuple(o), index));
    term list = NIL;
    for (; o; o = ets_lookup_again(t, o))
        list = cons(h, term_copy(h, element(ets_object_tuple(o), index)), list);
    return list;
}

static term bif_lookup_element(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_READ, false);
    if (!t)
        return NONE;
    bool good = is_small(args[2]) && small_value(args[2]) >= 1;
    size_t position = good ? (size_t)small_value(args[2]) : 1;
    const struct ets_object *o = good ? ets_lookup(t, args[1]) : NULL;
    term result = o && all_have(t, o, position) ? elements(proc_heap(p), t, o, position - 1) : NONE;
    ets_give(t, false);
    if (result != NONE)
        return result;
    return good && !o ? fail_badarg_because(p, ATOM_badkey) : fail_badarg(p);
}

static term bif_delete(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    ets_erase(t, args[1]);
    ets_give(t, true);
    return ATOM_true;
}

static void delete_object(struct ets_table *t, term object)
{
    if (!t->ordered) {
        ets_hash_erase_tuple(&t->hash, object);
        return;
    }
    term key = element(object, t->position - 1);
    const struct ets_object *o = ets_tree_find(&t->tree, key);
    if (o && term_equal(ets_object_tuple(o), object))
        ets_tree_erase(&t->tree, key);
}

static term bif_delete_object(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    bool good = ets_fits(t, args[1]);
    if (good)
        delete_object(t, args[1]);
    ets_give(t, true);
    return good ? (term)ATOM_true : fail_badarg(p);
}

// Gives the number of objects deleted. The second argument is for a BEAM that does it in steps.
static term delete_all(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    size_t count = ets_count(t);
    struct ets_table old = {.ordered = t->ordered};
    bool detached = ets_detach(t, &old);
    ets_give(t, true);
    if (detached)
        ets_free_objects(&old);
    return small((sword)count);
}

ERRAND(bif_delete_all, 2, delete_all)

static term bif_take(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    term list = copies(proc_heap(p), t, args[1]);
    ets_erase(t, args[1]);
    ets_give(t, true);
    return list;
}

// Walks by key.

static term copied_key(struct heap *h, const struct ets_table *t, const struct ets_object *o)
{
    return o ? term_copy(h, ets_object_key(o, t->position)) : (term)ATOM_end_of_table;
}

static term end_key(struct proc *p, term id, int side)
{
    struct ets_table *t = ets_take(p, id, ETS_READ, false);
    struct ets_object *o;
    if (!t)
        return NONE;
    if (t->ordered)
        o = ets_tree_end(&t->tree, side);
    else
        ets_hash_first(&t->hash, &o);
    term key = copied_key(proc_heap(p), t, o);
    ets_give(t, false);
    return key;
}

static term bif_first(struct proc *p, term *args)
{
    return end_key(p, args[0], ETS_LEFT);
}

static term bif_last(struct proc *p, term *args)
{
    return end_key(p, args[0], ETS_RIGHT);
}

// Any term may be asked for in an ordered_set, but for what the last key's neighbour is told to be.
static term key_beyond(struct proc *p, term *args, int side)
{
    struct ets_table *t = ets_take(p, args[0], ETS_READ, false);
    struct ets_object *o = NULL;
    bool known = true;
    if (!t)
        return NONE;
    if (t->ordered && args[1] == ATOM_end_of_table)
        known = false;
    else if (t->ordered)
        o = ets_tree_beyond(&t->tree, args[1], side);
    else
        known = ets_hash_next(&t->hash, args[1], &o);
    term key = known ? copied_key(proc_heap(p), t, o) : NONE;
    ets_give(t, false);
    return known ? key : fail_badarg(p);
}

static term bif_next(struct proc *p, term *args)
{
    return key_beyond(p, args, ETS_RIGHT);
}

static term bif_prev(struct proc *p, term *args)
{
    return key_beyond(p, args, ETS_LEFT);
}

static term bucket_copies(struct heap *h, const struct ets_hash *t, size_t bucket)
{
    term list = NIL;
    for (const struct ets_object *o = t->buckets[bucket]; o; o = o->link[ETS_NEXT])
        if (!o->gone)
            list = cons(h, ets_copy(h, o), list);
    return list;
}

// On the BEAM a contention-adapting tree, which has not even the slot behind its last when it is empty.
static bool is_empty_adapting_tree(const struct ets_table *t)
{
    return t->ordered && t->tree.count == 0 && t->write_concurrency != ATOM_false && t->protection != ATOM_private;
}

// In an ordered set each object is a slot.
static term bif_slot(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_READ, false);
    if (!t)
        return NONE;
    struct heap *h = proc_heap(p);
    size_t slots = t->ordered ? t->tree.count : t->hash.active;
    size_t slot = is_small(args[1]) && small_value(args[1]) >= 0 ? (size_t)small_value(args[1]) : slots + 1;
    term result = NONE;
    if (slot == slots)
        result = is_empty_adapting_tree(t) ? NONE : (term)ATOM_end_of_table;
    else if (slot < slots && t->ordered)
        result = cons(h, ets_copy(h, ets_tree_nth(&t->tree, slot)), NIL);
    else if (slot < slots)
        result = bucket_copies(h, &t->hash, slot);
    ets_give(t, false);
    return result == NONE ? fail_badarg(p) : result;
}

static const struct native_row rows[] = {
    {"ets", "delete", 1, bif_delete_table, 0},
    {"ets", "delete", 2, bif_delete, 0},
    {"ets", "delete_object", 2, bif_delete_object, 0},
    {"ets", "first", 1, bif_first, 0},
    {"ets", "give_away", 3, bif_give_away, 0},
    {"ets", "insert", 2, bif_insert, 0},
    {"ets", "insert_new", 2, bif_insert_new, 0},
    {"ets", "internal_delete_all", 2, bif_delete_all, 0},
    {"ets", "internal_request_all", 0, bif_request_all, 0},
    {"ets", "last", 1, bif_last, 0},
    {"ets", "lookup", 2, bif_lookup, 0},
    {"ets", "lookup_element", 3, bif_lookup_element, 0},
    {"ets", "member", 2, bif_member, 0},
    {"ets", "new", 2, bif_new, 0},
    {"ets", "next", 2, bif_next, 0},
    {"ets", "prev", 2, bif_prev, 0},
    {"ets", "rename", 2, bif_rename, 0},
    {"ets", "safe_fixtable", 2, bif_safe_fixtable, 0},
    {"ets", "setopts", 2, bif_setopts, 0},
    {"ets", "slot", 2, bif_slot, 0},
    {"ets", "take", 2, bif_take, 0},
};

const struct native_table natives_ets = {rows, COUNT_OF(rows)};
