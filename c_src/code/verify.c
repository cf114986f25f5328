// SPDX-License-Identifier: Apache-2.0
#include "code/verify.h"

#include "base/memory.h"
#include "code/verify_flow.h"
#include "term/atom.h"

enum {
    MAX_STEPS = 64,     // for each operation on average: the passes of all walks over its function. Compilers need 3
    MAX_ROUNDS = 64,    // of the search for functions that never return
};

// Functions.

static bool is_header_op(unsigned opcode)
{
    return opcode == GENERIC_label || opcode == GENERIC_line;
}

// A function starts with the labels and locations before its func_info.
static size_t first_of(const struct beam_file *b, size_t func_info)
{
    size_t first = func_info;
    while (first > 0 && is_header_op(b->ops[first - 1].opcode))
        first--;
    return first;
}

static void find_functions(struct verifier *v)
{
    const struct beam_file *b = v->file;
    for (size_t i = 0; i < b->op_count; i++) {
        const struct beam_op *op = &b->ops[i];
        if (op->opcode != GENERIC_func_info)
            continue;
        if (op->arg_count != 3 || op->args[2].type != ARG_NUMBER || op->args[2].value > CONFIG_MAX_ARITY) {
            verify_refuse(v, "a function with a bad head");
            return;
        }
        struct verify_function *f = &v->functions[v->function_count++];
        *f = (struct verify_function){.first = first_of(b, i), .body = i + 1, .arity = (uint32_t)op->args[2].value};
        f->again = true;
        if (v->function_count > 1)
            f[-1].end = f->first;
        f->end = b->op_count - 1;
    }
    if (!v->function_count || v->functions[0].first != 0 || b->label_count > HELD_MAX_NUMBER)
        verify_refuse(v, "code outside of functions, or too much of it");
}

static void find_labels(struct verifier *v)
{
    for (uint32_t n = 0; n < v->function_count; n++) {
        const struct verify_function *f = &v->functions[n];
        for (size_t i = f->first; i < f->end; i++)
            if (v->file->ops[i].opcode == GENERIC_label)
                v->labels[v->file->ops[i].args[0].value] = (struct verify_label){.function = n, .op = i};
    }
}

static void check_shapes(struct verifier *v)
{
    for (uint32_t n = 0; n < v->function_count && !v->why; n++) {
        v->function = &v->functions[n];
        for (size_t i = v->function->first; i < v->function->end && !v->why; i++) {
            v->op = &v->file->ops[i];
            if (!verify_shape(v))
                verify_refuse(v, "an instruction with operands that don't belong to it");
        }
    }
}

// Whether a label is where a function with so many arguments starts.
static bool is_entry_of(const struct verifier *v, uint32_t label, uint32_t arity)
{
    const struct verify_label *l = &v->labels[label];
    const struct verify_function *f = &v->functions[l->function];
    size_t at = l->op;
    if (!label || at < f->body || f->arity != arity)
        return false;
    while (at > f->body && v->file->ops[at - 1].opcode == GENERIC_label)
        at--;
    return at == f->body;
}

static void check_tables(struct verifier *v)
{
    const struct beam_file *b = v->file;
    for (uint32_t i = 0; i < b->export_count; i++)
        if (!is_entry_of(v, b->exports[i].label, b->exports[i].arity))
            verify_refuse(v, "an export that is no function");
    for (uint32_t i = 0; i < b->lambda_count; i++)
        if (b->lambdas[i].free > b->lambdas[i].arity || !is_entry_of(v, b->lambdas[i].label, b->lambdas[i].arity))
            verify_refuse(v, "a fun that is no function");
    if (b->on_load_label && !is_entry_of(v, b->on_load_label, 0))
        verify_refuse(v, "an on_load that is no function");
}

// Which functions may return: those with an operation that does, or that end in a call of one that may.

static bool op_returns(const struct verifier *v, const struct beam_op *op)
{
    switch (op->opcode) {
    case GENERIC_return:
    case GENERIC_apply_last:
        return true;
    case GENERIC_call_ext_only:
    case GENERIC_call_ext_last:
        return !verify_is_exit(&v->file->imports[op->args[1].value]);
    case GENERIC_call_only:
    case GENERIC_call_last:
        return verify_callee(v, op->args + 1)->returns;
    }
    return false;
}

static bool function_returns(const struct verifier *v, const struct verify_function *f)
{
    for (size_t i = f->body; i < f->end; i++)
        if (op_returns(v, &v->file->ops[i]))
            return true;
    return false;
}

static void find_returning(struct verifier *v)
{
    bool changed = true;
    for (int round = 0; changed; round++) {
        changed = false;
        for (uint32_t n = v->function_count; n-- > 0;) {
            struct verify_function *f = &v->functions[n];
            if (f->returns || (round < MAX_ROUNDS && !function_returns(v, f)))
                continue;
            f->returns = true;
            changed = true;
        }
    }
}

// Walks.

static void free_saved(struct verifier *v)
{
    for (struct state_block *b = v->blocks, *next; b; b = next) {
        next = b->next;
        mem_free(b, sizeof *b + b->size);
    }
    v->blocks = NULL;
}

// States that arrive at a label from above and by branches become one.
static void meet(struct verifier *v, word number)
{
    const struct verify_label *label = &v->labels[number];
    if (v->now.reachable)
        verify_branch_with(v, number, &v->now);
    if (label->walk == v->walk && !v->why)
        state_load(&v->now, label->saved);
}

static void start(struct verifier *v)
{
    state_start(&v->now, v->function->arity);
    for (uint32_t i = 0; i < v->function->arity; i++)
        if (v->function->contexts[i / 64] & (uint64_t)1 << i % 64)
            v->now.x[i] = HELD_MIXED;
}

static void walk_pass(struct verifier *v)
{
    const struct verify_function *f = v->function;
    v->steps += f->end - f->body;
    if (v->steps / MAX_STEPS > v->file->op_count) {
        verify_refuse(v, "code too tangled to be verified");
        return;
    }
    start(v);
    for (v->op = &v->file->ops[f->body]; v->op < v->file->ops + f->end && !v->why; v->op++) {
        if (v->op->opcode == GENERIC_label)
            meet(v, v->op->args[0].value);
        else if (v->now.reachable)
            verify_step(v);
    }
    if (v->now.reachable)
        verify_refuse(v, "a function that runs into the next");
}

static void walk_passes(struct verifier *v)
{
    v->walk++;
    v->pass = 0;
    v->backwards = false;
    do {
        v->changed = false;
        v->pass++;
        walk_pass(v);
    } while (v->changed && !v->why);
}

static void walk(struct verifier *v, struct verify_function *f)
{
    v->function = f;
    f->again = false;
    walk_passes(v);
    if (v->why && !f->primes) {
        f->primes = true;
        v->why = NULL;
        walk_passes(v);
    }
    if (v->backwards && !v->why && verify_has_free_loop(v))
        verify_refuse(v, "a loop that nothing can interrupt");
    struct state_block *last = v->blocks;
    if (last && !last->next)
        last->used = 0;
    else
        free_saved(v);
}

static void walk_all(struct verifier *v)
{
    for (bool again = true; again && !v->why;) {
        again = false;
        for (uint32_t n = 0; n < v->function_count && !v->why; n++) {
            if (!v->functions[n].again)
                continue;
            walk(v, &v->functions[n]);
            again = true;
        }
    }
}

bool verify_code(struct beam_file *b, const char **why)
{
    struct verifier *v = mem_alloc(sizeof *v);
    *v = (struct verifier){.file = b};
    v->functions = mem_alloc(b->function_count * sizeof *v->functions);
    v->labels = mem_zero_alloc(b->label_count * sizeof *v->labels);
    find_functions(v);
    if (!v->why) {
        find_labels(v);
        check_shapes(v);
    }
    if (!v->why) {
        check_tables(v);
        find_returning(v);
        walk_all(v);
    }
    free_saved(v);
    mem_free(v->functions, b->function_count * sizeof *v->functions);
    mem_free(v->labels, b->label_count * sizeof *v->labels);
    *why = v->why;
    mem_free(v, sizeof *v);
    return !*why;
}
