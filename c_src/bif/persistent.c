// SPDX-License-Identifier: Apache-2.0
// persistent_term: values on literals, so that getting one copies nothing. The memory of one that was replaced or erased goes
// when no process holds it any more (proc/reap.h).
#include "bif/persistent.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/table.h"
#include "bif/bif.h"
#include "proc/errand.h"
#include "proc/reap.h"
#include "term/compare.h"
#include "term/copy.h"
#include "term/hash.h"
#include "term/little.h"
#include "term/map.h"
#include "term/number.h"

struct persistent {
    term key, value;
    struct fragment *key_area, *value_area;    // NULL: immediate
};

static bool key_is(const void *entry, const void *key)
{
    return term_equal(((const struct persistent *)entry)->key, *(const term *)key);
}

static struct {
    struct lock lock;
    struct table table;
    _Atomic size_t words;
} persistents;

void persistent_close(void)
{
    if (persistents.table.slots)
        table_free(&persistents.table, sizeof(struct persistent));
}

static term on_literals(term t, struct fragment **area)
{
    *area = NULL;
    if (is_immediate(t))
        return t;
    size_t words = term_words_flat(t);
    if (!mem_allows(words * sizeof(term)))
        return NONE;
    struct fragment *f = literals_new(words);
    struct heap h;
    heap_over_fragment(&h, f);
    term copy = term_copy_literals(&h, t, words);
    heap_close_fragment(&h, f);
    persistents.words += words;
    *area = f;
    return copy;
}

static void give_up(struct fragment *area)
{
    if (!area)
        return;
    persistents.words -= area->size;
    reap_literals(area);
}

static void forget(struct persistent *e)
{
    give_up(e->key_area);
    give_up(e->value_area);
    mem_free(e, sizeof *e);
}

static struct persistent *find(term key)
{
    return persistents.table.count ? table_find(&persistents.table, term_hash(key), &key) : NULL;
}

static term value_of(term key)
{
    lock_take(&persistents.lock);
    struct persistent *e = find(key);
    term value = e ? e->value : NONE;
    lock_give(&persistents.lock);
    return value;
}

// What of it is not needed stays in *added, as what it takes the place of.
static void set(struct persistent *added)
{
    lock_take(&persistents.lock);
    if (!persistents.table.slots)
        table_init(&persistents.table, key_is);
    struct persistent *e = find(added->key);
    if (e) {
        struct persistent before = *e;
        e->value = added->value;
        e->value_area = added->value_area;
        added->value_area = before.value_area;
    } else {
        e = mem_alloc(sizeof *e);
        *e = *added;
        table_add(&persistents.table, term_hash(e->key), e);
        added->key_area = added->value_area = NULL;
    }
    lock_give(&persistents.lock);
}

// Nobody but this errand's stack may refer to the value that was found.
static bool is_set(term key, term value)
{
    reap_hold();
    term old = value_of(key);
    bool same = old != NONE && term_equal(old, value);
    reap_drop();
    return same;
}

static term put(struct proc *p, term *args)
{
    struct persistent e = {.value = NONE};
    if (is_set(args[0], args[1]))
        return ATOM_ok;
    e.key = on_literals(args[0], &e.key_area);
    if (e.key != NONE)
        e.value = on_literals(args[1], &e.value_area);
    if (e.value != NONE)
        set(&e);
    give_up(e.key_area);
    give_up(e.value_area);
    return e.value == NONE ? fail_error(p, ATOM_system_limit) : (term)ATOM_ok;
}

static term bif_put(struct proc *p, term *args)
{
    return term_is_little(args[0]) && term_is_little(args[1]) ? put(p, args) : errand(p, args, 2, put);
}

static term bif_get(struct proc *p, term *args)
{
    term value = value_of(args[0]);
    return value == NONE ? fail_badarg(p) : value;
}

static term bif_get_default(struct proc *p, term *args)
{
    (void)p;
    term value = value_of(args[0]);
    return value == NONE ? args[1] : value;
}

static term bif_get_all(struct proc *p, term *args)
{
    (void)args;
    term list = NIL;
    size_t at = 0;
    lock_take(&persistents.lock);
    for (struct persistent *e; persistents.table.count && (e = table_next(&persistents.table, &at)) != NULL;)
        list = cons(proc_heap(p), tuple2(proc_heap(p), e->key, e->value), list);
    lock_give(&persistents.lock);
    return list;
}

static term bif_erase(struct proc *p, term *args)
{
    (void)p;
    lock_take(&persistents.lock);
    struct persistent *e = find(args[0]);
    if (e)
        table_remove(&persistents.table, term_hash(e->key), &e->key);
    if (e)
        forget(e);
    lock_give(&persistents.lock);
    return bool_term(e != NULL);
}

static term bif_erase_all(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    lock_take(&persistents.lock);
    if (persistents.table.slots) {
        size_t at = 0;
        for (struct persistent *e; (e = table_next(&persistents.table, &at)) != NULL;)
            forget(e);
        table_done(&persistents.table);
        table_init(&persistents.table, key_is);
    }
    lock_give(&persistents.lock);
    return ATOM_true;
}

static term bif_info(struct proc *p, term *args)
{
    (void)args;
    struct heap *h = proc_heap(p);
    return map_from_pairs(h,
                          (term[]){ATOM_count, integer_from_u64(h, persistents.table.count), ATOM_memory,
                                   integer_from_u64(h, persistents.words * sizeof(term))},
                          2);
}

static const struct native_row rows[] = {
    {"persistent_term", "put", 2, bif_put, 0},
    {"persistent_term", "get", 0, bif_get_all, 0},
    {"persistent_term", "get", 1, bif_get, 0},
    {"persistent_term", "get", 2, bif_get_default, 0},
    {"persistent_term", "erase", 1, bif_erase, 0},
    {"persistent_term", "info", 0, bif_info, 0},
    {"erts_internal", "erase_persistent_terms", 0, bif_erase_all, 0},
};

const struct native_table natives_persistent = {rows, COUNT_OF(rows)};
