// SPDX-License-Identifier: Apache-2.0
// Receives whose patterns and guards look at nothing but the message and constants. A message that such a receive has passed over
// once, it passes over each time; so it need not look at it again (proc/mailbox.h: scans). Found here by following the code
// from loop_rec to loop_rec_end forward, with the set of registers that hold parts of the message.
// And receives that seek a message by an element that was known before: their test for it goes on through the queue itself.
#include "code/lower.h"

#include <stdatomic.h>

enum { MAX_LABELS = 32, MAX_REGISTERS = 64 };

struct follow {
    const struct beam_op *op;
    uint64_t known;    // x registers that hold parts of the message
    bool reached;      // the operation, by the code before it
    bool gave_up;
    struct {
        word label;
        uint64_t known;
    } ahead[MAX_LABELS];    // jumped to, and not seen yet
    size_t ahead_count;
};

static void give_up(struct follow *f)
{
    f->gave_up = true;
}

static void read_source(struct follow *f, const struct beam_arg *a)
{
    bool known = a->type == ARG_X && a->value < MAX_REGISTERS && f->known >> a->value & 1;
    if (!known && (a->type == ARG_X || a->type == ARG_Y || a->type == ARG_FLOAT))
        give_up(f);
}

static void read_sources(struct follow *f, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < f->op->arg_count; i++)
        read_source(f, f->op->args + i);
}

static void write_register(struct follow *f, const struct beam_arg *a)
{
    if (a->type == ARG_X && a->value < MAX_REGISTERS)
        f->known |= (uint64_t)1 << a->value;
    else
        give_up(f);
}

static void jump_to(struct follow *f, const struct beam_arg *a)
{
    size_t i = 0;
    while (i < f->ahead_count && f->ahead[i].label != a->value)
        i++;
    if (a->type != ARG_LABEL || a->value == 0 || i == MAX_LABELS) {
        give_up(f);
    } else if (i < f->ahead_count) {
        f->ahead[i].known &= f->known;
    } else {
        f->ahead[i].label = a->value;
        f->ahead[f->ahead_count++].known = f->known;
    }
}

static void arrive_at(struct follow *f, word label)
{
    for (size_t i = 0; i < f->ahead_count; i++)
        if (f->ahead[i].label == label) {
            f->known = f->ahead[i].known & (f->reached ? f->known : ~(uint64_t)0);
            f->reached = true;
            f->ahead[i] = f->ahead[--f->ahead_count];
            return;
        }
}

// Test Fail Sources...
static void follow_test(struct follow *f)
{
    read_sources(f, 1, f->op->arg_count);
    jump_to(f, f->op->args);
}

// Bif Fail [Live] Bif Sources... Destination: those that the compilers let guards call.
static void follow_bif(struct follow *f, size_t first)
{
    read_sources(f, first, f->op->arg_count - 1);
    jump_to(f, f->op->args);
    write_register(f, f->op->args + f->op->arg_count - 1);
}

// Select Source Fail {Value, Label ...}
static void follow_select(struct follow *f)
{
    read_source(f, f->op->args);
    jump_to(f, f->op->args + 1);
    for (size_t i = 4; i < f->op->arg_count; i += 2)
        jump_to(f, f->op->args + i);
    f->reached = false;
}

// get_map_elements Fail Source {Key, Destination ...}: destinations are written in turn, keys read before.
static void follow_map_elements(struct follow *f)
{
    read_source(f, f->op->args + 1);
    for (size_t i = 3; i + 1 < f->op->arg_count; i += 2)
        read_source(f, f->op->args + i);
    jump_to(f, f->op->args);
    for (size_t i = 4; i < f->op->arg_count; i += 2)
        write_register(f, f->op->args + i);
}

// Source [Index] Destinations...
static void follow_part(struct follow *f, size_t first)
{
    read_source(f, f->op->args);
    for (size_t i = first; i < f->op->arg_count; i++)
        write_register(f, f->op->args + i);
}

static void follow_op(struct follow *f)
{
    switch (f->op->opcode) {
    case GENERIC_label:
    case GENERIC_line:
        return;
    case GENERIC_jump:
        jump_to(f, f->op->args);
        f->reached = false;
        return;
    case GENERIC_remove_message:
    case GENERIC_loop_rec_end:
        f->reached = false;
        return;
    case GENERIC_is_lt:
    case GENERIC_is_ge:
    case GENERIC_is_eq:
    case GENERIC_is_ne:
    case GENERIC_is_eq_exact:
    case GENERIC_is_ne_exact:
    case GENERIC_is_integer:
    case GENERIC_is_float:
    case GENERIC_is_number:
    case GENERIC_is_atom:
    case GENERIC_is_pid:
    case GENERIC_is_reference:
    case GENERIC_is_port:
    case GENERIC_is_nil:
    case GENERIC_is_binary:
    case GENERIC_is_list:
    case GENERIC_is_nonempty_list:
    case GENERIC_is_tuple:
    case GENERIC_test_arity:
    case GENERIC_is_boolean:
    case GENERIC_is_function:
    case GENERIC_is_function2:
    case GENERIC_is_bitstr:
    case GENERIC_is_map:
    case GENERIC_is_tagged_tuple:
    case GENERIC_has_map_fields:
        follow_test(f);
        return;
    case GENERIC_bif1:
    case GENERIC_bif2:
        follow_bif(f, 2);
        return;
    case GENERIC_gc_bif1:
    case GENERIC_gc_bif2:
    case GENERIC_gc_bif3:
        follow_bif(f, 3);
        return;
    case GENERIC_select_val:
    case GENERIC_select_tuple_arity:
        follow_select(f);
        return;
    case GENERIC_get_map_elements:
        follow_map_elements(f);
        return;
    case GENERIC_get_tuple_element:
        follow_part(f, 2);
        return;
    case GENERIC_get_list:
    case GENERIC_get_hd:
    case GENERIC_get_tl:
    case GENERIC_move:
        follow_part(f, 1);
        return;
    }
    give_up(f);
}

static bool looks_at_the_message_alone(const struct lowering *l)
{
    struct follow f = {.op = l->op + 1, .known = 1, .reached = true};
    const struct beam_arg *into = lower_arg(l, 1);
    if (into->type != ARG_X || into->value != 0)
        return false;
    for (const struct beam_op *end = l->file->ops + l->file->op_count; f.op < end && !f.gave_up; f.op++) {
        if (f.op->opcode == GENERIC_label)
            arrive_at(&f, f.op->args->value);
        if (f.reached)
            follow_op(&f);
        if (!f.reached && f.ahead_count == 0)
            return !f.gave_up;
    }
    return false;
}

// A test whether an element of the message is what was known before: all tests of the receive so far lead to the next message, and
// so does this one. What is wanted then holds for all of them.
struct seek {
    word next;       // label of its loop_rec_end
    size_t arity;    // of the message; 0: not known
    struct {
        enum { PART_NONE, PART_FIXED, PART_MESSAGE, PART_ELEMENT, PART_OTHER } kind;
        word index;
    } x[MAX_REGISTERS];
};

enum { MAX_TESTS = 16 };

static unsigned part_of(const struct seek *s, const struct beam_arg *a)
{
    if (a->type == ARG_X)
        return a->value < MAX_REGISTERS ? s->x[a->value].kind : PART_NONE;
    return a->type == ARG_Y || a->type == ARG_TERM ? PART_FIXED : PART_NONE;
}

static bool set_part(struct seek *s, const struct beam_arg *into, unsigned kind, word index)
{
    if (into->type != ARG_X || into->value >= MAX_REGISTERS || kind == PART_NONE)
        return false;
    s->x[into->value].kind = kind;
    s->x[into->value].index = index;
    return true;
}

static bool leads_on(const struct seek *s, const struct beam_arg *label)
{
    return label->type == ARG_LABEL && label->value == s->next;
}

static bool seek_test(struct seek *s, const struct beam_op *op)
{
    for (size_t i = 1; i < op->arg_count; i++)
        if (op->args[i].type != ARG_NUMBER && part_of(s, op->args + i) == PART_NONE)
            return false;
    bool tells_arity = op->opcode == GENERIC_test_arity || op->opcode == GENERIC_is_tagged_tuple;
    if (tells_arity && part_of(s, op->args + 1) == PART_MESSAGE)
        s->arity = op->args[2].value;
    return leads_on(s, op->args);
}

// What is computed from fixed values alone is the same for each message.
static bool seek_bif(struct seek *s, const struct beam_op *op, size_t first)
{
    unsigned kind = PART_FIXED;
    for (size_t i = first; i + 1 < op->arg_count; i++) {
        unsigned part = part_of(s, op->args + i);
        if (part == PART_NONE)
            return false;
        if (part != PART_FIXED)
            kind = PART_OTHER;
    }
    return leads_on(s, op->args) && set_part(s, op->args + op->arg_count - 1, kind, 0);
}

static bool seek_element(struct seek *s, const struct beam_op *op)
{
    unsigned part = part_of(s, op->args);
    if (part == PART_NONE || op->args[1].type != ARG_NUMBER)
        return false;
    return set_part(s, op->args + 2, part == PART_MESSAGE ? PART_ELEMENT : PART_OTHER, op->args[1].value);
}

static bool seek_move(struct seek *s, const struct beam_op *op)
{
    const struct beam_arg *from = op->args;
    return set_part(s, op->args + 1, part_of(s, from), part_of(s, from) == PART_ELEMENT ? s->x[from->value].index : 0);
}

static bool seek_op(struct seek *s, const struct beam_op *op)
{
    if (op->checks)
        return false;
    switch (op->opcode) {
    case GENERIC_line:
        return true;
    case GENERIC_is_tuple:
    case GENERIC_test_arity:
    case GENERIC_is_tagged_tuple:
    case GENERIC_is_eq_exact:
    case GENERIC_is_ne_exact:
    case GENERIC_is_integer:
    case GENERIC_is_atom:
    case GENERIC_is_pid:
    case GENERIC_is_reference:
    case GENERIC_is_binary:
        return seek_test(s, op);
    case GENERIC_bif1:
    case GENERIC_bif2:
        return seek_bif(s, op, 2);
    case GENERIC_gc_bif1:
    case GENERIC_gc_bif2:
        return seek_bif(s, op, 3);
    case GENERIC_get_tuple_element:
        return seek_element(s, op);
    case GENERIC_move:
        return seek_move(s, op);
    }
    return false;
}

// The loop_rec that leads here without a label between, or NULL.
static const struct beam_op *seek_begin(const struct lowering *l)
{
    const struct beam_op *op = l->op;
    for (size_t n = 0; n < MAX_TESTS && op > l->file->ops + 1 && op->opcode != GENERIC_label; n++, op--)
        if (op->opcode == GENERIC_loop_rec)
            return op[-1].opcode == GENERIC_label && op->args[1].type == ARG_X && op->args[1].value == 0 ? op : NULL;
    return NULL;
}

static bool is_loop_end(const struct lowering *l, word label, word loop)
{
    const struct beam_op *last = l->file->ops + l->file->op_count - 1;
    for (const struct beam_op *op = l->op; op < last && op->opcode != GENERIC_func_info; op++)
        if (op->opcode == GENERIC_label && op->args->value == label)
            return op[1].opcode == GENERIC_loop_rec_end && op[1].args->value == loop;
    return false;
}

bool lower_seek(struct lowering *l)
{
    const struct beam_arg *test = l->op->args;
    const struct beam_op *begin = seek_begin(l);
    if (!begin || test->type != ARG_LABEL || l->op->checks)
        return false;
    struct seek s = {.next = test->value, .x[0].kind = PART_MESSAGE};
    for (const struct beam_op *op = begin + 1; op < l->op; op++)
        if (!seek_op(&s, op))
            return false;
    size_t element = part_of(&s, test + 1) == PART_ELEMENT ? 1 : 2;
    const struct beam_arg *sought = test + (3 - element);
    if (part_of(&s, test + element) != PART_ELEMENT || part_of(&s, sought) != PART_FIXED || sought->type == ARG_TERM)
        return false;
    word index = s.x[test[element].value].index;
    if (index >= s.arity || !is_loop_end(l, s.next, begin[-1].args->value))
        return false;
    EMIT(l, "seek", test[0], test[element], *sought, arg_number(s.arity), arg_number(index));
    return true;
}

// The operand that tells one such receive from all others, those of code that is gone included.
void lower_loop_rec(struct lowering *l)
{
    static _Atomic word latest;
    if (looks_at_the_message_alone(l))
        EMIT(l, "loop_rec_again", *lower_arg(l, 0), arg_number(atomic_fetch_add(&latest, 1) + 1));
    else
        EMIT(l, "loop_rec", *lower_arg(l, 0));
}
