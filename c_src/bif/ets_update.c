// SPDX-License-Identifier: Apache-2.0
// ets:update_element and ets:update_counter: all of their operations are checked before the first takes effect.
#include "base/memory.h"
#include "bif/bif.h"
#include "bif/ets_store.h"
#include "term/number.h"

#include <string.h>

// A cause tells what is wrong with an operation: NONE: nothing; ATOM_none: something; else what erl_stdlib_errors knows.

static bool has_updates(const struct ets_table *t)
{
    return !ets_is_bag(t);
}

// A list of operations, of which one alone is a list of its own in *cell.
static term as_list(term operations, term cell[2])
{
    if (!is_tuple(operations))
        return operations;
    cell[0] = operations;
    cell[1] = NIL;
    return list_term(cell);
}

// The object with new elements takes the place of the old one.
static void replace(struct ets_table *t, const struct ets_object *o, const term *elements)
{
    term tuple = ets_object_tuple(o);
    struct heap h;
    heap_init(&h, tuple_arity(tuple) + 1);
    ets_put_tuple(t, tuple_of(&h, tuple_arity(tuple), elements));
    heap_done(&h);
}

static term *elements_of(const struct ets_object *o)
{
    term tuple = ets_object_tuple(o);
    term *elements = mem_alloc(tuple_arity(tuple) * sizeof *elements);
    memcpy(elements, tuple_elements(tuple), tuple_arity(tuple) * sizeof *elements);
    return elements;
}

// update_element.

static term check_element(const struct ets_table *t, const struct ets_object *o, term operation)
{
    if (!is_tuple_of(operation, 2) || !is_small(element(operation, 0)))
        return ATOM_none;
    sword position = small_value(element(operation, 0));
    if (position == (sword)t->position)
        return ATOM_keypos;
    return position < 1 || position > (sword)tuple_arity(ets_object_tuple(o)) ? ATOM_none : NONE;
}

static term check_elements(const struct ets_table *t, const struct ets_object *o, term list)
{
    for (; is_list(list); list = tail(list)) {
        term cause = check_element(t, o, head(list));
        if (cause != NONE)
            return cause;
    }
    return is_nil(list) ? NONE : (term)ATOM_none;
}

static void set_elements(struct ets_table *t, const struct ets_object *o, term list)
{
    term *elements = elements_of(o);
    size_t arity = tuple_arity(ets_object_tuple(o));
    for (; is_list(list); list = tail(list))
        elements[small_value(element(head(list), 0)) - 1] = element(head(list), 1);
    replace(t, o, elements);
    mem_free(elements, arity * sizeof *elements);
}

static term fail_because(struct proc *p, term cause)
{
    return cause == ATOM_none ? fail_badarg(p) : fail_badarg_because(p, cause);
}

static term bif_update_element(struct proc *p, term *args)
{
    term cell[2], cause = NONE;
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    const struct ets_object *o = NULL;
    if (!has_updates(t)) {
        cause = ATOM_none;
    } else if ((o = ets_lookup(t, args[1])) != NULL) {
        term list = as_list(args[2], cell);
        cause = check_elements(t, o, list);
        if (cause == NONE)
            set_elements(t, o, list);
    }
    ets_give(t, true);
    return cause == NONE ? bool_term(o != NULL) : fail_because(p, cause);
}

// update_counter.

static bool is_counter_operation(term t)
{
    if (!is_tuple(t) || (tuple_arity(t) != 2 && tuple_arity(t) != 4))
        return false;
    if (tuple_arity(t) == 4 && (!is_integer(element(t, 2)) || !is_integer(element(t, 3))))
        return false;
    return is_small(element(t, 0)) && is_integer(element(t, 1));
}

static term check_counter(const struct ets_table *t, term tuple, term operation)
{
    if (!is_counter_operation(operation))
        return ATOM_none;
    sword position = small_value(element(operation, 0));
    if (position == (sword)t->position)
        return ATOM_keypos;
    if (position < 1 || position > (sword)tuple_arity(tuple))
        return ATOM_position;
    return is_integer(element(tuple, (size_t)position - 1)) ? NONE : ATOM_none;
}

static term check_counters(const struct ets_table *t, term tuple, term list)
{
    for (; is_list(list); list = tail(list)) {
        term cause = check_counter(t, tuple, head(list));
        if (cause != NONE)
            return cause;
    }
    return is_nil(list) ? NONE : (term)ATOM_none;
}

static term counted(struct heap *h, term value, term operation)
{
    term increment = element(operation, 1), why;
    term sum = number_add(h, value, increment, &why);
    if (sum == NONE || tuple_arity(operation) == 2)
        return sum;
    int order = number_compare(sum, element(operation, 2));
    bool beyond = integer_is_negative(increment) ? order < 0 : order > 0;
    return beyond ? element(operation, 3) : sum;
}

// The new values, or NONE: one is too large.
static term count(struct proc *p, term *elements, term list)
{
    struct heap *h = proc_heap(p);
    term values = NIL, result = NIL;
    for (; is_list(list); list = tail(list)) {
        term *at = &elements[small_value(element(head(list), 0)) - 1];
        term value = counted(h, *at, head(list));
        if (value == NONE)
            return NONE;
        *at = value == *at ? term_copy(h, value) : value;    // nothing added: still the object's own
        values = cons(h, *at, values);
    }
    for (; is_list(values); values = tail(values))
        result = cons(h, head(values), result);
    return result;
}

// One small counter in place: 25 ns instead of 90 for a new object.
static bool count_in_place(struct ets_object *o, term list)
{
    term operation = head(list);
    size_t position = (size_t)small_value(element(operation, 0));
    term value = o->body[position], increment = element(operation, 1);
    sword sum;
    if (!is_nil(tail(list)) || tuple_arity(operation) != 2 || !are_small(value, increment))
        return false;
    sum = small_value(value) + small_value(increment);
    if (!fits_small(sum))
        return false;
    o->body[position] = small(sum);
    return true;
}

// What counters are counted in: the object, or the default under the key.
static term *starting_elements(const struct ets_table *t, term tuple, term key)
{
    size_t arity = tuple_arity(tuple);
    term *elements = mem_alloc(arity * sizeof *elements);
    memcpy(elements, tuple_elements(tuple), arity * sizeof *elements);
    elements[t->position - 1] = key;
    return elements;
}

static term count_in(struct ets_table *t, struct proc *p, term tuple, term key, term list)
{
    size_t arity = tuple_arity(tuple);
    term *elements = starting_elements(t, tuple, key);
    term values = count(p, elements, list);
    if (values != NONE)
        ets_put_tuple(t, tuple_of(proc_heap(p), arity, elements));
    mem_free(elements, arity * sizeof *elements);
    return values;
}

struct counting {
    term cause;     // NONE: done
    term values;    // NONE: too large
};

static void update(struct ets_table *t, struct proc *p, term *args, term initial, term list, struct counting *c)
{
    struct ets_object *o = ets_lookup(t, args[1]);
    *c = (struct counting){.cause = initial == NONE ? ATOM_badkey : ATOM_none};
    if (!o && (initial == NONE || tuple_arity(initial) < t->position))
        return;
    term tuple = o ? ets_object_tuple(o) : initial;
    c->cause = check_counters(t, tuple, list);
    if (c->cause != NONE)
        return;
    if (o && is_list(list) && count_in_place(o, list))
        c->values = cons(proc_heap(p), element(tuple, (size_t)small_value(element(head(list), 0)) - 1), NIL);
    else
        c->values = count_in(t, p, tuple, o ? ets_object_key(o, t->position) : args[1], list);
}

static term update_counter(struct proc *p, term *args, term initial)
{
    term cell[2], increment[3] = {header(KIND_TUPLE, 2)};
    struct counting c = {.cause = ATOM_none};
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    increment[1] = small((sword)t->position + 1);
    increment[2] = args[2];
    term list = as_list(is_integer(args[2]) ? boxed_term(increment) : args[2], cell);
    if (initial != NONE && !is_tuple(initial))
        c.cause = ATOM_none;
    else if (!has_updates(t))
        c.cause = ATOM_table_type;
    else
        update(t, p, args, initial, list, &c);
    ets_give(t, true);
    if (c.cause != NONE)
        return fail_because(p, c.cause);
    if (c.values == NONE)
        return fail_error(p, ATOM_system_limit);
    return is_any_list(args[2]) ? c.values : head(c.values);
}

static term bif_update_counter(struct proc *p, term *args)
{
    return update_counter(p, args, NONE);
}

static term bif_update_counter_default(struct proc *p, term *args)
{
    return update_counter(p, args, args[3]);
}

static const struct native_row rows[] = {
    {"ets", "update_counter", 3, bif_update_counter, 0},
    {"ets", "update_counter", 4, bif_update_counter_default, 0},
    {"ets", "update_element", 3, bif_update_element, 0},
};

const struct native_table natives_ets_update = {rows, COUNT_OF(rows)};
