// SPDX-License-Identifier: Apache-2.0
#include "code/lower.h"

#include "base/memory.h"
#include "code/interp.h"
#include "code/preloaded.h"

#include <string.h>

static const struct {
    const char *family, *operands;
    op_function *function;
} rows[] = {
#define INSTRUCTION(family, variant, operands) {#family, operands, op_##family##_##variant},
#include "code/instructions.def"
#undef INSTRUCTION
};

// Either a family that takes the operands as they are, or a function.
static const struct {
    const char *family;
    lower_function *function;
} rules[GENERIC_COUNT] = {
#define PASS(opcode, family) [GENERIC_##opcode] = {family, NULL},
#define RULE(opcode, function) [GENERIC_##opcode] = {NULL, function},
#include "code/rules.def"
#undef PASS
#undef RULE
};

void lower_refuse(struct lowering *l, const char *why)
{
    if (!l->why)
        l->why = why;
}

// Makes room for one more member of an array.
static void *extend(void *array, size_t count, size_t *capacity, size_t member)
{
    if (count < *capacity)
        return array;
    size_t bigger = *capacity ? *capacity * 2 : 64;
    array = mem_resize(array, *capacity * member, bigger * member);
    *capacity = bigger;
    return array;
}

void lower_word(struct lowering *l, word w)
{
    l->code = extend(l->code, l->size, &l->capacity, sizeof *l->code);
    l->code[l->size++] = w;
}

static void lower_label_word(struct lowering *l, word label)
{
    if (label) {
        l->fixups = extend(l->fixups, l->fixup_count, &l->fixup_capacity, sizeof *l->fixups);
        l->fixups[l->fixup_count++] = (struct fixup){l->size, (uint32_t)label};
    }
    lower_word(l, 0);
}

void lower_operand(struct lowering *l, const struct beam_arg *a)
{
    switch (a->type) {
    case ARG_X:
        lower_word(l, operand_x(a->value));
        return;
    case ARG_Y:
        lower_word(l, operand_y(a->value));
        return;
    case ARG_LABEL:
        lower_label_word(l, a->value);
        return;
    case ARG_NUMBER:
        if (a->value == BEAM_TOO_LARGE)
            lower_refuse(l, "a number beyond all limits");
        lower_word(l, a->value);
        return;
    case ARG_TERM:
        lower_word(l, a->value);
        return;
    case ARG_FLOAT:
    case ARG_LIST:
    case ARG_ALLOC:
        break;
    }
    lower_refuse(l, "an operand of a kind that doesn't belong there");
}

static bool letter_fits(char letter, enum beam_arg_type type)
{
    switch (letter) {
    case 'x':
        return type == ARG_X;
    case 'y':
        return type == ARG_Y;
    case 'c':
        return type == ARG_TERM;
    case 's':
        return type == ARG_X || type == ARG_Y || type == ARG_TERM;
    case 'd':
        return type == ARG_X || type == ARG_Y;
    case 'f':
        return type == ARG_LABEL;
    }
    return type == ARG_NUMBER;
}

static bool fits(const char *letters, const struct beam_arg *args, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!letters[i] || !letter_fits(letters[i], args[i].type))
            return false;
    return letters[count] == '\0';
}

static void emit_row(struct lowering *l, size_t row, const struct beam_arg *args, size_t count)
{
    const char *letters = rows[row].operands;
    lower_word(l, (word)(uintptr_t)rows[row].function);
    for (size_t i = 0; i < count; i++)
        if (letters[i] == 'x' || letters[i] == 'y')
            lower_word(l, args[i].value * sizeof(term));
        else
            lower_operand(l, args + i);
}

void lower_emit(struct lowering *l, const char *family, const struct beam_arg *args, size_t count)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].family, family) == 0 && fits(rows[i].operands, args, count)) {
            emit_row(l, i, args, count);
            return;
        }
    }
    lower_refuse(l, "an instruction with operands that don't belong to it");
}

const struct beam_op *lower_next(const struct lowering *l)
{
    const struct beam_op *end = l->file->ops + l->file->op_count;
    return l->op + 1 < end ? l->op + 1 : NULL;
}

void lower_skip(struct lowering *l)
{
    l->op++;
}

void lower_label(struct lowering *l)
{
    size_t *at = &l->label_at[lower_arg(l, 0)->value];
    if (*at != NO_LABEL)
        lower_refuse(l, "a label that stands twice");
    *at = l->size;
}

// The modules that a BEAM has built in show no lines in stack traces. A line that is there already is not added again, unless it
// is a function's first: what follows a function without one may so be left without, on the BEAM too.
void lower_line_at(struct lowering *l, size_t at)
{
    uint32_t line = (uint32_t)lower_arg(l, 0)->value;
    const struct beam_op *next = lower_next(l);
    bool first = next && next->opcode == GENERIC_func_info;
    if (l->preloaded || (!first && l->mark_count && l->marks[l->mark_count - 1].line == line))
        return;
    l->marks = extend(l->marks, l->mark_count, &l->mark_capacity, sizeof *l->marks);
    l->marks[l->mark_count].at = at;
    l->marks[l->mark_count++].line = line;
}

void lower_line(struct lowering *l)
{
    if (!lower_line_is_lost(l))
        lower_line_at(l, l->size);
}

void lower_func_info(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    if (l->function_count == l->file->function_count) {
        lower_refuse(l, "more functions than its code chunk says");
        return;
    }
    l->functions[l->function_count].at = l->size;
    l->functions[l->function_count].name = a[1].value;
    l->functions[l->function_count++].arity = (uint32_t)a[2].value;
    EMIT(l, "func_info", arg_number(a[0].value), arg_number(a[1].value), a[2]);
}

void lower_nothing(struct lowering *l)
{
    (void)l;
}

static void lower_op(struct lowering *l)
{
    const struct beam_op *op = l->op;
    unsigned opcode = op->opcode;
    lower_checks(l);
    if (opcode >= GENERIC_COUNT || (!rules[opcode].family && !rules[opcode].function))
        lower_refuse(l, "an instruction that no compiler from OTP 21 on emits");
    else if (rules[opcode].function)
        rules[opcode].function(l);
    else
        lower_emit(l, rules[opcode].family, l->op->args, l->op->arg_count);
    if (op->checks & CHECK_NO_RETURN)
        EMIT_PLAIN(l, "bad_code");
}

static void publish_labels(struct lowering *l)
{
    struct module *m = l->module;
    m->labels = mem_zero_alloc(l->file->label_count * sizeof *m->labels);
    for (uint32_t i = 1; i < l->file->label_count; i++)
        if (l->label_at[i] != NO_LABEL && l->label_at[i] < m->code_words)
            m->labels[i] = m->code + l->label_at[i];
}

static bool resolve(struct lowering *l)
{
    struct module *m = l->module;
    for (size_t i = 0; i < l->fixup_count; i++) {
        const word *target = m->labels[l->fixups[i].label];
        if (!target)
            return false;
        m->code[l->fixups[i].at] = (word)(uintptr_t)target;
    }
    return true;
}

static void publish_tables(struct lowering *l)
{
    struct module *m = l->module;
    m->function_count = l->function_count;
    m->functions = mem_alloc(l->function_count * sizeof *m->functions);
    for (uint32_t i = 0; i < l->function_count; i++)
        m->functions[i] = (struct function){m->code + l->functions[i].at, l->functions[i].name, l->functions[i].arity};
    m->mark_count = l->mark_count;
    m->marks = mem_alloc(l->mark_count * sizeof *m->marks);
    for (size_t i = 0; i < l->mark_count; i++)
        m->marks[i] = (struct line_mark){m->code + l->marks[i].at, l->marks[i].line};
}

static void finish(struct lowering *l)
{
    struct module *m = l->module;
    EMIT_PLAIN(l, "bad_code");    // code that runs off the end of a module ends here
    m->code_words = l->size;
    m->code = mem_alloc(l->size * sizeof *m->code);
    memcpy(m->code, l->code, l->size * sizeof *m->code);
    publish_labels(l);
    publish_tables(l);
    if (!resolve(l))
        lower_refuse(l, "a label that stands nowhere");
}

static void close(struct lowering *l)
{
    mem_free(l->code, l->capacity * sizeof *l->code);
    mem_free(l->fixups, l->fixup_capacity * sizeof *l->fixups);
    mem_free(l->marks, l->mark_capacity * sizeof *l->marks);
    mem_free(l->functions, l->file->function_count * sizeof *l->functions);
    mem_free(l->label_at, l->file->label_count * sizeof *l->label_at);
}

bool lower_module(const struct beam_file *b, struct module *m, const char **why)
{
    struct lowering l = {.file = b, .module = m, .preloaded = module_is_preloaded(m->name)};
    l.label_at = mem_alloc(b->label_count * sizeof *l.label_at);
    for (uint32_t i = 0; i < b->label_count; i++)
        l.label_at[i] = NO_LABEL;
    l.functions = mem_alloc(b->function_count * sizeof *l.functions);
    for (l.op = b->ops; l.op < b->ops + b->op_count && !l.why; l.op++)
        lower_op(&l);
    if (!l.why)
        finish(&l);
    close(&l);
    *why = l.why;
    return !l.why;
}
