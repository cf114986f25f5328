// SPDX-License-Identifier: Apache-2.0
// unicode: character data (lists of characters and binaries, of any depth) to UTF-8 or to a list. Other encodings than
// latin1 and UTF-8 are the business of the Erlang module. A character's bytes may be spread over several binaries.
#include "bif/bif.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "base/writer.h"
#include "proc/errand.h"
#include "term/binary.h"
#include "term/work.h"

#include <string.h>

struct conversion {
    struct heap *heap;
    bool latin1;                        // what binaries hold, and integers up to 255; else UTF-8 and characters
    struct writer out;                  // UTF-8
    uint8_t waiting[UTF8_MAX_BYTES];    // a character that the last binary began
    size_t waiting_size;
    size_t asked;    // how large `out` may become
    bool too_large;
    struct work later;    // tails of the lists around
};

// Bytes below 128 at the start.
static size_t ascii_run(const uint8_t *bytes, size_t n)
{
    size_t i = 0, steps = 0;
    for (; i + 8 <= n; i += 8, turn_step(&steps)) {
        uint64_t eight;
        memcpy(&eight, bytes + i, 8);
        if (eight & 0x8080808080808080u)
            break;
    }
    while (i < n && bytes[i] < 0x80)
        i++;
    return i;
}

// Bytes of well-formed UTF-8 at the start. *why is the utf8_result of what follows, 1 at the end.
static size_t utf8_run(const uint8_t *bytes, size_t n, int *why)
{
    size_t at = 0;
    *why = 1;
    for (size_t steps = 0;; turn_step(&steps)) {
        at += ascii_run(bytes + at, n - at);
        if (at == n)
            return at;
        uint32_t character;
        *why = utf8_decode(bytes + at, n - at, &character);
        if (*why <= 0)
            return at;
        at += (size_t)*why;
    }
}

static size_t lead_size(uint8_t lead)
{
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

// Whether the waiting bytes may be the start of a character.
static bool may_go_on(const struct conversion *c)
{
    for (size_t i = 1; i < c->waiting_size; i++)
        if ((c->waiting[i] & 0xC0) != 0x80)
            return false;
    return true;
}

static void put_waiting(struct conversion *c, const uint8_t *bytes, size_t n)
{
    memcpy(c->waiting + c->waiting_size, bytes, n);
    c->waiting_size += n;
}

// The buffer doubles when it is full: it asks each time it could.
static bool has_room(struct conversion *c, size_t bytes)
{
    size_t size = c->out.size + bytes;
    if (size > c->asked) {
        c->asked = 2 * size;
        c->too_large = !mem_allows(c->asked);
    }
    return !c->too_large;
}

static bool put_character(struct conversion *c, term t)
{
    word value = (word)small_value(t);
    if (!has_room(c, UTF8_MAX_BYTES) || c->waiting_size > 0 || !utf8_is_character(value) || (c->latin1 && value > 255))
        return false;
    if (value < 0x80)
        writer_u8(&c->out, (uint8_t)value);
    else
        utf8_encode((uint32_t)value, writer_room(&c->out, utf8_size((uint32_t)value)));
    return true;
}

static void put_latin1(struct conversion *c, const uint8_t *bytes, size_t n)
{
    for (size_t steps = 0; n > 0; turn_step(&steps)) {
        size_t run = ascii_run(bytes, n);
        writer_bytes(&c->out, bytes, run);
        for (; run < n && bytes[run] >= 0x80; run++)
            utf8_encode(bytes[run], writer_room(&c->out, 2));
        bytes += run;
        n -= run;
    }
}

// Completes the waiting character with the first bytes of the next binary; how many those are in *used. False:
// malformed.
static bool complete(struct conversion *c, const uint8_t *bytes, size_t n, size_t *used)
{
    uint8_t whole[UTF8_MAX_BYTES];
    uint32_t character;
    size_t size = lead_size(c->waiting[0]), missing = size - c->waiting_size;
    if (n < missing) {
        put_waiting(c, bytes, n);
        *used = n;
        return true;
    }
    memcpy(whole, c->waiting, c->waiting_size);
    memcpy(whole + c->waiting_size, bytes, missing);
    *used = missing;
    if (utf8_decode(whole, size, &character) <= 0)
        return false;
    writer_bytes(&c->out, whole, size);
    c->waiting_size = 0;
    return true;
}

// False: malformed, from *at on.
static bool put_utf8(struct conversion *c, const uint8_t *bytes, size_t n, size_t *at)
{
    size_t used = 0;
    *at = 0;
    if (c->waiting_size > 0 && !complete(c, bytes, n, &used))
        return false;
    if (c->waiting_size > 0)
        return true;
    int why;
    size_t run = utf8_run(bytes + used, n - used, &why);
    writer_bytes(&c->out, bytes + used, run);
    *at = used + run;
    if (why == UTF8_CUT)
        put_waiting(c, bytes + *at, n - *at);
    return why != UTF8_BAD;
}

// False: *rest is what could not be read.
static bool put_binary(struct conversion *c, term binary, term *rest)
{
    size_t n, at = 0;
    uint8_t *copy;
    *rest = binary;
    if (!has_room(c, bit_size(binary) / 8 * (c->latin1 ? 2 : 1) + UTF8_MAX_BYTES))
        return false;
    const uint8_t *bytes = binary_bytes(binary, &n, &copy);
    bool good = true;
    if (c->latin1)
        put_latin1(c, bytes, n);
    else
        good = put_utf8(c, bytes, n, &at);
    if (copy)
        mem_free(copy, n);
    if (!good)
        *rest = binary_part_bits(c->heap, binary, at * 8, (n - at) * 8);
    return good;
}

// Odd: an integer so large that the conversion will stop there.
enum shape { SHAPE_GOOD, SHAPE_BAD, SHAPE_ODD };

static enum shape element_shape(term t)
{
    if (is_small(t) || is_nil(t) || is_binary(t))
        return SHAPE_GOOD;
    return is_big(t) ? SHAPE_ODD : SHAPE_BAD;
}

// Whether the data is character data at all: what is not makes the call fail, while wrong characters become part of its
// result.
static bool is_chardata(struct conversion *c, term at)
{
    enum shape shape = SHAPE_GOOD;
    for (size_t steps = 0; shape == SHAPE_GOOD && !turn_step(&steps);) {
        if (is_list(at) && is_list(head(at))) {
            work_push(&c->later, 0, list_ptr(at) + 1, NULL, 1);
            at = head(at);
        } else if (is_list(at)) {
            shape = element_shape(head(at));
            at = tail(at);
        } else if (is_nil(at) || is_binary(at)) {
            if (c->later.count == 0)
                return true;
            at = *c->later.spans[--c->later.count].at;
        } else {
            shape = SHAPE_BAD;
        }
    }
    c->later.count = 0;
    return shape == SHAPE_ODD;
}

// One step of the conversion, from *at to what follows in the same list. False: *at is what could not be read.
static bool step(struct conversion *c, term *at)
{
    if (!is_list(*at)) {
        term rest = *at;
        if (!is_binary(*at) || !put_binary(c, *at, &rest)) {
            *at = rest;
            return false;
        }
        *at = NIL;
        return true;
    }
    term first = head(*at), rest;
    if (is_binary(first)) {
        bool good = put_binary(c, first, &rest);
        *at = good ? tail(*at) : cons(c->heap, rest, tail(*at));
        return good;
    }
    if (is_list(first)) {
        work_push(&c->later, 0, list_ptr(*at) + 1, NULL, 1);
        *at = first;
        return true;
    }
    if (is_nil(first) || (is_small(first) && put_character(c, first))) {
        *at = tail(*at);
        return true;
    }
    return false;
}

// Reads it all. NONE, or what could not be read.
static term convert(struct conversion *c, term at)
{
    for (size_t steps = 0; !turn_step(&steps);) {
        if (is_nil(at)) {
            if (c->later.count == 0)
                return NONE;
            at = *c->later.spans[--c->later.count].at;
        } else if (!step(c, &at)) {
            break;
        }
    }
    while (c->later.count > 0)
        at = cons(c->heap, at, *c->later.spans[--c->later.count].at);
    return at;
}

// NONE: it is too large.
static term utf8_binary(struct heap *h, const uint8_t *bytes, size_t n)
{
    return mem_allows(n) ? binary_from(h, bytes, n) : NONE;
}

// The same.
static term utf8_list(struct heap *h, const uint8_t *bytes, size_t n)
{
    size_t characters = 0;
    for (size_t i = 0, steps = 0; i < n; i++, turn_step(&steps))
        characters += (bytes[i] & 0xC0) != 0x80;
    if (characters == 0)
        return NIL;
    if (!mem_allows(characters * 2 * sizeof(term)))
        return NONE;
    term *cell = heap_alloc(h, characters * 2), list = list_term(cell);
    for (size_t at = 0, steps = 0; at < n; cell += 2, turn_step(&steps)) {
        uint32_t character = bytes[at];
        at += character < 0x80 ? 1 : (size_t)utf8_decode(bytes + at, n - at, &character);
        cell[0] = small(character);
        cell[1] = list_term(cell + 2);
    }
    cell[-1] = NIL;
    return list;
}

static term outcome(struct conversion *c, term converted, term rest)
{
    if (c->waiting_size == 0)
        return rest == NONE ? converted : tuple3(c->heap, ATOM_error, converted, rest);
    term waiting = binary_from(c->heap, c->waiting, c->waiting_size);
    if (rest == NONE)
        return tuple3(c->heap, may_go_on(c) ? ATOM_incomplete : ATOM_error, converted, waiting);
    rest = cons(c->heap, waiting, cons(c->heap, rest, NIL));
    return tuple3(c->heap, ATOM_error, converted, rest);
}

static term converted(struct proc *p, term data, term encoding, bool to_list)
{
    struct conversion c = {.heap = proc_heap(p), .latin1 = encoding == ATOM_latin1};
    work_init(&c.later);
    writer_init(&c.out);
    bool good = is_chardata(&c, data);
    term result = NONE;
    if (good) {
        term rest = convert(&c, data), part = NONE;
        if (!c.too_large)
            part = (to_list ? utf8_list : utf8_binary)(c.heap, c.out.bytes, c.out.size);
        if (part != NONE)
            result = outcome(&c, part, rest);
    }
    writer_done(&c.out);
    work_done(&c.later);
    if (result != NONE)
        return result;
    return good ? fail_error(p, ATOM_system_limit) : fail_badarg(p);
}

static bool is_ours(term encoding)
{
    return encoding == ATOM_latin1 || encoding == ATOM_utf8 || encoding == ATOM_unicode;
}

static bool is_7bit(term binary)
{
    size_t n;
    uint8_t *copy;
    const uint8_t *bytes = binary_bytes(binary, &n, &copy);
    bool result = ascii_run(bytes, n) == n;
    if (copy)
        mem_free(copy, n);
    return result;
}

// Whether a binary in this encoding is its own UTF-8.
static bool is_utf8(term binary, term encoding)
{
    if (encoding == ATOM_latin1)
        return is_7bit(binary);
    size_t n;
    uint8_t *copy;
    const uint8_t *bytes = binary_bytes(binary, &n, &copy);
    int why;
    bool result = utf8_run(bytes, n, &why) == n;
    if (copy)
        mem_free(copy, n);
    return result;
}

static term to_binary(struct proc *p, term *args)
{
    if (!is_ours(args[1]))
        return fail_trap(p, export_get(ATOM_unicode, ATOM_characters_to_binary_int, 2), args);
    term data = args[0];
    if (is_list(data) && is_nil(tail(data)) && is_bitstring(head(data)))
        data = head(data);
    return is_binary(data) && is_utf8(data, args[1]) ? data : converted(p, data, args[1], false);
}

static term to_list(struct proc *p, term *args)
{
    if (!is_ours(args[1]))
        return fail_trap(p, export_get(ATOM_unicode, ATOM_characters_to_list_int, 2), args);
    return converted(p, args[0], args[1], true);
}

static term bif_characters_to_binary(struct proc *p, term *args)
{
    return errand_for(p, args, 2, to_binary, args[0]);
}

static term bif_characters_to_list(struct proc *p, term *args)
{
    return errand_for(p, args, 2, to_list, args[0]);
}

static term bin_is_7bit(struct proc *p, term *args)
{
    (void)p;
    return bool_term(is_binary(args[0]) && is_7bit(args[0]));
}

ERRAND(bif_bin_is_7bit, 1, bin_is_7bit)

static const struct native_row rows[] = {
    {"unicode", "characters_to_binary", 2, bif_characters_to_binary, 0},
    {"unicode", "characters_to_list", 2, bif_characters_to_list, 0},
    {"unicode", "bin_is_7bit", 1, bif_bin_is_7bit, 0},
};

const struct native_table natives_unicode = {rows, COUNT_OF(rows)};
