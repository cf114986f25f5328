// SPDX-License-Identifier: Apache-2.0
// Lowering of the bit syntax.
#include "code/lower.h"

#include "code/match_commands.h"
#include "code/segments.h"
#include "term/atom.h"
#include "term/match.h"

#include <string.h>

// A source that is not live would not survive a collection: it goes to the first register that is free, which then is live too.
static void keep_source(struct lowering *l, struct beam_arg *live, struct beam_arg *source)
{
    if (source->type != ARG_X || source->value < live->value)
        return;
    struct beam_arg kept = arg_x(live->value);
    if (source->value != live->value)
        EMIT(l, "move", *source, kept);
    *source = kept;
    live->value++;
}

static void start_match(struct lowering *l, struct beam_arg label, struct beam_arg live, struct beam_arg source,
                        word slots, struct beam_arg to)
{
    keep_source(l, &live, &source);
    if (label.type == ARG_LABEL)
        EMIT(l, "match_start", label, live, source, arg_number(slots), to);
    else
        EMIT(l, "match_start_fast", source, live, to);
}

// bs_start_match2 Label Source Live Slots Dst. Slot 0 keeps the start, the program's slots follow.
void lower_start_match2(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    start_match(l, a[0], a[2], a[1], a[3].value + 1, a[4]);
}

// bs_start_match3 Label Source Live Dst.
void lower_start_match3(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    start_match(l, a[0], a[2], a[1], 0, a[3]);
}

// bs_start_match4 (Label or no_fail or resume) Live Source Dst.
void lower_start_match4(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    start_match(l, a[0], a[1], a[2], 0, a[3]);
}

static bool is_whole(const struct beam_arg *size)
{
    return size->type == ARG_TERM && size->value == ATOM_all;
}

// An unsigned big-endian field of 8, 16 or 32 bits between x registers.
static const char *fixed_field(const struct beam_arg *a)
{
    bool plain = !(a[5].value & (FIELD_LITTLE | FIELD_SIGNED | FIELD_NATIVE));
    bool constant = a[3].type == ARG_TERM && is_small(a[3].value) && a[4].value <= 32;
    if (!plain || !constant || a[1].type != ARG_X || a[6].type != ARG_X)
        return NULL;
    switch ((word)small_value(a[3].value) * a[4].value) {
    case 8:
        return "match_u8";
    case 16:
        return "match_u16";
    case 32:
        return "match_u32";
    }
    return NULL;
}

// bs_get_X2 Label Context Live Size Unit Flags Dst.
static void lower_field(struct lowering *l, const char *family, const struct beam_arg *a)
{
    EMIT(l, family, a[0], a[2], a[1], arg_source(a + 3), a[4], a[5], a[6]);
}

static void lower_integer(struct lowering *l, const struct beam_arg *a)
{
    const char *fixed = fixed_field(a);
    if (fixed)
        EMIT(l, fixed, a[0], a[1], a[6]);
    else
        lower_field(l, "match_integer", a);
}

void lower_get_integer(struct lowering *l)
{
    lower_integer(l, l->op->args);
}

void lower_get_float(struct lowering *l)
{
    lower_field(l, "match_float", l->op->args);
}

void lower_get_binary(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    if (is_whole(a + 3))
        EMIT(l, "match_rest", a[0], a[2], a[1], a[4], a[6]);
    else
        lower_field(l, "match_binary", a);
}

// bs_skip_bits2 Label Context Size Unit Flags.
void lower_skip_bits(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "match_skip", a[0], a[1], arg_source(a + 2), a[3]);
}

// The address of `bits` bits of the string table from a byte offset, or NULL after a refusal.
static const uint8_t *string_at(struct lowering *l, word offset, word bits)
{
    const struct module *m = l->module;
    if (offset > m->string_size || bits > (m->string_size - offset) * 8) {
        lower_refuse(l, "a string beyond the string table");
        return NULL;
    }
    return m->strings + offset;
}

// bs_match_string Label Context Bits Offset.
void lower_match_string(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "match_string", a[0], a[1], a[2], arg_pointer(string_at(l, a[3].value, a[2].value)));
}

// bs_get_utfN Label Context Live Flags Dst; bs_skip_utfN without Dst: skipping is getting into a register that is not live.
static void lower_utf(struct lowering *l, const char *family, bool with_flags, const struct beam_arg *destination)
{
    const struct beam_arg *a = l->op->args;
    struct beam_arg scratch = arg_x(a[2].value);
    const struct beam_arg *to = destination ? destination : &scratch;
    if (with_flags)
        EMIT(l, family, a[0], a[1], a[3], *to);
    else
        EMIT(l, family, a[0], a[1], *to);
}

void lower_get_utf8(struct lowering *l)
{
    lower_utf(l, "match_utf8", false, lower_arg(l, 4));
}

void lower_skip_utf8(struct lowering *l)
{
    lower_utf(l, "match_utf8", false, NULL);
}

void lower_get_utf16(struct lowering *l)
{
    lower_utf(l, "match_utf16", true, lower_arg(l, 4));
}

void lower_skip_utf16(struct lowering *l)
{
    lower_utf(l, "match_utf16", true, NULL);
}

void lower_get_utf32(struct lowering *l)
{
    lower_utf(l, "match_utf32", true, lower_arg(l, 4));
}

void lower_skip_utf32(struct lowering *l)
{
    lower_utf(l, "match_utf32", true, NULL);
}

// A list of the atoms little, signed, native (big and unsigned are what it is without them), or nil.
static word field_flags(term list)
{
    word flags = 0;
    for (; is_list(list); list = tail(list)) {
        term flag = head(list);
        flags |= flag == ATOM_little   ? FIELD_LITTLE
                 : flag == ATOM_signed ? FIELD_SIGNED
                 : flag == ATOM_native ? FIELD_NATIVE
                                       : 0;
    }
    return flags;
}

// More than can be said is more than there ever is.
static struct beam_arg clamped_bits(const struct beam_arg *a)
{
    return arg_number(a->value < SMALL_MAX_VALUE ? a->value : SMALL_MAX_VALUE);
}

// ensure_at_least Bits Unit.
static void lower_ensure(struct lowering *l, const struct beam_arg *a)
{
    const struct beam_arg *op = l->op->args;
    word unit = a[1].value;
    if (unit & (unit - 1))
        EMIT(l, "match_ensure_units", op[0], op[1], clamped_bits(a), a[1]);
    else
        EMIT(l, "match_ensure", op[0], op[1], clamped_bits(a), arg_number(unit - 1));
}

// integer or binary: Live Flags Size Unit Dst.
static void lower_part(struct lowering *l, bool integer, const struct beam_arg *a)
{
    const struct beam_arg *op = l->op->args, size = clamped_bits(a + 2);
    struct beam_arg field[] = {op[0], op[1], a[0], arg_source(&size), a[3], arg_number(field_flags(a[1].value)), a[4]};
    if (integer)
        lower_integer(l, field);
    else
        lower_field(l, "match_binary", field);
}

// exactly_equal Live Bits Value: compilers cut what is long into several, which become one again.
static const struct beam_arg *lower_equal(struct lowering *l, const struct beam_arg *a, const struct beam_arg *end)
{
    const struct beam_arg *op = l->op->args;
    word bits = a[1].value, value = a[2].value;
    for (a += 3; a < end && match_command_of(a) == COMMAND_exactly_equal; a += 4) {
        if (bits + a[2].value > MATCH_EQUAL_BITS)
            break;
        value = (bits ? value << a[2].value : 0) | a[3].value;
        bits += a[2].value;
    }
    EMIT(l, "match_equal", op[0], op[1], arg_number(bits), arg_number(value));
    return a;
}

static void lower_skipped(struct lowering *l, const struct beam_arg *a)
{
    const struct beam_arg *op = l->op->args, bits = clamped_bits(a);
    EMIT(l, "match_skip", op[0], op[1], arg_source(&bits), arg_number(1));
}

// bs_match Label Context List: each command is one of our instructions, as if they stood alone.
void lower_match(struct lowering *l)
{
    const struct beam_arg *op = l->op->args, *a = op + 3, *end = a + op[2].value;
    while (a < end) {
        enum match_command c = match_command_of(a++);
        switch (c) {
        case COMMAND_ensure_at_least:
            lower_ensure(l, a);
            break;
        case COMMAND_ensure_exactly:
            EMIT(l, "match_test_tail", op[0], op[1], clamped_bits(a));
            break;
        case COMMAND_integer:
        case COMMAND_binary:
            lower_part(l, c == COMMAND_integer, a);
            break;
        case COMMAND_skip:
            lower_skipped(l, a);
            break;
        case COMMAND_get_tail:
            EMIT(l, "match_tail", a[0], op[1], a[2]);
            break;
        case COMMAND_exactly_equal:
            a = lower_equal(l, a, end);
            continue;
        case COMMAND_COUNT:
            lower_refuse(l, "a match with an unknown command");
            return;
        }
        a += strlen(match_command_operands(c));
    }
}

// A slot is a number, or the atom start.
static struct beam_arg slot_of(const struct beam_arg *a)
{
    return arg_number(a->type == ARG_NUMBER ? a->value + 1 : 0);
}

void lower_save2(struct lowering *l)
{
    EMIT(l, "match_save", *lower_arg(l, 0), slot_of(lower_arg(l, 1)));
}

void lower_restore2(struct lowering *l)
{
    EMIT(l, "match_restore", *lower_arg(l, 0), slot_of(lower_arg(l, 1)));
}

// Test Label Context Bits.
void lower_test_tail(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "match_test_tail", a[0], a[1], clamped_bits(a + 2));
}

// bs_get_tail Context Dst Live.
void lower_get_tail(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "match_tail", a[2], a[0], a[1]);
}

void lower_get_position(struct lowering *l)
{
    EMIT(l, "match_position", *lower_arg(l, 0), *lower_arg(l, 1));
}

// bs_init2 Label Size Words Live Flags Dst: bytes; bs_init_bits: bits.
static void lower_init_target(struct lowering *l, unsigned unit)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "build_init", a[0], a[3], arg_source(a + 1), arg_number(unit), arg_number(lower_words(a + 2)), a[5]);
}

void lower_init2(struct lowering *l)
{
    lower_init_target(l, 8);
}

void lower_init_bits(struct lowering *l)
{
    lower_init_target(l, 1);
}

// bs_append Label Size Words Live Unit Source Flags Dst.
void lower_append(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "build_append", a[0], arg_source(a + 1), arg_number(lower_words(a + 2)), a[3], a[4], a[5], a[7]);
}

// bs_private_append Label Size Unit Source Flags Dst.
void lower_private_append(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "build_private_append", a[0], arg_source(a + 1), a[2], a[3], a[5]);
}

// bs_add Label Sum Size Unit Dst.
void lower_add(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "build_add", a[0], arg_source(a + 1), arg_source(a + 2), a[3], a[4]);
}

void lower_utf8_size(struct lowering *l)
{
    EMIT(l, "build_utf8_size", *lower_arg(l, 1), *lower_arg(l, 2));
}

void lower_utf16_size(struct lowering *l)
{
    EMIT(l, "build_utf16_size", *lower_arg(l, 1), *lower_arg(l, 2));
}

// bs_put_X Label Size Unit Flags Value.
void lower_put_integer(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "build_integer", a[0], arg_source(a + 1), a[2], a[3], a[4]);
}

void lower_put_float(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "build_float", a[0], arg_source(a + 1), a[2], a[3], a[4]);
}

void lower_put_binary(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    if (is_whole(a + 1))
        EMIT(l, "build_binary_all", a[0], a[2], a[4]);
    else
        EMIT(l, "build_binary", a[0], arg_source(a + 1), a[2], a[4]);
}

// bs_put_string Bytes Offset.
void lower_put_string(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "build_string", a[0], arg_pointer(string_at(l, a[1].value, a[0].value * 8)));
}

// bs_put_utfN Label Flags Value.
void lower_put_utf8(struct lowering *l)
{
    EMIT(l, "build_utf8", *lower_arg(l, 0), *lower_arg(l, 2));
}

void lower_put_utf16(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "build_utf16", a[0], a[2], a[1]);
}

void lower_put_utf32(struct lowering *l)
{
    const struct beam_arg *a = l->op->args;
    EMIT(l, "build_utf32", a[0], a[2], a[1]);
}

static bool segment_type(term name, enum segment_type *type)
{
    static const struct {
        term name;
        enum segment_type type;
    } names[] = {
        {ATOM_append, SEGMENT_APPEND}, {ATOM_private_append, SEGMENT_PRIVATE_APPEND},
        {ATOM_binary, SEGMENT_BINARY}, {ATOM_integer, SEGMENT_INTEGER},
        {ATOM_float, SEGMENT_FLOAT},   {ATOM_utf8, SEGMENT_UTF8},
        {ATOM_utf16, SEGMENT_UTF16},   {ATOM_utf32, SEGMENT_UTF32},
        {ATOM_string, SEGMENT_STRING},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (names[i].name == name) {
            *type = names[i].type;
            return true;
        }
    }
    return false;
}

// Type Number Unit Flags Value Size, as the compiler writes a segment.
static void lower_segment(struct lowering *l, const struct beam_arg *s)
{
    enum segment_type type;
    bool constants =
        s[0].type == ARG_TERM && s[1].type == ARG_NUMBER && s[2].type == ARG_NUMBER && s[3].type == ARG_TERM;
    if (!constants || !segment_type(s[0].value, &type)) {
        lower_refuse(l, "a segment of an unknown type");
        return;
    }
    lower_word(l, type);
    lower_word(l, s[1].value);
    lower_word(l, s[2].value);
    lower_word(l, field_flags(s[3].value));
    if (type == SEGMENT_STRING) {
        word bytes = s[5].type == ARG_TERM && is_small(s[5].value) ? (word)small_value(s[5].value) : s[5].value;
        lower_word(l, (word)(uintptr_t)string_at(l, s[4].value, bytes > UINT32_MAX ? UINT32_MAX : bytes * 8));
        lower_word(l, bytes);
        return;
    }
    struct beam_arg value = arg_source(s + 4), size = arg_source(s + 5);
    lower_operand(l, &value);
    lower_operand(l, &size);
}

// bs_create_bin Label Words Live Unit Dst List.
void lower_create_bin(struct lowering *l)
{
    const struct beam_arg *a = l->op->args, *list = a + 5;
    enum { SOURCE_OPERANDS = 6 };
    if (list->value % SOURCE_OPERANDS) {
        lower_refuse(l, "a segment cut short");
        return;
    }
    word count = list->value / SOURCE_OPERANDS;
    EMIT(l, "create_bin", a[0], arg_number(lower_words(a + 1)), a[2], a[4], arg_number(count));
    for (word i = 0; i < count; i++)
        lower_segment(l, list + 1 + i * SOURCE_OPERANDS);
}
