// SPDX-License-Identifier: Apache-2.0
// From a specification to a program: the clauses and their heads. Guards and bodies: bif/match_expression.c.
#include "base/die.h"
#include "base/memory.h"
#include "base/writer.h"
#include "bif/match_program.h"
#include "term/atom.h"
#include "term/map.h"
#include "term/print.h"

#include <stdio.h>
#include <string.h>

enum { ERROR_TEXT = 99 };    // bytes of an error's text

// What is left to do in a head.
enum head_step_kind {
    LAST,       // a term with nothing behind it in the words where it stands
    INNER,      // a term with something behind it
    EMIT,       // an operation that pops
    LOOK_UP,    // a key
};

struct head_step {
    enum head_step_kind kind;
    term t;
};

struct head {
    struct match_compiler *c;
    struct head_step *steps;
    size_t count, capacity;
};

static void *grown(void *block, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return block;
    size_t more = *capacity ? *capacity * 2 : 16;
    block = mem_resize(block, *capacity * size, more * size);
    *capacity = more;
    return block;
}

// The code of a specification whose parts are shared may be endless.
void match_emit(struct match_compiler *c, word w)
{
    struct match_code *code = &c->program->code;
    if (code->count == code->capacity && !mem_allows(2 * code->capacity * sizeof *code->words))
        c->failed = c->too_large = true;
    code->words = grown(code->words, code->count, &code->capacity, sizeof *code->words);
    code->words[code->count++] = w;
}

void match_grew(struct match_compiler *c, size_t words)
{
    c->depth += words;
    if (c->depth > c->program->depth)
        c->program->depth = c->depth;
}

void match_error(struct match_compiler *c, const char *format, term about, size_t number)
{
    c->failed = true;
    if (!c->errors)
        return;
    struct writer w;
    writer_init(&w);
    if (about != NONE)
        term_print(&w, about, ERROR_TEXT);
    char text[ERROR_TEXT + 1];
    int size = snprintf(text, sizeof text, format, (int)w.size, w.bytes ? (const char *)w.bytes : "", number);
    if (size > ERROR_TEXT)
        size = ERROR_TEXT;
    writer_done(&w);
    term string = NIL;
    while (size-- > 0)
        string = cons(c->errors->heap, small((unsigned char)text[size]), string);
    c->errors->list = cons(c->errors->heap, tuple2(c->errors->heap, ATOM_error, string), c->errors->list);
}

size_t match_variable_index(struct match_program *m, term name)
{
    for (size_t i = 0; i < m->variable_count; i++)
        if (m->variables[i].name == name)
            return i;
    m->variables = grown(m->variables, m->variable_count, &m->variable_capacity, sizeof *m->variables);
    m->variables[m->variable_count] = (struct match_variable){.name = name};
    return m->variable_count++;
}

// Heads.

static void step(struct head *h, enum head_step_kind kind, term t)
{
    h->steps = grown(h->steps, h->count, &h->capacity, sizeof *h->steps);
    h->steps[h->count].kind = kind;
    h->steps[h->count++].t = t;
}

static void one_word(struct match_compiler *c, term t)
{
    if (t == ATOM_underscore) {
        match_emit(c, MATCH_SKIP);
        return;
    }
    if (match_is_variable(t)) {
        size_t index = match_variable_index(c->program, t);
        match_emit(c, c->program->variables[index].bound ? MATCH_SAME : MATCH_BIND);
        match_emit(c, index);
        c->program->variables[index].bound = true;
        return;
    }
    match_emit(c, is_immediate(t) ? MATCH_WORD : is_float(t) ? MATCH_BITS : MATCH_EQUAL);
    match_emit(c, t);
}

static void enter_tuple(struct head *h, term t)
{
    size_t n = tuple_arity(t);
    match_emit(h->c, MATCH_ENTER_TUPLE);
    match_emit(h->c, n);
    for (size_t i = n; i-- > 0;)
        step(h, i == n - 1 ? LAST : INNER, element(t, i));
}

static void enter_list(struct head *h, term t)
{
    match_emit(h->c, MATCH_ENTER_LIST);
    step(h, LAST, tail(t));
    step(h, INNER, head(t));
}

static void enter_map(struct head *h, term t)
{
    struct map_walk w;
    term key, value;
    match_emit(h->c, MATCH_ENTER_MAP);
    match_emit(h->c, map_size(t));
    match_grew(h->c, 1);
    step(h, EMIT, MATCH_LEAVE);
    for (map_walk_init(&w, t); map_walk_next(&w, &key, &value);) {
        if (key == ATOM_underscore)
            match_error(h->c, "Underscore found in map key.", NONE, 0);
        else if (match_is_variable(key))
            match_error(h->c, "Variable found in map key.", NONE, 0);
        if (h->c->failed)
            return;
        step(h, EMIT, MATCH_LEAVE);
        step(h, LAST, value);
        step(h, LOOK_UP, key);
    }
}

static void head_term(struct head *h, term t, bool last)
{
    bool compound = is_tuple(t) || is_list(t) || is_map(t);
    if (compound && !last) {
        match_emit(h->c, MATCH_PUSH);
        match_grew(h->c, 1);
        step(h, EMIT, MATCH_POP);
    }
    if (is_tuple(t))
        enter_tuple(h, t);
    else if (is_list(t))
        enter_list(h, t);
    else if (is_map(t))
        enter_map(h, t);
    else
        one_word(h->c, t);
}

static void compile_head(struct match_compiler *c, term pattern)
{
    struct head h = {.c = c};
    step(&h, LAST, pattern);
    while (h.count && !c->failed) {
        struct head_step s = h.steps[--h.count];
        if (s.kind == EMIT) {
            match_emit(c, s.t);
            c->depth--;
        } else if (s.kind == LOOK_UP) {
            match_emit(c, MATCH_VALUE);
            match_emit(c, s.t);
            match_grew(c, 1);
        } else {
            head_term(&h, s.t, s.kind == LAST);
        }
    }
    match_emit(c, MATCH_HEAD_END);
    mem_free(h.steps, h.capacity * sizeof *h.steps);
}

// The head of a trace clause is matched against a tuple of the arguments. NONE: malformed.
static term trace_head(struct match_compiler *c, term list)
{
    if (!is_any_list(list))
        return list;
    sword n = list_length(list);
    if (n < 0) {
        match_error(c, "Match expression part %.*s is not a proper list.", list, 0);
        return NONE;
    }
    struct match_program *m = c->program;
    if (m->heads.end == NULL)
        heap_init(&m->heads, (size_t)n + 1);
    term t = tuple_alloc(&m->heads, (size_t)n);
    for (sword i = 0; i < n; i++, list = tail(list))
        tuple_elements(t)[i] = head(list);
    return t;
}

// Clauses.

static bool clause_is_tuple(struct match_compiler *c, term clause)
{
    if (is_tuple_of(clause, 3))
        return true;
    match_error(c, "Match program part is not a tuple of arity 3.", NONE, 0);
    return false;
}

static void compile_clause(struct match_compiler *c, term clause)
{
    struct match_program *m = c->program;
    m->clauses = grown(m->clauses, m->clause_count, &m->clause_capacity, sizeof *m->clauses);
    struct match_clause *at = &m->clauses[m->clause_count++];
    for (size_t i = 0; i < m->variable_count; i++)
        m->variables[i].bound = false;
    c->depth = 0;
    term pattern = m->dialect == MATCH_TRACE ? trace_head(c, element(clause, 0)) : element(clause, 0);
    if (c->failed)
        return;
    at->head = m->code.count;
    at->whole = pattern == ATOM_underscore || match_is_variable(pattern);
    compile_head(c, pattern);
    if (!c->failed && m->dialect == MATCH_TRACE && !at->whole && !is_tuple(pattern))
        match_error(c, "Match head is invalid in this context.", NONE, 0);
    if (c->failed)
        return;
    at->guards = m->code.count;
    c->guard = true;
    match_expressions(c, element(clause, 1));
    at->body = m->code.count;
    c->guard = false;
    if (m->dialect == MATCH_TABLE && !is_list(element(clause, 2)))
        match_error(c, "Body clause does not return anything.", NONE, 0);
    else if (!match_stopped(c))
        match_expressions(c, element(clause, 2));
}

static bool all_tuples(struct match_compiler *c, term spec)
{
    for (; is_list(spec); spec = tail(spec))
        if (!clause_is_tuple(c, head(spec)))
            return false;
    return true;
}

static void compile_all(struct match_compiler *c, term spec)
{
    if (!is_any_list(spec) || (is_nil(spec) && c->errors))
        match_error(c, "Match programs are not in a list.", NONE, 0);
    else if (list_length(spec) < 0)
        match_error(c, "Match programs are not in a proper list.", NONE, 0);
    else if (all_tuples(c, spec))
        for (; is_list(spec) && !c->failed; spec = tail(spec))
            compile_clause(c, head(spec));
}

struct match_program *match_compile(term spec, enum match_dialect dialect, struct match_errors *errors)
{
    struct match_program *m = mem_zero_alloc(sizeof *m);
    struct match_compiler c = {.program = m, .errors = errors};
    m->dialect = dialect;
    compile_all(&c, spec);
    if (c.failed) {
        match_free(m);
        return NULL;
    }
    m->stack = mem_alloc((m->depth + 1) * sizeof *m->stack);
    return m;
}

void match_free(struct match_program *m)
{
    mem_free(m->code.words, m->code.capacity * sizeof *m->code.words);
    mem_free(m->clauses, m->clause_capacity * sizeof *m->clauses);
    mem_free(m->variables, m->variable_capacity * sizeof *m->variables);
    if (m->stack)
        mem_free(m->stack, (m->depth + 1) * sizeof *m->stack);
    if (m->heads.end)
        heap_done(&m->heads);
    mem_free(m, sizeof *m);
}
