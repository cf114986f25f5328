// SPDX-License-Identifier: Apache-2.0
#include "term/print.h"

#include "base/memory.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/fun.h"
#include "term/ident.h"
#include "term/map.h"
#include "term/number.h"
#include "term/work.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// What is still to be printed: elements with commas between them, then the closing bracket. `extra` is not 0 after the
// first.
enum span_kind {
    SPAN_WORDS,    // a row of terms
    SPAN_PAIRS,    // keys and values in turn; `left` counts both
    SPAN_CELLS,    // a cons cell and what follows it; `left` is 0 after the last
    SPAN_TAIL,     // the improper tail of a list
};

struct printer {
    struct writer *w;
    size_t end;    // of what may be written
    struct work work;
};

static bool is_full(const struct printer *p)
{
    return p->w->size > p->end;
}

static PRINTF_LIKE(2, 3) void put(struct printer *p, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    writer_bytes(p->w, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static bool is_lower(unsigned c)
{
    return (c >= 'a' && c <= 'z') || (c >= 0xDF && c <= 0xFF && c != 0xF7);
}

static bool is_upper(unsigned c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7);
}

static bool is_name_char(unsigned c)
{
    return is_lower(c) || is_upper(c) || (c >= '0' && c <= '9') || c == '_';
}

// The character that starts here, as far as quoting cares: all beyond two bytes of UTF-8 need quotes.
static unsigned char_at(const uint8_t *at)
{
    if (at[0] < 0x80)
        return at[0];
    return at[0] < 0xE0 ? (unsigned)(at[0] & 0x1F) << 6 | (at[1] & 0x3F) : 0;
}

static bool needs_quotes(struct atom_text text)
{
    const uint8_t *at = (const uint8_t *)text.bytes, *end = at + text.size;
    if (text.size == 0 || !is_lower(char_at(at)))
        return true;
    for (; at < end; at++)
        if ((*at & 0xC0) != 0x80 && !is_name_char(char_at(at)))
            return true;
    return false;
}

static const char *escape(uint8_t c)
{
    static const char codes[] = "\'\\\n\f\t\r\b\v";
    static const char *const texts[] = {"\\'", "\\\\", "\\n", "\\f", "\\t", "\\r", "\\b", "\\v"};
    const char *found = c ? strchr(codes, c) : NULL;
    return found ? texts[found - codes] : NULL;
}

static void print_atom(struct printer *p, term atom)
{
    struct atom_text text = atom_text(atom);
    const uint8_t *at = (const uint8_t *)text.bytes, *end = at + text.size;
    bool quotes = needs_quotes(text);
    if (quotes)
        writer_u8(p->w, '\'');
    for (; at < end; at++) {
        const char *escaped = escape(*at);
        if (escaped)
            put(p, "%s", escaped);
        else if (*at < ' ')
            put(p, "\\%03o", *at);
        else if (*at == 0xC2 && at[1] < 0xA0)
            put(p, "\\%03o", *++at);
        else
            writer_u8(p->w, *at);
    }
    if (quotes)
        writer_u8(p->w, '\'');
}

static void print_big(struct printer *p, term integer)
{
    size_t room = integer_text_max(integer, 10);
    size_t from = p->w->size;
    size_t n = integer_to_text(integer, 10, (char *)writer_room(p->w, room));
    p->w->size = from + n;
}

static void print_pid(struct printer *p, term pid)
{
    uint32_t channel = node_channel(ident_node(pid));
    put(p, "<%" PRIu32 ".%" PRIu32 ".%" PRIu32 ">", channel, any_pid_number(pid), any_pid_serial(pid));
}

static void print_ref(struct printer *p, term ref)
{
    const struct ref_ids *ids = ref_ids(ref);
    put(p, "#Ref<%" PRIu32, node_channel(ident_node(ref)));
    for (uint32_t i = ids->count; i-- > 0;)
        put(p, ".%" PRIu32, ids->id[i]);
    writer_u8(p->w, '>');
}

static bool is_text_byte(term t)
{
    if (!is_small(t) || small_value(t) < 0 || small_value(t) > 255)
        return false;
    sword c = small_value(t);
    bool control = c < ' ' || (c >= 127 && c < 160);
    return !control || c == '\n' || c == '\t' || c == '\r';
}

static bool is_text(term list)
{
    while (is_list(list) && is_text_byte(head(list)))
        list = tail(list);
    return is_nil(list);
}

static void print_text(struct printer *p, term list)
{
    writer_u8(p->w, '"');
    for (; is_list(list) && !is_full(p); list = tail(list)) {
        sword c = small_value(head(list));
        if (c == '\n')
            put(p, "\\n");
        else if (c == '"')
            put(p, "\\\"");
        else
            writer_u8(p->w, (uint8_t)c);
    }
    writer_u8(p->w, '"');
}

static void print_list(struct printer *p, term list)
{
    if (is_text(list)) {
        print_text(p, list);
        return;
    }
    writer_u8(p->w, '[');
    work_push(&p->work, SPAN_CELLS, list_ptr(list), NULL, 1);
}

static uint8_t byte_at(struct bits b, size_t index)
{
    uint8_t byte = 0;
    size_t left = b.size - index * 8;
    bits_copy(&byte, 0, b.base, b.offset + index * 8, left < 8 ? left : 8);
    return byte;
}

static bool is_ascii(struct bits b)
{
    bool ascii = b.size && b.size % 8 == 0;
    for (size_t i = 0; ascii && i < b.size / 8; i++)
        ascii = byte_at(b, i) >= ' ' && byte_at(b, i) < 127;
    return ascii;
}

static void print_bits(struct printer *p, struct bits b)
{
    bool ascii = is_ascii(b);
    put(p, ascii ? "<<\"" : "<<");
    for (size_t i = 0; i < b.size / 8 && !is_full(p); i++) {
        uint8_t byte = byte_at(b, i);
        if (!ascii)
            put(p, i ? ",%u" : "%u", byte);
        else if (byte == '"')
            put(p, "\\\"");
        else
            writer_u8(p->w, byte);
    }
    unsigned rest = b.size % 8;
    if (rest)
        put(p, "%s%u:%u", b.size > 8 ? "," : "", (unsigned)byte_at(b, b.size / 8) >> (8 - rest), rest);
    put(p, ascii ? "\">>" : ">>");
}

static void print_fun(struct printer *p, term fun)
{
    const struct fun_entry *f = fun_entry_of(fun);
    struct atom_text module = atom_text(f->module);
    put(p, "#Fun<");
    writer_bytes(p->w, module.bytes, module.size);
    put(p, ".%" PRId32 ".%" PRId32 ">", (int32_t)f->old_index, (int32_t)f->old_unique);
}

static void print_export(struct printer *p, term fun)
{
    const struct export *x = export_of(fun);
    put(p, "fun ");
    print_atom(p, x->module);
    writer_u8(p->w, ':');
    print_atom(p, x->function);
    put(p, "/%" PRIu32, x->arity);
}

static void print_map(struct printer *p, term map)
{
    const term *object = boxed_ptr(map);
    put(p, "#{");
    work_push(&p->work, SPAN_PAIRS, tuple_elements(object[1]), object + 2, map_size(map) * 2);
}

// As it stands, node by node. Only a root has a number of keys above its bitmap.
static void print_trie(struct printer *p, term node)
{
    const term *object = boxed_ptr(node);
    word counts = (word)small_value(object[1]);
    put(p, "%s<%x>{", counts >> 16 ? "#" : "", (unsigned)counts & 0xFFFF);
    work_push(&p->work, SPAN_WORDS, object + 2, NULL, header_size(object[0]) - 1);
}

// Prints a term without its parts, which are left to the work.
static void print_one(struct printer *p, term t)
{
    switch (kind_of(t)) {
    case KIND_SMALL:
        put(p, "%" PRId64, (int64_t)small_value(t));
        return;
    case KIND_ATOM:
        print_atom(p, t);
        return;
    case KIND_NIL:
        put(p, "[]");
        return;
    case KIND_PID:
    case KIND_FOREIGN_PID:
        print_pid(p, t);
        return;
    case KIND_LIST:
        print_list(p, t);
        return;
    case KIND_TUPLE:
        writer_u8(p->w, '{');
        work_push(&p->work, SPAN_WORDS, tuple_elements(t), NULL, tuple_arity(t));
        return;
    case KIND_MATCH:
        put(p, "#MatchState");
        return;
    case KIND_BIG:
    case KIND_BIG_NEG:
        print_big(p, t);
        return;
    case KIND_REF:
    case KIND_FOREIGN_REF:
        print_ref(p, t);
        return;
    case KIND_FUN:
        print_fun(p, t);
        return;
    case KIND_FLOAT:
        put(p, "%e", float_value(t));
        return;
    case KIND_EXPORT:
        print_export(p, t);
        return;
    case KIND_REFC_BIN:
    case KIND_HEAP_BIN:
    case KIND_SUB_BIN:
        print_bits(p, bits_of(t));
        return;
    case KIND_MAP:
        print_map(p, t);
        return;
    case KIND_FOREIGN_PORT:
        put(p, "#Port<%" PRIu32 ".%" PRIu64 ">", node_channel(ident_node(t)), port_number(t));
        return;
    case KIND_TRIE:
        print_trie(p, t);
        return;
    case KIND_COUNT:
        return;
    }
}

static void close_span(struct printer *p, const struct span *s)
{
    writer_u8(p->w, s->kind == SPAN_CELLS ? ']' : '}');
    p->work.count--;
}

static void print_next_of_pairs(struct printer *p, struct span *s)
{
    bool key = s->left-- % 2 == 0;
    if (key && s->extra++)
        writer_u8(p->w, ',');
    if (!key)
        put(p, "=>");
    print_one(p, key ? *s->at++ : *s->with++);
}

static void print_next_of_cells(struct printer *p, struct span *s)
{
    const term *cell = s->at;
    if (s->extra++)
        writer_u8(p->w, ',');
    if (is_list(cell[1])) {
        s->at = list_ptr(cell[1]);
    } else if (is_nil(cell[1])) {
        s->left = 0;
    } else {
        s->kind = SPAN_TAIL;
        s->at = cell + 1;
    }
    print_one(p, cell[0]);
}

static void print_next(struct printer *p, struct span *s)
{
    switch ((enum span_kind)s->kind) {
    case SPAN_WORDS:
        s->left--;
        if (s->extra++)
            writer_u8(p->w, ',');
        print_one(p, *s->at++);
        return;
    case SPAN_PAIRS:
        print_next_of_pairs(p, s);
        return;
    case SPAN_CELLS:
        print_next_of_cells(p, s);
        return;
    case SPAN_TAIL:
        s->kind = SPAN_CELLS;
        s->left = 0;
        writer_u8(p->w, '|');
        print_one(p, *s->at);
        return;
    }
}

void term_print(struct writer *w, term t, size_t limit)
{
    struct printer p = {.w = w, .end = limit < SIZE_MAX - w->size ? w->size + limit : SIZE_MAX};
    work_init(&p.work);
    print_one(&p, t);
    while (p.work.count && !is_full(&p)) {
        struct span *s = work_top(&p.work);
        if (s->left)
            print_next(&p, s);
        else
            close_span(&p, s);
    }
    work_done(&p.work);
    if (is_full(&p)) {
        w->size = p.end;
        writer_bytes(w, "...", 3);
    }
}
