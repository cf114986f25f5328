// SPDX-License-Identifier: Apache-2.0
// Instructions that often follow one another become one: a jump less between them. Counted over OTP's and Elixir's libraries,
// the pairs here make up a third of all that is executed. A label between two keeps them apart, as labels are operations too.
#include "code/lower.h"
#include "term/atom.h"

// One that needs a check of its own (code/verify.h) stays alone.
static const struct beam_op *next_alone(const struct lowering *l)
{
    const struct beam_op *next = lower_next(l);
    return next && !next->checks ? next : NULL;
}

static const struct beam_op *next_if(const struct lowering *l, unsigned opcode)
{
    const struct beam_op *next = next_alone(l);
    return next && next->opcode == opcode ? next : NULL;
}

static bool same(const struct beam_arg *a, const struct beam_arg *b)
{
    return a->type == b->type && a->value == b->value;
}

static bool all_x(const struct beam_arg *args, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (args[i].type != ARG_X)
            return false;
    return true;
}

static void pass_on(struct lowering *l, const char *family)
{
    lower_emit(l, family, l->op->args, l->op->arg_count);
}

// A test for a cons cell, then its parts.
void lower_is_nonempty_list(struct lowering *l)
{
    const struct beam_arg *test = l->op->args;
    const struct beam_op *next = next_if(l, GENERIC_get_list);
    if (!next || !all_x(next->args, 3) || !same(test + 1, next->args)) {
        pass_on(l, "is_nonempty_list");
        return;
    }
    EMIT(l, "test_get_list", test[0], next->args[0], next->args[1], next->args[2]);
    lower_skip(l);
}

// test_arity makes sure of a tuple itself.
void lower_is_tuple(struct lowering *l)
{
    const struct beam_op *next = next_if(l, GENERIC_test_arity);
    if (!next || !same(lower_arg(l, 0), next->args) || !same(lower_arg(l, 1), next->args + 1))
        pass_on(l, "is_tuple");
}

// test_heap Words Live, then put_list.
void lower_test_heap(struct lowering *l)
{
    struct beam_arg words = arg_number(lower_words(lower_arg(l, 0))), live = *lower_arg(l, 1);
    const struct beam_op *next = next_if(l, GENERIC_put_list);
    if (!next || words.value < 2) {
        EMIT(l, "test_heap", words, live);
        return;
    }
    EMIT(l, "test_put_list", words, live, next->args[0], next->args[1], next->args[2]);
    lower_skip(l);
}

void lower_get_tuple_element(struct lowering *l)
{
    const struct beam_arg *first = l->op->args;
    const struct beam_op *next = next_if(l, GENERIC_get_tuple_element);
    bool pair = next && first[0].type == ARG_X && first[2].type == ARG_X && same(first, next->args) &&
                next->args[2].type == ARG_X && !same(first, first + 2);
    if (!pair) {
        pass_on(l, "get_tuple_element");
        return;
    }
    EMIT(l, "get_two_elements", first[0], first[1], first[2], next->args[1], next->args[2]);
    lower_skip(l);
}

static bool begins_pair(const struct lowering *l, const struct beam_op *op)
{
    const struct beam_op *next = op + 1;
    return next < l->file->ops + l->file->op_count && next->opcode == GENERIC_get_tuple_element && !next->checks &&
           same(op->args, next->args) && !same(op->args, op->args + 2);
}

// {ok, X}: a test for the tag, then one element. Two elements are a pair of their own.
void lower_is_tagged_tuple(struct lowering *l)
{
    const struct beam_arg *test = l->op->args;
    const struct beam_op *next = next_if(l, GENERIC_get_tuple_element);
    if (!next || test[1].type != ARG_X || !same(test + 1, next->args) || next->args[2].type != ARG_X ||
        begins_pair(l, next)) {
        pass_on(l, "is_tagged_tuple");
        return;
    }
    EMIT(l, "tagged_element", test[0], test[1], test[2], test[3], next->args[1], next->args[2]);
    lower_skip(l);
}

// The location of what follows holds from within a move before it, which cannot fail: where a call before the move returns to,
// it does not begin yet.
static void take_lines(struct lowering *l)
{
    while (next_if(l, GENERIC_line)) {
        lower_skip(l);
        if (!lower_line_is_lost(l))
            lower_line_at(l, l->size + 1);
    }
}

// The BEAM's loader makes one of two moves between words that follow one another, in either order.
static bool is_pair(const struct beam_op *first)
{
    const struct beam_arg *a = first[0].args, *b = first[1].args;
    if (a[0].type != b[0].type || a[1].type != b[1].type || same(a + 1, b))
        return false;
    bool registers = (a[0].type == ARG_X || a[0].type == ARG_Y) && (a[1].type == ARG_X || a[1].type == ARG_Y);
    sword from = (sword)(b[0].value - a[0].value), to = (sword)(b[1].value - a[1].value);
    return registers && (from == 1 || from == -1) && (to == 1 || to == -1);
}

// Whether a move stays one of its own there.
static bool stays_alone(const struct lowering *l, const struct beam_op *move)
{
    const struct beam_op *at = move;
    while (at > l->file->ops && at[-1].opcode == GENERIC_move)
        at--;
    while (at < move)
        at += is_pair(at) ? 2 : 1;
    return at == move;
}

static bool leaves_for_code(const struct lowering *l, const struct beam_op *op)
{
    unsigned opcode = op->opcode;
    if (opcode == GENERIC_call_only || opcode == GENERIC_call_last)
        return true;
    if (opcode != GENERIC_call_ext_only && opcode != GENERIC_call_ext_last)
        return false;
    const struct export *e = l->module->imports[op->args[1].value];
    return !e->native && !export_has_flag(e, EXPORT_DELEGATED);
}

static bool divides(const struct lowering *l, const struct beam_op *op, const char *name)
{
    if (op->opcode != GENERIC_gc_bif2)
        return false;
    return lower_is_export(l->module->imports[op->args[2].value], ATOM_erlang, name, 2);
}

// div and rem of the same, in either order, become one there.
static bool is_division_again(const struct lowering *l, const struct beam_op *a, const struct beam_op *b)
{
    bool both = (divides(l, a, "div") && divides(l, b, "rem")) || (divides(l, a, "rem") && divides(l, b, "div"));
    return both && same(a->args + 3, b->args + 3) && same(a->args + 4, b->args + 4) &&
           !same(a->args + 3, a->args + 5) && !same(a->args + 4, a->args + 5);
}

bool lower_line_is_lost(const struct lowering *l)
{
    const struct beam_op *next = lower_next(l), *last = l->op - 1;
    if (!next || last < l->file->ops)
        return false;
    if (last->opcode == GENERIC_move)
        return last->args[1].type == ARG_X && last->args[1].value == 0 && leaves_for_code(l, next) &&
               stays_alone(l, last);
    return is_division_again(l, last, next);
}

static bool move_and_call(struct lowering *l, const struct beam_arg *move)
{
    const struct beam_op *next = next_alone(l);
    if (!next || move[1].type != ARG_X || move[0].type == ARG_TERM)
        return false;
    const struct beam_arg *a = next->args;
    if (next->opcode == GENERIC_call)
        EMIT(l, "move_call", move[0], move[1], a[1], a[0]);
    else if (next->opcode == GENERIC_call_only)
        EMIT(l, "move_call_only", move[0], move[1], a[1], a[0]);
    else if (next->opcode == GENERIC_call_last)
        EMIT(l, "move_call_last", move[0], move[1], a[1], a[0], a[2]);
    else
        return false;
    lower_skip(l);
    return true;
}

// A move before the call of a native that is not there may stand for that (lower_missing_native).
static bool may_mean_more(const struct beam_op *move, const struct beam_op *end)
{
    const struct beam_op *next = move + 1;
    return next < end && (next->opcode == GENERIC_call_ext || next->opcode == GENERIC_call_ext_only ||
                          next->opcode == GENERIC_call_ext_last || next->opcode == GENERIC_line);
}

static bool two_moves(struct lowering *l, const struct beam_arg *move)
{
    const struct beam_op *next = next_if(l, GENERIC_move);
    if (!next || may_mean_more(next, l->file->ops + l->file->op_count))
        return false;
    EMIT(l, "move_two", move[0], move[1], next->args[0], next->args[1]);
    lower_skip(l);
    return true;
}

void lower_move(struct lowering *l)
{
    const struct beam_arg *move = l->op->args;
    if (two_moves(l, move))
        return;
    take_lines(l);
    if (lower_missing_native(l, move))
        return;
    if (!move_and_call(l, move))
        lower_emit(l, "move", move, 2);
}
