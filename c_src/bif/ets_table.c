// SPDX-License-Identifier: Apache-2.0
#include "bif/ets_table.h"

#include "base/clock.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/table.h"
#include "bif/ets_store.h"
#include "proc/signal.h"
#include "term/copy.h"
#include "term/ident.h"

enum {
    PLACES = 1 << 20,    // tables at once
    CHUNK_BITS = 10,
    CHUNK = 1 << CHUNK_BITS,
    PLACE_BITS = 18,    // of the place in the first number of an identifier
    NO_PLACE = UINT32_MAX,
};

#define TABLE_MARK ((uint32_t)1 << 31)    // in the last number: references that are made otherwise never reach it

struct place {
    _Atomic(struct ets_table *) table;
    uint32_t generation;
    uint32_t next;    // free place
};

// A process that owns or fixes tables.
struct holder {
    term pid;
    struct list tables, fixes;
};

static struct {
    struct lock lock;
    _Atomic(struct place *) chunks[PLACES / CHUNK];
    uint32_t used, free;
    _Atomic(_Atomic(struct ets_table *) *) names[CONFIG_MAX_ATOMS / CHUNK];
    struct table holders;
} registry = {.free = NO_PLACE};

static bool holder_is(const void *entry, const void *key)
{
    return ((const struct holder *)entry)->pid == *(const term *)key;
}

// Identifiers.

static struct place *place_at(uint32_t place)
{
    struct place *chunk = atomic_load_explicit(&registry.chunks[place >> CHUNK_BITS], memory_order_acquire);
    return chunk ? &chunk[place & (CHUNK - 1)] : NULL;
}

// With the registry locked.
static bool reserve_place(struct ets_table *t)
{
    uint32_t place = registry.free;
    if (place != NO_PLACE) {
        registry.free = place_at(place)->next;
    } else {
        place = registry.used;
        if (place == PLACES)
            return false;
        if (place % CHUNK == 0)
            atomic_store_explicit(&registry.chunks[place >> CHUNK_BITS], mem_zero_alloc(CHUNK * sizeof(struct place)),
                                  memory_order_release);
        registry.used++;
    }
    t->place = place;
    t->generation = ++place_at(place)->generation;
    atomic_store_explicit(&place_at(place)->table, t, memory_order_release);
    return true;
}

static void leave_place(struct ets_table *t)
{
    struct place *place = place_at(t->place);
    atomic_store_explicit(&place->table, NULL, memory_order_release);
    place->next = registry.free;
    registry.free = t->place;
}

static const uint32_t low_places = ((uint32_t)1 << PLACE_BITS) - 1;

term ets_id(struct heap *h, const struct ets_table *t)
{
    struct ref_ids ids = {3, {t->place & low_places, t->generation, TABLE_MARK | t->place >> PLACE_BITS}};
    return ref_make(h, node_self(), &ids);
}

term ets_term(struct heap *h, const struct ets_table *t)
{
    return t->named ? t->name : ets_id(h, t);
}

static bool is_table_id(term t)
{
    return is_kind(t, KIND_REF) && ref_ids(t)->count == 3 && ref_ids(t)->id[2] & TABLE_MARK;
}

static struct ets_table *find_by_id(term id)
{
    const uint32_t *number = ref_ids(id)->id;
    uint32_t at = (number[2] & ~TABLE_MARK) << PLACE_BITS | number[0];
    struct place *place = at < PLACES ? place_at(at) : NULL;
    struct ets_table *t = place ? atomic_load_explicit(&place->table, memory_order_acquire) : NULL;
    return t && t->generation == number[1] ? t : NULL;
}

// Names.

static _Atomic(struct ets_table *) *name_slot(term name)
{
    uint32_t number = atom_number(name);
    _Atomic(struct ets_table *) *chunk =
        atomic_load_explicit(&registry.names[number >> CHUNK_BITS], memory_order_acquire);
    return chunk ? &chunk[number & (CHUNK - 1)] : NULL;
}

static struct ets_table *find_by_name(term name)
{
    _Atomic(struct ets_table *) *slot = name_slot(name);
    return slot ? atomic_load_explicit(slot, memory_order_acquire) : NULL;
}

// With the registry locked.
static void set_name(term name, struct ets_table *t)
{
    uint32_t chunk = atom_number(name) >> CHUNK_BITS;
    if (!atomic_load_explicit(&registry.names[chunk], memory_order_relaxed))
        atomic_store_explicit(&registry.names[chunk], mem_zero_alloc(CHUNK * sizeof(_Atomic(struct ets_table *))),
                              memory_order_release);
    atomic_store_explicit(name_slot(name), t, memory_order_release);
}

struct ets_table *ets_find(term id, term *cause)
{
    struct ets_table *t = is_atom(id) ? find_by_name(id) : is_table_id(id) ? find_by_id(id) : NULL;
    *cause = is_atom(id) || is_table_id(id) ? ATOM_id : ATOM_type;
    return t;
}

void ets_give(struct ets_table *t, bool write)
{
    if (write)
        rwlock_give_write(&t->lock);
    else
        rwlock_give_read(&t->lock);
}

static term refusal(const struct proc *p, const struct ets_table *t, enum ets_access access)
{
    if (t->deleted)
        return ATOM_id;
    bool open = access == ETS_INFO || t->owner == p->pid || t->protection == ATOM_public ||
                (access == ETS_READ && t->protection == ATOM_protected);
    return open ? NONE : ATOM_access;
}

static void lock_table(struct ets_table *t, bool write)
{
    if (write)
        rwlock_take_write(&t->lock);
    else
        rwlock_take_read(&t->lock);
}

// Insertion in turns.

enum { COMING_STEP = CONFIG_STRESS ? 2 : 512, COMING_UNITS = COMING_STEP * 16 };

static void put_coming(struct ets_table *t, size_t n)
{
    struct ets_coming *c = t->coming;
    if (!c)
        return;
    for (; n > 0 && c->looked_for && !c->found; n--) {
        c->found = ets_lookup(t, ets_object_key(c->looked_for, t->position)) != NULL;
        c->looked_for = c->looked_for->link[ETS_NEXT];
    }
    for (struct ets_object *o; n > 0 && !c->found && (o = c->objects) != NULL; n--) {
        c->objects = o->link[ETS_NEXT];
        ets_put(t, o, false);
    }
    if (c->found || !c->objects)
        t->coming = NULL;
}

// For a step. The table: there are more, and it is locked; NULL: all are there, or will never be.
static struct ets_table *put_step(struct ets_table *t, term id, const struct ets_coming *c)
{
    term cause;
    put_coming(t, COMING_STEP);
    bool more = t->coming == c;
    ets_give(t, true);
    if (!more)
        return NULL;
    turn_pass(COMING_UNITS);
    t = ets_find(id, &cause);
    if (!t)
        return NULL;
    rwlock_take_write(&t->lock);
    if (t->coming == c)
        return t;
    ets_give(t, true);
    return NULL;
}

bool ets_put_in_turns(struct ets_table *t, term id, struct ets_object *objects, bool only_new)
{
    struct ets_coming c = {.objects = objects, .looked_for = only_new ? objects : NULL};
    t->coming = &c;
    do
        t = put_step(t, id, &c);
    while (t);
    return !c.found;
}

// The table is locked, but objects are coming: helps until there are none.
static struct ets_table *take_later(struct proc *p, struct ets_table *t, term id, bool write, bool may_yield,
                                    term *cause)
{
    while (t && t->coming) {
        ets_give(t, write);
        rwlock_take_write(&t->lock);
        put_coming(t, COMING_STEP);
        ets_give(t, true);
        if (may_yield && !turn_under_way()) {
            fail_yield(p);
            *cause = NONE;
            return NULL;
        }
        turn_pass(COMING_UNITS);
        t = ets_find(id, cause);
        if (t)
            lock_table(t, write);
    }
    return t;
}

static struct ets_table *take(struct proc *p, term id, bool write, bool may_yield, term *cause)
{
    struct ets_table *t = ets_find(id, cause);
    if (!t)
        return NULL;
    lock_table(t, write);
    return LIKELY(!t->coming) ? t : take_later(p, t, id, write, may_yield, cause);
}

static struct ets_table *take_if_allowed(struct proc *p, term id, enum ets_access access, bool write, bool may_yield)
{
    term cause;
    struct ets_table *t = take(p, id, write, may_yield, &cause);
    if (t) {
        cause = refusal(p, t, access);
        if (LIKELY(cause == NONE))
            return t;
        ets_give(t, write);
    }
    if (cause != NONE)
        fail_badarg_because(p, cause);
    return NULL;
}

struct ets_table *ets_take(struct proc *p, term id, enum ets_access access, bool write)
{
    return take_if_allowed(p, id, access, write, true);
}

struct ets_table *ets_take_again(struct proc *p, term id, enum ets_access access, bool write)
{
    return take_if_allowed(p, id, access, write, false);
}

struct ets_table *ets_take_any(struct proc *p, term id, term *cause)
{
    struct ets_table *t = take(p, id, false, true, cause);
    if (!t || !t->deleted)
        return t;
    ets_give(t, false);
    return NULL;
}

// Owners. All with the registry locked.

static struct holder *holder_of(term pid)
{
    return registry.holders.slots ? table_find(&registry.holders, table_hash_word(pid), &pid) : NULL;
}

static struct holder *holder_make(term pid)
{
    struct holder *h = holder_of(pid);
    if (h)
        return h;
    if (!registry.holders.slots)
        table_init(&registry.holders, holder_is);
    h = mem_alloc(sizeof *h);
    h->pid = pid;
    list_init(&h->tables);
    list_init(&h->fixes);
    table_add(&registry.holders, table_hash_word(pid), h);
    return h;
}

// False: the process has exited, or is past the point where it gives its tables up.
static bool own(struct ets_table *t, struct proc *p)
{
    uint8_t none = TABLES_NONE;
    if (!p || (!atomic_compare_exchange_strong(&p->tables, &none, TABLES_SOME) && none == TABLES_GONE))
        return false;
    list_remove(&t->of_owner);
    list_add(&holder_make(p->pid)->tables, &t->of_owner);
    t->owner = p->pid;
    return true;
}

// Made and unmade.

struct ets_table *ets_table_new(bool ordered, enum ets_equal_keys kind, uint32_t position, uint32_t locks, bool sampled)
{
    struct ets_table *t = mem_zero_alloc(sizeof *t);
    mem_count_use(MEM_TABLES, sizeof *t);
    rwlock_init(&t->lock);
    t->ordered = ordered;
    t->position = position;
    t->heir = ATOM_none;
    list_init(&t->of_owner);
    list_init(&t->fixes);
    if (ordered)
        ets_tree_init(&t->tree, position);
    else
        ets_hash_init(&t->hash, kind, position, locks, sampled);
    return t;
}

static void drop_gift(struct ets_table *t)
{
    if (t->gift_area)
        fragment_free(t->gift_area);
    t->gift_area = NULL;
    t->gift = ATOM_undefined;
}

static void free_record(struct retired *r)
{
    struct ets_table *t = CONTAINER_OF(r, struct ets_table, retired);
    mem_count_use(MEM_TABLES, -(int64_t)sizeof *t);
    mem_free(t, sizeof *t);
}

// Nobody can find it any more.
static void dispose(struct ets_table *t)
{
    if (t->ordered)
        ets_tree_clear(&t->tree);
    else
        ets_hash_done(&t->hash);
    drop_gift(t);
    t->retired.release = free_record;
    epoch_retire(&t->retired);
}

static term enter(struct proc *p, struct ets_table *t, term *why)
{
    *why = ATOM_already_exists;
    if (t->named && find_by_name(t->name))
        return NONE;
    *why = ATOM_system_limit;
    if (!reserve_place(t))
        return NONE;
    if (t->named)
        set_name(t->name, t);
    own(t, p);
    return ATOM_ok;
}

term ets_enter(struct proc *p, struct ets_table *t, term *why)
{
    t->owner = p->pid;
    lock_take(&registry.lock);
    bool entered = enter(p, t, why) != NONE;
    lock_give(&registry.lock);
    if (!entered) {
        dispose(t);
        return NONE;
    }
    return ets_term(proc_heap(p), t);
}

static void free_fix(struct ets_fix *f)
{
    list_remove(&f->of_table);
    list_remove(&f->of_process);
    mem_free(f, sizeof *f);
}

void ets_delete(struct ets_table *t)
{
    t->deleted = true;
    lock_take(&registry.lock);
    list_remove(&t->of_owner);
    while (!list_empty(&t->fixes))
        free_fix(CONTAINER_OF(t->fixes.next, struct ets_fix, of_table));
    if (t->named)
        set_name(t->name, NULL);
    leave_place(t);
    lock_give(&registry.lock);
    rwlock_give_write(&t->lock);
    dispose(t);
}

bool ets_rename(struct ets_table *t, term name)
{
    lock_take(&registry.lock);
    bool free_name = !t->named || !find_by_name(name);
    if (free_name && t->named) {
        set_name(t->name, NULL);
        set_name(name, t);
    }
    lock_give(&registry.lock);
    if (free_name)
        t->name = name;
    return free_name;
}

void ets_set_heir(struct ets_table *t, term heir, term gift)
{
    drop_gift(t);
    t->heir = is_local_pid(heir) && proc_find(heir) ? heir : ATOM_none;
    if (t->heir != ATOM_none)
        t->gift_area = term_to_fragment(gift, &t->gift);
}

bool ets_pass(struct ets_table *t, term pid, term gift)
{
    term from = t->owner;
    lock_take(&registry.lock);
    bool passed = own(t, proc_find(pid));
    lock_give(&registry.lock);
    if (!passed)
        return false;
    struct heap h;
    heap_init(&h, 16);
    signal_message(pid, tuple4(&h, ATOM_ETS_TRANSFER, ets_term(&h, t), from, gift));
    heap_done(&h);
    return true;
}

// Fixations.

static struct ets_fix *find_fix(const struct ets_table *t, term pid)
{
    for (struct list *l = t->fixes.next; l != &t->fixes; l = l->next) {
        struct ets_fix *f = CONTAINER_OF(l, struct ets_fix, of_table);
        if (f->pid == pid)
            return f;
    }
    return NULL;
}

bool ets_fixed(const struct ets_table *t)
{
    return !list_empty(&t->fixes);
}

bool ets_fixed_once(const struct ets_table *t)
{
    const struct list *first = t->fixes.next;
    return first != &t->fixes && first->next == &t->fixes && CONTAINER_OF(first, struct ets_fix, of_table)->count == 1;
}

void ets_fix(struct proc *p, struct ets_table *t)
{
    struct ets_fix *f = find_fix(t, p->pid);
    if (f) {
        f->count++;
        return;
    }
    if (!ets_fixed(t))
        t->fixed_since = clock_monotonic();
    f = mem_alloc(sizeof *f);
    *f = (struct ets_fix){.table = t, .pid = p->pid, .count = 1};
    if (!t->ordered)
        t->hash.fixed = true;
    lock_take(&registry.lock);
    list_add(&t->fixes, &f->of_table);
    list_add(&holder_make(p->pid)->fixes, &f->of_process);
    lock_give(&registry.lock);
    atomic_store(&p->tables, TABLES_SOME);
}

static void remove_fix(struct ets_table *t, struct ets_fix *f)
{
    lock_take(&registry.lock);
    free_fix(f);
    lock_give(&registry.lock);
    if (!ets_fixed(t) && !t->ordered)
        ets_hash_unfix(&t->hash);
}

void ets_unfix(struct proc *p, struct ets_table *t)
{
    struct ets_fix *f = find_fix(t, p->pid);
    if (f && --f->count == 0)
        remove_fix(t, f);
}

term ets_fixers(struct heap *h, const struct ets_table *t)
{
    term list = NIL;
    for (struct list *l = t->fixes.next; l != &t->fixes; l = l->next) {
        struct ets_fix *f = CONTAINER_OF(l, struct ets_fix, of_table);
        list = cons(h, tuple2(h, f->pid, small((sword)f->count)), list);
    }
    return list;
}

term ets_all(struct heap *h)
{
    term list = NIL;
    lock_take(&registry.lock);
    for (uint32_t i = 0; i < registry.used; i++) {
        struct ets_table *t = atomic_load_explicit(&place_at(i)->table, memory_order_relaxed);
        if (t)
            list = cons(h, ets_term(h, t), list);
    }
    lock_give(&registry.lock);
    return list;
}

// Exits.

// Who exits waits for nothing.
static void take_at_once(struct ets_table *t)
{
    rwlock_take_write(&t->lock);
    put_coming(t, SIZE_MAX);
}

// Another process may give the same table away or delete it meanwhile: then it is no longer the owner's.
static void leave_table(struct ets_table *t, term owner)
{
    take_at_once(t);
    if (t->deleted || t->owner != owner || (t->heir != ATOM_none && t->heir != owner && ets_pass(t, t->heir, t->gift)))
        rwlock_give_write(&t->lock);
    else
        ets_delete(t);
}

static void leave_fix(struct ets_table *t, term pid)
{
    take_at_once(t);
    struct ets_fix *f = t->deleted ? NULL : find_fix(t, pid);
    if (f)
        remove_fix(t, f);
    rwlock_give_write(&t->lock);
}

// One table of a process that exits, NULL when there is none. A pointer stays good until the slice ends.
static struct ets_table *owned(term pid)
{
    lock_take(&registry.lock);
    struct holder *h = holder_of(pid);
    struct ets_table *t =
        h && !list_empty(&h->tables) ? CONTAINER_OF(h->tables.next, struct ets_table, of_owner) : NULL;
    lock_give(&registry.lock);
    return t;
}

static struct ets_table *fixed_by(term pid)
{
    lock_take(&registry.lock);
    struct holder *h = holder_of(pid);
    struct ets_table *t =
        h && !list_empty(&h->fixes) ? CONTAINER_OF(h->fixes.next, struct ets_fix, of_process)->table : NULL;
    lock_give(&registry.lock);
    return t;
}

static void process_exits(struct proc *p)
{
    if (atomic_exchange(&p->tables, TABLES_GONE) == TABLES_NONE)
        return;
    for (struct ets_table *t; (t = owned(p->pid)) != NULL;)
        leave_table(t, p->pid);
    for (struct ets_table *t; (t = fixed_by(p->pid)) != NULL;)
        leave_fix(t, p->pid);
    lock_take(&registry.lock);
    struct holder *h = holder_of(p->pid);
    if (h)
        table_remove(&registry.holders, table_hash_word(p->pid), &p->pid);
    lock_give(&registry.lock);
    if (h)
        mem_free(h, sizeof *h);
}

void ets_open(void)
{
    static bool told;
    lock_init(&registry.lock);
    if (!told)
        proc_on_exit(process_exits);
    told = true;
}

void ets_close(void)
{
    for (uint32_t i = 0; i < registry.used; i++) {
        struct ets_table *t = atomic_load(&place_at(i)->table);
        if (t) {
            take_at_once(t);
            ets_delete(t);
        }
    }
    for (size_t i = 0; i < PLACES / CHUNK; i++)
        mem_free(atomic_exchange(&registry.chunks[i], NULL), CHUNK * sizeof(struct place));
    for (size_t i = 0; i < COUNT_OF(registry.names); i++)
        mem_free(atomic_exchange(&registry.names[i], NULL), CHUNK * sizeof(_Atomic(struct ets_table *)));
    if (registry.holders.slots)
        table_free(&registry.holders, sizeof(struct holder));
    registry.used = 0;
    registry.free = NO_PLACE;
}
