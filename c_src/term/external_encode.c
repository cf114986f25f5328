// SPDX-License-Identifier: Apache-2.0
#include "term/external.h"

#include "base/die.h"
#include "base/memory.h"
#include "base/turn.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/compare.h"
#include "term/external_tags.h"
#include "term/fun.h"
#include "term/ident.h"
#include "term/map.h"
#include "term/number.h"
#include "term/work.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { COMPRESSED_HEAD = 5 };    // tag and size

// What is still to be visited, beside rows of words.
enum span_kind {
    SPAN_WORDS,
    SPAN_PAIRS,     // keys and values in turn; `left` counts both
    SPAN_LIST,      // a cons cell and what follows it
    SPAN_TRIE,      // children of a trie node, taken from the last to the first as the BEAM does
    SPAN_SORTED,    // words of an array that the span owns; `with` is its end
    SPAN_FUN,       // all of a fun has been visited: its size belongs at `left`
};

struct encoder {
    struct writer *w;
    bool utf8_atoms, text_floats, deterministic;
    bool too_large;
    struct external_cuts *cuts;    // NULL: binaries are copied
    struct work work;
};

static int by_key(const void *a, const void *b)
{
    return term_compare_exact(*(const term *)a, *(const term *)b);
}

static void push_sorted(struct work *k, term map)
{
    size_t pairs = map_size(map);
    term *block = mem_alloc(pairs * 2 * sizeof(term)), *at = block;
    struct map_walk m;
    map_walk_init(&m, map);
    for (size_t steps = 0; map_walk_next(&m, at, at + 1); turn_step(&steps))
        at += 2;
    qsort(block, pairs, 2 * sizeof(term), by_key);
    work_push(k, SPAN_SORTED, block, at, pairs * 2)->owned = block;
}

static void push_trie(struct work *k, term node)
{
    const term *object = boxed_ptr(node);
    work_push(k, SPAN_TRIE, object + 2, NULL, header_size(object[0]) - 1);
}

// The map's pairs, in the order in which the BEAM writes them.
static void push_map(struct work *k, term map, bool deterministic)
{
    const term *object = boxed_ptr(map);
    if (header_kind(object[0]) == KIND_MAP)
        work_push(k, SPAN_PAIRS, tuple_elements(object[1]), object + 2, map_size(map) * 2);
    else if (deterministic)
        push_sorted(k, map);
    else
        push_trie(k, map);
}

static term next_of_pairs(struct span *s)
{
    return s->left-- % 2 == 0 ? *s->at++ : *s->with++;
}

// A cell's head; its tail is the next cell, or the last word of the list.
static term next_of_list(struct span *s)
{
    const term *cell = s->at;
    if (is_list(cell[1])) {
        s->at = list_ptr(cell[1]);
    } else {
        s->at = cell + 1;
        s->kind = SPAN_WORDS;
    }
    return cell[0];
}

// A child of a trie node that is a leaf stands for its key and value.
static void open_child(struct work *k, struct span *s)
{
    term child = s->at[--s->left];
    if (is_list(child))
        work_push(k, SPAN_WORDS, list_ptr(child), NULL, 2);
    else
        push_trie(k, child);
}

static void pop(struct work *k, struct span *s)
{
    if (s->kind == SPAN_SORTED)
        mem_free(s->owned, (size_t)(s->with - (const term *)s->owned) * sizeof(term));
    k->count--;
}

// The next term to visit. NONE: nothing is left, or (fun_at not 0) the fun whose size belongs there is complete.
static term next(struct work *k, size_t *fun_at)
{
    *fun_at = 0;
    while (k->count) {
        struct span *s = work_top(k);
        switch ((enum span_kind)s->kind) {
        case SPAN_FUN:
            *fun_at = s->left;
            pop(k, s);
            return NONE;
        case SPAN_LIST:
            return next_of_list(s);
        case SPAN_PAIRS:
            if (s->left)
                return next_of_pairs(s);
            break;
        case SPAN_TRIE:
            if (s->left) {
                open_child(k, s);
                continue;
            }
            break;
        case SPAN_WORDS:
        case SPAN_SORTED:
            if (s->left) {
                s->left--;
                return *s->at++;
            }
            break;
        }
        pop(k, s);
    }
    return NONE;
}

static bool is_byte(term t)
{
    return is_small(t) && (word)small_value(t) <= 255;
}

// How many elements a list has before its end, and whether it is written as a string: proper, short and of bytes only.
static size_t list_elements(term list, bool *string)
{
    size_t n = 0;
    bool bytes = true;
    for (; is_list(list); list = tail(list), turn_step(&n))
        bytes = bytes && is_byte(head(list));
    *string = bytes && n <= UINT16_MAX && is_nil(list);
    return n;
}

static bool fits_latin1(struct atom_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((uint8_t)text.bytes[i] > 0xC3)
            return false;
    return true;
}

static void latin1_from_utf8(uint8_t *to, struct atom_text text)
{
    const uint8_t *from = (const uint8_t *)text.bytes, *end = from + text.size;
    while (from < end) {
        uint8_t byte = *from++;
        *to++ = byte < 0x80 ? byte : (uint8_t)(byte << 6 | (*from++ & 0x3F));
    }
}

static void encode_atom(struct encoder *e, term atom)
{
    struct atom_text text = atom_text(atom);
    if (!e->utf8_atoms && (text.size == text.chars || fits_latin1(text))) {
        writer_u8(e->w, EXT_ATOM);
        writer_u16(e->w, text.chars);
        latin1_from_utf8(writer_room(e->w, text.chars), text);
        return;
    }
    if (text.size <= UINT8_MAX) {
        writer_u8(e->w, EXT_SMALL_ATOM_UTF8);
        writer_u8(e->w, (uint8_t)text.size);
    } else {
        writer_u8(e->w, EXT_ATOM_UTF8);
        writer_u16(e->w, text.size);
    }
    writer_bytes(e->w, text.bytes, text.size);
}

static void encode_big(struct encoder *e, term integer)
{
    size_t n = integer_byte_size(integer);
    if (n <= UINT8_MAX) {
        writer_u8(e->w, EXT_SMALL_BIG);
        writer_u8(e->w, (uint8_t)n);
    } else {
        writer_u8(e->w, EXT_LARGE_BIG);
        writer_u32(e->w, (uint32_t)n);
    }
    writer_u8(e->w, integer_is_negative(integer));
    integer_to_bytes(integer, writer_room(e->w, n), n);
}

static void encode_small(struct encoder *e, term integer)
{
    sword value = small_value(integer);
    if ((word)value <= UINT8_MAX) {
        writer_u8(e->w, EXT_SMALL_INTEGER);
        writer_u8(e->w, (uint8_t)value);
    } else if (value == (int32_t)value) {
        writer_u8(e->w, EXT_INTEGER);
        writer_u32(e->w, (uint32_t)value);
    } else {
        encode_big(e, integer);
    }
}

static void encode_float(struct encoder *e, term t)
{
    if (!e->text_floats) {
        writer_u8(e->w, EXT_NEW_FLOAT);
        writer_u64(e->w, boxed_ptr(t)[1]);
        return;
    }
    char text[FLOAT_TEXT_MAX];
    size_t size = float_to_text_scientific(float_value(t), 20, text);
    writer_u8(e->w, EXT_FLOAT);
    uint8_t *room = writer_room(e->w, EXT_FLOAT_BYTES);
    memset(room, 0, EXT_FLOAT_BYTES);
    memcpy(room, text, size < EXT_FLOAT_BYTES ? size : EXT_FLOAT_BYTES);
}

static void encode_pid(struct encoder *e, term pid)
{
    const struct node *n = ident_node(pid);
    writer_u8(e->w, EXT_NEW_PID);
    encode_atom(e, n->name);
    writer_u32(e->w, any_pid_number(pid));
    writer_u32(e->w, any_pid_serial(pid));
    writer_u32(e->w, n->creation);
}

static void encode_port(struct encoder *e, term port)
{
    const struct node *n = ident_node(port);
    uint64_t number = port_number(port);
    bool large = number > EXT_NEW_PORT_MAX;
    writer_u8(e->w, large ? EXT_V4_PORT : EXT_NEW_PORT);
    encode_atom(e, n->name);
    if (large)
        writer_u64(e->w, number);
    else
        writer_u32(e->w, (uint32_t)number);
    writer_u32(e->w, n->creation);
}

static void encode_ref(struct encoder *e, term ref)
{
    const struct node *n = ident_node(ref);
    const struct ref_ids *ids = ref_ids(ref);
    writer_u8(e->w, EXT_NEWER_REFERENCE);
    writer_u16(e->w, (uint16_t)ids->count);
    encode_atom(e, n->name);
    writer_u32(e->w, n->creation);
    for (uint32_t i = 0; i < ids->count; i++)
        writer_u32(e->w, ids->id[i]);
}

static void encode_tuple(struct encoder *e, term tuple)
{
    size_t arity = tuple_arity(tuple);
    if (arity <= UINT8_MAX) {
        writer_u8(e->w, EXT_SMALL_TUPLE);
        writer_u8(e->w, (uint8_t)arity);
    } else {
        writer_u8(e->w, EXT_LARGE_TUPLE);
        writer_u32(e->w, (uint32_t)arity);
    }
    work_push(&e->work, SPAN_WORDS, tuple_elements(tuple), NULL, arity);
}

static void encode_list(struct encoder *e, term list)
{
    bool string;
    size_t n = list_elements(list, &string);
    if (!string) {
        writer_u8(e->w, EXT_LIST);
        writer_u32(e->w, (uint32_t)n);
        work_push(&e->work, SPAN_LIST, list_ptr(list), NULL, 1);
        return;
    }
    writer_u8(e->w, EXT_STRING);
    writer_u16(e->w, (uint16_t)n);
    uint8_t *at = writer_room(e->w, n);
    for (; is_list(list); list = tail(list))
        *at++ = (uint8_t)small_value(head(list));
}

static void encode_map(struct encoder *e, term map)
{
    writer_u8(e->w, EXT_MAP);
    writer_u32(e->w, (uint32_t)map_size(map));
    push_map(&e->work, map, e->deterministic);
}

// The shared binary behind a large bit string that starts on a byte, or NONE.
static term shared_whole(term t)
{
    const term *object = boxed_ptr(t);
    term whole = header_kind(object[0]) == KIND_SUB_BIN ? object[1] : t;
    struct bits bits = bits_of(t);
    bool large = bits.offset % 8 == 0 && bits.size / 8 > CONFIG_HEAP_BINARY_MAX;
    return large && is_kind(whole, KIND_REFC_BIN) ? whole : NONE;
}

void external_cuts_add(struct external_cuts *c, struct external_cut cut)
{
    if (c->count == c->capacity) {
        size_t more = c->capacity ? c->capacity * 2 : 8;
        c->cuts = mem_resize(c->cuts, c->capacity * sizeof *c->cuts, more * sizeof *c->cuts);
        c->capacity = more;
    }
    c->cuts[c->count++] = cut;
}

static void encode_bits(struct encoder *e, term t)
{
    struct bits bits = bits_of(t);
    size_t bytes = (bits.size + 7) / 8, whole_bytes = bits.size / 8;
    if (bytes > UINT32_MAX) {
        e->too_large = true;
        return;
    }
    writer_u8(e->w, bits.size % 8 ? EXT_BIT_BINARY : EXT_BINARY);
    writer_u32(e->w, (uint32_t)bytes);
    if (bits.size % 8)
        writer_u8(e->w, bits.size % 8);
    term whole = e->cuts ? shared_whole(t) : NONE;
    if (whole != NONE) {
        external_cuts_add(e->cuts, (struct external_cut){e->w->size, whole, bits.offset / 8, whole_bytes});
        bits.offset += whole_bytes * 8;
        bits.size %= 8;
        bytes -= whole_bytes;
    }
    if (bytes == 0)
        return;
    uint8_t *room = writer_room(e->w, bytes);
    room[bytes - 1] = 0;
    bits_copy(room, 0, bits.base, bits.offset, bits.size);
}

static void encode_fun(struct encoder *e, term fun)
{
    const struct fun_entry *f = fun_entry_of(fun);
    writer_u8(e->w, EXT_NEW_FUN);
    work_push(&e->work, SPAN_FUN, NULL, NULL, e->w->size);
    writer_u32(e->w, 0);
    writer_u8(e->w, (uint8_t)f->arity);
    writer_bytes(e->w, f->unique, sizeof f->unique);
    writer_u32(e->w, f->index);
    writer_u32(e->w, f->free);
    encode_atom(e, f->module);
    encode_small(e, small((int32_t)f->old_index));
    encode_small(e, small((int32_t)f->old_unique));
    encode_pid(e, fun_creator(fun));
    work_push(&e->work, SPAN_WORDS, fun_free(fun), NULL, f->free);
}

static void encode_export(struct encoder *e, term fun)
{
    const struct export *x = export_of(fun);
    writer_u8(e->w, EXT_EXPORT);
    encode_atom(e, x->module);
    encode_atom(e, x->function);
    encode_small(e, small(x->arity));
}

// Writes a term without its parts, which are left to the walk.
static void encode_one(struct encoder *e, term t)
{
    switch (kind_of(t)) {
    case KIND_SMALL:
        encode_small(e, t);
        return;
    case KIND_ATOM:
        encode_atom(e, t);
        return;
    case KIND_NIL:
        writer_u8(e->w, EXT_NIL);
        return;
    case KIND_PID:
    case KIND_FOREIGN_PID:
        encode_pid(e, t);
        return;
    case KIND_LIST:
        encode_list(e, t);
        return;
    case KIND_TUPLE:
        encode_tuple(e, t);
        return;
    case KIND_BIG:
    case KIND_BIG_NEG:
        encode_big(e, t);
        return;
    case KIND_REF:
    case KIND_FOREIGN_REF:
        encode_ref(e, t);
        return;
    case KIND_FUN:
        encode_fun(e, t);
        return;
    case KIND_FLOAT:
        encode_float(e, t);
        return;
    case KIND_EXPORT:
        encode_export(e, t);
        return;
    case KIND_REFC_BIN:
    case KIND_HEAP_BIN:
    case KIND_SUB_BIN:
        encode_bits(e, t);
        return;
    case KIND_MAP:
    case KIND_TRIE:
        encode_map(e, t);
        return;
    case KIND_FOREIGN_PORT:
        encode_port(e, t);
        return;
    case KIND_MATCH:
    case KIND_COUNT:
        break;
    }
    die("a match context cannot be encoded");
}

// The size of a fun counts from its own place, what was cut out included.
static void patch_fun(struct encoder *e, size_t fun_at)
{
    size_t size = e->w->size - fun_at;
    for (size_t i = e->cuts ? e->cuts->count : 0; i > 0 && e->cuts->cuts[i - 1].at > fun_at; i--)
        size += e->cuts->cuts[i - 1].size;
    writer_patch_u32(e->w, fun_at, (uint32_t)size);
}

// The buffer doubles when it is full: it asks each time it could.
static bool may_grow(struct encoder *e, size_t *asked)
{
    *asked = 2 * e->w->size;
    e->too_large = e->too_large || !mem_allows(*asked);
    return !e->too_large;
}

static bool encode_body(struct encoder *e, term t)
{
    size_t fun_at, asked = e->w->size;
    bool complete = false;
    work_init(&e->work);
    encode_one(e, t);
    for (size_t steps = 0; !complete && !turn_step(&steps);) {
        t = next(&e->work, &fun_at);
        if (t != NONE)
            encode_one(e, t);
        else if (fun_at)
            patch_fun(e, fun_at);
        else
            complete = true;
        if (UNLIKELY(e->w->size > asked) && !may_grow(e, &asked))
            break;
    }
    work_done(&e->work);
    return complete && !e->too_large;
}

// As zlib's compress2, a run at a time. False: it takes more than *room bytes.
static bool compressed(uint8_t *to, size_t *room, const uint8_t *from, size_t size, int level)
{
    z_stream z = {.next_out = to};
    size_t at = 0;
    if (deflateInit(&z, level) != Z_OK)
        return false;
    int status = Z_OK;
    while (status == Z_OK && *room > z.total_out) {
        size_t run = size - at < TURN_BYTES ? size - at : TURN_BYTES;
        size_t left = *room - z.total_out;
        z.next_in = (Bytef *)(uintptr_t)(from + at);
        z.avail_in = (uInt)run;
        z.avail_out = left < UINT32_MAX ? (uInt)left : UINT32_MAX;
        status = deflate(&z, at + run == size ? Z_FINISH : Z_NO_FLUSH);
        at += run - z.avail_in;
        turn_pass(TURN_BYTES);
    }
    *room = z.total_out;
    deflateEnd(&z);
    return status == Z_STREAM_END;
}

// Replaces what was written from `from` on by its compressed form, unless that is no smaller.
static void compress_tail(struct writer *w, size_t from, int level)
{
    size_t plain = w->size - from;
    size_t room = plain < COMPRESSED_HEAD ? 0 : plain - COMPRESSED_HEAD;
    uint8_t *out = mem_alloc(plain);
    if (compressed(out, &room, w->bytes + from, plain, level)) {
        w->size = from;
        writer_u8(w, EXT_COMPRESSED);
        writer_u32(w, (uint32_t)plain);
        writer_bytes(w, out, room);
    }
    mem_free(out, plain);
}

static void encoder_init(struct encoder *e, struct writer *w, const struct external_options *options)
{
    e->w = w;
    e->utf8_atoms = options->minor_version >= 2;
    e->text_floats = options->minor_version == 0;
    e->deterministic = options->deterministic;
    e->too_large = false;
    e->cuts = NULL;
    writer_u8(w, EXT_VERSION);
}

bool external_encode(struct writer *w, term t, const struct external_options *options)
{
    struct encoder e;
    encoder_init(&e, w, options);
    size_t from = w->size;
    bool complete = encode_body(&e, t);
    if (complete && options->compress)
        compress_tail(w, from, options->compress);
    return complete;
}

bool external_encode_dist(struct writer *w, term t)
{
    static const struct external_options options = {.minor_version = 2};
    return external_encode(w, t, &options);
}

bool external_encode_cut(struct writer *w, term t, const struct external_options *options, struct external_cuts *cuts)
{
    struct encoder e;
    encoder_init(&e, w, options);
    e.cuts = cuts;
    return encode_body(&e, t);
}

void external_cuts_done(struct external_cuts *cuts)
{
    mem_free(cuts->cuts, cuts->capacity * sizeof *cuts->cuts);
}

struct measure {
    bool utf8_atoms;
    struct work work;
};

static size_t atom_size(const struct measure *m, term atom)
{
    struct atom_text text = atom_text(atom);
    if (!m->utf8_atoms && fits_latin1(text))
        return 3u + text.chars;
    return (text.size <= UINT8_MAX ? 2u : 3u) + text.size;
}

static size_t node_size(const struct measure *m, term ident)
{
    return 1 + atom_size(m, ident_node(ident)->name) + 4;
}

static size_t integer_size(term integer)
{
    if (is_small(integer)) {
        sword value = small_value(integer);
        if ((word)value <= UINT8_MAX)
            return 2;
        if (value == (int32_t)value)
            return 5;
    }
    size_t n = integer_byte_size(integer);
    return (n <= UINT8_MAX ? 3 : 6) + n;
}

static size_t list_size(struct measure *m, term list)
{
    bool string;
    size_t n = list_elements(list, &string);
    if (string)
        return 3 + n;
    work_push(&m->work, SPAN_LIST, list_ptr(list), NULL, 1);
    return 5;
}

static size_t tuple_size(struct measure *m, term tuple)
{
    size_t arity = tuple_arity(tuple);
    work_push(&m->work, SPAN_WORDS, tuple_elements(tuple), NULL, arity);
    return arity <= UINT8_MAX ? 2 : 5;
}

// Index and unique number are counted at their largest, as the BEAM does.
static size_t fun_size(struct measure *m, term fun)
{
    const struct fun_entry *f = fun_entry_of(fun);
    work_push(&m->work, SPAN_WORDS, fun_free(fun), NULL, f->free);
    return 1 + 4 + 1 + sizeof f->unique + 4 + 4 + atom_size(m, f->module) + 5 + 5 + node_size(m, fun_creator(fun)) + 8;
}

static size_t export_size(const struct measure *m, term fun)
{
    const struct export *x = export_of(fun);
    return 1 + atom_size(m, x->module) + atom_size(m, x->function) + integer_size(small(x->arity));
}

static size_t size_of_one(struct measure *m, term t, bool text_floats)
{
    switch (kind_of(t)) {
    case KIND_SMALL:
    case KIND_BIG:
    case KIND_BIG_NEG:
        return integer_size(t);
    case KIND_ATOM:
        return atom_size(m, t);
    case KIND_NIL:
        return 1;
    case KIND_PID:
    case KIND_FOREIGN_PID:
        return node_size(m, t) + 8;
    case KIND_LIST:
        return list_size(m, t);
    case KIND_TUPLE:
        return tuple_size(m, t);
    case KIND_REF:
    case KIND_FOREIGN_REF:
        return node_size(m, t) + 2 + 4 * ref_ids(t)->count;
    case KIND_FUN:
        return fun_size(m, t);
    case KIND_FLOAT:
        return text_floats ? 1 + EXT_FLOAT_BYTES : 9;
    case KIND_EXPORT:
        return export_size(m, t);
    case KIND_REFC_BIN:
    case KIND_HEAP_BIN:
    case KIND_SUB_BIN:
        return (bit_size(t) % 8 ? 6 : 5) + (bit_size(t) + 7) / 8;
    case KIND_MAP:
    case KIND_TRIE:
        push_map(&m->work, t, false);
        return 5;
    case KIND_FOREIGN_PORT:
        return node_size(m, t) + (port_number(t) > EXT_NEW_PORT_MAX ? 8 : 4);
    case KIND_MATCH:
    case KIND_COUNT:
        break;
    }
    die("a match context has no external size");
}

size_t external_size(term t, const struct external_options *options)
{
    struct measure m = {.utf8_atoms = options->minor_version >= 2};
    bool text_floats = options->minor_version == 0;
    size_t fun_at, size = 1, steps = 0;
    work_init(&m.work);
    do {
        size += size_of_one(&m, t, text_floats);
        t = next(&m.work, &fun_at);
    } while (t != NONE && !turn_step(&steps));
    work_done(&m.work);
    return size;
}
