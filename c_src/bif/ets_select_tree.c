// SPDX-License-Identifier: Apache-2.0
#include "bif/ets_select.h"

#include "base/memory.h"
#include "base/turn.h"
#include "term/compare.h"
#include "term/copy.h"
#include "term/work.h"

struct tree_walk {
    struct ets_selection *s;
    struct ets_tree_walk at;
    bool pauses;     // for others to have their turn
    bool ranged;     // only keys that the pattern may match
    term pattern;    // of the key
    struct ets_object *last;
    struct ets_object **held;    // objects to delete, or to put in their old ones' places
    size_t held_count, held_capacity;
};

// Compares a key's pattern with a key up to the first variable: an ets_tree_where. Maps count as variables.
static int where(const void *what, term key)
{
    struct work w;
    term pattern = *(const term *)what;
    int order = 0;
    work_init(&w);
    work_push(&w, 0, &pattern, &key, 1);
    while (w.count && order == 0) {
        struct span *s = work_top(&w);
        term a = *s->at++, b = *s->with++;
        if (--s->left == 0)
            w.count--;
        if (is_map(a) || a == ATOM_underscore || match_is_variable(a))
            break;
        if (is_list(a) && is_list(b))
            work_push(&w, 0, list_ptr(a), list_ptr(b), 2);
        else if (!is_tuple(a) || !is_tuple(b) || tuple_arity(a) != tuple_arity(b))
            order = term_compare(a, b);
        else if (tuple_arity(a) > 0)
            work_push(&w, 0, tuple_elements(a), tuple_elements(b), tuple_arity(a));
    }
    work_done(&w);
    return order;
}

// A range of keys is known if there is one clause, and its key begins with something known.
static void find_range(struct tree_walk *w)
{
    struct ets_selection *s = w->s;
    if (!is_list(s->spec) || !is_nil(tail(s->spec)))
        return;
    term pattern = element(head(s->spec), 0);
    if (!is_tuple(pattern) || tuple_arity(pattern) < s->table->position)
        return;
    w->pattern = element(pattern, s->table->position - 1);
    w->ranged = w->pattern != ATOM_underscore && !match_is_variable(w->pattern);
}

static void hold(struct tree_walk *w, struct ets_object *o)
{
    if (w->held_count == w->held_capacity) {
        size_t more = w->held_capacity ? w->held_capacity * 2 : 16;
        w->held = mem_resize(w->held, w->held_capacity * sizeof *w->held, more * sizeof *w->held);
        w->held_capacity = more;
    }
    w->held[w->held_count++] = o;
}

static void hold_copy(struct tree_walk *w, term tuple)
{
    struct ets_object *o = ets_object_new(tuple);
    if (LIKELY(o != NULL))
        hold(w, o);
}

static void treat(struct tree_walk *w, struct ets_object *o)
{
    struct match_mark mark;
    struct ets_selection *s = w->s;
    term value = ets_select_match(s, o, &mark);
    if (s->what == ETS_SELECT_DELETE && value == ATOM_true)
        hold(w, o);
    if (s->what == ETS_SELECT_REPLACE && value != NONE)
        hold_copy(w, value);
    if (s->what == ETS_SELECT_DELETE || s->what == ETS_SELECT_REPLACE)
        match_rewind(proc_heap(s->p), &mark);
}

static void settle(struct tree_walk *w)
{
    struct ets_tree *t = &w->s->table->tree;
    for (size_t i = 0; i < w->held_count; i++)
        if (w->s->what == ETS_SELECT_DELETE)
            ets_tree_erase(t, ets_object_key(w->held[i], t->position));
        else
            ets_tree_put(t, w->held[i], false);
    w->held_count = 0;
}

// What is held is done before others may change the tree; the walk goes on beyond the last key.
static bool pause_walk(struct tree_walk *w)
{
    struct ets_selection *s = w->s;
    term key = term_copy(proc_heap(s->p), ets_object_key(w->last, s->table->position));
    settle(w);
    if (!ets_select_pause(s))
        return false;
    ets_tree_walk_beyond(&w->at, &s->table->tree, w->at.side, key);
    return true;
}

// False: the end was reached before the chunk was full.
static bool walk(struct tree_walk *w, bool until_full)
{
    struct ets_selection *s = w->s;
    size_t visited = 0;
    for (struct ets_object *o; (o = ets_tree_walk_next(&w->at)) != NULL;) {
        if (w->ranged && where(&w->pattern, ets_object_key(o, s->table->position)) != 0)
            return false;
        w->last = o;
        treat(w, o);
        if (until_full && s->got == s->chunk)
            return true;
        if (w->pauses && ++visited % ETS_SELECT_TURN == 0 && !pause_walk(w))
            return false;
    }
    return false;
}

static term in_order(struct heap *h, term list)
{
    term result = NIL;
    for (; is_list(list); list = tail(list))
        result = cons(h, head(list), result);
    return result;
}

static term chunk_result(struct tree_walk *w, bool full)
{
    struct ets_selection *s = w->s;
    struct heap *h = proc_heap(s->p);
    if (!full)
        return is_nil(s->list) ? (term)ATOM_end_of_table : tuple2(h, in_order(h, s->list), ATOM_end_of_table);
    if (s->compiled == NONE)
        s->compiled = ets_compile_spec(h, s->spec);
    term elements[] = {
        s->id,
        term_copy(h, ets_object_key(w->last, s->table->position)),
        w->ranged ? w->pattern : NIL,
        small((sword)s->chunk),
        s->compiled,
        NIL,
        small(s->reverse),
        small(0),
    };
    return tuple2(h, in_order(h, s->list), tuple_of(h, COUNT_OF(elements), elements));
}

// Lists that come at once are built from their end; chunks from their start.
term ets_select_tree(struct ets_selection *s)
{
    struct tree_walk w = {.s = s};
    int side = s->reverse == (s->chunk == 0) ? ETS_RIGHT : ETS_LEFT;
    find_range(&w);
    if (w.ranged)
        ets_tree_walk_range(&w.at, &s->table->tree, side, where, &w.pattern);
    else
        ets_tree_walk_all(&w.at, &s->table->tree, side);
    bool one = w.ranged && !match_has_variable(w.pattern);
    w.pauses = !s->chunk && turn_under_way() && s->table->tree.count > ETS_SELECT_TURN;
    if (w.pauses)
        s->id = ets_id(proc_heap(s->p), s->table);
    bool full = is_list(s->spec) && walk(&w, s->chunk && !one);
    if (s->table)
        settle(&w);
    mem_free(w.held, w.held_capacity * sizeof *w.held);
    if (!s->table)
        return NONE;
    if (s->what != ETS_SELECT_LIST)
        return small((sword)s->got);
    return s->chunk ? chunk_result(&w, full) : s->list;
}

term ets_select_more_tree(struct ets_selection *s, term continuation)
{
    struct tree_walk w = {.s = s, .pattern = element(continuation, 2)};
    w.ranged = !is_nil(w.pattern);
    if (!is_nil(element(continuation, 5)) || !is_small(element(continuation, 6)) || !is_small(element(continuation, 7)))
        return NONE;
    s->reverse = element(continuation, 6) != small(0);
    ets_tree_walk_beyond(&w.at, &s->table->tree, s->reverse ? ETS_LEFT : ETS_RIGHT, element(continuation, 1));
    return chunk_result(&w, walk(&w, true));
}
