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

enum {
    LONG_LIST = CONFIG_STRESS ? 2 : 64,
    AT_ONCE_WORDS = CONFIG_STRESS ? 32 : 8192,    // to be copied into a table or out of it
};

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
    size_t words[LONG_LIST];    // of each, if there are few
};

static void objects_of(term t, struct objects *o)
{
    o->single[0] = t;
    o->single[1] = NIL;
    o->list = is_any_list(t) ? t : list_term(o->single);
}

// False: they are too large to be copied at once.
static bool measure_few(struct objects *o)
{
    size_t sum = 0, i = 0;
    for (term list = o->list; is_list(list) && sum <= AT_ONCE_WORDS; list = tail(list))
        sum += o->words[i++] = term_words_flat_within(head(list), AT_ONCE_WORDS);
    return sum <= AT_ONCE_WORDS;
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

static void put_few(struct ets_table *t, const struct objects *o)
{
    term tuples[LONG_LIST];
    size_t n = 0;
    bool from_end = takes_from_end(t);
    for (term list = o->list; is_list(list); list = tail(list))
        tuples[n++] = head(list);
    for (size_t i = 0; i < n; i++) {
        size_t at = from_end ? n - 1 - i : i;
        ets_put_new(t, ets_object_new_sized(tuples[at], o->words[at]));
    }
}

static term insert_few(struct proc *p, term id, const struct objects *o, bool only_new)
{
    struct ets_table *t = ets_take(p, id, ETS_WRITE, true);
    if (!t)
        return NONE;
    bool good = all_fit(t->position, o->list);
    bool wanted = good && (!only_new || none_there(t, o->list));
    if (wanted)
        put_few(t, o);
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

static term put_made(struct proc *p, term id, bool only_new, struct made *m)
{
    struct ets_table *t = ets_take(p, id, ETS_WRITE, true);
    if (!t)
        return NONE;
    if (!is_made_for(m, t)) {
        ets_give(t, true);
        return fail_badarg_because(p, ATOM_id);
    }
    bool put = ets_put_in_turns(t, id, m->first, only_new);
    if (put)
        m->first = NULL;
    return bool_term(put);
}

static term insert_many(struct proc *p, const term *args, bool only_new)
{
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, false);
    if (!t)
        return NONE;
    struct made m = {.position = t->position, .backwards = takes_from_end(t)};
    ets_give(t, false);
    struct objects o;
    objects_of(args[1], &o);
    if (!all_fit(m.position, o.list))
        return fail_badarg(p);
    bool made = make_objects(p, o.list, &m);
    term result = made ? put_made(p, args[0], only_new, &m) : fail_error(p, ATOM_system_limit);
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

static term insert_list(struct proc *p, term *args, bool only_new, native_function *in_turns)
{
    struct objects o;
    objects_of(args[1], &o);
    bool few = !is_long(o.list) && measure_few(&o);
    return few ? insert_few(p, args[0], &o, only_new) : errand(p, args, 2, in_turns);
}

static term insert(struct proc *p, term *args, bool only_new, native_function *in_turns)
{
    term tuple = args[1];
    if (!is_tuple(tuple))
        return insert_list(p, args, only_new, in_turns);
    size_t words = term_words_flat_within(tuple, AT_ONCE_WORDS);
    if (UNLIKELY(words > AT_ONCE_WORDS))
        return errand(p, args, 2, in_turns);
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    bool good = ets_fits(t, tuple);
    bool wanted = good && (!only_new || !ets_lookup(t, element(tuple, t->position - 1)));
    if (wanted)
        ets_put_new(t, ets_object_new_sized(tuple, words));
    ets_give(t, true);
    return good ? bool_term(wanted) : fail_badarg(p);
}

static term bif_insert(struct proc *p, term *args)
{
    return insert(p, args, false, insert_in_turns);
}

static term bif_insert_new(struct proc *p, term *args)
{
    return insert(p, args, true, insert_new_in_turns);
}

// All objects of a key, oldest first. NONE: they are too many, or too large, to be copied at once.
static term copies(struct heap *h, const struct ets_table *t, term key)
{
    term list = NIL;
    size_t words = 0;
    for (const struct ets_object *o = ets_lookup(t, key); o; o = ets_lookup_again(t, o)) {
        words += o->words;
        if (UNLIKELY(words > AT_ONCE_WORDS))
            return NONE;
        list = cons(h, ets_copy(h, o), list);
    }
    return list;
}

// What is copied later is held meanwhile.
static void hold_all(struct ets_held *held, const struct ets_table *t, term key)
{
    for (struct ets_object *o = ets_lookup(t, key); o; o = ets_lookup_again(t, o))
        ets_held_add(held, o);
}

static bool have_element(const struct ets_held *held, size_t position)
{
    for (size_t i = 0; i < held->count; i++)
        if (tuple_arity(ets_object_tuple(held->objects[i])) < position)
            return false;
    return true;
}

static term part_of(const struct ets_object *o, size_t position)
{
    return position ? element(ets_object_tuple(o), position - 1) : ets_object_tuple(o);
}

// A list of them, or of their elements at a position, in turns; nothing for a process that ends. They are dropped.
static term copy_held(struct proc *p, struct ets_held *held, size_t position)
{
    term list = NIL;
    for (size_t i = 0; i < held->count; i++) {
        struct ets_object *o = held->objects[i];
        size_t words = o->words;
        if (!(p->flags & (PROC_DOOMED | PROC_EXITING)))
            list = cons(proc_heap(p), term_copy(proc_heap(p), part_of(o, position)), list);
        ets_object_drop(o);
        turn_pass(words);
    }
    ets_held_free(held);
    return list;
}

static term lookup_in_turns(struct proc *p, term *args)
{
    struct ets_held held = {0};
    struct ets_table *t = ets_take_again(p, args[0], ETS_READ, false);
    if (!t)
        return NONE;
    hold_all(&held, t, args[1]);
    ets_give(t, false);
    return copy_held(p, &held, 0);
}

static term bif_lookup(struct proc *p, term *args)
{
    if (UNLIKELY(errand_waits(p)))
        return errand(p, args, 2, lookup_in_turns);
    struct ets_table *t = ets_take(p, args[0], ETS_READ, false);
    if (!t)
        return NONE;
    term list = copies(proc_heap(p), t, args[1]);
    ets_give(t, false);
    return LIKELY(list != NONE) ? list : errand(p, args, 2, lookup_in_turns);
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

// As the native fails that finds no such object, or one without such an element.
static term no_element(struct proc *p, bool found)
{
    return found ? fail_badarg(p) : fail_badarg_because(p, ATOM_badkey);
}

static term element_in_turns(struct proc *p, term *args)
{
    struct ets_held held = {0};
    struct ets_table *t = ets_take_again(p, args[0], ETS_READ, false);
    if (!t)
        return NONE;
    size_t position = (size_t)small_value(args[2]);
    hold_all(&held, t, args[1]);
    bool bag = ets_is_bag(t);
    ets_give(t, false);
    size_t found = held.count;
    bool good = found && have_element(&held, position);
    term list = copy_held(p, &held, good ? position : 1);
    if (!good)
        return no_element(p, found);
    return bag || is_nil(list) ? list : head(list);
}

// NONE with *o: it has no such element, or *later.
static term elements(struct heap *h, const struct ets_table *t, struct ets_object **o, size_t position, bool *later)
{
    term list = NIL;
    size_t words = 0;
    for (; *o && tuple_arity(ets_object_tuple(*o)) >= position; *o = ets_lookup_again(t, *o)) {
        term part = element(ets_object_tuple(*o), position - 1);
        words += (*o)->words;
        *later = words > AT_ONCE_WORDS && (ets_is_bag(t) || term_words_exceed(part, AT_ONCE_WORDS));
        if (*later)
            return NONE;
        if (!ets_is_bag(t))
            return term_copy(h, part);
        list = cons(h, term_copy(h, part), list);
    }
    return *o ? NONE : list;
}

static term bif_lookup_element(struct proc *p, term *args)
{
    bool later = errand_waits(p);
    struct ets_table *t = later ? NULL : ets_take(p, args[0], ETS_READ, false);
    if (UNLIKELY(!t))
        return later ? errand(p, args, 3, element_in_turns) : NONE;
    bool good = is_small(args[2]) && small_value(args[2]) >= 1;
    struct ets_object *first = good ? ets_lookup(t, args[1]) : NULL, *o = first;
    term result = o ? elements(proc_heap(p), t, &o, (size_t)small_value(args[2]), &later) : NONE;
    ets_give(t, false);
    if (LIKELY(result != NONE))
        return result;
    if (later)
        return errand(p, args, 3, element_in_turns);
    return no_element(p, !good || first);
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

static term take_in_turns(struct proc *p, term *args)
{
    struct ets_held held = {0};
    struct ets_table *t = ets_take_again(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    hold_all(&held, t, args[1]);
    ets_erase(t, args[1]);
    ets_give(t, true);
    return copy_held(p, &held, 0);
}

static term bif_take(struct proc *p, term *args)
{
    if (UNLIKELY(errand_waits(p)))
        return errand(p, args, 2, take_in_turns);
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    term list = copies(proc_heap(p), t, args[1]);
    if (is_list(list))
        ets_erase(t, args[1]);
    ets_give(t, true);
    return LIKELY(list != NONE) ? list : errand(p, args, 2, take_in_turns);
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
