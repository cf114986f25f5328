// SPDX-License-Identifier: Apache-2.0
// From generic instructions to ours. One rule a generic opcode: most pass their operands on to a family of instructions as
// they are; the others are small functions that choose, reorder and compute. The loader does the thinking here, so that an
// instruction only moves data.
// Code is emitted into a growing block with label numbers in place of addresses; lower_module resolves them at the end.
#ifndef TANDEM_CODE_LOWER_H
#define TANDEM_CODE_LOWER_H

#include "code/beam.h"
#include "code/module.h"

struct fixup {
    size_t at;    // word in code
    uint32_t label;
};

struct lowering {
    const struct beam_file *file;
    struct module *module;
    word *code;
    size_t size, capacity;
    struct fixup *fixups;
    size_t fixup_count, fixup_capacity;
    size_t *label_at;    // word in code, by label; NO_LABEL: not seen
    struct {
        size_t at;
        uint32_t line;
    } * marks;
    size_t mark_count, mark_capacity;
    struct {
        size_t at;
        term name;
        uint32_t arity;
    } * functions;
    uint32_t function_count;
    bool preloaded;              // no lines are kept
    const struct beam_op *op;    // the one being lowered
    const char *why;             // the first refusal, or NULL
};

#define NO_LABEL SIZE_MAX

// A lowered instruction: the family's first variant whose operand letters fit. Refuses when none does.
void lower_emit(struct lowering *l, const char *family, const struct beam_arg *args, size_t count);
#define EMIT(l, family, ...) \
    lower_emit(l, family, (const struct beam_arg[]){__VA_ARGS__}, \
               sizeof((const struct beam_arg[]){__VA_ARGS__}) / sizeof(struct beam_arg))
#define EMIT_PLAIN(l, family) lower_emit(l, family, NULL, 0)

// One more operand of the instruction that was emitted last.
void lower_word(struct lowering *l, word w);
void lower_operand(struct lowering *l, const struct beam_arg *arg);    // as the letters s, d, f or u have it

void lower_refuse(struct lowering *l, const char *why);

// What code/verify.h found missing: checks in front of the current operation.
void lower_checks(struct lowering *l);

// The operation after the current one, or NULL; lower_skip leaves it out.
const struct beam_op *lower_next(const struct lowering *l);
void lower_skip(struct lowering *l);

static inline const struct beam_arg *lower_arg(const struct lowering *l, size_t i)
{
    return l->op->args + i;
}

// Operands that the rules make up.
static inline struct beam_arg arg_number(word n)
{
    return (struct beam_arg){ARG_NUMBER, n};
}

static inline struct beam_arg arg_term(term t)
{
    return (struct beam_arg){ARG_TERM, t};
}

static inline struct beam_arg arg_x(word n)
{
    return (struct beam_arg){ARG_X, n};
}

static inline struct beam_arg arg_pointer(const void *p)
{
    return arg_number((word)(uintptr_t)p);
}

// A number is a small integer where a source is wanted.
static inline struct beam_arg arg_source(const struct beam_arg *a)
{
    return a->type == ARG_NUMBER ? arg_term((a->value << 4) | TAG_SMALL) : *a;
}

bool lower_is_export(const struct export *e, term module, const char *function, uint32_t arity);

// The current operation is a line: it holds from that word on.
void lower_line_at(struct lowering *l, size_t at);
// Whether the BEAM leaves it out.
bool lower_line_is_lost(const struct lowering *l);

// Heap words that an allocation operand asks for.
word lower_words(const struct beam_arg *a);

// Whether this move and the call behind it stand for a native of OTP, or one that the engine has not; then both are lowered.
bool lower_missing_native(struct lowering *l, const struct beam_arg *move);

// This is_eq_exact is a receive's test for an element that was known before: lowered to an instruction that goes on through the queue
// itself.
bool lower_seek(struct lowering *l);

// The rules that are functions, by theme.
typedef void lower_function(struct lowering *l);
lower_function lower_label, lower_func_info, lower_line, lower_nothing;
lower_function lower_call, lower_call_only, lower_call_last, lower_call_ext, lower_call_ext_only, lower_call_ext_last;
lower_function lower_move, lower_is_nonempty_list, lower_is_tuple, lower_is_tagged_tuple, lower_get_tuple_element;
lower_function lower_allocate, lower_allocate_heap, lower_test_heap, lower_deallocate, lower_trim, lower_init_yregs;
lower_function lower_bif0, lower_bif1, lower_bif2, lower_gc_bif1, lower_gc_bif2, lower_gc_bif3;
lower_function lower_select_val, lower_select_tuple_arity, lower_is_eq_exact, lower_is_ne_exact;
lower_function lower_put_tuple, lower_put_tuple2, lower_make_fun2, lower_make_fun3, lower_call_fun, lower_call_fun2;
lower_function lower_put_map_assoc, lower_put_map_exact, lower_has_map_fields, lower_get_map_elements,
    lower_update_record;
lower_function lower_fmove, lower_fadd, lower_fsub, lower_fmul, lower_fdiv, lower_fnegate;
lower_function lower_send, lower_loop_rec, lower_wait_timeout;
lower_function lower_start_match2, lower_start_match3, lower_start_match4;
lower_function lower_get_integer, lower_get_float, lower_get_binary, lower_skip_bits, lower_match_string;
lower_function lower_get_utf8, lower_skip_utf8, lower_get_utf16, lower_skip_utf16, lower_get_utf32, lower_skip_utf32;
lower_function lower_match;
lower_function lower_save2, lower_restore2, lower_test_tail, lower_get_tail, lower_get_position;
lower_function lower_init2, lower_init_bits, lower_append, lower_private_append, lower_add, lower_utf8_size;
lower_function lower_utf16_size, lower_put_integer, lower_put_float, lower_put_binary, lower_put_string;
lower_function lower_put_utf8, lower_put_utf16, lower_put_utf32, lower_create_bin;

#endif
