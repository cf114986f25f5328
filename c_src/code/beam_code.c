// SPDX-License-Identifier: Apache-2.0
#include "code/beam_code.h"

#include "base/memory.h"
#include "code/compact.h"
#include "term/atom.h"
#include "term/number.h"

#include <string.h>

enum {
    FIRST_CAPACITY = 256,
    ALLOCATION_MAX = (1 << 20) - 1,
    BIG_BYTES_MAX = CONFIG_MAX_BIG_LIMBS * 8,
};

static const struct {
    const char *name;
    int operands;
} generics[] = {
#define GENERIC(number, name, operands) [number] = {#name, operands},
#include "code/generic.def"
#undef GENERIC
};

const char *beam_opcode_name(unsigned opcode)
{
    return opcode < COUNT_OF(generics) ? generics[opcode].name : NULL;
}

// What the reading functions share. `defined` has a bit for every label.
struct code_reader {
    struct reader *r;
    struct beam_code *c;
    struct beam_file *b;
    uint8_t *defined;
    word last_label;
    uint32_t functions;
};

// The array with room for one more, doubled when it was full.
static void *grown(void *array, size_t count, size_t *capacity, size_t each)
{
    if (count < *capacity)
        return array;
    size_t more = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    array = mem_resize(array, *capacity * each, more * each);
    *capacity = more;
    return array;
}

static struct beam_arg *add_arg(struct code_reader *cr, enum beam_arg_type type, word value)
{
    struct beam_file *b = cr->b;
    b->args = grown(b->args, b->arg_count, &b->arg_capacity, sizeof *b->args);
    struct beam_arg *arg = &b->args[b->arg_count++];
    *arg = (struct beam_arg){type, value};
    return arg;
}

static void add_pending(struct code_reader *cr, struct beam_pending pending)
{
    struct beam_code *c = cr->c;
    pending.arg = cr->b->arg_count;
    c->pending = grown(c->pending, c->pending_count, &c->pending_capacity, sizeof *c->pending);
    c->pending[c->pending_count++] = pending;
    add_arg(cr, ARG_TERM, NIL);
}

static void read_integer(struct code_reader *cr, const struct compact *n)
{
    if (!n->bytes) {
        add_arg(cr, ARG_TERM, small((sword)n->value));
        return;
    }
    if (n->size > BIG_BYTES_MAX) {
        reader_fail(cr->r, "integer too large");
        return;
    }
    add_pending(cr, (struct beam_pending){.bytes = n->bytes, .size = n->size});
    cr->c->big_words += integer_bytes_words(n->size);
}

static void read_atom(struct code_reader *cr, const struct compact *n)
{
    if (n->bytes || n->value >= cr->b->atom_count)
        reader_fail(cr->r, "no such atom");
    else
        add_arg(cr, ARG_TERM, n->value ? cr->b->atoms[n->value] : NIL);
}

static void read_bounded(struct code_reader *cr, const struct compact *n, enum beam_arg_type type, word limit,
                         const char *why)
{
    if (n->bytes || n->value >= limit)
        reader_fail(cr->r, why);
    else
        add_arg(cr, type, n->value);
}

static void read_allocation(struct code_reader *cr)
{
    enum { KINDS = 3, KIND_BITS = 20 };
    word sums[KINDS] = {0};
    word count = compact_number(cr->r, KINDS);
    for (word i = 0; i < count && reader_ok(cr->r); i++) {
        word kind = compact_number(cr->r, KINDS - 1);
        sums[kind] += compact_number(cr->r, ALLOCATION_MAX);
        if (sums[kind] > ALLOCATION_MAX)
            reader_fail(cr->r, "bad allocation");
    }
    add_arg(cr, ARG_ALLOC, sums[0] | sums[1] << KIND_BITS | sums[2] << 2 * KIND_BITS);
}

static void read_register(struct code_reader *cr, const struct compact *n)
{
    if (n->tag != COMPACT_X && n->tag != COMPACT_Y)
        reader_fail(cr->r, "bad register");
    else
        read_bounded(cr, n, n->tag == COMPACT_X ? ARG_X : ARG_Y, CONFIG_X_REGISTERS, "bad register");
}

// A register with what the compiler knows of its type, which nobody here makes use of.
static void read_typed_register(struct code_reader *cr)
{
    struct compact n = compact_read(cr->r);
    compact_number(cr->r, UINT32_MAX);
    read_register(cr, &n);
}

static void read_literal(struct code_reader *cr)
{
    word index = compact_number(cr->r, UINT32_MAX);
    if (index >= cr->b->literal_count)
        reader_fail(cr->r, "no such literal");
    else
        add_pending(cr, (struct beam_pending){.literal = index});
}

// Everything but a list.
static void read_extended(struct code_reader *cr, const struct compact *n)
{
    switch (n->bytes ? 0 : n->value) {
    case EXTENDED_FLOAT_REGISTER:
        add_arg(cr, ARG_FLOAT, compact_number(cr->r, CONFIG_X_REGISTERS - 1));
        return;
    case EXTENDED_ALLOCATION:
        read_allocation(cr);
        return;
    case EXTENDED_LITERAL:
        read_literal(cr);
        return;
    case EXTENDED_TYPED_REGISTER:
        read_typed_register(cr);
        return;
    }
    reader_fail(cr->r, "bad operand");
}

static void read_plain(struct code_reader *cr, const struct compact *n)
{
    switch (n->tag) {
    case COMPACT_NUMBER:
        add_arg(cr, ARG_NUMBER, n->bytes ? BEAM_TOO_LARGE : n->value);
        return;
    case COMPACT_INTEGER:
        read_integer(cr, n);
        return;
    case COMPACT_ATOM:
        read_atom(cr, n);
        return;
    case COMPACT_X:
    case COMPACT_Y:
        read_register(cr, n);
        return;
    case COMPACT_LABEL:
        read_bounded(cr, n, ARG_LABEL, cr->b->label_count, "no such label");
        return;
    case COMPACT_CHARACTER:
        reader_fail(cr->r, "bad operand");
        return;
    case COMPACT_EXTENDED:
        read_extended(cr, n);
        return;
    }
}

static void read_list(struct code_reader *cr)
{
    word length = compact_number(cr->r, reader_left(cr->r));
    add_arg(cr, ARG_LIST, length);
    for (word i = 0; i < length && reader_ok(cr->r); i++) {
        struct compact n = compact_read(cr->r);
        read_plain(cr, &n);
    }
}

// The operations that end with a list, and have none elsewhere.
static bool takes_list(unsigned opcode)
{
    switch (opcode) {
    case GENERIC_select_val:
    case GENERIC_select_tuple_arity:
    case GENERIC_put_map_assoc:
    case GENERIC_put_map_exact:
    case GENERIC_has_map_fields:
    case GENERIC_get_map_elements:
    case GENERIC_put_tuple2:
    case GENERIC_make_fun3:
    case GENERIC_init_yregs:
    case GENERIC_bs_create_bin:
    case GENERIC_update_record:
    case GENERIC_bs_match:
        return true;
    }
    return false;
}

static void read_operands(struct code_reader *cr, unsigned opcode)
{
    int operands = generics[opcode].operands;
    bool list = takes_list(opcode);
    for (int i = 0; i < operands && reader_ok(cr->r); i++) {
        struct compact n = compact_read(cr->r);
        bool is_marked = n.tag == COMPACT_EXTENDED && n.value == EXTENDED_LIST && !n.bytes;
        if (is_marked != (list && i + 1 == operands))
            reader_fail(cr->r, "bad operand");
        else if (is_marked)
            read_list(cr);
        else
            read_plain(cr, &n);
    }
}

// Checks of single operations.

static word number_below(struct code_reader *cr, const struct beam_arg *arg, word limit, const char *why)
{
    if (arg->type == ARG_NUMBER && arg->value < limit)
        return arg->value;
    reader_fail(cr->r, why);
    return 0;
}

static void check_label(struct code_reader *cr, const struct beam_arg *args)
{
    word label = number_below(cr, &args[0], cr->b->label_count, "no such label");
    uint8_t bit = (uint8_t)(1 << label % 8);
    if (label == 0 || cr->defined[label / 8] & bit) {
        reader_fail(cr->r, "label defined twice");
        return;
    }
    cr->defined[label / 8] |= bit;
    cr->last_label = label;
}

// An import as operand, called with so many arguments.
static void check_import(struct code_reader *cr, const struct beam_arg *arg, word arity)
{
    word index = number_below(cr, arg, cr->b->import_count, "no such import");
    if (reader_ok(cr->r) && cr->b->imports[index].arity != arity)
        reader_fail(cr->r, "an import called with a different number of arguments");
}

static void check_call(struct code_reader *cr, const struct beam_arg *args)
{
    check_import(cr, &args[1], number_below(cr, &args[0], CONFIG_MAX_ARITY + 1, "bad arity"));
}

// A file without its line chunk may still have line instructions.
static void check_line(struct code_reader *cr, struct beam_arg *args)
{
    if (cr->b->line_count == 1)
        args[0] = (struct beam_arg){ARG_NUMBER, 0};
    number_below(cr, &args[0], cr->b->line_count, "no such line");
}

static void check_string(struct code_reader *cr, const struct beam_arg *size, unsigned unit,
                         const struct beam_arg *offset)
{
    word limit = (word)cr->b->string_size;
    word bytes = (number_below(cr, size, limit * unit + 1, "bad string") + unit - 1) / unit;
    number_below(cr, offset, limit - bytes + 1, "bad string");
}

static void check_on_load(struct code_reader *cr)
{
    if (cr->last_label == 0 || cr->b->on_load_label)
        reader_fail(cr->r, "bad on_load");
    cr->b->on_load_label = (uint32_t)cr->last_label;
}

// Everything that refers to a table of the file.
static void check_operation(struct code_reader *cr, unsigned opcode, struct beam_arg *args)
{
    switch (opcode) {
    case GENERIC_label:
        check_label(cr, args);
        return;
    case GENERIC_func_info:
        cr->functions++;
        return;
    case GENERIC_call_ext:
    case GENERIC_call_ext_last:
    case GENERIC_call_ext_only:
        check_call(cr, args);
        return;
    case GENERIC_bif0:
        check_import(cr, &args[0], 0);
        return;
    case GENERIC_bif1:
        check_import(cr, &args[1], 1);
        return;
    case GENERIC_bif2:
        check_import(cr, &args[1], 2);
        return;
    case GENERIC_gc_bif1:
    case GENERIC_gc_bif2:
    case GENERIC_gc_bif3:
        check_import(cr, &args[2], opcode == GENERIC_gc_bif3 ? 3 : opcode - GENERIC_gc_bif1 + 1);
        return;
    case GENERIC_make_fun2:
    case GENERIC_make_fun3:
        number_below(cr, &args[0], cr->b->lambda_count, "no such fun");
        return;
    case GENERIC_line:
    case GENERIC_executable_line:
        check_line(cr, args);
        return;
    case GENERIC_bs_put_string:
        check_string(cr, &args[0], 1, &args[1]);
        return;
    case GENERIC_bs_match_string:
        check_string(cr, &args[2], 8, &args[3]);
        return;
    case GENERIC_on_load:
        check_on_load(cr);
        return;
    }
}

static unsigned read_operation(struct code_reader *cr)
{
    struct beam_file *b = cr->b;
    unsigned opcode = reader_u8(cr->r);
    if (!beam_opcode_name(opcode)) {
        reader_fail(cr->r, "unknown instruction");
        return 0;
    }
    size_t first = b->arg_count;
    read_operands(cr, opcode);
    if (!reader_ok(cr->r))
        return 0;
    b->ops = grown(b->ops, b->op_count, &b->op_capacity, sizeof *b->ops);
    b->ops[b->op_count++] = (struct beam_op){.opcode = (uint16_t)opcode, .arg_count = (uint32_t)(b->arg_count - first)};
    check_operation(cr, opcode, b->args + first);
    return opcode;
}

static void need_label(struct code_reader *cr, word label)
{
    if (!(cr->defined[label / 8] & 1 << label % 8))
        reader_fail(cr->r, "a label that is not defined");
}

static void check_references(struct code_reader *cr)
{
    const struct beam_file *b = cr->b;
    cr->defined[0] |= 1;    // no label at all
    for (size_t i = 0; i < b->arg_count; i++)
        if (b->args[i].type == ARG_LABEL)
            need_label(cr, b->args[i].value);
    for (uint32_t i = 0; i < b->export_count; i++)
        need_label(cr, b->exports[i].label);
    for (uint32_t i = 0; i < b->lambda_count; i++)
        need_label(cr, b->lambdas[i].label);
    if (cr->functions != b->function_count)
        reader_fail(cr->r, "wrong number of functions");
}

// The operations know their operands only now: the array may have moved while it grew.
static void place_operands(struct beam_file *b)
{
    const struct beam_arg *args = b->args;
    for (size_t i = 0; i < b->op_count; i++) {
        b->ops[i].args = args;
        args += b->ops[i].arg_count;
    }
}

static void read_header(struct beam_file *b, struct reader *r)
{
    struct reader head;
    size_t size = reader_u32(r);
    const uint8_t *bytes = reader_take(r, size);
    if (!bytes)
        return;
    reader_init(&head, bytes, size);
    uint32_t version = reader_u32(&head);
    reader_u32(&head);    // the largest opcode: each one is checked when it is met
    b->label_count = reader_u32(&head);
    b->function_count = reader_u32(&head);
    if (!reader_ok(&head) || version != 0)
        reader_fail(r, "bad code header");
    else if (b->label_count == 0 || b->label_count > reader_left(r) + 1 || b->function_count > reader_left(r))
        reader_fail(r, "bad number of labels");
}

void beam_code_read(struct beam_code *c, struct beam_file *b, struct reader *r)
{
    memset(c, 0, sizeof *c);
    read_header(b, r);
    if (!reader_ok(r))
        return;
    size_t label_bytes = b->label_count / 8 + 1;
    struct code_reader cr = {.r = r, .c = c, .b = b, .defined = mem_zero_alloc(label_bytes)};
    b->args = grown(NULL, 0, &b->arg_capacity, sizeof *b->args);    // never NULL, even if no operation has operands
    while (reader_ok(r))
        if (read_operation(&cr) == GENERIC_int_code_end)
            break;
    if (reader_ok(r))
        check_references(&cr);
    place_operands(b);
    mem_free(cr.defined, label_bytes);
}

// Two's complement, big-endian, to magnitude, little-endian.
static term big_term(struct heap *h, const struct beam_pending *pending)
{
    uint8_t *magnitude = mem_alloc(pending->size);
    bool negative = pending->bytes[0] & 0x80;
    unsigned carry = negative;
    for (size_t i = 0; i < pending->size; i++) {
        unsigned byte = pending->bytes[pending->size - 1 - i];
        if (negative) {
            byte = (byte ^ 0xFF) + carry;
            carry = byte >> 8;
        }
        magnitude[i] = (uint8_t)byte;
    }
    term t = integer_from_bytes(h, magnitude, pending->size, negative);
    mem_free(magnitude, pending->size);
    return t;
}

bool beam_code_finish(struct beam_code *c, struct beam_file *b, struct heap *h)
{
    for (size_t i = 0; i < c->pending_count; i++) {
        const struct beam_pending *pending = &c->pending[i];
        term value = pending->bytes ? big_term(h, pending) : b->literals[pending->literal];
        if (value == NONE)
            return false;
        b->args[pending->arg].value = value;
    }
    return true;
}

void beam_code_done(struct beam_code *c)
{
    mem_free(c->pending, c->pending_capacity * sizeof *c->pending);
}
