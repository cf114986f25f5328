// SPDX-License-Identifier: Apache-2.0
#include "term/external_parts.h"

#include "term/atom.h"
#include "term/number.h"

#include <string.h>

bool is_atom_tag(uint8_t tag)
{
    return tag == EXT_ATOM || tag == EXT_SMALL_ATOM || tag == EXT_ATOM_UTF8 || tag == EXT_SMALL_ATOM_UTF8;
}

struct part_atom part_atom_after(struct reader *r, uint8_t tag)
{
    bool small_size = tag == EXT_SMALL_ATOM || tag == EXT_SMALL_ATOM_UTF8;
    struct part_atom a = {NULL, 0, tag == EXT_ATOM || tag == EXT_SMALL_ATOM};
    a.size = small_size ? reader_u8(r) : reader_u16(r);
    if (a.size > (a.latin1 ? CONFIG_MAX_ATOM_CHARS : EXT_ATOM_UTF8_MAX))
        reader_fail(r, "atom too long");
    a.bytes = (const char *)reader_take(r, a.size);
    return a;
}

struct part_atom part_atom(struct reader *r)
{
    uint8_t tag = reader_u8(r);
    if (!is_atom_tag(tag))
        reader_fail(r, "atom expected");
    return part_atom_after(r, tag);
}

const char *part_text(const struct part_atom *a, char buffer[PART_TEXT_MAX], size_t *size)
{
    *size = a->size;
    if (!a->latin1)
        return a->bytes;
    size_t n = 0;
    for (size_t i = 0; i < a->size; i++) {
        uint8_t c = (uint8_t)a->bytes[i];
        if (c >= 0x80)
            buffer[n++] = (char)(0xC0 | c >> 6);
        buffer[n++] = c >= 0x80 ? (char)(0x80 | (c & 0x3F)) : (char)c;
    }
    *size = n;
    return buffer;
}

static uint32_t creation(struct reader *r, bool old)
{
    if (!old)
        return reader_u32(r);
    uint8_t value = reader_u8(r);
    if (value > EXT_OLD_CREATION_MAX)
        reader_fail(r, "creation out of range");
    return value;
}

void part_pid(struct reader *r, uint8_t tag, struct part_ident *i)
{
    i->node = part_atom(r);
    i->number = reader_u32(r);
    i->serial = reader_u32(r);
    i->creation = creation(r, tag == EXT_PID);
}

void part_port(struct reader *r, uint8_t tag, struct part_ident *i)
{
    i->node = part_atom(r);
    i->port = tag == EXT_V4_PORT ? reader_u64(r) : reader_u32(r);
    i->creation = creation(r, tag == EXT_PORT);
}

void part_ref(struct reader *r, uint8_t tag, struct part_ident *i)
{
    uint32_t count = tag == EXT_REFERENCE ? 1 : reader_u16(r);
    if (count == 0 || count > COUNT_OF(i->ids.id))
        reader_fail(r, "reference of a wrong size");
    i->ids = (struct ref_ids){.count = count};
    i->node = part_atom(r);
    if (tag != EXT_REFERENCE)
        i->creation = creation(r, tag == EXT_NEW_REFERENCE);
    for (uint32_t at = 0; at < count && reader_ok(r); at++)
        i->ids.id[at] = reader_u32(r);
    if (tag == EXT_REFERENCE)
        i->creation = creation(r, true);
    if (tag != EXT_NEWER_REFERENCE && i->ids.id[0] > EXT_REFERENCE_MAX)
        reader_fail(r, "reference out of range");
}

int32_t part_integer(struct reader *r)
{
    switch (reader_u8(r)) {
    case EXT_SMALL_INTEGER:
        return reader_u8(r);
    case EXT_INTEGER:
        return (int32_t)reader_u32(r);
    }
    reader_fail(r, "integer of 32 bits expected");
    return 0;
}

void part_fun(struct reader *r, struct part_fun *f)
{
    reader_u32(r);    // the size: some OTP releases write a wrong one, so nobody relies on it
    f->arity = reader_u8(r);
    f->unique = reader_take(r, 16);
    f->index = reader_u32(r);
    f->free = reader_u32(r);
    f->module = part_atom(r);
    f->old_index = (uint32_t)part_integer(r);
    f->old_unique = (uint32_t)part_integer(r);
    uint8_t tag = reader_u8(r);
    if (tag != EXT_PID && tag != EXT_NEW_PID)
        reader_fail(r, "pid expected");
    part_pid(r, tag, &f->creator);
    if (f->free > CONFIG_MAX_ARITY)
        reader_fail(r, "fun with too many free variables");
}

// Old nodes may have written a comma for the point.
bool part_float(const char *text, double *value)
{
    char point[EXT_FLOAT_BYTES];
    size_t size = strnlen(text, EXT_FLOAT_BYTES);
    for (size_t i = 0; i < size; i++)
        point[i] = text[i] == ',' ? '.' : text[i];
    return float_from_text(point, size, value);
}
