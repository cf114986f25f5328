// SPDX-License-Identifier: Apache-2.0
// Guards and bodies of match specifications: expressions are terms, in which tuples are calls, {{...}} is a tuple and
// {const, Term} any term. The order in which operands are looked at shows in the order of errors only.
#include "base/memory.h"
#include "bif/match_program.h"
#include "term/atom.h"
#include "term/fun.h"
#include "term/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What is left to do in an expression.
struct step {
    enum { EXPRESSION, OPERATION, BRANCH, LAND } kind;
    word operation, a, b;    // EXPRESSION: a is the term
    int operands;            // 0, 1 or 2 of a, b
    size_t pops;             // of which one word becomes the result
};

struct steps {
    struct match_compiler *c;
    struct step *at;
    size_t count, capacity;
    size_t *chains;    // for each open andalso or orelse: its latest branch's operand, which holds the one before
    size_t chain_count, chain_capacity;
};

// Functions of erlang that expressions can call.
static const struct function {
    const char *name;
    uint32_t arity;
} functions[] = {
#define FUNCTION(name, arity) {name, arity},
#include "bif/match_functions.def"
#undef FUNCTION
};

enum { CONTROL_WORD = TAG_SMALL };    // 0

// What only trace programs may say. Nobody is traced here, so all but a few have a fixed answer.
static const struct form {
    const char *name;
    uint32_t least, most;    // arguments
    bool in_guards;
    term value;
} forms[] = {
    {"is_seq_trace", 0, 0, true, ATOM_false},
    {"set_seq_token", 2, 2, false, ATOM_true},
    {"get_seq_token", 0, 0, false, NIL},
    {"process_dump", 0, 0, false, ATOM_true},
    {"enable_trace", 1, 2, false, ATOM_true},
    {"disable_trace", 1, 2, false, ATOM_true},
    {"trace", 2, 3, false, ATOM_true},
    {"caller", 0, 0, false, ATOM_undefined},
    {"caller_line", 0, 0, false, ATOM_undefined},
    {"silent", 1, 1, false, ATOM_true},
    {"message", 1, 1, false, NONE},
    {"return_trace", 0, 0, false, NONE},
    {"exception_trace", 0, 0, false, NONE},
    {"display", 1, 1, false, NONE},
    {"get_tcw", 0, 0, true, CONTROL_WORD},
    {"set_tcw", 1, 1, false, CONTROL_WORD},
};

static void push(struct steps *s, struct step what)
{
    if (s->count == s->capacity) {
        size_t more = s->capacity ? s->capacity * 2 : 16;
        s->at = mem_resize(s->at, s->capacity * sizeof *s->at, more * sizeof *s->at);
        s->capacity = more;
    }
    s->at[s->count++] = what;
}

static void push_expression(struct steps *s, term t)
{
    push(s, (struct step){.kind = EXPRESSION, .a = t});
}

static void push_operation(struct steps *s, enum match_operation o, word a, int operands, size_t pops)
{
    push(s, (struct step){.kind = OPERATION, .operation = o, .a = a, .operands = operands, .pops = pops});
}

// Steps run from the last pushed on: pushed in this order, the last of the elements is evaluated first.
static void push_backwards(struct steps *s, const term *elements, size_t n)
{
    for (size_t i = 0; i < n; i++)
        push_expression(s, elements[i]);
}

static void emit(struct match_compiler *c, enum match_operation o, word a)
{
    match_emit(c, o);
    match_emit(c, a);
    match_grew(c, 1);
}

static void wrong(struct match_compiler *c, const char *format, term about, size_t number)
{
    match_error(c, format, about, number);
    emit(c, MATCH_CONSTANT, NIL);    // keeps the stack's depth right
}

static void variable(struct match_compiler *c, term name)
{
    const struct match_program *m = c->program;
    for (size_t i = 0; i < m->variable_count; i++)
        if (m->variables[i].name == name && m->variables[i].bound) {
            emit(c, MATCH_VARIABLE, i);
            return;
        }
    struct atom_text text = atom_text(name);
    wrong(c, "Variable $%.*s%zu is unbound.", NONE, strtoul(text.bytes + 1, NULL, 10));
}

static int by_number(const void *a, const void *b)
{
    struct atom_text x = atom_text(((const struct match_variable *)a)->name);
    struct atom_text y = atom_text(((const struct match_variable *)b)->name);
    return x.size != y.size ? (int)x.size - (int)y.size : strcmp(x.bytes, y.bytes);
}

// '$$': the bound variables, by their numbers.
static void all_variables(struct match_compiler *c)
{
    struct match_program *m = c->program;
    struct match_variable *sorted = mem_alloc((m->variable_count + 1) * sizeof *sorted);
    size_t n = 0, bytes = (m->variable_count + 1) * sizeof *sorted;
    for (size_t i = 0; i < m->variable_count; i++)
        if (m->variables[i].bound)
            sorted[n++] = m->variables[i];
    qsort(sorted, n, sizeof *sorted, by_number);
    for (size_t i = 0; i < n; i++)
        emit(c, MATCH_VARIABLE, match_variable_index(m, sorted[i].name));
    emit(c, MATCH_CONSTANT, NIL);
    match_emit(c, MATCH_MAKE_LIST);
    match_emit(c, n);
    c->depth -= n;
    mem_free(sorted, bytes);
}

static void list_expression(struct steps *s, term t)
{
    size_t n = 0, first;
    for (term rest = t; is_list(rest); rest = tail(rest))
        n++;
    push_operation(s, MATCH_MAKE_LIST, n, 1, n + 1);
    first = s->count;
    for (size_t i = 0; i <= n; i++)
        push_expression(s, NIL);
    for (size_t i = n; i > 0; i--, t = tail(t))
        s->at[first + i].a = head(t);
    s->at[first].a = t;
}

static void map_expression(struct steps *s, term t)
{
    struct map_walk w;
    term key, value;
    size_t n = map_size(t);
    push_operation(s, MATCH_MAKE_MAP, n, 1, 2 * n);
    for (map_walk_init(&w, t); map_walk_next(&w, &key, &value);)
        push_expression(s, key);
    for (map_walk_init(&w, t); map_walk_next(&w, &key, &value);)
        push_expression(s, value);
}

static void tuple_expression(struct steps *s, term t)
{
    size_t n = tuple_arity(t);
    push_operation(s, MATCH_MAKE_TUPLE, n, 1, n);
    push_backwards(s, tuple_elements(t), n);
}

static bool named(term t, const char *name)
{
    struct atom_text text = atom_text(t);
    return strcmp(text.bytes, name) == 0 && text.size == strlen(name);
}

// and, or.
static void strict(struct steps *s, term t, enum match_operation o)
{
    size_t n = tuple_arity(t) - 1;
    if (n == 0) {
        wrong(s->c,
              o == MATCH_AND ? "Special form 'and' called without arguments in %.*s."
                             : "Special form 'or' called without arguments in %.*s.",
              t, 0);
        return;
    }
    push_operation(s, o, n, 1, n);
    push_backwards(s, tuple_elements(t) + 1, n);
}

// andalso, orelse: the value of the last operand reached.
static void lazy(struct steps *s, term t, enum match_operation o)
{
    size_t n = tuple_arity(t) - 1;
    if (n == 0) {
        wrong(s->c,
              o == MATCH_AND_ALSO ? "Special form 'andalso' called without arguments in %.*s."
                                  : "Special form 'orelse' called without arguments in %.*s.",
              t, 0);
        return;
    }
    if (s->chain_count == s->chain_capacity) {
        size_t more = s->chain_capacity ? s->chain_capacity * 2 : 8;
        s->chains = mem_resize(s->chains, s->chain_capacity * sizeof *s->chains, more * sizeof *s->chains);
        s->chain_capacity = more;
    }
    s->chains[s->chain_count++] = 0;
    push(s, (struct step){.kind = LAND});
    for (size_t i = n; i > 0; i--) {
        if (i < n)
            push(s, (struct step){.kind = BRANCH, .operation = o});
        push_expression(s, element(t, i));
    }
}

// After an operand that decides: to the end, from where `land` follows the chain back.
static void branch(struct steps *s, enum match_operation o)
{
    match_emit(s->c, o);
    match_emit(s->c, s->chains[s->chain_count - 1]);
    s->chains[s->chain_count - 1] = s->c->program->code.count - 1;
    s->c->depth--;
}

static void land(struct steps *s)
{
    struct match_code *code = &s->c->program->code;
    for (size_t at = s->chains[--s->chain_count]; at;) {
        size_t before = code->words[at];
        code->words[at] = code->count;
        at = before;
    }
}

static void push_call(struct steps *s, term name, term t)
{
    uint32_t n = (uint32_t)tuple_arity(t) - 1;
    const struct export *e = export_get(ATOM_erlang, name, n);
    push(s, (struct step){OPERATION, MATCH_CALL, (word)(uintptr_t)e->native, n, 2, n});
    push_backwards(s, tuple_elements(t) + 1, n);
}

// A form with an operation of its own.
static void active_form(struct steps *s, term t)
{
    if (named(element(t, 0), "return_trace")) {
        emit(s->c, MATCH_ACTION, MATCH_RETURN_TRACE);
    } else if (named(element(t, 0), "exception_trace")) {
        emit(s->c, MATCH_ACTION, MATCH_EXCEPTION_TRACE);
    } else if (named(element(t, 0), "message")) {
        push_operation(s, MATCH_MESSAGE, 0, 0, 1);
        push_expression(s, element(t, 1));
    } else {
        push_call(s, ATOM_display, t);
    }
}

static void wrong_count(struct match_compiler *c, const struct form *f, term t)
{
    char format[128];
    snprintf(format, sizeof format, "Special form '%s' called with %s in %%.*s.", f->name,
             f->most ? "wrong number of arguments" : "arguments");
    wrong(c, format, t, 0);
}

static bool form_fits(struct match_compiler *c, const struct form *f, term t)
{
    size_t n = tuple_arity(t) - 1;
    if (c->program->dialect != MATCH_TRACE && f->value == CONTROL_WORD)
        wrong(c, "Function %.*s/%zu cannot be called in this context.", element(t, 0), n);
    else if (c->program->dialect != MATCH_TRACE)
        wrong(c, "Special form '%.*s' used in wrong dialect.", element(t, 0), 0);
    else if (c->guard && !f->in_guards)
        wrong(c, "Special form '%.*s' called in guard context.", element(t, 0), 0);
    else if (n < f->least || n > f->most)
        wrong_count(c, f, t);
    else
        return true;
    return false;
}

static bool form_expression(struct steps *s, term t)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (!named(element(t, 0), forms[i].name))
            continue;
        if (!form_fits(s->c, &forms[i], t))
            return true;
        if (forms[i].value != NONE)
            emit(s->c, MATCH_CONSTANT, forms[i].value);
        else
            active_form(s, t);
        return true;
    }
    return false;
}

static void function_expression(struct steps *s, term t)
{
    uint32_t n = (uint32_t)tuple_arity(t) - 1;
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (functions[i].arity != n || !named(element(t, 0), functions[i].name))
            continue;
        push_call(s, element(t, 0), t);
        return;
    }
    wrong(s->c, "Function %.*s/%zu does_not_exist.", element(t, 0), n);
}

static void call_expression(struct steps *s, term t)
{
    term name = element(t, 0);
    if (name == ATOM_const && tuple_arity(t) == 2)
        emit(s->c, MATCH_CONSTANT, element(t, 1));
    else if (name == ATOM_const)
        wrong(s->c, "Special form 'const' called with more than one argument in %.*s.", t, 0);
    else if (name == ATOM_and || name == ATOM_or)
        strict(s, t, name == ATOM_and ? MATCH_AND : MATCH_OR);
    else if (name == ATOM_andalso || name == ATOM_andthen || name == ATOM_orelse)
        lazy(s, t, name == ATOM_orelse ? MATCH_OR_ELSE : MATCH_AND_ALSO);
    else if (name == ATOM_self && tuple_arity(t) == 1)
        emit(s->c, MATCH_SELF, 0);
    else if (name == ATOM_self)
        wrong(s->c, "Special form 'self' called with arguments in %.*s.", t, 0);
    else if (!form_expression(s, t))
        function_expression(s, t);
}

static void word_expression(struct match_compiler *c, term t)
{
    if (match_is_variable(t))
        variable(c, t);
    else if (t == ATOM_dollar_underscore)
        emit(c, MATCH_SUBJECT, 0);
    else if (t == ATOM_dollar_dollar)
        all_variables(c);
    else
        emit(c, MATCH_CONSTANT, t);
}

static void expression(struct steps *s, term t)
{
    if (is_list(t))
        list_expression(s, t);
    else if (is_map(t))
        map_expression(s, t);
    else if (!is_tuple(t))
        word_expression(s->c, t);
    else if (tuple_arity(t) == 1 && is_tuple(element(t, 0)))
        tuple_expression(s, element(t, 0));
    else if (tuple_arity(t) >= 1 && is_atom(element(t, 0)) && !match_is_variable(element(t, 0)))
        call_expression(s, t);
    else
        wrong(s->c, "%.*s is neither a function call, nor a tuple (tuples are written {{ ... }}).", t, 0);
}

static void operation(struct match_compiler *c, const struct step *o)
{
    match_emit(c, o->operation);
    if (o->operands > 0)
        match_emit(c, o->a);
    if (o->operands > 1)
        match_emit(c, o->b);
    c->depth -= o->pops;
    match_grew(c, 1);
}

static void one_expression(struct match_compiler *c, term t)
{
    struct steps s = {.c = c};
    push_expression(&s, t);
    while (s.count && !match_stopped(c)) {
        struct step o = s.at[--s.count];
        if (o.kind == EXPRESSION)
            expression(&s, o.a);
        else if (o.kind == OPERATION)
            operation(c, &o);
        else if (o.kind == BRANCH)
            branch(&s, o.operation);
        else
            land(&s);
    }
    mem_free(s.at, s.capacity * sizeof *s.at);
    mem_free(s.chains, s.chain_capacity * sizeof *s.chains);
}

void match_expressions(struct match_compiler *c, term list)
{
    if (!is_any_list(list)) {
        match_error(c, "Match expression is not a list.", NONE, 0);
        return;
    }
    for (; is_list(list) && !match_stopped(c); list = tail(list)) {
        one_expression(c, head(list));
        if (c->guard)
            match_emit(c, MATCH_TEST);
        else if (!is_nil(tail(list)) || c->program->dialect == MATCH_TRACE)
            match_emit(c, MATCH_DROP);
        c->depth--;
    }
    if (!is_any_list(list))
        match_error(c, "Match expression is not a proper list.", NONE, 0);
    match_emit(c, MATCH_END);
}
