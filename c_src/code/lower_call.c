// SPDX-License-Identifier: Apache-2.0
// Lowering of frames, calls, natives and funs.
#include "code/lower.h"

#include "term/atom.h"
#include "term/fun.h"

#include <string.h>

enum { FLOAT_OBJECT_WORDS = 2, FUN_OBJECT_WORDS = 3 };

word lower_words(const struct beam_arg *a)
{
    if (a->type != ARG_ALLOC)
        return a->value;
    word mask = (1u << 20) - 1;
    return (a->value & mask) + (a->value >> 20 & mask) * FLOAT_OBJECT_WORDS + (a->value >> 40) * FUN_OBJECT_WORDS;
}

static void lower_frame(struct lowering *l, word words, struct beam_arg live)
{
    static const char *const few[] = {"allocate_none", "allocate_one", "allocate_two"};
    const struct beam_arg *slots = lower_arg(l, 0);
    if (slots->value < COUNT_OF(few))
        EMIT(l, few[slots->value], arg_number(words), live);
    else
        EMIT(l, "allocate", *slots, arg_number(words), live);
}

// allocate Slots Live; allocate_heap Slots Heap Live.
void lower_allocate(struct lowering *l)
{
    lower_frame(l, 0, *lower_arg(l, 1));
}

void lower_allocate_heap(struct lowering *l)
{
    lower_frame(l, lower_words(lower_arg(l, 1)), *lower_arg(l, 2));
}

void lower_deallocate(struct lowering *l)
{
    struct beam_arg slots = *lower_arg(l, 0);
    const struct beam_op *next = lower_next(l);
    if (next && next->opcode == GENERIC_return) {
        lower_skip(l);
        EMIT(l, "deallocate_return", slots);
    } else {
        EMIT(l, "deallocate", slots);
    }
}

void lower_trim(struct lowering *l)
{
    EMIT(l, "trim", *lower_arg(l, 0));
}

void lower_init_yregs(struct lowering *l)
{
    for (word i = 0; i < lower_arg(l, 0)->value; i++)
        EMIT(l, "init", *lower_arg(l, 1 + i));
}

// call Arity Label [Slots].
void lower_call(struct lowering *l)
{
    EMIT(l, "call", *lower_arg(l, 1), *lower_arg(l, 0));
}

void lower_call_only(struct lowering *l)
{
    EMIT(l, "call_only", *lower_arg(l, 1), *lower_arg(l, 0));
}

void lower_call_last(struct lowering *l)
{
    EMIT(l, "call_last", *lower_arg(l, 1), *lower_arg(l, 0), *lower_arg(l, 2));
}

static const struct export *import_of(const struct lowering *l, size_t arg)
{
    return l->module->imports[lower_arg(l, arg)->value];
}

bool lower_is_export(const struct export *e, term module, const char *function, uint32_t arity)
{
    return e->module == module && e->arity == arity && strcmp(atom_text(e->function).bytes, function) == 0;
}

// The family for a call of an export, without its ending _only or _last.
static const char *call_family(const struct export *e, bool *operand)
{
    *operand = true;
    if (e->native)
        return "call_native";
    *operand = false;
    if (lower_is_export(e, ATOM_erlang, "apply", 3))
        return "apply_list";
    *operand = true;
    return lower_is_export(e, ATOM_erlang, "apply", 2) ? "apply_fun_list" : "call_ext";
}

static bool calls_nif_error(const struct lowering *l, const struct beam_op *op)
{
    bool call = op && (op->opcode == GENERIC_call_ext || op->opcode == GENERIC_call_ext_only ||
                       op->opcode == GENERIC_call_ext_last);
    return call && lower_is_export(l->module->imports[op->args[1].value], ATOM_erlang, "nif_error", 1);
}

// The move, which lines may follow, is the function's first operation: its arguments are where they came.
static bool is_first(const struct lowering *l, const struct beam_arg *move)
{
    const struct beam_op *op = l->op;
    while (op > l->file->ops && op->args != move)
        op--;
    return op > l->file->ops && (op - 1)->opcode == GENERIC_label;
}

// OTP's Erlang text of a native is nif_error(undef): a call from within its module gets here.
bool lower_missing_native(struct lowering *l, const struct beam_arg *move)
{
    bool undefined = move[0].type == ARG_TERM && (move[0].value == ATOM_undef || move[0].value == ATOM_undefined);
    if (!l->function_count || !calls_nif_error(l, lower_next(l)))
        return false;
    const struct export *own = export_get(l->module->name, l->functions[l->function_count - 1].name,
                                          l->functions[l->function_count - 1].arity);
    if (own->native && is_first(l, move) && lower_next(l)->opcode == GENERIC_call_ext_only)
        EMIT(l, "call_native_only", arg_pointer(own));
    else if (undefined)
        EMIT(l, "bif_missing", ((struct beam_arg){ARG_LABEL, 0}), arg_pointer(own));
    else
        return false;
    lower_skip(l);
    return true;
}

// erlang:error and the like. Whatever its ending, the frame stays: its size may be wrong, as compilers know that it won't be used.
static void call_exit(struct lowering *l, const struct export *e)
{
    if (e->native)
        EMIT(l, "call_native", arg_pointer(e));
    else
        EMIT(l, "bif_missing", ((struct beam_arg){ARG_LABEL, 0}), arg_pointer(e));
}

static void call_export(struct lowering *l, const char *ending, const struct beam_arg *slots)
{
    const struct export *e = import_of(l, 1);
    bool operand;
    if (l->op->checks & CHECK_NO_RETURN) {
        call_exit(l, e);
        return;
    }
    char family[32];
    strcpy(family, call_family(e, &operand));
    strcat(family, ending);
    struct beam_arg args[2];
    size_t count = 0;
    if (operand)
        args[count++] = arg_pointer(e);
    if (slots)
        args[count++] = *slots;
    lower_emit(l, family, args, count);
}

void lower_call_ext(struct lowering *l)
{
    call_export(l, "", NULL);
}

void lower_call_ext_only(struct lowering *l)
{
    call_export(l, "_only", NULL);
}

void lower_call_ext_last(struct lowering *l)
{
    call_export(l, "_last", lower_arg(l, 2));
}

void lower_send(struct lowering *l)
{
    EMIT(l, "call_native", arg_pointer(export_get(ATOM_erlang, atom_from_c("send"), 2)));
}

// Natives that have an instruction of their own, by name and arity.
static const char *own_family(const struct export *e)
{
    static const struct {
        const char *text;
        uint32_t arity;
        const char *family;
    } known[] = {
        {"+", 2, "add"},
        {"-", 2, "subtract"},
        {"*", 2, "multiply"},
        {"div", 2, "int_div"},
        {"rem", 2, "int_rem"},
        {"band", 2, "int_band"},
        {"bor", 2, "int_bor"},
        {"bxor", 2, "int_bxor"},
        {"bsl", 2, "int_bsl"},
        {"bsr", 2, "int_bsr"},
        {"self", 0, "bif_self"},
        {"element", 2, "bif_element"},
        {"hd", 1, "bif_hd"},
        {"tl", 1, "bif_tl"},
        {"tuple_size", 1, "bif_tuple_size"},
        {"byte_size", 1, "bif_byte_size"},
        {"bit_size", 1, "bif_bit_size"},
    };
    if (e->module != ATOM_erlang)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (lower_is_export(e, ATOM_erlang, known[i].text, known[i].arity))
            return known[i].family;
    return NULL;
}

// Only natives that never ask for anything but a result can be called in the middle of a function.
static bool has_native(struct lowering *l, const struct export *e, struct beam_arg label)
{
    if (e->native && export_has_flag(e, EXPORT_GUARD))
        return true;
    EMIT(l, "bif_missing", label, arg_pointer(e));
    return false;
}

// bif0 Import Dst; bifN Label Import Sources Dst.
void lower_bif0(struct lowering *l)
{
    const struct export *e = import_of(l, 0);
    if (own_family(e))
        EMIT(l, own_family(e), *lower_arg(l, 1));
    else if (has_native(l, e, (struct beam_arg){ARG_LABEL, 0}))
        EMIT(l, "bif0", arg_pointer(e), *lower_arg(l, 1));
}

static void lower_bif(struct lowering *l, const char *family, size_t sources)
{
    const struct export *e = import_of(l, 1);
    struct beam_arg args[6] = {*lower_arg(l, 0)};
    size_t count = 1;
    if (own_family(e))
        family = own_family(e);
    else if (has_native(l, e, args[0]))
        args[count++] = arg_pointer(e);
    else
        return;
    for (size_t i = 0; i <= sources; i++)
        args[count++] = *lower_arg(l, 2 + i);
    lower_emit(l, family, args, count);
}

void lower_bif1(struct lowering *l)
{
    lower_bif(l, "bif1", 1);
}

void lower_bif2(struct lowering *l)
{
    lower_bif(l, "bif2", 2);
}

// gc_bifN Label Live Import Sources Dst.
static void lower_gc_bif(struct lowering *l, const char *family, size_t sources)
{
    const struct export *e = import_of(l, 2);
    const char *own = own_family(e);
    bool with_live = !own || sources == 2;
    struct beam_arg args[7] = {*lower_arg(l, 0)};
    size_t count = 1;
    if (!own && !has_native(l, e, args[0]))
        return;
    if (!own)
        args[count++] = arg_pointer(e);
    if (with_live)
        args[count++] = *lower_arg(l, 1);
    for (size_t i = 0; i <= sources; i++)
        args[count++] = *lower_arg(l, 3 + i);
    lower_emit(l, own ? own : family, args, count);
}

// +X is X + 0, as on the BEAM: its failure shows so.
void lower_gc_bif1(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    if (lower_is_export(import_of(l, 2), ATOM_erlang, "+", 1))
        EMIT(l, "add", a[0], a[1], a[3], arg_term(small(0)), a[4]);
    else
        lower_gc_bif(l, lower_is_export(import_of(l, 2), ATOM_erlang, "-", 1) ? "negate" : "gc_bif1", 1);
}

void lower_gc_bif2(struct lowering *l)
{
    lower_gc_bif(l, "gc_bif2", 2);
}

void lower_gc_bif3(struct lowering *l)
{
    lower_gc_bif(l, "gc_bif3", 3);
}

// make_fun2 Index: the variables are the first x registers, the fun goes to x0.
void lower_make_fun2(struct lowering *l)
{
    const struct fun_entry *f = l->module->lambdas[lower_arg(l, 0)->value];
    EMIT(l, "make_fun", arg_pointer(f), arg_x(0), arg_number(f->free));
    for (uint32_t i = 0; i < f->free; i++) {
        struct beam_arg variable = arg_x(i);
        lower_operand(l, &variable);
    }
}

// make_fun3 Index Dst List.
void lower_make_fun3(struct lowering *l)
{
    const struct fun_entry *f = l->module->lambdas[lower_arg(l, 0)->value];
    word count = lower_arg(l, 2)->value;
    if (count != f->free) {
        lower_refuse(l, "a fun with another number of variables than its table says");
        return;
    }
    EMIT(l, "make_fun", arg_pointer(f), *lower_arg(l, 1), arg_number(count));
    for (word i = 0; i < count; i++)
        lower_operand(l, lower_arg(l, 3 + i));
}

// A call that only deallocate and return follow is in tail position, though the compiler has no instruction for that.
static bool tail_position(struct lowering *l, struct beam_arg *slots)
{
    const struct beam_op *next = lower_next(l);
    if (!next || next->opcode != GENERIC_deallocate || next + 1 >= l->file->ops + l->file->op_count ||
        next[1].opcode != GENERIC_return)
        return false;
    *slots = next->args[0];
    return true;
}

static void call_fun(struct lowering *l, const char *family, const char *last, struct beam_arg *args, size_t count)
{
    bool tail = tail_position(l, &args[count]);
    lower_emit(l, tail ? last : family, args, count + tail);
    if (tail) {
        lower_skip(l);
        lower_skip(l);
    }
}

void lower_call_fun(struct lowering *l)
{
    struct beam_arg args[2] = {*lower_arg(l, 0)};
    call_fun(l, "call_fun", "call_fun_last", args, 1);
}

// call_fun2 Tag Arity Fun.
void lower_call_fun2(struct lowering *l)
{
    struct beam_arg args[3] = {*lower_arg(l, 1), *lower_arg(l, 2)};
    call_fun(l, "call_fun2", "call_fun2_last", args, 2);
}
