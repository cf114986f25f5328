// SPDX-License-Identifier: Apache-2.0
#include "term/atom.h"

#include "base/config.h"
#include "base/die.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/table.h"
#include "base/utf8.h"

#include <stdatomic.h>
#include <string.h>

// Texts by number: written once, before the count that covers them is published.
static struct atom_text texts[CONFIG_MAX_ATOMS];
static _Atomic uint32_t count;
static struct table by_text;
static struct lock lock;

struct key {
    const char *bytes;
    size_t size;
};

// Entries are pointers into texts.
static bool equal(const void *entry, const void *key)
{
    const struct atom_text *a = entry;
    const struct key *k = key;
    return a->size == k->size && memcmp(a->bytes, k->bytes, k->size) == 0;
}

static uint32_t prefix_of(const char *bytes, size_t size)
{
    uint32_t prefix = 0;
    for (size_t i = 0; i < sizeof prefix; i++)
        prefix = prefix << 8 | (i < size ? (uint8_t)bytes[i] : 0);
    return prefix;
}

static term add(struct key k, uint64_t hash, size_t chars)
{
    uint32_t number = atomic_load_explicit(&count, memory_order_relaxed);
    if (number == CONFIG_MAX_ATOMS)
        return NONE;
    char *copy = mem_alloc(k.size + 1);
    memcpy(copy, k.bytes, k.size);
    copy[k.size] = '\0';
    texts[number] = (struct atom_text){copy, (uint16_t)k.size, (uint16_t)chars, prefix_of(copy, k.size)};
    table_add(&by_text, hash, &texts[number]);
    atomic_store_explicit(&count, number + 1, memory_order_release);
    return atom(number);
}

void atoms_open(void)
{
    static const char *const known[] = {
#define ATOM(name, text) text,
#include "term/atoms.def"
#undef ATOM
    };
    lock_init(&lock);
    table_init(&by_text, equal);
    for (uint32_t i = 0; i < COUNT_OF(known); i++)
        if (atom_from_c(known[i]) != atom(i))
            die("atom '%s' is in the table twice", known[i]);
}

void atoms_close(void)
{
    uint32_t used = atomic_exchange(&count, 0);
    for (uint32_t i = 0; i < used; i++)
        mem_free((void *)(uintptr_t)texts[i].bytes, texts[i].size + 1u);
    table_done(&by_text);
}

static bool count_chars(const char *bytes, size_t size, size_t *chars)
{
    const uint8_t *at = (const uint8_t *)bytes;
    uint32_t character;
    size_t n = 0;
    for (size_t i = 0; i < size; n++) {
        int step = utf8_decode(at + i, size - i, &character);
        if (step <= 0)
            return false;
        i += (size_t)step;
    }
    *chars = n;
    return n <= CONFIG_MAX_ATOM_CHARS;
}

bool atom_text_valid(const char *bytes, size_t size)
{
    size_t chars;
    return count_chars(bytes, size, &chars);
}

term atom_existing(const char *bytes, size_t size)
{
    struct key k = {bytes, size};
    lock_take(&lock);
    const struct atom_text *found = table_find(&by_text, table_hash_bytes(bytes, size), &k);
    lock_give(&lock);
    return found ? atom((uint32_t)(found - texts)) : NONE;
}

term atom_from_utf8(const char *bytes, size_t size)
{
    struct key k = {bytes, size};
    uint64_t hash = table_hash_bytes(bytes, size);
    size_t chars;
    lock_take(&lock);
    const struct atom_text *found = table_find(&by_text, hash, &k);
    term t = found ? atom((uint32_t)(found - texts)) : NONE;
    if (!found && count_chars(bytes, size, &chars))
        t = add(k, hash, chars);
    lock_give(&lock);
    return t;
}

term atom_from_latin1(const char *bytes, size_t size)
{
    char utf8[2 * CONFIG_MAX_ATOM_CHARS];
    size_t n = 0;
    if (size > CONFIG_MAX_ATOM_CHARS)
        return NONE;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = (uint8_t)bytes[i];
        if (c >= 0x80)
            utf8[n++] = (char)(0xC0 | c >> 6);
        utf8[n++] = c >= 0x80 ? (char)(0x80 | (c & 0x3F)) : (char)c;
    }
    return atom_from_utf8(utf8, n);
}

term atom_from_c(const char *text)
{
    return atom_from_utf8(text, strlen(text));
}

struct atom_text atom_text(term t)
{
    return texts[atom_number(t)];
}

uint32_t atom_count(void)
{
    return atomic_load_explicit(&count, memory_order_acquire);
}
