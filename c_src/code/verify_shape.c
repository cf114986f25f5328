// SPDX-License-Identifier: Apache-2.0
// The operands of single operations: of the right kind, as many as belong there, and within bounds.
#include "code/match_commands.h"
#include "code/verify_flow.h"
#include "term/atom.h"

#include <string.h>

enum {
    MAX_FRAME = CONFIG_X_REGISTERS,
    MAX_NUMBER = 1 << 20,
    MAX_UNIT = 256,
    MAX_WORDS = 1 << 24,    // that one operation may ask of the heap
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

enum {
    IS_NUMBER = 1 << ARG_NUMBER,
    IS_TERM = 1 << ARG_TERM,
    IS_REGISTER = 1 << ARG_X | 1 << ARG_Y,
    IS_FLOAT = 1 << ARG_FLOAT,
    IS_LABEL = 1 << ARG_LABEL,
    IS_ALLOC = 1 << ARG_ALLOC,
    IS_SOURCE = IS_TERM | IS_REGISTER,
};

static const uint8_t kinds[128] = {
    ['s'] = IS_SOURCE,   ['r'] = IS_SOURCE,          ['S'] = IS_SOURCE | IS_NUMBER,
    ['c'] = IS_REGISTER, ['d'] = IS_REGISTER,        ['y'] = 1 << ARG_Y,
    ['f'] = IS_LABEL,    ['j'] = IS_LABEL,           ['g'] = IS_LABEL,
    ['k'] = IS_LABEL,    ['h'] = IS_LABEL | IS_TERM, ['w'] = IS_ALLOC | IS_NUMBER,
    ['a'] = IS_TERM,     ['l'] = IS_FLOAT,           ['m'] = IS_SOURCE | IS_FLOAT,
    ['e'] = IS_NUMBER,   ['v'] = IS_NUMBER,          ['n'] = IS_NUMBER,
    ['q'] = IS_NUMBER,   ['i'] = IS_NUMBER,          ['u'] = IS_NUMBER,
    ['t'] = IS_NUMBER,   ['p'] = IS_NUMBER,          ['o'] = IS_SOURCE | IS_NUMBER | IS_FLOAT | IS_LABEL | IS_ALLOC,
    ['b'] = IS_NUMBER,   ['z'] = IS_SOURCE,          ['x'] = IS_NUMBER,
};

static word limit_of(char letter)
{
    switch (letter) {
    case 'e':
    case 'v':
        return CONFIG_X_REGISTERS - 1;
    case 'n':
        return MAX_NUMBER;
    case 'u':
        return MAX_UNIT;
    case 't':
        return HELD_MAX_NUMBER;
    case 'p':
        return CONFIG_MAX_ARITY;
    case 'w':
        return MAX_WORDS;
    case 'b':
    case 'x':
        return BEAM_TOO_LARGE;
    }
    return BEAM_TOO_LARGE - 1;
}

static bool label_fits(const struct verifier *v, char letter, const struct beam_arg *a)
{
    return letter == 'k' ? is_entry(v, a) : letter == 'o' || (letter == 'g' && !a->value) || is_near(v, a);
}

static bool operand_fits(const struct verifier *v, char letter, const struct beam_arg *a)
{
    if (!(kinds[(unsigned char)letter] & 1 << a->type))
        return false;
    if (a->type == ARG_LABEL)
        return label_fits(v, letter, a);
    return a->type != ARG_NUMBER || letter == 'S' || letter == 'o' || a->value <= limit_of(letter);
}

static bool equal_fits(const struct beam_arg *a)
{
    word bits = a[1].value;
    return bits == MATCH_EQUAL_BITS || (bits < MATCH_EQUAL_BITS && a[2].value >> bits == 0);
}

static bool commands_fit(const struct verifier *v, const struct beam_arg *a, const struct beam_arg *end)
{
    while (a < end) {
        enum match_command c = match_command_of(a++);
        const char *letters = c == COMMAND_COUNT ? NULL : match_command_operands(c);
        if (!letters || strlen(letters) > (size_t)(end - a))
            return false;
        for (size_t i = 0; letters[i]; i++)
            if (!operand_fits(v, letters[i], a + i))
                return false;
        if (c == COMMAND_exactly_equal && !equal_fits(a))
            return false;
        a += strlen(letters);
    }
    return true;
}

static bool list_fits(const struct verifier *v, char letter, const struct beam_arg *list)
{
    const struct beam_arg *a = list + 1, *end = a + list->value;
    size_t step = letter == 'L' || letter == 'Y' ? 1 : letter == 'B' ? SEGMENT_ARGS : 2;
    if (letter == 'M')
        return commands_fit(v, a, end);
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

static bool is_list_letter(char letter)
{
    return letter >= 'A' && letter <= 'Z' && letter != 'S';
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
