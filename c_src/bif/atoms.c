// SPDX-License-Identifier: Apache-2.0
// Atoms and their texts. Text comes as a list of characters or as a binary, is brought into UTF-8 and then looked up or
// made.
#include "bif/bif.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "term/binary.h"

// An atom's text while it is read. Too many characters are counted no further.
struct text {
    char bytes[CONFIG_MAX_ATOM_CHARS * UTF8_MAX_BYTES];
    size_t size, chars;
};

enum text_result { TEXT_OK, TEXT_BAD, TEXT_LONG };

static enum text_result add(struct text *t, uint32_t character)
{
    if (t->chars == CONFIG_MAX_ATOM_CHARS)
        return TEXT_LONG;
    t->size += utf8_encode(character, (uint8_t *)t->bytes + t->size);
    t->chars++;
    return TEXT_OK;
}

static enum text_result from_list(struct text *t, term list)
{
    for (; is_list(list); list = tail(list)) {
        term first = head(list);
        if (t->chars == CONFIG_MAX_ATOM_CHARS)
            return TEXT_LONG;
        if (!is_small(first) || !utf8_is_character((word)small_value(first)))
            return TEXT_BAD;
        add(t, (uint32_t)small_value(first));
    }
    return is_nil(list) ? TEXT_OK : TEXT_BAD;
}

static enum text_result from_latin1(struct text *t, const uint8_t *bytes, size_t n)
{
    enum text_result result = TEXT_OK;
    for (size_t i = 0; i < n && result == TEXT_OK; i++)
        result = add(t, bytes[i]);
    return result;
}

static enum text_result from_utf8(struct text *t, const uint8_t *bytes, size_t n)
{
    enum text_result result = TEXT_OK;
    while (n > 0 && result == TEXT_OK) {
        uint32_t character;
        int used = utf8_decode(bytes, n, &character);
        if (used <= 0)
            return TEXT_BAD;
        result = add(t, character);
        bytes += used;
        n -= (size_t)used;
    }
    return result;
}

static enum text_result from_binary(struct text *t, term binary, term encoding)
{
    if (!is_binary(binary) || (encoding != ATOM_latin1 && encoding != ATOM_utf8 && encoding != ATOM_unicode))
        return TEXT_BAD;
    size_t n;
    uint8_t *copy;
    const uint8_t *bytes = binary_bytes(binary, &n, &copy);
    enum text_result result = encoding == ATOM_latin1 ? from_latin1(t, bytes, n) : from_utf8(t, bytes, n);
    if (copy)
        mem_free(copy, n);
    return result;
}

static term make(struct proc *p, const struct text *t, enum text_result result)
{
    if (result == TEXT_BAD)
        return fail_badarg(p);
    term atom = result == TEXT_OK ? atom_from_utf8(t->bytes, t->size) : NONE;
    return atom != NONE ? atom : fail_error(p, ATOM_system_limit);
}

static term find(struct proc *p, const struct text *t, enum text_result result)
{
    term atom = result == TEXT_OK ? atom_existing(t->bytes, t->size) : NONE;
    return atom != NONE ? atom : fail_badarg(p);
}

static term bif_list_to_atom(struct proc *p, term *args)
{
    struct text t = {.size = 0};
    return make(p, &t, from_list(&t, args[0]));
}

static term bif_list_to_existing_atom(struct proc *p, term *args)
{
    struct text t = {.size = 0};
    return find(p, &t, from_list(&t, args[0]));
}

static term bif_binary_to_atom_2(struct proc *p, term *args)
{
    struct text t = {.size = 0};
    return make(p, &t, from_binary(&t, args[0], args[1]));
}

static term bif_binary_to_existing_atom_2(struct proc *p, term *args)
{
    struct text t = {.size = 0};
    return find(p, &t, from_binary(&t, args[0], args[1]));
}

// The next character of an atom's text, which is well-formed.
static uint32_t next(struct atom_text *text)
{
    uint32_t character = 0;
    int used = utf8_decode((const uint8_t *)text->bytes, text->size, &character);
    text->bytes += used;
    text->size -= (uint16_t)used;
    return character;
}

static term bif_atom_to_list(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_badarg(p);
    struct atom_text text = atom_text(args[0]);
    if (text.size == 0)
        return NIL;
    term *cell = heap_alloc(proc_heap(p), (size_t)text.chars * 2), list = list_term(cell);
    for (; text.size > 0; cell += 2) {
        cell[0] = small(next(&text));
        cell[1] = list_term(cell + 2);
    }
    cell[-1] = NIL;
    return list;
}

static term latin1_binary(struct proc *p, struct atom_text text)
{
    uint8_t *bytes;
    term binary = binary_alloc(proc_heap(p), text.chars, &bytes);
    for (; text.size > 0; bytes++) {
        uint32_t character = next(&text);
        if (character > 255)
            return fail_badarg(p);
        *bytes = (uint8_t)character;
    }
    return binary;
}

static term to_binary(struct proc *p, term atom, term encoding)
{
    if (!is_atom(atom))
        return fail_badarg(p);
    struct atom_text text = atom_text(atom);
    if (encoding == ATOM_latin1)
        return latin1_binary(p, text);
    if (encoding != ATOM_utf8 && encoding != ATOM_unicode)
        return fail_badarg(p);
    return binary_from(proc_heap(p), text.bytes, text.size);
}

static term bif_atom_to_binary_2(struct proc *p, term *args)
{
    return to_binary(p, args[0], args[1]);
}

static const struct native_row rows[] = {
    {"erlang", "atom_to_list", 1, bif_atom_to_list, 0},
    {"erlang", "atom_to_binary", 2, bif_atom_to_binary_2, 0},
    {"erlang", "list_to_atom", 1, bif_list_to_atom, 0},
    {"erlang", "list_to_existing_atom", 1, bif_list_to_existing_atom, 0},
    {"erlang", "binary_to_atom", 2, bif_binary_to_atom_2, 0},
    {"erlang", "binary_to_existing_atom", 2, bif_binary_to_existing_atom_2, 0},
};

const struct native_table natives_atoms = {rows, COUNT_OF(rows)};
