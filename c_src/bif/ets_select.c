// SPDX-License-Identifier: Apache-2.0
// Natives of ets that take match specifications or patterns.
#include "bif/ets_select.h"

#include "bif/bif.h"
#include "proc/errand.h"
#include "term/ident.h"

enum { MORE_HASH = 6, MORE_TREE = 8 };    // elements of continuations

term ets_compiled_spec(term t)
{
    return handle_value(t, ATOM_dollar_match_spec);
}

term ets_compile_spec(struct heap *h, term spec)
{
    return handle_new(h, ATOM_dollar_match_spec, spec);
}

term ets_select_match(struct ets_selection *s, const struct ets_object *o, struct match_mark *mark)
{
    struct heap *h = proc_heap(s->p);
    match_mark(h, mark);
    term value = match_run(s->program, s->p, ets_object_tuple(o), s->what == ETS_SELECT_LIST);
    bool good = s->what == ETS_SELECT_LIST || s->what == ETS_SELECT_REPLACE ? value != NONE : value == ATOM_true;
    if (good)
        s->got++;
    if (s->what == ETS_SELECT_LIST && good)
        s->list = cons(h, value, s->list);
    else if (s->what == ETS_SELECT_LIST || s->what == ETS_SELECT_COUNT)
        match_rewind(h, mark);
    return good ? value : NONE;
}

static bool keeps_keys(const struct ets_table *t, term spec)
{
    for (; is_list(spec); spec = tail(spec))
        if (!match_keeps_key(head(spec), t->position))
            return false;
    return true;
}

static bool is_chunk(term t, size_t *chunk)
{
    *chunk = is_small(t) && small_value(t) > 0 ? (size_t)small_value(t) : 0;
    return *chunk > 0;
}

static bool take_again(struct ets_selection *s, bool write)
{
    s->table = ets_take_again(s->p, s->id, s->writes ? ETS_WRITE : ETS_READ, write);
    return s->table != NULL;
}

bool ets_select_fix(struct ets_selection *s)
{
    s->id = ets_id(proc_heap(s->p), s->table);
    ets_give(s->table, s->writes);
    if (!take_again(s, true))
        return false;
    ets_fix(s->p, s->table);
    s->fixed = true;
    if (s->writes)
        return true;
    ets_give(s->table, true);
    return take_again(s, false);
}

bool ets_select_again(struct ets_selection *s)
{
    return take_again(s, s->writes);
}

bool ets_select_pause(struct ets_selection *s)
{
    ets_give(s->table, s->writes);
    turn_pass(ETS_SELECT_TURN * CONFIG_TURN_UNITS);
    return ets_select_again(s);
}

// What is marked goes in turns with others, if nobody else has the table fixed. False: the table is gone.
static bool sweep(struct ets_selection *s)
{
    s->writes = true;
    while (!s->table->ordered && ets_fixed_once(s->table) && ets_hash_sweep(&s->table->hash, ETS_SELECT_TURN))
        if (!ets_select_pause(s))
            return false;
    return true;
}

static void unfix(struct ets_selection *s)
{
    ets_give(s->table, s->writes);
    if (!take_again(s, true) || !sweep(s))
        return;
    ets_unfix(s->p, s->table);
    if (s->what == ETS_SELECT_DELETE && s->got && !s->table->ordered)
        ets_hash_settle(&s->table->hash);
}

// The table is locked, and is given back.
static term selected(struct ets_selection *s)
{
    struct ets_table *t = s->table;
    s->writes = s->what == ETS_SELECT_DELETE || s->what == ETS_SELECT_REPLACE;
    s->program = match_compile(s->spec, MATCH_TABLE, NULL);
    s->list = NIL;
    term result = NONE;
    if (s->program && (s->what != ETS_SELECT_REPLACE || keeps_keys(t, s->spec)))
        result = t->ordered ? ets_select_tree(s) : ets_select_hash(s);
    if (s->program)
        match_free(s->program);
    if (s->table && s->fixed)
        unfix(s);
    if (s->table)
        ets_give(s->table, s->writes);
    return result == NONE ? fail_badarg(s->p) : result;
}

static term select_all(struct proc *p, term *args, enum ets_select what, bool reverse)
{
    bool write = what == ETS_SELECT_DELETE || what == ETS_SELECT_REPLACE;
    struct ets_table *t = ets_take(p, args[0], write ? ETS_WRITE : ETS_READ, write);
    if (!t)
        return NONE;
    struct ets_selection s = {.p = p, .table = t, .id = args[0], .spec = args[1], .what = what, .reverse = reverse};
    return selected(&s);
}

static term select_chunk(struct proc *p, term id, term spec, term limit, bool reverse)
{
    struct ets_selection s = {.p = p, .id = id, .spec = spec, .reverse = reverse};
    s.table = ets_take(p, id, ETS_READ, false);
    if (!s.table)
        return NONE;
    if (is_chunk(limit, &s.chunk))
        return selected(&s);
    ets_give(s.table, false);
    return fail_badarg(p);
}

static bool is_more(const struct ets_table *t, term continuation, struct ets_selection *s)
{
    bool tree = t->ordered;
    if (!is_tuple_of(continuation, tree ? MORE_TREE : MORE_HASH))
        return false;
    s->compiled = element(continuation, tree ? 4 : 3);
    s->spec = ets_compiled_spec(s->compiled);
    return is_chunk(element(continuation, tree ? 3 : 2), &s->chunk) && s->spec != NONE;
}

// Goes on with any of the functions that give continuations.
static term bif_more(struct proc *p, term *args)
{
    if (args[0] == ATOM_end_of_table)
        return args[0];
    if (!is_tuple(args[0]) || tuple_arity(args[0]) < 1)
        return fail_badarg(p);
    struct ets_selection s = {.p = p, .id = element(args[0], 0), .list = NIL};
    struct ets_table *t = s.table = ets_take(p, s.id, ETS_READ, false);
    if (!t)
        return NONE;
    term result = NONE;
    if (is_more(t, args[0], &s) && (s.program = match_compile(s.spec, MATCH_TABLE, NULL)) != NULL) {
        result = t->ordered ? ets_select_more_tree(&s, args[0]) : ets_select_more_hash(&s, args[0]);
        match_free(s.program);
    }
    ets_give(t, false);
    return result == NONE ? fail_badarg(p) : result;
}

// [{Pattern, [], [Result]}]
static term spec_of(struct proc *p, term pattern, term result)
{
    struct heap *h = proc_heap(p);
    return cons(h, tuple3(h, pattern, NIL, cons(h, result, NIL)), NIL);
}

static term all_matches(struct proc *p, term *args)
{
    term with_spec[] = {args[0], spec_of(p, args[1], ATOM_dollar_dollar)};
    return select_all(p, with_spec, ETS_SELECT_LIST, false);
}

static term bif_match_chunk(struct proc *p, term *args)
{
    return select_chunk(p, args[0], spec_of(p, args[1], ATOM_dollar_dollar), args[2], false);
}

static term all_objects(struct proc *p, term *args)
{
    term with_spec[] = {args[0], spec_of(p, args[1], ATOM_dollar_underscore)};
    return select_all(p, with_spec, ETS_SELECT_LIST, false);
}

static term bif_match_object_chunk(struct proc *p, term *args)
{
    return select_chunk(p, args[0], spec_of(p, args[1], ATOM_dollar_underscore), args[2], false);
}

static term all_selected(struct proc *p, term *args)
{
    return select_all(p, args, ETS_SELECT_LIST, false);
}

static term bif_select_chunk(struct proc *p, term *args)
{
    return select_chunk(p, args[0], args[1], args[2], false);
}

static term all_reversed(struct proc *p, term *args)
{
    return select_all(p, args, ETS_SELECT_LIST, true);
}

static term bif_select_reverse_chunk(struct proc *p, term *args)
{
    return select_chunk(p, args[0], args[1], args[2], true);
}

static term counted(struct proc *p, term *args)
{
    return select_all(p, args, ETS_SELECT_COUNT, false);
}

static term deleted(struct proc *p, term *args)
{
    return select_all(p, args, ETS_SELECT_DELETE, false);
}

static term replaced(struct proc *p, term *args)
{
    struct ets_table *t = ets_take(p, args[0], ETS_WRITE, true);
    if (!t)
        return NONE;
    bool bag = !t->ordered && t->hash.equal_keys == ETS_BAG;
    struct ets_selection s = {.p = p, .table = t, .id = args[0], .spec = args[1], .what = ETS_SELECT_REPLACE};
    if (!bag)
        return selected(&s);
    ets_give(t, true);
    return fail_badarg_because(p, ATOM_table_type);
}

ERRAND(bif_match, 2, all_matches)
ERRAND(bif_match_object, 2, all_objects)
ERRAND(bif_select, 2, all_selected)
ERRAND(bif_select_reverse, 2, all_reversed)
ERRAND(bif_select_count, 2, counted)
ERRAND(bif_select_delete, 2, deleted)
ERRAND(bif_select_replace, 2, replaced)

// Match specifications without tables.

static term bif_match_spec_compile(struct proc *p, term *args)
{
    struct match_program *m = is_list(args[0]) ? match_compile(args[0], MATCH_TABLE, NULL) : NULL;
    if (!m)
        return fail_badarg(p);
    match_free(m);
    return ets_compile_spec(proc_heap(p), args[0]);
}

static term bif_is_compiled_ms(struct proc *p, term *args)
{
    (void)p;
    return bool_term(ets_compiled_spec(args[0]) != NONE);
}

static term run_on_list(struct proc *p, struct match_program *m, term list, term result)
{
    struct heap *h = proc_heap(p);
    struct match_mark mark;
    for (size_t steps = 0; is_list(list); list = tail(list), turn_step(&steps)) {
        turn_hold();    // what others add to the heap would be rewound
        match_mark(h, &mark);
        term value = match_run(m, p, head(list), false);
        if (value != NONE)
            result = cons(h, value, result);
        else
            match_rewind(h, &mark);
        turn_release();
    }
    return is_nil(list) ? result : NONE;
}

static term spec_run(struct proc *p, term *args)
{
    term spec = ets_compiled_spec(args[1]);
    struct match_program *m = spec != NONE && is_any_list(args[0]) ? match_compile(spec, MATCH_TABLE, NULL) : NULL;
    if (!m)
        return fail_badarg(p);
    term result = run_on_list(p, m, args[0], args[2]);
    match_free(m);
    return result == NONE ? fail_badarg(p) : result;
}

static term bif_match_spec_run_r(struct proc *p, term *args)
{
    enum { FEW = 100 };
    size_t n = 0;
    for (term list = args[0]; is_list(list) && n < FEW; list = tail(list))
        n++;
    return n < FEW ? spec_run(p, args) : errand(p, args, 3, spec_run);
}

static term actions_list(struct heap *h, unsigned actions)
{
    term list = NIL;
    if (actions & MATCH_EXCEPTION_TRACE)
        list = cons(h, ATOM_exception_trace, list);
    return actions & MATCH_RETURN_TRACE ? cons(h, ATOM_return_trace, list) : list;
}

static term bif_match_spec_test(struct proc *p, term *args)
{
    struct heap *h = proc_heap(p);
    struct match_errors errors = {h, NIL};
    bool trace = args[2] == ATOM_trace;
    if ((!trace && args[2] != ATOM_table) || (trace && !is_any_list(args[0])))
        return fail_badarg(p);
    struct match_program *m = match_compile(args[1], trace ? MATCH_TRACE : MATCH_TABLE, &errors);
    term list = NIL;
    for (; is_list(errors.list); errors.list = tail(errors.list))
        list = cons(h, head(errors.list), list);
    if (!m)
        return tuple2(h, ATOM_error, list);
    term value = match_run(m, p, args[0], false);
    term actions = actions_list(h, match_actions(m));
    match_free(m);
    return tuple4(h, ATOM_ok, value == NONE ? (term)ATOM_false : value, actions, list);
}

static const struct native_row rows[] = {
    {"ets", "internal_select_delete", 2, bif_select_delete, 0},
    {"ets", "is_compiled_ms", 1, bif_is_compiled_ms, 0},
    {"ets", "match", 1, bif_more, 0},
    {"ets", "match", 2, bif_match, 0},
    {"ets", "match", 3, bif_match_chunk, 0},
    {"ets", "match_object", 1, bif_more, 0},
    {"ets", "match_object", 2, bif_match_object, 0},
    {"ets", "match_object", 3, bif_match_object_chunk, 0},
    {"ets", "match_spec_compile", 1, bif_match_spec_compile, 0},
    {"ets", "match_spec_run_r", 3, bif_match_spec_run_r, 0},
    {"ets", "select", 1, bif_more, 0},
    {"ets", "select", 2, bif_select, 0},
    {"ets", "select", 3, bif_select_chunk, 0},
    {"ets", "select_count", 2, bif_select_count, 0},
    {"ets", "select_replace", 2, bif_select_replace, 0},
    {"ets", "select_reverse", 1, bif_more, 0},
    {"ets", "select_reverse", 2, bif_select_reverse, 0},
    {"ets", "select_reverse", 3, bif_select_reverse_chunk, 0},
    {"erlang", "match_spec_test", 3, bif_match_spec_test, 0},
};

const struct native_table natives_ets_select = {rows, COUNT_OF(rows)};
