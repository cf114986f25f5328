// SPDX-License-Identifier: Apache-2.0
// Lowering of selections, comparisons, tuples, maps, floats and receives.
#include "code/lower.h"

#include "base/memory.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/term.h"

#include <stdlib.h>
#include <string.h>

static bool is_same_word(const struct beam_arg *a)
{
    return a->type == ARG_TERM && is_immediate(a->value);
}

// With an immediate on either side, identity of words decides.
static void lower_exact(struct lowering *l, const char *same, const char *exact)
{
    const struct beam_arg *a = l->op->args;
    if (is_same_word(a + 1))
        EMIT(l, same, a[0], a[2], a[1]);
    else
        EMIT(l, is_same_word(a + 2) ? same : exact, a[0], a[1], a[2]);
}

void lower_is_eq_exact(struct lowering *l)
{
    if (!lower_seek(l))
        lower_exact(l, "is_same", "is_eq_exact");
}

void lower_is_ne_exact(struct lowering *l)
{
    lower_exact(l, "is_not_same", "is_ne_exact");
}

struct choice {
    word key;
    struct beam_arg label;
};

static int by_key(const void *a, const void *b)
{
    word left = ((const struct choice *)a)->key, right = ((const struct choice *)b)->key;
    return left < right ? -1 : left > right;
}

// Of small integers: those below zero come first.
static int by_value(const void *a, const void *b)
{
    sword left = small_value(((const struct choice *)a)->key), right = small_value(((const struct choice *)b)->key);
    return left < right ? -1 : left > right;
}

static struct choice *choices_of(struct lowering *l, size_t *count)
{
    const struct beam_arg *list = lower_arg(l, 2);
    *count = list->value / 2;
    struct choice *choices = mem_alloc(*count * sizeof *choices);
    for (size_t i = 0; i < *count; i++)
        choices[i] = (struct choice){list[1 + 2 * i].value, list[2 + 2 * i]};
    return choices;
}

static void check_choices(struct lowering *l, enum beam_arg_type keys)
{
    const struct beam_arg *list = lower_arg(l, 2);
    if (list->value % 2)
        lower_refuse(l, "a selection with a value that has no label");
    for (word i = 0; i < list->value; i++)
        if (list[1 + i].type != (i % 2 ? ARG_LABEL : keys))
            lower_refuse(l, "a selection of something else than constants and labels");
}

static void emit_search(struct lowering *l, const char *family, struct choice *choices, size_t count)
{
    qsort(choices, count, sizeof *choices, by_key);
    EMIT(l, family, *lower_arg(l, 0), *lower_arg(l, 1), arg_number(count));
    for (size_t i = 0; i < count; i++)
        lower_word(l, choices[i].key);
    for (size_t i = 0; i < count; i++)
        lower_operand(l, &choices[i].label);
}

// Small integers that lie close together: one indexed jump.
static bool emit_table(struct lowering *l, struct choice *choices, size_t count)
{
    sword low = SMALL_MAX_VALUE, high = SMALL_MIN_VALUE;
    for (size_t i = 0; i < count; i++) {
        if (!is_small(choices[i].key))
            return false;
        sword value = small_value(choices[i].key);
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    size_t span = (size_t)(high - low) + 1;
    if (count < 4 || span > count * 2)
        return false;
    EMIT(l, "jump_table", *lower_arg(l, 0), *lower_arg(l, 1), arg_number((word)low), arg_number(span));
    qsort(choices, count, sizeof *choices, by_value);
    for (size_t i = 0, next = 0; i < span; i++) {
        bool hit = small_value(choices[next].key) == low + (sword)i;
        lower_operand(l, hit ? &choices[next].label : lower_arg(l, 1));
        while (next + 1 < count && small_value(choices[next].key) <= low + (sword)i)
            next++;
    }
    return true;
}

// Constants that are no immediates are compared one after another.
static void emit_chain(struct lowering *l, const struct choice *choices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        EMIT(l, "is_ne_exact", choices[i].label, *lower_arg(l, 0), arg_term(choices[i].key));
    EMIT(l, "jump", *lower_arg(l, 1));
}

// select_val Value Label List.
void lower_select_val(struct lowering *l)
{
    size_t count;
    check_choices(l, ARG_TERM);
    if (l->why)
        return;
    struct choice *choices = choices_of(l, &count);
    bool immediate = true;
    for (size_t i = 0; i < count; i++)
        immediate = immediate && is_immediate(choices[i].key);
    if (!immediate)
        emit_chain(l, choices, count);
    else if (!emit_table(l, choices, count))
        emit_search(l, "select_val", choices, count);
    mem_free(choices, count * sizeof *choices);
}

void lower_select_tuple_arity(struct lowering *l)
{
    size_t count;
    check_choices(l, ARG_NUMBER);
    if (l->why)
        return;
    struct choice *choices = choices_of(l, &count);
    emit_search(l, "select_arity", choices, count);
    mem_free(choices, count * sizeof *choices);
}

// The operands of a list that stands at an argument.
static void lower_list(struct lowering *l, size_t at)
{
    const struct beam_arg *list = lower_arg(l, at);
    for (word i = 0; i < list->value; i++)
        lower_operand(l, list + 1 + i);
}

// put_tuple Arity Dst, followed by one put for each element.
void lower_put_tuple(struct lowering *l)
{
    word arity = lower_arg(l, 0)->value;
    EMIT(l, "put_tuple2", *lower_arg(l, 1), arg_number(arity));
    for (word i = 0; i < arity; i++) {
        const struct beam_op *next = lower_next(l);
        const char *name = next ? beam_opcode_name(next->opcode) : NULL;
        if (!name || strcmp(name, "put") != 0) {
            lower_refuse(l, "a tuple without its elements");
            return;
        }
        lower_skip(l);
        lower_operand(l, lower_arg(l, 0));
    }
}

void lower_put_tuple2(struct lowering *l)
{
    EMIT(l, "put_tuple2", *lower_arg(l, 0), arg_number(lower_arg(l, 1)->value));
    lower_list(l, 1);
}

struct map_pair {
    struct beam_arg key, value;
};

static int by_map_key(const void *a, const void *b)
{
    return term_compare_exact(((const struct map_pair *)a)->key.value, ((const struct map_pair *)b)->key.value);
}

static bool has_constant_keys(const struct beam_arg *pairs, size_t count)
{
    size_t i = 0;
    while (i < count && pairs[2 * i].type == ARG_TERM)
        i++;
    return i == count;
}

// The BEAM updates the least key first: it is the one that is told if several are missing.
static void lower_pairs_in_order(struct lowering *l, const struct beam_arg *pairs, size_t count)
{
    struct map_pair *sorted = mem_alloc(count * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct map_pair){pairs[2 * i], pairs[2 * i + 1]};
    qsort(sorted, count, sizeof *sorted, by_map_key);
    for (size_t i = 0; i < count; i++) {
        lower_operand(l, &sorted[i].key);
        lower_operand(l, &sorted[i].value);
    }
    mem_free(sorted, count * sizeof *sorted);
}

// put_map Label Map Dst Live List.
static void lower_put_map(struct lowering *l, const char *family)
{
    const struct beam_arg *a = l->op->args;
    if (a[4].value % 2) {
        lower_refuse(l, "a map with a key that has no value");
        return;
    }
    EMIT(l, family, a[0], arg_source(a + 1), a[2], a[3], arg_number(a[4].value));
    if (a[4].value > 2 && has_constant_keys(a + 5, a[4].value / 2))
        lower_pairs_in_order(l, a + 5, a[4].value / 2);
    else
        lower_list(l, 4);
}

void lower_put_map_assoc(struct lowering *l)
{
    lower_put_map(l, "put_map_assoc");
}

void lower_put_map_exact(struct lowering *l)
{
    lower_put_map(l, "put_map_exact");
}

void lower_has_map_fields(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "has_map_fields", a[0], a[1], arg_number(a[2].value));
    lower_list(l, 2);
}

void lower_get_map_elements(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    if (a[2].value % 2) {
        lower_refuse(l, "a map key without a destination");
        return;
    }
    EMIT(l, "get_map_elements", a[0], a[1], arg_number(a[2].value));
    lower_list(l, 2);
}

// update_record Hint Size Source Dst List.
void lower_update_record(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "update_record", a[1], a[2], a[3], arg_number(a[4].value));
    lower_list(l, 4);
}

// Float registers are numbers to our instructions.
static struct beam_arg float_register(struct lowering *l, size_t i)
{
    if (lower_arg(l, i)->type != ARG_FLOAT)
        lower_refuse(l, "a float operation on something else than float registers");
    return arg_number(lower_arg(l, i)->value);
}

// fmove and fconv, in either direction.
void lower_fmove(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    bool from_float = a[0].type == ARG_FLOAT, to_float = a[1].type == ARG_FLOAT;
    bool converts = strcmp(beam_opcode_name(l->op->opcode), "fconv") == 0;
    if (from_float && to_float)
        EMIT(l, "float_move", float_register(l, 0), float_register(l, 1));
    else if (from_float)
        EMIT(l, "float_store", float_register(l, 0), a[1]);
    else
        EMIT(l, converts ? "float_convert" : "float_load", a[0], float_register(l, 1));
}

// fadd Label A B Dst.
static void lower_float(struct lowering *l, const char *family)
{
    EMIT(l, family, float_register(l, 1), float_register(l, 2), float_register(l, 3));
}

void lower_fadd(struct lowering *l)
{
    lower_float(l, "float_add");
}

void lower_fsub(struct lowering *l)
{
    lower_float(l, "float_subtract");
}

void lower_fmul(struct lowering *l)
{
    lower_float(l, "float_multiply");
}

void lower_fdiv(struct lowering *l)
{
    lower_float(l, "float_divide");
}

void lower_fnegate(struct lowering *l)
{
    EMIT(l, "float_negate", float_register(l, 1), float_register(l, 2));
}

// wait_timeout Label Time. Only an x register that holds the time is kept, with those below.
void lower_wait_timeout(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "wait_timeout", a[0], a[1], arg_number(a[1].type == ARG_X ? a[1].value + 1 : 0));
}
