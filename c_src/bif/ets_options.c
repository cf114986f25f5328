// SPDX-License-Identifier: Apache-2.0
#include "bif/ets_options.h"

#include "term/ident.h"

enum { LOCKS = 64, LOCKS_MAX = 32768, POSITION_MAX = 1 << 24 };

static bool is_type(term t)
{
    return t == ATOM_set || t == ATOM_bag || t == ATOM_duplicate_bag || t == ATOM_ordered_set;
}

static bool is_protection(term t)
{
    return t == ATOM_public || t == ATOM_protected || t == ATOM_private;
}

// The number of locks means nothing here, but ets:info tells it, and walks follow it.
static bool write_concurrency(struct ets_options *o, term value)
{
    if (value == ATOM_auto)
        o->decentralized = true;
    else if (value == ATOM_true)
        o->decentralized = o->decentralized && o->type == ATOM_ordered_set;
    else if (is_tuple_of(value, 2) && element(value, 0) == ATOM_debug_hash_fixed_number_of_locks) {
        value = element(value, 1);
        if (!is_small(value) || small_value(value) < 1 || small_value(value) > LOCKS_MAX)
            return false;
        o->decentralized = true;
    } else if (value != ATOM_false) {
        return false;
    }
    o->write_concurrency = value;
    return true;
}

static bool pair(struct ets_options *o, term name, term value)
{
    if (name == ATOM_write_concurrency)
        return write_concurrency(o, value);
    if (name == ATOM_heir && value == ATOM_none) {
        o->heir = ATOM_none;
        return true;
    }
    if (name == ATOM_keypos && is_small(value) && small_value(value) > 0) {
        o->position = small_value(value) > POSITION_MAX ? POSITION_MAX : (uint32_t)small_value(value);
        return true;
    }
    if (!is_bool(value))
        return false;
    if (name == ATOM_read_concurrency) {
        o->read_concurrency = value == ATOM_true;
    } else if (name == ATOM_decentralized_counters) {
        o->decentralized_given = true;
        o->decentralized_wanted = value == ATOM_true;
    } else {
        return false;
    }
    return true;
}

static bool option(struct ets_options *o, term t)
{
    if (is_type(t)) {
        if (t == ATOM_ordered_set)
            o->decentralized = true;
        o->type = t == ATOM_set ? o->type : t;    // as on the BEAM, where `set` undoes nothing
    } else if (is_protection(t)) {
        o->protection = t == ATOM_protected ? o->protection : t;
    } else if (t == ATOM_named_table) {
        o->named = true;
    } else if (t == ATOM_compressed) {
        o->compressed = true;
    } else if (is_tuple_of(t, 2)) {
        return pair(o, element(t, 0), element(t, 1));
    } else if (is_tuple_of(t, 3) && element(t, 0) == ATOM_heir && is_local_pid(element(t, 1))) {
        o->heir = element(t, 1);
        o->gift = element(t, 2);
    } else {
        return false;
    }
    return true;
}

bool ets_options_read(term list, struct ets_options *o)
{
    *o = (struct ets_options){
        .type = ATOM_set,
        .protection = ATOM_protected,
        .heir = ATOM_none,
        .write_concurrency = ATOM_false,
        .position = 1,
    };
    for (; is_list(list); list = tail(list))
        if (!option(o, head(list)))
            return false;
    if (o->decentralized_given)
        o->decentralized = o->decentralized_wanted;
    bool locks = is_small(o->write_concurrency);
    if (locks && o->type == ATOM_ordered_set)
        return false;
    if (o->protection == ATOM_private)
        o->write_concurrency = ATOM_false;
    return is_nil(list);
}

static uint32_t locks_of(term write_concurrency)
{
    if (!is_small(write_concurrency))
        return write_concurrency == ATOM_false ? 1 : LOCKS;
    uint32_t locks = LOCKS;
    while (locks * 2 <= (uint64_t)small_value(write_concurrency))
        locks *= 2;
    return locks;
}

struct ets_table *ets_options_table(const struct ets_options *o, term name)
{
    bool concurrent = o->write_concurrency != ATOM_false, decentralized = concurrent && o->decentralized;
    enum ets_equal_keys kind = o->type == ATOM_bag             ? ETS_BAG
                               : o->type == ATOM_duplicate_bag ? ETS_DUPLICATE_BAG
                                                               : ETS_SET;
    uint32_t locks = locks_of(o->write_concurrency);
    struct ets_table *t = ets_table_new(o->type == ATOM_ordered_set, kind, o->position, locks, decentralized);
    t->name = name;
    t->named = o->named;
    t->protection = o->protection;
    t->compressed = o->compressed;
    t->read_concurrency = o->read_concurrency && o->protection != ATOM_private;
    t->decentralized = decentralized;
    t->write_concurrency = is_small(o->write_concurrency) ? small((sword)locks) : o->write_concurrency;
    if (o->heir != ATOM_none)
        ets_set_heir(t, o->heir, o->gift);
    return t;
}

static bool change(struct ets_changes *c, term t)
{
    if (!is_tuple(t) || tuple_arity(t) < 2)
        return false;
    term name = element(t, 0), value = element(t, 1);
    if (name == ATOM_heir) {
        bool good = tuple_arity(t) == 2 ? value == ATOM_none : tuple_arity(t) == 3 && is_local_pid(value);
        if (!good || c->heir != NONE)
            return false;
        c->heir = value;
        c->gift = tuple_arity(t) == 3 ? element(t, 2) : (term)ATOM_undefined;
        return true;
    }
    bool good = name == ATOM_protection && tuple_arity(t) == 2 && is_protection(value) && c->protection == NONE;
    c->protection = value;
    return good;
}

bool ets_changes_read(term list, struct ets_changes *c)
{
    *c = (struct ets_changes){.heir = NONE, .protection = NONE};
    if (is_tuple(list))
        return change(c, list);
    for (; is_list(list); list = tail(list))
        if (!change(c, head(list)))
            return false;
    return is_nil(list);
}
