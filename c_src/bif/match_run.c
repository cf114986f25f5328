// SPDX-License-Identifier: Apache-2.0
#include "base/die.h"
#include "base/turn.h"
#include "bif/match_program.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/compare.h"
#include "term/copy.h"
#include "term/fun.h"
#include "term/map.h"

#include <string.h>

enum { ARGUMENTS = 3 };    // that a function has at most

struct run {
    struct match_program *m;
    struct proc *p;
    word *top;    // of the stack: the next free word
    term subject;
    bool body;    // failures give 'EXIT'
    bool copied;
};

static bool same_bits(term a, term b)
{
    return is_float(a) && boxed_ptr(a)[1] == boxed_ptr(b)[1];
}

// A head against the word at `at`.
static bool run_head(struct run *r, const word *pc, const term *at)
{
    struct match_variable *v = r->m->variables;
    for (;;) {
        switch ((enum match_head_operation) * pc++) {
        case MATCH_PUSH:
            *r->top++ = (word)(uintptr_t)(at + 1);
            break;
        case MATCH_POP:
            at = (const term *)(uintptr_t) * --r->top;
            break;
        case MATCH_ENTER_TUPLE:
            if (!is_tuple_of(*at, *pc++))
                return false;
            at = tuple_elements(*at);
            break;
        case MATCH_ENTER_LIST:
            if (!is_list(*at))
                return false;
            at = list_ptr(*at);
            break;
        case MATCH_ENTER_MAP:
            if (!is_map(*at) || map_size(*at) < *pc++)
                return false;
            *r->top++ = *at;
            break;
        case MATCH_VALUE:
            *r->top = map_get(r->top[-1], *pc++);
            if (*r->top == NONE)
                return false;
            at = r->top++;
            break;
        case MATCH_LEAVE:
            r->top--;
            break;
        case MATCH_BIND:
            v[*pc++].value = *at++;
            break;
        case MATCH_SAME:
            if (!term_equal(v[*pc++].value, *at++))
                return false;
            break;
        case MATCH_SKIP:
            at++;
            break;
        case MATCH_WORD:
            if (*at++ != *pc++)
                return false;
            break;
        case MATCH_EQUAL:
            if (!term_equal(*at++, *pc++))
                return false;
            break;
        case MATCH_BITS:
            if (!same_bits(*at++, *pc++))
                return false;
            break;
        case MATCH_HEAD_END:
            return true;
        }
    }
}

// What a failure in an expression gives: a word of the body's value, or the end of the clause.
static bool failed(struct run *r)
{
    *r->top++ = ATOM_EXIT;
    return r->body;
}

static bool call(struct run *r, native_function *native, size_t arity)
{
    term arguments[ARGUMENTS];
    for (size_t i = 0; i < arity; i++)
        arguments[i] = *--r->top;
    term result = native(r->p, arguments);
    if (result == NONE)
        return failed(r);
    *r->top++ = result;
    return true;
}

static void push_variable(struct run *r, struct match_variable *v)
{
    if (r->body && r->copied && !v->copied) {
        v->value = term_copy(proc_heap(r->p), v->value);
        v->copied = true;
    }
    *r->top++ = v->value;
}

static void push_subject(struct run *r)
{
    bool copy = r->copied && r->body;
    *r->top++ = copy ? term_copy(proc_heap(r->p), r->subject) : r->subject;
}

static void make_tuple(struct run *r, size_t n)
{
    term t = tuple_alloc(proc_heap(r->p), n);
    for (size_t i = 0; i < n; i++)
        tuple_elements(t)[i] = *--r->top;
    *r->top++ = t;
}

static void make_list(struct run *r, size_t n)
{
    term list = *--r->top;
    while (n-- > 0)
        list = cons(proc_heap(r->p), *--r->top, list);
    *r->top++ = list;
}

// The values were pushed first; both from the last to the first.
static void make_map(struct run *r, size_t n)
{
    word *keys = r->top - n, *values = keys - n;
    struct heap *h = proc_heap(r->p);
    term map = map_empty(h);
    for (size_t i = 0; i < n; i++)
        map = map_put(h, map, keys[i], values[i]);
    r->top = values;
    *r->top++ = map;
}

// and, or over n operands: `decides` is the value that settles it. All must be booleans.
static bool strict(struct run *r, size_t n, term decides)
{
    term value = bool_term(decides != ATOM_true);
    r->top -= n;
    for (size_t i = n; i-- > 0;) {
        if (!is_bool(r->top[i]))
            return failed(r);
        if (r->top[i] == decides)
            value = decides;
    }
    *r->top++ = value;
    return true;
}

// False: the clause fails. *pc goes on behind the operand or at the end.
static bool lazy(struct run *r, const word **pc, term decides)
{
    term value = r->top[-1];
    size_t end = *(*pc)++;
    if (is_bool(value) && value != decides) {
        r->top--;
        return true;
    }
    *pc = r->m->code.words + end;
    if (value == decides)
        return true;
    r->top--;
    return failed(r);
}

static bool test(struct run *r)
{
    return *--r->top == ATOM_true;
}

static void act(struct run *r, unsigned action)
{
    r->m->actions |= action;
    *r->top++ = ATOM_true;
}

// False: the clause fails.
static bool run_expressions(struct run *r, const word *pc)
{
    bool good = true;
    while (good) {
        switch ((enum match_operation) * pc++) {
        case MATCH_CONSTANT:
            *r->top++ = *pc++;
            break;
        case MATCH_VARIABLE:
            push_variable(r, &r->m->variables[*pc++]);
            break;
        case MATCH_SUBJECT:
            pc++;
            push_subject(r);
            break;
        case MATCH_MAKE_TUPLE:
            make_tuple(r, *pc++);
            break;
        case MATCH_MAKE_LIST:
            make_list(r, *pc++);
            break;
        case MATCH_MAKE_MAP:
            make_map(r, *pc++);
            break;
        case MATCH_CALL:
            good = call(r, (native_function *)(uintptr_t)pc[0], pc[1]);
            pc += 2;
            break;
        case MATCH_SELF:
            pc++;
            *r->top++ = r->p->pid;
            break;
        case MATCH_AND:
            good = strict(r, *pc++, ATOM_false);
            break;
        case MATCH_OR:
            good = strict(r, *pc++, ATOM_true);
            break;
        case MATCH_AND_ALSO:
            good = lazy(r, &pc, ATOM_false);
            break;
        case MATCH_OR_ELSE:
            good = lazy(r, &pc, ATOM_true);
            break;
        case MATCH_TEST:
            good = test(r);
            break;
        case MATCH_DROP:
            r->top--;
            break;
        case MATCH_MESSAGE:
            r->m->message = r->top[-1];
            r->top[-1] = ATOM_true;
            break;
        case MATCH_ACTION:
            act(r, (unsigned)*pc++);
            break;
        case MATCH_END:
            return true;
        }
    }
    return false;
}

// Tables have tuples; trace programs look at their arguments as a tuple, or at the list if the head is one variable.
static bool run_clause(struct run *r, const struct match_clause *c, term arguments)
{
    struct match_program *m = r->m;
    const word *code = m->code.words;
    const term *subject = m->dialect == MATCH_TRACE && !c->whole ? &arguments : &r->subject;
    r->top = m->stack;
    r->body = false;
    if (!run_head(r, code + c->head, subject))
        return false;
    r->top = m->stack;
    if (!run_expressions(r, code + c->guards))
        return false;
    r->body = true;
    for (size_t i = 0; i < m->variable_count; i++)
        m->variables[i].copied = false;
    return run_expressions(r, code + c->body);
}

static term tuple_of_list(struct heap *h, term list)
{
    size_t n = 0;
    for (term rest = list; is_list(rest); rest = tail(rest))
        n++;
    term t = tuple_alloc(h, n);
    for (size_t i = 0; i < n; i++, list = tail(list))
        tuple_elements(t)[i] = head(list);
    return t;
}

static term run_clauses(struct match_program *m, struct proc *p, term subject, bool copied)
{
    struct run r = {.m = m, .p = p, .subject = subject, .copied = copied};
    term arguments = m->dialect == MATCH_TRACE ? tuple_of_list(proc_heap(p), subject) : NONE;
    for (size_t i = 0; i < m->clause_count; i++) {
        m->message = ATOM_true;
        m->actions = 0;
        if (run_clause(&r, &m->clauses[i], arguments))
            return m->dialect == MATCH_TRACE ? m->message : r.top[-1];
    }
    m->actions = 0;
    return NONE;
}

// Outside of turns natives that expressions call can't give way: what was matched so far would be lost.
term match_run(struct match_program *m, struct proc *p, term subject, bool copied)
{
    if (turn_under_way())
        return run_clauses(m, p, subject, copied);
    p->worker->at_once = true;
    term result = run_clauses(m, p, subject, copied);
    p->worker->at_once = false;
    return result;
}

unsigned match_actions(const struct match_program *m)
{
    return m->actions;
}

void match_mark(const struct heap *h, struct match_mark *m)
{
    *m = (struct match_mark){h->top, h->shared, h->fragments, h->fragments ? h->fragments->used : 0, h->shared_bytes};
}

void match_rewind(struct heap *h, const struct match_mark *m)
{
    while (h->shared != m->shared) {
        term *object = h->shared;
        h->shared = (term *)(uintptr_t)object[3];
        object[3] = 0;
        binary_drop_chain(object);
    }
    while (h->fragments != m->fragments) {
        struct fragment *f = h->fragments;
        h->fragments = f->next;
        h->fragment_words -= f->size;
        fragment_free(f);
    }
    if (h->fragments)
        h->fragments->used = m->used;
    h->top = m->top;
    h->shared_bytes = m->shared_bytes;
}
