// SPDX-License-Identifier: Apache-2.0
// Loops inside a function that cost no reduction would never let anybody else run. Compilers make none: their loops are
// calls, or receives. So any cycle of operations that is not cut by a call, a wait or the next message is refused.
#include "code/verify_flow.h"

#include "base/memory.h"

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

// A depth-first search over operations, with a stack of its own.
struct search {
    struct verifier *v;
    uint8_t *marks;
    size_t *stack;
    uint32_t *next;    // by stack depth: the argument to follow next
    size_t depth;
    bool found;
};

// Calls of natives don't count: they need not end a slice.
static bool is_cut(unsigned opcode)
{
    switch (opcode) {
    case GENERIC_call:
    case GENERIC_call_only:
    case GENERIC_call_last:
    case GENERIC_call_fun:
    case GENERIC_call_fun2:
    case GENERIC_apply:
    case GENERIC_wait:
    case GENERIC_loop_rec_end:
        return true;
    }
    return false;
}

static bool falls_through(unsigned opcode)
{
    switch (opcode) {
    case GENERIC_jump:
    case GENERIC_select_val:
    case GENERIC_select_tuple_arity:
    case GENERIC_return:
    case GENERIC_call_last:
    case GENERIC_call_only:
    case GENERIC_call_ext_last:
    case GENERIC_call_ext_only:
    case GENERIC_apply_last:
    case GENERIC_badmatch:
    case GENERIC_case_end:
    case GENERIC_if_end:
    case GENERIC_try_case_end:
    case GENERIC_raise:
    case GENERIC_badrecord:
        return false;
    }
    return true;
}

static void enter(struct search *s, size_t op)
{
    const struct verify_function *f = s->v->function;
    if (op < f->body || op >= f->end)
        return;
    uint8_t *mark = &s->marks[op - f->body];
    if (*mark == MARK_OPEN)
        s->found = true;
    if (*mark != MARK_NEW)
        return;
    *mark = MARK_OPEN;
    s->stack[s->depth] = op;
    s->next[s->depth++] = 0;
}

// Follows the next way out of the topmost operation, or drops it when there is none left.
static void follow(struct search *s)
{
    size_t at = s->stack[s->depth - 1];
    const struct beam_op *op = &s->v->file->ops[at];
    uint32_t i = s->next[s->depth - 1]++;
    bool cut = is_cut(op->opcode);
    if (!cut && i < op->arg_count) {
        bool jumps = op->args[i].type == ARG_LABEL && op->args[i].value && op->opcode != GENERIC_wait_timeout;
        if (jumps && verify_callee(s->v, op->args + i) == s->v->function)
            enter(s, s->v->labels[op->args[i].value].op);
    } else if (!cut && i == op->arg_count && falls_through(op->opcode)) {
        enter(s, at + 1);
    } else {
        s->marks[at - s->v->function->body] = MARK_DONE;
        s->depth--;
    }
}

static void search_all(struct search *s, size_t count)
{
    for (size_t i = 0; i < count && !s->found; i++) {
        enter(s, s->v->function->body + i);
        while (s->depth && !s->found)
            follow(s);
    }
}

bool verify_has_free_loop(struct verifier *v)
{
    size_t count = v->function->end - v->function->body;
    struct search s = {.v = v};
    s.marks = mem_zero_alloc(count);
    s.stack = mem_alloc(count * sizeof *s.stack);
    s.next = mem_alloc(count * sizeof *s.next);
    search_all(&s, count);
    mem_free(s.marks, count);
    mem_free(s.stack, count * sizeof *s.stack);
    mem_free(s.next, count * sizeof *s.next);
    return s.found;
}
