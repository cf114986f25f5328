// SPDX-License-Identifier: Apache-2.0
// The operands of single operations: of the right kind, as many as belong there, and within bounds.
#include "code/verify_flow.h"
#include "term/atom.h"

enum {
    MAX_FRAME = CONFIG_X_REGISTERS,
    MAX_NUMBER = 1 << 20,
    MAX_UNIT = 256,
    MAX_WORDS = 1 << 24,      // that one operation may ask of the heap
    SEGMENT_ARGS = 6,
};

static bool is_register(const struct beam_arg *a)
{
    return a->type == ARG_X || a->type == ARG_Y;
}

static bool is_source(const struct beam_arg *a)
{
    return is_register(a) || a->type == ARG_TERM;
}

static bool is_number_to(const struct beam_arg *a, word limit)
{
    return a->type == ARG_NUMBER && a->value <= limit;
}

static bool is_words(const struct beam_arg *a)
{
    return a->type == ARG_ALLOC || is_number_to(a, MAX_WORDS);
}

// A label inside the function that is being looked at.
static bool is_near(const struct verifier *v, const struct beam_arg *a)
{
    return a->type == ARG_LABEL && a->value && verify_callee(v, a) == v->function;
}

static bool is_entry(const struct verifier *v, const struct beam_arg *a)
{
    if (a->type != ARG_LABEL || !a->value)
        return false;
    const struct beam_op *at = v->file->ops + v->labels[a->value].op;
    const struct beam_op *body = v->file->ops + verify_callee(v, a)->body;
    if (at < body)
        return false;
    while (at > body && (at - 1)->opcode == GENERIC_label)
        at--;
    return at == body;
}

static bool segment_fits(const struct verifier *v, const struct beam_arg *s)
{
    if (s[0].type != ARG_TERM || s[1].type != ARG_NUMBER || !is_number_to(s + 2, MAX_UNIT) || s[3].type != ARG_TERM)
        return false;
    if (s[0].value != ATOM_string)
        return (is_source(s + 4) || s[4].type == ARG_NUMBER) && (is_source(s + 5) || s[5].type == ARG_NUMBER);
    word size = v->file->string_size, bytes = s[5].value;
    if (s[5].type == ARG_TERM)
        bytes = is_small(bytes) && small_value(bytes) >= 0 ? (word)small_value(bytes) : size + 1;
    return s[4].type == ARG_NUMBER && (s[5].type == ARG_TERM || s[5].type == ARG_NUMBER) && s[4].value <= size &&
           bytes <= size - s[4].value;
}

static bool pair_fits(const struct verifier *v, char letter, const struct beam_arg *a)
{
    switch (letter) {
    case 'P':
        return is_source(a) && is_source(a + 1);
    case 'G':
        return is_source(a) && is_register(a + 1);
    case 'V':
        return a[0].type == ARG_TERM && is_near(v, a + 1);
    case 'A':
        return is_number_to(a, HELD_MAX_NUMBER) && is_near(v, a + 1);
    case 'U':
        return is_number_to(a, v->op->args[1].value) && a->value > 0 && is_source(a + 1);
    }
    return false;
}

static bool list_fits(const struct verifier *v, char letter, const struct beam_arg *list)
{
    const struct beam_arg *a = list + 1, *end = a + list->value;
    size_t step = letter == 'L' || letter == 'Y' ? 1 : letter == 'B' ? SEGMENT_ARGS : 2;
    if (list->value % step)
        return false;
    for (; a < end; a += step) {
        bool fits = letter == 'L'   ? is_source(a)
                    : letter == 'Y' ? a->type == ARG_Y
                    : letter == 'B' ? segment_fits(v, a)
                                    : pair_fits(v, letter, a);
        if (!fits)
            return false;
    }
    return true;
}

static bool number_fits(char letter, const struct beam_arg *a)
{
    switch (letter) {
    case 'e':
    case 'v':
        return is_number_to(a, CONFIG_X_REGISTERS - 1);
    case 'n':
        return is_number_to(a, MAX_NUMBER);
    case 'q':
    case 'i':
        return is_number_to(a, BEAM_TOO_LARGE - 1);
    case 'u':
        return is_number_to(a, MAX_UNIT);
    case 't':
        return is_number_to(a, HELD_MAX_NUMBER);
    case 'p':
        return is_number_to(a, CONFIG_MAX_ARITY);
    }
    return false;
}

static bool operand_fits(const struct verifier *v, char letter, const struct beam_arg *a)
{
    switch (letter) {
    case 's':
    case 'r':
        return is_source(a);
    case 'S':
        return is_source(a) || a->type == ARG_NUMBER;
    case 'c':
    case 'd':
        return is_register(a);
    case 'y':
        return a->type == ARG_Y;
    case 'f':
    case 'j':
        return is_near(v, a);
    case 'g':
        return a->type == ARG_LABEL && (!a->value || is_near(v, a));
    case 'h':
        return a->type == ARG_TERM || is_near(v, a);
    case 'k':
        return is_entry(v, a);
    case 'w':
        return is_words(a);
    case 'a':
        return a->type == ARG_TERM;
    case 'l':
        return a->type == ARG_FLOAT;
    case 'm':
        return is_source(a) || a->type == ARG_FLOAT;
    case 'o':
        return a->type != ARG_LIST;
    }
    return number_fits(letter, a);
}

static bool is_list_letter(char letter)
{
    return letter == 'L' || letter == 'P' || letter == 'G' || letter == 'V' || letter == 'A' || letter == 'U' ||
           letter == 'Y' || letter == 'B';
}

// What single letters cannot tell.
static bool together_fit(const struct verifier *v)
{
    const struct beam_arg *a = v->op->args;
    switch (v->op->opcode) {
    case GENERIC_allocate:
    case GENERIC_allocate_heap:
    case GENERIC_allocate_zero:
    case GENERIC_allocate_heap_zero:
    case GENERIC_bs_start_match2:
        return a[v->op->opcode == GENERIC_bs_start_match2 ? 3 : 0].value <= MAX_FRAME;
    case GENERIC_func_info:
        return is_atom(a[0].value) && is_atom(a[1].value);
    case GENERIC_call:
    case GENERIC_call_last:
    case GENERIC_call_only:
        return verify_callee(v, a + 1)->arity == a[0].value;
    case GENERIC_loop_rec:
        return a[1].type == ARG_X && a[1].value == 0;
    case GENERIC_fmove:
    case GENERIC_fconv:
        return a[0].type == ARG_FLOAT ? a[1].type != ARG_TERM : a[1].type == ARG_FLOAT;
    case GENERIC_make_fun3:
        return a[2].value == v->file->lambdas[a[0].value].free;
    }
    return true;
}

bool verify_shape(struct verifier *v)
{
    const struct beam_op *op = v->op;
    const char *letter = op->opcode < GENERIC_COUNT ? verify_rules[op->opcode].operands : NULL;
    if (!letter)
        return false;
    size_t i = 0;
    for (; *letter && i < op->arg_count; letter++) {
        const struct beam_arg *a = op->args + i++;
        if (*letter == '*') {
            i += a->type == ARG_LIST ? a->value : 0;
            continue;
        }
        if (!is_list_letter(*letter)) {
            if (!operand_fits(v, *letter, a))
                return false;
            continue;
        }
        if (a->type != ARG_LIST || !list_fits(v, *letter, a))
            return false;
        i += a->value;
    }
    return *letter == '\0' && i == op->arg_count && together_fit(v);
}
