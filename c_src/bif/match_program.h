// SPDX-License-Identifier: Apache-2.0
// Inside of match programs: shared by the files that compile and run them. Code is words: an operation, then its operands.
// Heads walk the subject with `at`, the next word to look at; compound words are entered, and where to go on afterwards
// is pushed only if something is left there. Guards and bodies push and pop terms.
#ifndef TANDEM_BIF_MATCH_PROGRAM_H
#define TANDEM_BIF_MATCH_PROGRAM_H

#include "bif/match_spec.h"

enum match_head_operation {
    MATCH_PUSH,           // the word after *at: where to go on
    MATCH_POP,            // go on there
    MATCH_ENTER_TUPLE,    // arity
    MATCH_ENTER_LIST,
    MATCH_ENTER_MAP,    // least size; pushes the map
    MATCH_VALUE,        // key; pushes its value in the map on top, and looks at it
    MATCH_LEAVE,        // pops that value, or the map
    MATCH_BIND,         // variable
    MATCH_SAME,         // variable
    MATCH_SKIP,
    MATCH_WORD,     // an immediate
    MATCH_EQUAL,    // any term
    MATCH_BITS,     // a float: to the bit
    MATCH_HEAD_END,
};

enum match_operation {
    MATCH_CONSTANT,    // term
    MATCH_VARIABLE,    // variable
    MATCH_SUBJECT,
    MATCH_MAKE_TUPLE,    // arity; its last element was pushed first
    MATCH_MAKE_LIST,     // elements before the tail; the first was pushed first, the tail last
    MATCH_MAKE_MAP,      // pairs; key, value ...
    MATCH_CALL,          // native, arity; the last argument was pushed first
    MATCH_SELF,
    MATCH_AND,         // operands
    MATCH_OR,          // operands
    MATCH_AND_ALSO,    // where to go on: leaves false there
    MATCH_OR_ELSE,     // where to go on: leaves true there
    MATCH_TEST,        // pops true, or the clause fails
    MATCH_DROP,
    MATCH_MESSAGE,    // pops the result
    MATCH_ACTION,     // enum match_action; pushes true
    MATCH_END,
};

struct match_code {
    word *words;
    size_t count, capacity;
};

struct match_clause {
    size_t head, guards, body;    // in the code
    bool whole;                   // the head is one variable
};

struct match_variable {
    term name;
    term value;
    bool bound;     // when compiling: by the head of this clause
    bool copied;    // when running: value is no part of the subject
};

struct match_program {
    enum match_dialect dialect;
    struct match_code code;
    struct match_clause *clauses;
    size_t clause_count, clause_capacity;
    struct match_variable *variables;
    size_t variable_count, variable_capacity;
    word *stack;
    size_t depth;         // of the stack, at most
    struct heap heads;    // tuples made of a trace program's heads
    term message;         // result of a trace program; NONE: true
    unsigned actions;
};

// The state of a compilation.
struct match_compiler {
    struct match_program *program;
    struct match_errors *errors;
    size_t depth;    // of the stack here
    bool guard;
    bool failed;    // an error was met
    bool too_large;
};

void match_emit(struct match_compiler *c, word w);
void match_grew(struct match_compiler *c, size_t words);    // the stack, by so many
void match_error(struct match_compiler *c, const char *format, term about, size_t number);

// The index of a variable, made when new.
size_t match_variable_index(struct match_program *m, term name);

// A list of guards or a body. The values of a body but the last are dropped.
void match_expressions(struct match_compiler *c, term list);

static inline bool match_stopped(const struct match_compiler *c)
{
    return c->too_large || (c->failed && !c->errors);
}

#endif
