// SPDX-License-Identifier: Apache-2.0
#include "bif/ets_select.h"

#include "base/memory.h"
#include "base/turn.h"
#include "term/ident.h"

enum { LONG_BUCKET = CONFIG_STRESS ? 10 : ETS_SELECT_TURN };

struct hash_walk {
    struct ets_selection *s;
    uint32_t *buckets;    // to be visited, if all keys are known
    size_t count;
    bool all;      // visit all buckets
    bool holds;    // of a bag's long bucket the objects may be held, and the lock given back
    bool resumed;
};

static bool key_of_clause(const struct ets_hash *t, term clause, term *key)
{
    term pattern = element(clause, 0);
    if (pattern == ATOM_underscore || match_is_variable(pattern))
        return false;
    *key = is_tuple(pattern) && tuple_arity(pattern) >= t->position ? element(pattern, t->position - 1) : NONE;
    return *key == NONE || !match_has_variable(*key);
}

static void add_bucket(struct hash_walk *w, uint32_t bucket)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->buckets[i] == bucket)
            return;
    w->buckets[w->count++] = bucket;
}

// Where the keys are that the heads name; all buckets if one of them names none.
static void find_buckets(struct hash_walk *w)
{
    const struct ets_hash *t = &w->s->table->hash;
    w->buckets = mem_alloc((size_t)(list_length(w->s->spec) + 1) * sizeof *w->buckets);
    for (term list = w->s->spec; is_list(list) && !w->all; list = tail(list)) {
        term key;
        w->all = !key_of_clause(t, head(list), &key);
        if (!w->all && key != NONE && ets_hash_find(t, key))
            add_bucket(w, ets_hash_bucket_of(t, key));
    }
}

static void replace(struct ets_selection *s, struct ets_object **at, term value)
{
    struct ets_object *o = value == NONE ? NULL : ets_object_new(value);
    if (o)
        ets_hash_replace(&s->table->hash, at, o);
}

// True: *at is another object now.
static bool treat(struct ets_selection *s, struct ets_object **at, uint32_t bucket)
{
    struct match_mark mark;
    struct heap *h = proc_heap(s->p);
    term value = ets_select_match(s, *at, &mark);
    switch (s->what) {
    case ETS_SELECT_LIST:
    case ETS_SELECT_COUNT:
        return false;
    case ETS_SELECT_DELETE:
        match_rewind(h, &mark);
        return value == ATOM_true && ets_hash_drop(&s->table->hash, at, bucket);
    case ETS_SELECT_REPLACE:
        replace(s, at, value);
        match_rewind(h, &mark);
        return false;
    }
    return false;
}

// The rest of a bucket, as it is now. Afterwards the table is gone, or locked again.
static NOINLINE void visit_held(struct ets_selection *s, struct ets_object *o)
{
    struct ets_held held = {0};
    struct match_mark mark;
    for (; o; o = o->link[ETS_NEXT])
        if (!o->gone)
            ets_held_add(&held, o);
    s->id = ets_id(proc_heap(s->p), s->table);
    ets_give(s->table, s->writes);
    for (size_t i = 0; i < held.count; i++, turn_pass(CONFIG_TURN_UNITS)) {
        turn_hold();    // what others add to the heap would be rewound
        ets_select_match(s, held.objects[i], &mark);
        turn_release();
        ets_object_drop(held.objects[i]);
    }
    ets_held_free(&held);
    (void)ets_select_again(s);
}

static size_t visit(struct ets_selection *s, uint32_t bucket)
{
    size_t visited = 0;
    for (struct ets_object **at = &s->table->hash.buckets[bucket]; *at;) {
        bool gone = (*at)->gone;
        visited += !gone;
        if (gone || !treat(s, at, bucket))
            at = &(*at)->link[ETS_NEXT];
    }
    return visited;
}

// Of a bag, for those who only read. Afterwards the table may be gone.
static NOINLINE size_t visit_of_bag(struct ets_selection *s, uint32_t bucket)
{
    size_t visited = 0;
    struct match_mark mark;
    struct ets_object *o = s->table->hash.buckets[bucket];
    for (; o && visited < LONG_BUCKET; o = o->link[ETS_NEXT]) {
        if (o->gone)
            continue;
        visited++;
        ets_select_match(s, o, &mark);
    }
    if (o)
        visit_held(s, o);
    return visited;
}

// The bucket to go on with, or -1.
static sword visit_all(struct hash_walk *w, uint32_t bucket)
{
    struct ets_selection *s = w->s;
    const struct ets_table *t = s->table;
    size_t visited = 0;
    bool holds = w->holds;
    for (;;) {
        visited += UNLIKELY(holds) ? visit_of_bag(s, bucket) : visit(s, bucket);
        if (UNLIKELY(holds) && !(t = s->table))
            return -1;
        bucket = ets_hash_next_bucket(&t->hash, bucket);
        if (bucket == 0)
            return -1;
        if (s->chunk && s->got >= s->chunk)
            return bucket;
        if (visited >= ETS_SELECT_TURN) {    // from then on the BEAM splits results off in another order
            w->resumed = true;
            visited = 0;
            if (s->fixed && !ets_select_pause(s))
                return -1;
            t = s->table;
        }
    }
}

// Takes what is too much for a chunk off the front of the results.
static term split(struct hash_walk *w)
{
    struct ets_selection *s = w->s;
    struct heap *h = proc_heap(s->p);
    size_t more = s->got > s->chunk ? s->got - s->chunk : 0;
    term rest = NIL, ordered = NIL;
    for (size_t i = 0; i < more; i++, s->list = tail(s->list))
        rest = cons(h, head(s->list), rest);
    if (w->resumed)
        return rest;
    for (; is_list(rest); rest = tail(rest))
        ordered = cons(h, head(rest), ordered);
    return ordered;
}

static term chunk_result(struct hash_walk *w, sword bucket)
{
    struct ets_selection *s = w->s;
    struct heap *h = proc_heap(s->p);
    sword more = s->got > s->chunk ? (sword)(s->got - s->chunk) : 0;
    term rest = split(w);
    if (is_nil(rest) && bucket < 0)
        return is_nil(s->list) ? (term)ATOM_end_of_table : tuple2(h, s->list, ATOM_end_of_table);
    if (s->compiled == NONE)
        s->compiled = ets_compile_spec(h, s->spec);
    term id = is_atom(s->id) ? ets_id(h, s->table) : s->id;
    term elements[] = {id, small(bucket), small((sword)s->chunk), s->compiled, rest, small(more)};
    return tuple2(h, s->list, tuple_of(h, COUNT_OF(elements), elements));
}

term ets_select_hash(struct ets_selection *s)
{
    struct hash_walk w = {.s = s};
    sword bucket = -1;
    find_buckets(&w);
    bool in_turns = !s->chunk && turn_under_way(), reads = s->what == ETS_SELECT_LIST || s->what == ETS_SELECT_COUNT;
    bool pauses = w.all && in_turns && s->table->hash.count > ETS_SELECT_TURN;
    w.holds = in_turns && reads && (pauses || w.count == 1) && s->table->hash.equal_keys != ETS_SET;
    if (w.all && (!pauses || ets_select_fix(s)))
        bucket = visit_all(&w, 0);
    for (size_t i = 0; !w.all && i < w.count; i++)
        (void)(w.holds ? visit_of_bag(s, w.buckets[i]) : visit(s, w.buckets[i]));
    mem_free(w.buckets, (size_t)(list_length(s->spec) + 1) * sizeof *w.buckets);
    if (!s->table)
        return NONE;
    if (s->what == ETS_SELECT_DELETE && s->got && !s->fixed)
        ets_hash_settle(&s->table->hash);
    if (s->what != ETS_SELECT_LIST)
        return small((sword)s->got);
    return s->chunk ? chunk_result(&w, bucket) : s->list;
}

term ets_select_more_hash(struct ets_selection *s, term continuation)
{
    const struct ets_hash *t = &s->table->hash;
    struct hash_walk w = {.s = s, .resumed = true};
    term bucket = element(continuation, 1), left = element(continuation, 5);
    s->list = element(continuation, 4);
    if (!is_small(bucket) || !is_small(left) || small_value(left) < 0 || list_length(s->list) != small_value(left))
        return NONE;
    s->got = (size_t)small_value(left);
    sword at = small_value(bucket);
    if (at >= 0 && s->got < s->chunk) {
        if (at >= t->active)
            return NONE;
        at = visit_all(&w, (uint32_t)at);
    }
    return chunk_result(&w, at);
}
