// SPDX-License-Identifier: Apache-2.0
// How verification is done (code/verify.h says what for). Two passes over a module: shapes, the operands of each operation
// for themselves (verify_shape.c), whether it can be reached or not; then the flow, function by function.
// A flow function is called with the operation's sources read, its label branched to and its live count applied, and sets
// the destinations.
#ifndef TANDEM_CODE_VERIFY_FLOW_H
#define TANDEM_CODE_VERIFY_FLOW_H

#include "code/beam.h"
#include "code/verify_state.h"

struct verifier;
typedef void flow_function(struct verifier *v);

struct verify_rule {
    const char *operands;
    flow_function *flow;
};
extern const struct verify_rule verify_rules[GENERIC_COUNT];

// A function's operations: those from `first` on are its labels and locations, func_info, then its body from `body` to `end`.
struct verify_function {
    size_t first, body, end;
    uint32_t arity;
    bool returns;            // a call of it may come back
    bool again;              // to be walked again: a caller passes a match context that no caller passed before
    bool primes;             // natives that fail leave a term where their result would be
    uint64_t contexts[4];    // a bit for each argument that may be a match context
};

struct verify_label {
    uint32_t function;    // index
    uint32_t walk;        // `saved` is of this walk
    size_t op;            // where it stands
    struct saved_state *saved;
};

// Saved states stand in blocks that live as long as the walk of a function.
struct state_block {
    struct state_block *next;
    size_t used, size;
    char bytes[];
};

struct verifier {
    struct beam_file *file;
    const char *why;    // the first refusal, or NULL
    struct verify_function *functions;
    uint32_t function_count;
    struct verify_label *labels;         // by number
    struct verify_function *function;    // the one being walked
    struct beam_op *op;                  // the one being looked at
    uint32_t walk, pass;                 // walks of functions so far; passes of this walk
    size_t steps;                        // operations visited so far
    bool changed;                        // a state changed that this pass had already used
    bool backwards;                      // a jump back that costs nothing was seen
    uint32_t fragile;                    // HELD_FRAGILE if one of the operation's sources is
    struct verify_state now, handler;
    struct state_block *blocks;    // storage of saved states, newest first
};

static inline void verify_refuse(struct verifier *v, const char *why)
{
    if (!v->why)
        v->why = why;
}

static inline const struct beam_arg *verify_arg(const struct verifier *v, size_t i)
{
    return v->op->args + i;
}

static inline struct verify_function *verify_callee(const struct verifier *v, const struct beam_arg *label)
{
    return &v->functions[v->labels[label->value].function];
}

bool verify_shape(struct verifier *v);    // of v->op

// verify_flow.c: what the flow functions are made of.
void verify_step(struct verifier *v);                                  // v->op, which can be reached
uint32_t verify_read(struct verifier *v, const struct beam_arg *a);    // a term
uint32_t verify_move(struct verifier *v, const struct beam_arg *a);    // a term or a match context
void verify_write(struct verifier *v, const struct beam_arg *a, uint32_t value);
void verify_refine(struct verifier *v, const struct beam_arg *a, uint32_t value);    // a register turned out to be more
void verify_branch(struct verifier *v, const struct beam_arg *label);
void verify_survive(struct verifier *v, word live);    // only so many x registers do
void verify_context(struct verifier *v, const struct beam_arg *a);
void verify_branch_with(struct verifier *v, word label, const struct verify_state *s);
bool verify_is_exit(const struct beam_import *i);    // it never returns

// verify_loop.c: whether the function can go round without ever calling, waiting or taking another message.
bool verify_has_free_loop(struct verifier *v);

#define VERIFY(opcode, operands, flow) flow_function flow;
#include "code/verify_rules.def"
#undef VERIFY

#endif
