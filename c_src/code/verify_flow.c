// SPDX-License-Identifier: Apache-2.0
// The steps of the flow pass: reading and writing registers, branches, and control flow.
#include "code/verify_flow.h"

#include "base/memory.h"
#include "code/verify.h"
#include "term/atom.h"

#include <string.h>

const struct verify_rule verify_rules[GENERIC_COUNT] = {
#define VERIFY(opcode, operands, flow) [GENERIC_##opcode] = {operands, flow},
#include "code/verify_rules.def"
#undef VERIFY
};

enum { BLOCK_BYTES = 1 << 14, COARSE_AFTER = 3 };

static struct saved_state *new_saved(struct verifier *v, size_t bytes)
{
    bytes = (bytes + 7) & ~(size_t)7;
    struct state_block *b = v->blocks;
    if (!b || b->size - b->used < bytes) {
        size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        b = mem_alloc(sizeof *b + size);
        *b = (struct state_block){.next = v->blocks, .size = size};
        v->blocks = b;
    }
    struct saved_state *s = (struct saved_state *)(void *)(b->bytes + b->used);
    b->used += bytes;
    return s;
}

static uint32_t of_constant(term t)
{
    return is_tuple(t) && tuple_arity(t) <= HELD_MAX_NUMBER ? held_tuple(tuple_arity(t))
           : is_list(t)                                     ? HELD_CELL
           : is_map(t)                                      ? HELD_MAP
                                                            : HELD_TERM;
}

uint32_t verify_move(struct verifier *v, const struct beam_arg *a)
{
    uint32_t value = HELD_NOTHING;
    if (a->type == ARG_TERM)
        return of_constant(a->value);
    if (a->type == ARG_X && a->value < v->now.x_count)
        value = v->now.x[a->value];
    else if (a->type == ARG_Y && (sword)a->value < v->now.frame)
        value = v->now.y[a->value];
    if (!held_is_movable(value)) {
        verify_refuse(v, "a register is read that holds no term");
        return HELD_TERM;
    }
    v->fragile |= value & HELD_FRAGILE;
    return value;
}

uint32_t verify_read(struct verifier *v, const struct beam_arg *a)
{
    uint32_t value = verify_move(v, a);
    if (held_is_context(value))
        verify_refuse(v, "a match context is used as a term");
    return value;
}

// An exception may happen from now on: the handlers of open catches find the new value in the slot.
static void tell_handlers(struct verifier *v, word slot, uint32_t value)
{
    for (int i = 0; i < v->now.frame; i++) {
        if (held_kind(v->now.y[i]) != HELD_CATCH)
            continue;
        struct verify_label *handler = &v->labels[held_number(v->now.y[i])];
        if ((sword)slot >= handler->saved->frame)
            continue;
        uint32_t *held = &handler->saved->values[handler->saved->x_room + slot];
        uint32_t joined = held_join(*held, value & ~(uint32_t)(HELD_FRAGILE | HELD_FRESH), v->pass > COARSE_AFTER);
        v->changed = v->changed || (joined != *held && v->file->ops + handler->op < v->op);
        *held = joined;
    }
}

static void write_y(struct verifier *v, word number, uint32_t value)
{
    if ((sword)number >= v->now.frame || v->now.loose || held_kind(v->now.y[number]) == HELD_CATCH) {
        verify_refuse(v, "a stack slot is written that is not there or in use");
        return;
    }
    v->now.y[number] = value;
    if (v->now.catches)
        tell_handlers(v, number, value);
}

void verify_write(struct verifier *v, const struct beam_arg *a, uint32_t value)
{
    value |= v->fragile;
    if (a->type == ARG_X)
        state_set_x(&v->now, a->value, value);
    else
        write_y(v, a->value, value);
}

void verify_refine(struct verifier *v, const struct beam_arg *a, uint32_t value)
{
    if (a->type == ARG_X)
        v->now.x[a->value] = value | (v->now.x[a->value] & HELD_FRAGILE);
    else if (a->type == ARG_Y)
        v->now.y[a->value] = value | (v->now.y[a->value] & HELD_FRAGILE);
}

// To the function's func_info: no clause fitted the arguments, which are shown.
static void branch_to_failure(struct verifier *v, const struct verify_state *s)
{
    for (uint32_t i = 0; i < v->function->arity; i++)
        if (i >= s->x_count || !held_is_term(s->x[i]))
            verify_refuse(v, "arguments that are to be shown are gone");
}

static bool is_free_jump(unsigned opcode)
{
    return opcode != GENERIC_wait && opcode != GENERIC_loop_rec_end && opcode != GENERIC_wait_timeout;
}

void verify_branch_with(struct verifier *v, word number, const struct verify_state *s)
{
    struct verify_label *label = &v->labels[number];
    if (label->op < v->function->body) {
        branch_to_failure(v, s);
        return;
    }
    bool back = v->file->ops + label->op < v->op;
    v->backwards = v->backwards || (back && is_free_jump(v->op->opcode));
    if (label->walk != v->walk) {
        label->walk = v->walk;
        label->saved = new_saved(v, saved_size(s));
        state_save(label->saved, s);
        v->changed = v->changed || back;
        return;
    }
    if (state_join(label->saved, s, v->pass > COARSE_AFTER))
        v->changed = v->changed || back;
}

void verify_branch(struct verifier *v, const struct beam_arg *label)
{
    verify_branch_with(v, label->value, &v->now);
}

// What may collect or run other code: only so many x registers survive.
void verify_survive(struct verifier *v, word live)
{
    for (word i = 0; i < live; i++)
        if (i >= v->now.x_count || !held_is_movable(v->now.x[i]))
            verify_refuse(v, "a live register holds no term");
    if (v->now.x_count > live)
        v->now.x_count = (unsigned)live;
    v->now.building = false;
}

void verify_context(struct verifier *v, const struct beam_arg *a)
{
    if (held_kind(verify_move(v, a)) != HELD_CONTEXT)
        verify_refuse(v, "something else than a match context is matched");
}

static void read_list(struct verifier *v, char letter, const struct beam_arg *list)
{
    const struct beam_arg *a = list + 1, *end = a + list->value;
    enum { SEGMENT_ARGS = 6 };
    switch (letter) {
    case 'L':
    case 'P':
        while (a < end)
            verify_read(v, a++);
        return;
    case 'G':
        for (; a < end; a += 2)
            verify_read(v, a);
        return;
    case 'U':
        for (; a < end; a += 2)
            verify_read(v, a + 1);
        return;
    case 'B':
        for (; a < end; a += SEGMENT_ARGS) {
            for (size_t i = 4; i < SEGMENT_ARGS; i++)
                if (a[i].type != ARG_NUMBER)
                    verify_read(v, a + i);
        }
        return;
    }
}

// From OTP 26 on compilers ask a match context for the size of what is left.
static bool takes_context(const struct verifier *v)
{
    const struct beam_import *i = &v->file->imports[verify_arg(v, 2)->value];
    return i->module == ATOM_erlang && (i->function == ATOM_byte_size || i->function == ATOM_bit_size);
}

static void read_operand(struct verifier *v, char letter, const struct beam_arg *a)
{
    switch (letter) {
    case 'z':
        (takes_context(v) ? verify_move : verify_read)(v, a);
        return;
    case 'S':
        if (a->type == ARG_NUMBER)
            return;
        verify_read(v, a);
        return;
    case 's':
        verify_read(v, a);
        return;
    case 'r':
        verify_move(v, a);
        return;
    case 'c':
        verify_context(v, a);
        return;
    }
    if (a->type == ARG_LIST)
        read_list(v, letter, a);
}

// These keep a tuple that setelement has made changeable.
static bool keeps_fresh(unsigned opcode)
{
    return opcode == GENERIC_move || opcode == GENERIC_swap || opcode == GENERIC_set_tuple_element ||
           opcode == GENERIC_get_tuple_element || opcode == GENERIC_line;
}

static void drop_fresh(struct verifier *v)
{
    state_clear_flag(&v->now, HELD_FRESH);
    v->now.fresh = false;
}

static void read_sources(struct verifier *v, const char *letters)
{
    const struct beam_arg *a = v->op->args;
    for (; *letters; letters++)
        read_operand(v, *letters, a++);
}

static bool is_guard_native(unsigned opcode)
{
    return opcode == GENERIC_bif1 || opcode == GENERIC_bif2 || opcode == GENERIC_gc_bif1 || opcode == GENERIC_gc_bif2 ||
           opcode == GENERIC_gc_bif3;
}

// Where a native of a guard can't fail, for what compilers know of the argument's type, they read its result in the clauses
// that follow as well: as if it were there although the native failed. Object code has the failure all the same.
// Returns the register that is to hold a term whatever happens, or NULL.
static const struct beam_arg *primed(const struct verifier *v)
{
    if (!v->function->primes || !is_guard_native(v->op->opcode) || !v->op->args[0].value)
        return NULL;
    const struct beam_arg *into = &v->op->args[v->op->arg_count - 1];
    if (into->type != ARG_X || (into->value < v->now.x_count && v->now.x[into->value] != HELD_NOTHING))
        return NULL;
    return into;
}

static void prime(struct verifier *v, const struct beam_arg *into)
{
    v->op->checks |= CHECK_PRIME;
    state_set_x(&v->now, into->value, HELD_TERM);
}

void verify_step(struct verifier *v)
{
    const struct verify_rule *rule = &verify_rules[v->op->opcode];
    const struct beam_arg *a = v->op->args, *live = NULL, *label = NULL, *into = primed(v);
    bool collects_first = false;
    v->fragile = 0;
    if (v->now.fresh && !keeps_fresh(v->op->opcode))
        drop_fresh(v);
    for (const char *letter = rule->operands; *letter; letter++, a++) {
        if (*letter == 's' || *letter == 'r' || *letter < 'a' || *letter == 'c' || *letter == 'z') {
            read_operand(v, *letter, a);
        } else if (*letter == 'f' || *letter == 'g') {
            label = a;
        } else if (*letter == 'e' || *letter == 'v') {
            live = a;
            collects_first = *letter == 'e';
        }
    }
    if (live)
        verify_survive(v, live->value);
    if (collects_first)
        read_sources(v, rule->operands);
    if (into)
        prime(v, into);
    if (label && label->value)
        verify_branch(v, label);
    if (!v->why)
        rule->flow(v);
}

void flow_nothing(struct verifier *v)
{
    (void)v;
}

void flow_unreachable(struct verifier *v)
{
    v->now.reachable = false;
}

void flow_term(struct verifier *v)
{
    const char *letters = verify_rules[v->op->opcode].operands;
    for (size_t i = 0; letters[i]; i++)
        if (letters[i] == 'd')
            verify_write(v, verify_arg(v, i), HELD_TERM);
}

// Frames.

static bool is_bare(struct verifier *v)
{
    if (v->now.frame != NO_FRAME || v->now.catches || v->now.loose)
        verify_refuse(v, "a stack frame is left behind");
    return !v->why;
}

void flow_allocate(struct verifier *v)
{
    if (v->now.frame != NO_FRAME || v->now.loose)
        verify_refuse(v, "a second stack frame");
    v->now.frame = (int)verify_arg(v, 0)->value;
    for (int i = 0; i < v->now.frame; i++)
        v->now.y[i] = HELD_TERM;
}

static bool leave_frame(struct verifier *v, word slots)
{
    if (v->now.frame < 0 || v->now.loose || (word)v->now.frame != slots || v->now.catches) {
        verify_refuse(v, "a stack frame left with another size than it has");
        return false;
    }
    v->now.frame = NO_FRAME;
    return true;
}

void flow_deallocate(struct verifier *v)
{
    leave_frame(v, verify_arg(v, 0)->value);
}

void flow_trim(struct verifier *v)
{
    word cut = verify_arg(v, 0)->value, rest = verify_arg(v, 1)->value;
    if (v->now.frame < 0 || v->now.loose || (word)v->now.frame != cut + rest || v->now.catches) {
        verify_refuse(v, "a stack frame trimmed that has another size or catches");
        return;
    }
    memmove(v->now.y, v->now.y + cut, rest * sizeof *v->now.y);
    v->now.frame = (int)rest;
}

void flow_init(struct verifier *v)
{
    verify_write(v, verify_arg(v, 0), HELD_TERM);
}

void flow_init_yregs(struct verifier *v)
{
    const struct beam_arg *list = verify_arg(v, 0);
    for (word i = 0; i < list->value; i++)
        verify_write(v, list + 1 + i, HELD_TERM);
}

// Calls.

// Before something else happens to the mailbox, with so many x registers still of use: the message under look becomes the
// heap's, if they or the stack refer to it.
static void leave_message(struct verifier *v, word live)
{
    if (!v->now.looking)
        return;
    if (v->now.x_count > live)
        v->now.x_count = (unsigned)live;
    if (state_has_flag(&v->now, HELD_FRAGILE)) {
        v->op->checks |= CHECK_DETACH;
        state_clear_flag(&v->now, HELD_FRAGILE);
    }
    v->now.looking = false;
    v->fragile = 0;
}

static void read_arguments(struct verifier *v, word count)
{
    for (word i = 0; i < count; i++)
        verify_read(v, &(struct beam_arg){ARG_X, i});
}

// Match contexts may be passed to functions of the module, which are then walked with that in mind.
static void pass_arguments(struct verifier *v, struct verify_function *callee)
{
    for (uint32_t i = 0; i < callee->arity; i++) {
        uint64_t bit = (uint64_t)1 << i % 64, *bits = &callee->contexts[i / 64];
        if (!held_is_context(verify_move(v, &(struct beam_arg){ARG_X, i})) || *bits & bit)
            continue;
        *bits |= bit;
        callee->again = true;
    }
}

static void call(struct verifier *v, word arguments, bool returns)
{
    if (v->now.frame < 0 || v->now.loose)
        verify_refuse(v, "a call without a stack frame");
    leave_message(v, arguments);
    v->now.building = false;
    v->now.x_count = 0;
    state_set_x(&v->now, 0, HELD_TERM);
    if (returns)
        return;
    v->op->checks |= CHECK_NO_RETURN;
    v->now.reachable = false;
}

// A call that gives up the frame and returns to the caller. `slots`: NULL if there is no frame to give up.
static void tail_call(struct verifier *v, word arguments, const struct beam_arg *slots)
{
    leave_message(v, arguments);
    if (!slots || leave_frame(v, slots->value))
        is_bare(v);
    v->now.reachable = false;
}

void flow_call(struct verifier *v)
{
    struct verify_function *callee = verify_callee(v, verify_arg(v, 1));
    pass_arguments(v, callee);
    call(v, callee->arity, callee->returns);
}

void flow_call_last(struct verifier *v)
{
    pass_arguments(v, verify_callee(v, verify_arg(v, 1)));
    tail_call(v, verify_arg(v, 0)->value, verify_arg(v, 2));
}

void flow_call_only(struct verifier *v)
{
    pass_arguments(v, verify_callee(v, verify_arg(v, 1)));
    tail_call(v, verify_arg(v, 0)->value, NULL);
}

bool verify_is_exit(const struct beam_import *i)
{
    if (i->module != ATOM_erlang)
        return false;
    return (i->function == ATOM_error && (i->arity == 1 || i->arity == 2)) ||
           ((i->function == ATOM_exit || i->function == ATOM_throw) && i->arity == 1);
}

static const struct beam_import *import_of(const struct verifier *v)
{
    return &v->file->imports[verify_arg(v, 1)->value];
}

// The frame doesn't matter: compilers know as well that the call never returns, and name any size.
static bool is_exit(struct verifier *v)
{
    if (!verify_is_exit(import_of(v)))
        return false;
    leave_message(v, import_of(v)->arity);
    v->op->checks |= CHECK_NO_RETURN;
    v->now.reachable = false;
    return true;
}

void flow_call_ext(struct verifier *v)
{
    const struct beam_import *i = import_of(v);
    read_arguments(v, i->arity);
    if (is_exit(v))
        return;
    call(v, i->arity, true);
    if (i->module == ATOM_erlang && i->function == ATOM_setelement && i->arity == 3) {
        v->now.x[0] = HELD_TUPLE | HELD_FRESH;
        v->now.fresh = true;
    }
}

void flow_call_ext_last(struct verifier *v)
{
    read_arguments(v, verify_arg(v, 0)->value);
    if (!is_exit(v))
        tail_call(v, verify_arg(v, 0)->value, verify_arg(v, 2));
}

void flow_call_ext_only(struct verifier *v)
{
    read_arguments(v, verify_arg(v, 0)->value);
    if (!is_exit(v))
        tail_call(v, verify_arg(v, 0)->value, NULL);
}

void flow_call_fun(struct verifier *v)
{
    read_arguments(v, verify_arg(v, 0)->value + 1);
    call(v, verify_arg(v, 0)->value + 1, true);
}

void flow_call_fun2(struct verifier *v)
{
    read_arguments(v, verify_arg(v, 1)->value);
    call(v, CONFIG_X_REGISTERS, true);
}

void flow_apply(struct verifier *v)
{
    read_arguments(v, verify_arg(v, 0)->value + 2);
    call(v, verify_arg(v, 0)->value + 2, true);
}

void flow_apply_last(struct verifier *v)
{
    read_arguments(v, verify_arg(v, 0)->value + 2);
    tail_call(v, verify_arg(v, 0)->value + 2, verify_arg(v, 1));
}

void flow_send(struct verifier *v)
{
    read_arguments(v, 2);
    call(v, 2, true);
}

void flow_return(struct verifier *v)
{
    read_arguments(v, 1);
    tail_call(v, 1, NULL);
}

// Receive.

void flow_loop_rec(struct verifier *v)
{
    leave_message(v, 0);
    v->now.building = false;
    v->now.x_count = 0;
    verify_branch(v, verify_arg(v, 0));
    state_set_x(&v->now, 0, HELD_TERM | HELD_FRAGILE);
    v->now.looking = true;
}

// What is kept while it waits: that many x registers.
static void wait_at(struct verifier *v, word kept)
{
    leave_message(v, 0);
    v->now.building = false;
    v->now.x_count = 0;
    for (word i = 0; i < kept; i++)
        state_set_x(&v->now, i, HELD_TERM);
    verify_branch(v, verify_arg(v, 0));
    v->now.x_count = 0;
}

void flow_receive_again(struct verifier *v)
{
    wait_at(v, 0);
    v->now.reachable = false;
}

void flow_wait_timeout(struct verifier *v)
{
    const struct beam_arg *after = verify_arg(v, 1);
    wait_at(v, after->type == ARG_X ? after->value + 1 : 0);
}

void flow_timeout(struct verifier *v)
{
    leave_message(v, 0);
    v->now.x_count = 0;
}

void flow_remove_message(struct verifier *v)
{
    if (v->now.looking)
        state_clear_flag(&v->now, HELD_FRAGILE);
    v->now.looking = false;
}

void flow_leave_message(struct verifier *v)
{
    leave_message(v, CONFIG_X_REGISTERS);
}

// Catches.

// Where an exception goes on must start by closing the catch: only that knows what to do with NONE in x0.
static bool is_handler(struct verifier *v, word label, word slot)
{
    const struct beam_op *at = v->file->ops + v->labels[label].op;
    while (at->opcode == GENERIC_label || at->opcode == GENERIC_line)
        at++;
    unsigned closes = v->op->opcode == GENERIC_catch ? GENERIC_catch_end : GENERIC_try_case;
    return v->labels[label].op >= v->function->body && at->opcode == closes && at->args[0].value == slot;
}

// The registers when the handler starts; what is written to the stack until then is told to it by write_y.
static void enter_handler(struct verifier *v, word label)
{
    enum { EXCEPTION = 3 };
    struct verify_state *s = &v->handler;
    state_start(s, 1 + EXCEPTION);
    s->x[0] = HELD_NONE;
    s->frame = v->now.frame;
    s->catches = v->now.catches;
    for (int i = 0; i < s->frame; i++)
        s->y[i] = v->now.y[i] & ~(uint32_t)HELD_FRAGILE;
    verify_branch_with(v, label, s);
}

void flow_catch(struct verifier *v)
{
    word slot = verify_arg(v, 0)->value, label = verify_arg(v, 1)->value;
    if ((sword)slot >= v->now.frame || v->now.loose || !is_handler(v, label, slot)) {
        verify_refuse(v, "a catch without a slot or a handler");
        return;
    }
    for (word i = 0; i <= slot; i++)
        if (held_kind(v->now.y[i]) == HELD_CATCH)
            verify_refuse(v, "a catch that is not the innermost in the lowest slot");
    v->now.y[slot] = held_catch(label);
    v->now.catches++;
    enter_handler(v, label);
}

static void close_catch(struct verifier *v)
{
    word slot = verify_arg(v, 0)->value;
    if ((sword)slot >= v->now.frame || v->now.loose || held_kind(v->now.y[slot]) != HELD_CATCH) {
        verify_refuse(v, "a catch closed that is not open");
        return;
    }
    for (word i = 0; i < slot; i++)
        if (held_kind(v->now.y[i]) == HELD_CATCH)
            verify_refuse(v, "a catch closed that is not the innermost");
    v->now.y[slot] = HELD_TERM;
    v->now.catches--;
}

void flow_try_end(struct verifier *v)
{
    close_catch(v);
}

// Both endings look whether x0 is NONE: only then are there an exception's parts in x1 to x3.
static void need_result(struct verifier *v)
{
    uint32_t value = v->now.x_count ? v->now.x[0] : HELD_NOTHING;
    v->fragile = value & HELD_FRAGILE;
    if (!held_is_term(value) && held_kind(value) != HELD_NONE && held_kind(value) != HELD_RESULT)
        verify_refuse(v, "a catch ends without a result");
}

void flow_catch_end(struct verifier *v)
{
    close_catch(v);
    need_result(v);
    state_set_x(&v->now, 0, HELD_TERM | v->fragile);
}

void flow_try_case(struct verifier *v)
{
    close_catch(v);
    need_result(v);
    v->now.x_count = 0;
    for (word i = 0; i < 3; i++)
        state_set_x(&v->now, i, HELD_TERM);
}

void flow_raw_raise(struct verifier *v)
{
    read_arguments(v, 3);
    v->now.x_count = 1;
    v->now.x[0] = HELD_TERM;
}

void flow_x0_to_term(struct verifier *v)
{
    read_arguments(v, 1);
    v->now.x_count = 1;
    v->now.x[0] = HELD_TERM | v->fragile;
    v->now.building = false;
}
