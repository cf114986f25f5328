// SPDX-License-Identifier: Apache-2.0
// The flow of tests, selections and data: what values turn out to be, and what instructions make.
#include "code/verify_flow.h"

#include "code/match_commands.h"
#include "code/verify.h"

#include <string.h>

static uint32_t held_by(const struct verifier *v, const struct beam_arg *a)
{
    return a->type == ARG_X ? v->now.x[a->value] : a->type == ARG_Y ? v->now.y[a->value] : HELD_TERM;
}

// Tests.

void flow_is_cell(struct verifier *v)
{
    verify_refine(v, verify_arg(v, 1), HELD_CELL);
}

void flow_is_map(struct verifier *v)
{
    verify_refine(v, verify_arg(v, 1), HELD_MAP);
}

void flow_is_tuple(struct verifier *v)
{
    if (held_kind(held_by(v, verify_arg(v, 1))) != HELD_TUPLE)
        verify_refine(v, verify_arg(v, 1), HELD_TUPLE);
}

void flow_is_tuple_of(struct verifier *v)
{
    verify_refine(v, verify_arg(v, 1), held_tuple(verify_arg(v, 2)->value));
}

void flow_select_val(struct verifier *v)
{
    const struct beam_arg *list = verify_arg(v, 2);
    for (word i = 0; i < list->value; i += 2)
        verify_branch(v, list + 2 + i);
    v->now.reachable = false;
}

void flow_select_arity(struct verifier *v)
{
    const struct beam_arg *list = verify_arg(v, 2), *source = verify_arg(v, 0);
    for (word i = 0; i < list->value; i += 2) {
        verify_refine(v, source, held_tuple(list[1 + i].value));
        verify_branch(v, list + 2 + i);
    }
    v->now.reachable = false;
}

// Moves.

void flow_move(struct verifier *v)
{
    verify_write(v, verify_arg(v, 1), verify_move(v, verify_arg(v, 0)));
}

void flow_swap(struct verifier *v)
{
    uint32_t first = verify_move(v, verify_arg(v, 0)), second = verify_move(v, verify_arg(v, 1));
    verify_write(v, verify_arg(v, 0), second);
    verify_write(v, verify_arg(v, 1), first);
}

void flow_float(struct verifier *v)
{
    const struct beam_arg *a = v->op->args;
    if (a[0].type != ARG_FLOAT)
        verify_read(v, a);
    else if (a[1].type != ARG_FLOAT)
        verify_write(v, a + 1, HELD_TERM);
}

// Parts. A constant of the wrong kind is checked as well.

static bool is_proven(const struct verifier *v, const struct beam_arg *a, enum held kind)
{
    return a->type != ARG_TERM && held_kind(held_by(v, a)) == kind;
}

static void need(struct verifier *v, const struct beam_arg *a, enum held kind, enum beam_check check)
{
    if (is_proven(v, a, kind))
        return;
    v->op->checks |= (uint8_t)check;
    verify_refine(v, a, kind);
}

static void need_elements(struct verifier *v, const struct beam_arg *a, word enough, word checked)
{
    if (is_proven(v, a, HELD_TUPLE) && held_number(held_by(v, a)) >= enough)
        return;
    v->op->checks |= CHECK_TUPLE;
    verify_refine(v, a, held_tuple(checked) | (held_by(v, a) & HELD_FRESH));
}

void flow_from_cell(struct verifier *v)
{
    need(v, verify_arg(v, 0), HELD_CELL, CHECK_CELL);
    flow_term(v);
}

static bool same_register(const struct beam_arg *a, const struct beam_arg *b)
{
    return a->type == b->type && a->value == b->value && a->type != ARG_TERM;
}

word verify_tuple_size(const struct beam_op *op, const struct beam_op *end)
{
    const struct beam_arg *source = op->args;
    word size = 0;
    for (; op < end && op->opcode == GENERIC_get_tuple_element && same_register(op->args, source); op++) {
        size = op->args[1].value >= size ? op->args[1].value + 1 : size;
        if (same_register(op->args + 2, source))
            break;
    }
    return size ? size : op->args[1].value + 1;
}

void flow_from_tuple(struct verifier *v)
{
    const struct beam_op *end = v->file->ops + v->file->op_count;
    need_elements(v, verify_arg(v, 0), verify_arg(v, 1)->value + 1, verify_tuple_size(v->op, end));
    flow_term(v);
}

void flow_set_tuple_element(struct verifier *v)
{
    const struct beam_arg *tuple = verify_arg(v, 1);
    if (tuple->type == ARG_TERM || !v->now.fresh || !(held_by(v, tuple) & HELD_FRESH)) {
        verify_refuse(v, "a tuple changed in place that others may see");
        return;
    }
    need_elements(v, tuple, verify_arg(v, 2)->value + 1, verify_arg(v, 2)->value + 1);
}

void flow_update_record(struct verifier *v)
{
    v->op->checks |= CHECK_TUPLE;
    verify_refine(v, verify_arg(v, 2), held_tuple(verify_arg(v, 1)->value));
    verify_write(v, verify_arg(v, 3), held_tuple(verify_arg(v, 1)->value));
}

void flow_has_map_fields(struct verifier *v)
{
    need(v, verify_arg(v, 1), HELD_MAP, CHECK_MAP);
}

// When it fails, any of the destinations but the last may have been set: those two states cover all others.
void flow_get_map_elements(struct verifier *v)
{
    const struct beam_arg *list = verify_arg(v, 2);
    need(v, verify_arg(v, 1), HELD_MAP, CHECK_MAP);
    verify_branch(v, verify_arg(v, 0));
    for (word i = 0; i + 2 < list->value; i += 2)
        verify_write(v, list + 2 + i, HELD_TERM);
    if (list->value > 2)
        verify_branch(v, verify_arg(v, 0));
    if (list->value)
        verify_write(v, list + list->value, HELD_TERM);
}

// Construction.

void flow_to_cell(struct verifier *v)
{
    verify_write(v, verify_arg(v, 2), HELD_CELL);
}

void flow_to_tuple(struct verifier *v)
{
    word elements = verify_arg(v, 1)->value;
    verify_write(v, verify_arg(v, 0), elements <= HELD_MAX_NUMBER ? held_tuple(elements) : HELD_TERM);
}

// The elements stand in operations of their own, which are dealt with here.
void flow_put_tuple(struct verifier *v)
{
    const struct beam_arg *a = v->op->args;
    const struct beam_op *last = v->file->ops + v->file->op_count - 1;
    for (word left = a[0].value; left > 0; left--) {
        if (v->op == last || v->op[1].opcode != GENERIC_put) {
            verify_refuse(v, "a tuple without its elements");
            return;
        }
        v->op++;
        verify_read(v, v->op->args);
    }
    verify_write(v, a + 1, held_tuple(a[0].value));
}

void flow_to_map(struct verifier *v)
{
    verify_write(v, verify_arg(v, 2), HELD_MAP);
}

void flow_make_fun2(struct verifier *v)
{
    uint32_t free = v->file->lambdas[verify_arg(v, 0)->value].free;
    for (uint32_t i = 0; i < free; i++)
        verify_read(v, &(struct beam_arg){ARG_X, i});
    verify_write(v, &(struct beam_arg){ARG_X, 0}, HELD_TERM);
}

// Bit strings.

// When it fails, the source was neither a bit string nor a match context.
void flow_start_match(struct verifier *v)
{
    const struct beam_arg *a = v->op->args;
    const struct beam_arg *source = v->op->opcode == GENERIC_bs_start_match4 ? a + 2 : a + 1;
    bool live = source->type != ARG_X || source->value < v->now.x_count;
    uint32_t held = live ? verify_move(v, source) : HELD_TERM;
    if (a[0].type == ARG_LABEL) {
        if (held_is_context(held))
            verify_refine(v, source, HELD_TERM);
        verify_branch(v, a);
        if (live)
            verify_refine(v, source, held);
    }
    verify_write(v, a + v->op->arg_count - 1, HELD_CONTEXT);
}

// Bits that a command takes; false if it may fail even when they are there, or is no such command.
static bool takes_bits(enum match_command c, const struct beam_arg *a, word *bits)
{
    switch (c) {
    case COMMAND_integer:
    case COMMAND_binary:
        *bits = a[2].value * a[3].value;
        return a[2].value < MATCH_SURE_BITS;
    case COMMAND_skip:
        *bits = a[0].value;
        return true;
    case COMMAND_ensure_at_least:
    case COMMAND_ensure_exactly:
    case COMMAND_get_tail:
    case COMMAND_exactly_equal:
    case COMMAND_COUNT:
        break;
    }
    return false;
}

static void match_one(struct verifier *v, enum match_command c, const struct beam_arg *a, word *ensured)
{
    const struct beam_arg *to = NULL;
    const char *letters = match_command_operands(c);
    word bits;
    for (size_t i = 0; letters[i]; i++) {
        if (letters[i] == 'e')
            verify_survive(v, a[i].value);
        else if (letters[i] == 'd')
            to = a + i;
    }
    verify_context(v, verify_arg(v, 1));
    if (takes_bits(c, a, &bits) && bits <= *ensured)
        *ensured -= bits;
    else if (c != COMMAND_get_tail)
        verify_branch(v, verify_arg(v, 0));
    if (c == COMMAND_exactly_equal)
        *ensured -= a[1].value < *ensured ? a[1].value : *ensured;
    if (to)
        verify_write(v, to, HELD_TERM);
}

// Every command is an instruction of its own, which may collect and fail. After an ensure the fields that fit in it don't:
// compilers let registers that only the failure needs die before them.
void flow_match(struct verifier *v)
{
    const struct beam_arg *list = verify_arg(v, 2), *a = list + 1, *end = a + list->value;
    word ensured = 0;
    while (a < end && !v->why) {
        enum match_command c = match_command_of(a++);
        match_one(v, c, a, &ensured);
        if (c == COMMAND_ensure_at_least || c == COMMAND_ensure_exactly)
            ensured = a[0].value;
        a += strlen(match_command_operands(c));
    }
}

void flow_context_to_binary(struct verifier *v)
{
    const struct beam_arg *a = verify_arg(v, 0);
    if (held_is_context(verify_move(v, a)))
        verify_refine(v, a, HELD_TERM);
}

void flow_build(struct verifier *v)
{
    flow_term(v);
    v->now.building = true;
}

void flow_put_bits(struct verifier *v)
{
    if (!v->now.building)
        verify_refuse(v, "a field put into no bit string");
}
