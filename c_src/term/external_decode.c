// SPDX-License-Identifier: Apache-2.0
// The second step of decoding: builds what external_scan has checked, so that no read can fail. Instead of a stack, the
// places still to be filled are linked through themselves: each holds the address of the next. A map is built when all is
// read, from its pairs in a block beside the heap; inner maps come later in the bytes, so the last one is built first.
#include "term/external.h"

#include "base/die.h"
#include "base/memory.h"
#include "base/turn.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/copy.h"
#include "term/external_parts.h"
#include "term/fun.h"
#include "term/map.h"
#include "term/number.h"

#include <string.h>

enum { BLOCK_PART = 4 };

struct pending_map {
    term *slot, *pairs;
    size_t count;
};

struct decode {
    struct heap *h;
    struct reader r;
    term *next;                        // the first place to fill, NULL at the end of the chain
    struct pending_map *maps, *map;    // all; the next free one
    term *pairs;                       // the next free word for pairs
    unsigned flags;
    struct shared *block;    // or NULL
    struct node *node;       // the one met last: most identifiers of a term are of the same
};

static void link_slots(struct decode *d, term *first, size_t n)
{
    for (size_t steps = 0; n-- > 0; turn_step(&steps)) {
        first[n] = (term)(uintptr_t)d->next;
        d->next = first + n;
    }
}

// NONE: not allowed, or no number left.
static term decode_atom(struct decode *d, const struct part_atom *a)
{
    if (d->flags & EXTERNAL_SAFE) {
        char buffer[PART_TEXT_MAX];
        size_t size;
        const char *text = part_text(a, buffer, &size);
        return atom_existing(text, size);
    }
    return a->latin1 ? atom_from_latin1(a->bytes, a->size) : atom_from_utf8(a->bytes, a->size);
}

static struct node *decode_node(struct decode *d, const struct part_ident *i)
{
    term name = decode_atom(d, &i->node);
    if (name == NONE)
        return NULL;
    if (!d->node || d->node->name != name || d->node->creation != i->creation)
        d->node = node_intern(name, i->creation);
    return d->node;
}

static term decode_pid(struct decode *d, uint8_t tag)
{
    struct part_ident i;
    part_pid(&d->r, tag, &i);
    struct node *n = decode_node(d, &i);
    return n ? pid_make(d->h, n, i.number, i.serial) : NONE;
}

static term decode_port(struct decode *d, uint8_t tag)
{
    struct part_ident i;
    part_port(&d->r, tag, &i);
    struct node *n = decode_node(d, &i);
    return n ? port_make(d->h, n, i.port) : NONE;
}

static term decode_ref(struct decode *d, uint8_t tag)
{
    struct part_ident i;
    part_ref(&d->r, tag, &i);
    struct node *n = decode_node(d, &i);
    return n ? ref_make(d->h, n, &i.ids) : NONE;
}

static term decode_fun(struct decode *d)
{
    struct part_fun f;
    part_fun(&d->r, &f);
    struct fun_entry like = {
        .module = decode_atom(d, &f.module),
        .index = f.index,
        .old_index = f.old_index,
        .old_unique = f.old_unique,
        .arity = f.arity,
        .free = f.free,
    };
    struct node *n = decode_node(d, &f.creator);
    if (like.module == NONE || !n)
        return NONE;
    memcpy(like.unique, f.unique, sizeof like.unique);
    term *object = heap_alloc(d->h, FUN_WORDS + f.free);
    object[0] = header(KIND_FUN, FUN_WORDS - 1 + f.free);
    object[1] = (word)(uintptr_t)fun_entry_get(&like);
    object[2] = pid_make(d->h, n, f.creator.number, f.creator.serial);
    link_slots(d, object + FUN_WORDS, f.free);
    return boxed_term(object);
}

static term decode_export(struct decode *d)
{
    struct part_atom module_part = part_atom(&d->r), function_part = part_atom(&d->r);
    uint32_t arity = (uint32_t)part_integer(&d->r);
    term module = decode_atom(d, &module_part), function = decode_atom(d, &function_part);
    if (module == NONE || function == NONE)
        return NONE;
    if (d->flags & EXTERNAL_SAFE) {
        struct export *known = export_find(module, function, arity);
        return known && export_is_callable(known) ? export_make(d->h, known) : NONE;
    }
    return export_make(d->h, export_get(module, function, arity));
}

static term decode_big(struct decode *d, size_t n)
{
    bool negative = reader_u8(&d->r) != 0;
    return integer_from_bytes(d->h, reader_take(&d->r, n), n, negative);
}

static term decode_float_text(struct decode *d)
{
    double value = 0;
    part_float((const char *)reader_take(&d->r, EXT_FLOAT_BYTES), &value);
    return float_term(d->h, value);
}

static term decode_float(struct decode *d)
{
    union {
        uint64_t bits;
        double value;
    } u = {.bits = reader_u64(&d->r)};
    return float_term(d->h, u.value);
}

static term decode_tuple(struct decode *d, size_t arity)
{
    term tuple = tuple_alloc(d->h, arity);
    link_slots(d, tuple_elements(tuple), arity);
    return tuple;
}

// Cells in a row: their heads are filled one after another, then the tail of the last.
static term decode_list(struct decode *d, size_t n)
{
    term *cells = heap_alloc(d->h, 2 * n);
    link_slots(d, cells + 2 * n - 1, 1);
    for (size_t i = n, steps = 0; i-- > 0; turn_step(&steps)) {
        if (i < n - 1)
            cells[2 * i + 1] = list_term(cells + 2 * i + 2);
        link_slots(d, cells + 2 * i, 1);
    }
    return list_term(cells);
}

static term decode_string(struct decode *d, size_t n)
{
    const uint8_t *bytes = reader_take(&d->r, n);
    if (n == 0)
        return NIL;
    term *cells = heap_alloc(d->h, 2 * n);
    for (size_t i = 0; i < n; i++) {
        cells[2 * i] = small(bytes[i]);
        cells[2 * i + 1] = i < n - 1 ? list_term(cells + 2 * i + 2) : NIL;
    }
    return list_term(cells);
}

// A binary that is a good part of what holds its bytes needs no copy.
static term decode_bytes(struct decode *d, size_t n)
{
    const uint8_t *bytes = reader_take(&d->r, n);
    if (!d->block || n <= CONFIG_HEAP_BINARY_MAX || n < d->block->capacity / BLOCK_PART)
        return binary_from(d->h, bytes, n);
    shared_hold(d->block);
    term all = binary_share(d->h, d->block);
    return binary_part_bits(d->h, all, (size_t)(bytes - d->block->bytes) * 8, n * 8);
}

static term decode_bits(struct decode *d, bool whole)
{
    size_t n = reader_u32(&d->r);
    uint8_t last = whole ? 8 : reader_u8(&d->r);
    term binary = whole ? decode_bytes(d, n) : binary_from(d->h, reader_take(&d->r, n), n);
    if (last == 8 || n == 0)
        return binary;
    term *part = heap_alloc(d->h, SUB_BIN_WORDS);
    part[0] = header(KIND_SUB_BIN, SUB_BIN_WORDS - 1);
    part[1] = binary;
    part[2] = 0;
    part[3] = (n - 1) * 8 + last;
    return boxed_term(part);
}

// The map's place holds the empty list until the map is built.
static term decode_map(struct decode *d, term *slot)
{
    size_t count = reader_u32(&d->r);
    *d->map++ = (struct pending_map){slot, d->pairs, count};
    link_slots(d, d->pairs, count * 2);
    d->pairs += count * 2;
    return NIL;
}

static term decode_term(struct decode *d, term *slot, uint8_t tag)
{
    struct reader *r = &d->r;
    switch ((enum external_tag)tag) {
    case EXT_SMALL_INTEGER:
        return small(reader_u8(r));
    case EXT_INTEGER:
        return small((int32_t)reader_u32(r));
    case EXT_SMALL_BIG:
        return decode_big(d, reader_u8(r));
    case EXT_LARGE_BIG:
        return decode_big(d, reader_u32(r));
    case EXT_FLOAT:
        return decode_float_text(d);
    case EXT_NEW_FLOAT:
        return decode_float(d);
    case EXT_ATOM:
    case EXT_SMALL_ATOM:
    case EXT_ATOM_UTF8:
    case EXT_SMALL_ATOM_UTF8: {
        struct part_atom a = part_atom_after(r, tag);
        return decode_atom(d, &a);
    }
    case EXT_PID:
    case EXT_NEW_PID:
        return decode_pid(d, tag);
    case EXT_PORT:
    case EXT_NEW_PORT:
    case EXT_V4_PORT:
        return decode_port(d, tag);
    case EXT_REFERENCE:
    case EXT_NEW_REFERENCE:
    case EXT_NEWER_REFERENCE:
        return decode_ref(d, tag);
    case EXT_NIL:
        return NIL;
    case EXT_SMALL_TUPLE:
        return decode_tuple(d, reader_u8(r));
    case EXT_LARGE_TUPLE:
        return decode_tuple(d, reader_u32(r));
    case EXT_LIST:
        return decode_list(d, reader_u32(r));
    case EXT_STRING:
        return decode_string(d, reader_u16(r));
    case EXT_BINARY:
        return decode_bits(d, true);
    case EXT_BIT_BINARY:
        return decode_bits(d, false);
    case EXT_MAP:
        return decode_map(d, slot);
    case EXT_NEW_FUN:
        return decode_fun(d);
    case EXT_EXPORT:
        return decode_export(d);
    case EXT_VERSION:
    case EXT_COMPRESSED:
        break;
    }
    die("tag %d has passed the scan", tag);
}

// A list without elements is the same as its tail.
static uint8_t next_tag(struct reader *r)
{
    static const uint8_t no_elements[4] = {0};
    uint8_t tag = reader_u8(r);
    while (tag == EXT_LIST && memcmp(r->at, no_elements, sizeof no_elements) == 0) {
        reader_take(r, sizeof no_elements);
        tag = reader_u8(r);
    }
    return tag;
}

// Fills the places in order. After a failure the rest of them are filled too, so that the heap holds nothing but terms.
static bool decode_all(struct decode *d)
{
    bool complete = true;
    for (size_t steps = 0; d->next; turn_step(&steps)) {
        term *slot = d->next;
        d->next = (term *)(uintptr_t)*slot;
        term t = complete ? decode_term(d, slot, next_tag(&d->r)) : NIL;
        complete = complete && t != NONE;
        *slot = complete ? t : NIL;
    }
    return complete;
}

static bool build_maps(struct decode *d)
{
    for (size_t steps = 0; d->map > d->maps; turn_step(&steps)) {
        const struct pending_map *m = --d->map;
        bool duplicate;
        term map = map_from_unique_pairs(d->h, m->pairs, m->count, &duplicate);
        if (duplicate)
            return false;
        *m->slot = map;
    }
    return true;
}

term external_decode(struct heap *h, struct external *e)
{
    if (e->is_built)
        return e->value == NONE ? NONE : term_copy(h, e->value);
    term result = NONE;
    struct decode d = {.h = h, .r = e->body, .next = &result, .flags = e->flags, .block = e->block};
    size_t map_bytes = e->maps * sizeof *d.maps, pair_bytes = e->map_words * sizeof(term);
    if (e->maps) {
        d.map = d.maps = mem_alloc(map_bytes);
        d.pairs = mem_alloc(pair_bytes);
    }
    term *pairs = d.pairs;
    bool complete = decode_all(&d) && build_maps(&d);
    mem_free(d.maps, map_bytes);
    mem_free(pairs, pair_bytes);
    return complete ? result : NONE;
}
