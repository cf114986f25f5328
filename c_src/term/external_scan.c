// SPDX-License-Identifier: Apache-2.0
// The first step of decoding: checks every byte and adds up the words. Terms come in prefix order, so that it needs only
// the number of terms still expected; as each takes a byte at least, that number never exceeds the bytes left.
#include "term/external.h"

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
#include <zlib.h>

enum {
    FLOAT_WORDS = 2,
    INFLATE_FIRST = 64 * 1024,
    INFLATE_RATIO_MAX = 1040,    // no zlib stream grows more than this (1032, and its head)
};

struct scan {
    struct external *e;
    struct reader r;
    size_t expected;    // terms
};

static void expect(struct scan *s, size_t terms)
{
    s->expected += terms;
    if (s->expected > reader_left(&s->r))
        reader_fail(&s->r, "cut short");
}

static void check_atom(struct scan *s, const struct part_atom *a)
{
    if (reader_ok(&s->r) && !a->latin1 && !atom_text_valid(a->bytes, a->size))
        reader_fail(&s->r, "malformed atom");
}

static void scan_atom(struct scan *s, uint8_t tag)
{
    struct part_atom a = part_atom_after(&s->r, tag);
    check_atom(s, &a);
}

// Whether an identifier claims to be of this node: then only what this node may have made is accepted.
static bool is_own(const struct part_ident *i)
{
    char buffer[PART_TEXT_MAX];
    size_t size;
    struct atom_text own = atom_text(node_self()->name);
    const char *text = part_text(&i->node, buffer, &size);
    return i->creation == node_self()->creation && size == own.size && memcmp(text, own.bytes, size) == 0;
}

static void check_pid(struct scan *s, const struct part_ident *i)
{
    check_atom(s, &i->node);
    if (reader_ok(&s->r) && i->number > PID_NUMBER_MAX && is_own(i))
        reader_fail(&s->r, "pid out of range");
    s->e->words += FOREIGN_PID_WORDS;
}

static void scan_pid(struct scan *s, uint8_t tag)
{
    struct part_ident i;
    part_pid(&s->r, tag, &i);
    check_pid(s, &i);
}

static void scan_port(struct scan *s, uint8_t tag)
{
    struct part_ident i;
    part_port(&s->r, tag, &i);
    check_atom(s, &i.node);
    s->e->words += FOREIGN_PORT_WORDS;
}

static void scan_ref(struct scan *s, uint8_t tag)
{
    struct part_ident i;
    part_ref(&s->r, tag, &i);
    check_atom(s, &i.node);
    if (reader_ok(&s->r) && i.ids.id[0] > EXT_REFERENCE_MAX && is_own(&i))
        reader_fail(&s->r, "reference out of range");
    s->e->words += FOREIGN_REF_WORDS;
}

static void scan_fun(struct scan *s)
{
    struct part_fun f;
    part_fun(&s->r, &f);
    check_atom(s, &f.module);
    check_pid(s, &f.creator);
    if (f.arity + (uint64_t)f.free > CONFIG_MAX_ARITY)    // a call has both in registers
        reader_fail(&s->r, "fun with too many free variables");
    if (!reader_ok(&s->r))
        return;
    s->e->words += FUN_WORDS + f.free;
    expect(s, f.free);
}

static void scan_export(struct scan *s)
{
    struct part_atom module = part_atom(&s->r), function = part_atom(&s->r);
    check_atom(s, &module);
    check_atom(s, &function);
    if (part_integer(&s->r) < 0)
        reader_fail(&s->r, "negative arity");
    s->e->words += EXPORT_WORDS;
}

static void scan_big(struct scan *s, size_t n)
{
    if (n > (size_t)CONFIG_MAX_BIG_LIMBS * sizeof(word))
        reader_fail(&s->r, "integer too large");
    reader_take(&s->r, 1 + n);
    s->e->words += integer_bytes_words(n);
}

static void scan_float_text(struct scan *s)
{
    double value;
    const char *text = (const char *)reader_take(&s->r, EXT_FLOAT_BYTES);
    if (text && !part_float(text, &value))
        reader_fail(&s->r, "malformed float");
    s->e->words += FLOAT_WORDS;
}

static void scan_float(struct scan *s)
{
    union {
        uint64_t bits;
        double value;
    } u = {.bits = reader_u64(&s->r)};
    if (!double_is_finite(u.value))
        reader_fail(&s->r, "float out of range");
    s->e->words += FLOAT_WORDS;
}

static void scan_bits(struct scan *s, bool whole)
{
    size_t n = reader_u32(&s->r);
    uint8_t last = whole ? 8 : reader_u8(&s->r);
    if (last > 8 || (!whole && (last == 0) != (n == 0)))
        reader_fail(&s->r, "wrong number of bits");
    reader_take(&s->r, n);
    s->e->words += binary_words(n) + SUB_BIN_WORDS;
}

static void scan_tuple(struct scan *s, size_t arity)
{
    expect(s, arity);
    if (reader_ok(&s->r))
        s->e->words += arity + 1;
}

static void scan_list(struct scan *s)
{
    size_t n = reader_u32(&s->r);
    expect(s, n + 1);
    if (reader_ok(&s->r))
        s->e->words += 2 * n;
}

static void scan_string(struct scan *s)
{
    size_t n = reader_u16(&s->r);
    reader_take(&s->r, n);
    s->e->words += 2 * n;
}

static void scan_map(struct scan *s)
{
    size_t pairs = reader_u32(&s->r);
    expect(s, pairs * 2);
    if (!reader_ok(&s->r))
        return;
    s->e->words += map_words_max(pairs);
    s->e->maps++;
    s->e->map_words += pairs * 2;
    s->e->has_large_map |= pairs > CONFIG_FLAT_MAP_MAX;
}

static void scan_term(struct scan *s)
{
    struct reader *r = &s->r;
    uint8_t tag = reader_u8(r);
    switch ((enum external_tag)tag) {
    case EXT_SMALL_INTEGER:
        reader_take(r, 1);
        return;
    case EXT_INTEGER:
        reader_take(r, 4);
        return;
    case EXT_SMALL_BIG:
        scan_big(s, reader_u8(r));
        return;
    case EXT_LARGE_BIG:
        scan_big(s, reader_u32(r));
        return;
    case EXT_FLOAT:
        scan_float_text(s);
        return;
    case EXT_NEW_FLOAT:
        scan_float(s);
        return;
    case EXT_ATOM:
    case EXT_SMALL_ATOM:
    case EXT_ATOM_UTF8:
    case EXT_SMALL_ATOM_UTF8:
        scan_atom(s, tag);
        return;
    case EXT_PID:
    case EXT_NEW_PID:
        scan_pid(s, tag);
        return;
    case EXT_PORT:
    case EXT_NEW_PORT:
    case EXT_V4_PORT:
        scan_port(s, tag);
        return;
    case EXT_REFERENCE:
    case EXT_NEW_REFERENCE:
    case EXT_NEWER_REFERENCE:
        scan_ref(s, tag);
        return;
    case EXT_NIL:
        return;
    case EXT_SMALL_TUPLE:
        scan_tuple(s, reader_u8(r));
        return;
    case EXT_LARGE_TUPLE:
        scan_tuple(s, reader_u32(r));
        return;
    case EXT_LIST:
        scan_list(s);
        return;
    case EXT_STRING:
        scan_string(s);
        return;
    case EXT_BINARY:
        scan_bits(s, true);
        return;
    case EXT_BIT_BINARY:
        scan_bits(s, false);
        return;
    case EXT_MAP:
        scan_map(s);
        return;
    case EXT_NEW_FUN:
        scan_fun(s);
        return;
    case EXT_EXPORT:
        scan_export(s);
        return;
    case EXT_VERSION:
    case EXT_COMPRESSED:
        break;
    }
    reader_fail(r, "unknown tag");
}

// Inflates exactly `size` bytes; memory grows with what really comes out. Leaves r behind the stream.
static bool inflate_all(struct external *e, struct reader *r, size_t size)
{
    uInt given = reader_left(r) < UINT32_MAX ? (uInt)reader_left(r) : UINT32_MAX;
    z_stream z = {.next_in = (Bytef *)(uintptr_t)r->at, .avail_in = given};
    size_t have = 0, capacity = size < INFLATE_FIRST ? size : INFLATE_FIRST;
    uint8_t *out = mem_alloc(capacity);
    int status = inflateInit(&z);
    while (status == Z_OK) {
        if (have == capacity && capacity < size) {
            size_t more = capacity * 2 < size ? capacity * 2 : size;
            if (!mem_allows(more))
                break;
            out = mem_resize(out, capacity, more);
            capacity = more;
        }
        size_t run = capacity - have < TURN_BYTES ? capacity - have : TURN_BYTES;
        z.next_out = out + have;
        z.avail_out = (uInt)run;
        status = inflate(&z, Z_NO_FLUSH);
        have += run - z.avail_out;
        turn_bytes(run);
    }
    r->at += given - z.avail_in;
    inflateEnd(&z);
    e->uncompressed = out;
    e->uncompressed_size = capacity;
    return status == Z_STREAM_END && have == size;
}

static void uncompress_body(struct external *e, struct reader *r)
{
    reader_u8(r);
    size_t size = reader_u32(r);
    if (e->flags & EXTERNAL_NO_COMPRESSION)
        reader_fail(r, "compressed");
    else if (size / INFLATE_RATIO_MAX > reader_left(r))
        reader_fail(r, "compressed term claims an impossible size");
    else if (!inflate_all(e, r, size))
        reader_fail(r, "malformed compressed term");
    if (reader_ok(r))
        reader_init(&e->body, e->uncompressed, size);
}

static void build(struct external *e)
{
    heap_init(&e->built, e->words);
    e->value = external_decode(&e->built, e);
    e->words = e->value == NONE ? 0 : term_words(e->value);
    e->is_built = true;
}

bool external_scan(struct external *e, struct reader *r, unsigned flags)
{
    *e = (struct external){.flags = flags};
    if (!(flags & EXTERNAL_NO_VERSION) && reader_u8(r) != EXT_VERSION)
        reader_fail(r, "wrong version of the external format");
    if (reader_left(r) && *r->at == EXT_COMPRESSED)
        uncompress_body(e, r);
    else
        e->body = *r;
    if (!reader_ok(r))
        return false;
    struct scan s = {e, e->body, 1};
    for (size_t steps = 0; s.expected && reader_ok(&s.r); turn_step(&steps)) {
        s.expected--;
        scan_term(&s);
    }
    if (!reader_ok(&s.r))
        reader_fail(r, s.r.failure);
    else if (!e->uncompressed)
        r->at = s.r.at;
    if (reader_ok(r) && e->has_large_map)
        build(e);
    return reader_ok(r);
}

void external_done(struct external *e)
{
    mem_free(e->uncompressed, e->uncompressed_size);
    e->uncompressed = NULL;
    if (e->is_built)
        heap_done(&e->built);
    e->is_built = false;
}
