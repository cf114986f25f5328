// SPDX-License-Identifier: Apache-2.0
// Natives about the operating system's process: its environment and its number. The environment is the engine's own, which
// it inherits from the host. Changes are made under a lock, as the C library's functions want.
#include "base/lock.h"
#include "base/utf8.h"
#include "base/writer.h"
#include "bif/bif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static struct lock environment;

// The next character of a list of characters and such lists; `later` holds the tails of the lists around. 0: the end, or
// no character where one should be (*good).
static uint32_t next_character(term *list, struct writer *later, bool *good)
{
    for (;;) {
        if (is_nil(*list) && later->size) {
            later->size -= sizeof *list;
            memcpy(list, later->bytes + later->size, sizeof *list);
        } else if (is_list(*list) && is_any_list(head(*list))) {
            term rest = tail(*list);
            *list = head(*list);
            writer_bytes(later, &rest, sizeof rest);
        } else {
            break;
        }
    }
    if (!is_list(*list)) {
        *good = is_nil(*list);
        return 0;
    }
    sword c = is_small(head(*list)) ? small_value(head(*list)) : 0;
    *good = c > 0 && utf8_is_character((uint64_t)c);
    *list = tail(*list);
    return *good ? (uint32_t)c : 0;
}

// As UTF-8, with a NUL behind it. False: no such list, or a NUL or (unless allowed) '=' in it.
static bool text_taken(term list, bool equals_allowed, struct writer *text)
{
    struct writer later;
    uint8_t utf8[UTF8_MAX_BYTES];
    bool good = is_any_list(list);
    writer_init(text);
    writer_init(&later);
    for (uint32_t c; good && (c = next_character(&list, &later, &good)) != 0;) {
        writer_bytes(text, utf8, utf8_encode(c, utf8));
        good = good && (c != '=' || equals_allowed);
    }
    writer_u8(text, 0);
    writer_done(&later);
    return good;
}

static const char *text_of(const struct writer *text)
{
    return (const char *)text->bytes;
}

// Bytes that are not UTF-8 stand for themselves.
static term list_of_text(struct heap *h, const char *text, size_t size)
{
    term first = NIL, *end = &first;
    for (size_t at = 0; at < size;) {
        uint32_t c;
        int n = utf8_decode((const uint8_t *)text + at, size - at, &c);
        if (n <= 0) {
            c = (uint8_t)text[at];
            n = 1;
        }
        at += (size_t)n;
        *end = cons(h, small((sword)c), NIL);
        end = list_ptr(*end) + 1;
    }
    return first;
}

static term bif_getenv(struct proc *p, term *args)
{
    struct writer name;
    term result = NONE;
    if (text_taken(args[0], false, &name)) {
        lock_take(&environment);
        const char *value = getenv(text_of(&name));
        result = value ? list_of_text(proc_heap(p), value, strlen(value)) : (term)ATOM_false;
        lock_give(&environment);
    }
    writer_done(&name);
    return result == NONE ? fail_badarg(p) : result;
}

// No variable has an empty name; setting it changes nothing.
static term bif_putenv(struct proc *p, term *args)
{
    struct writer name, value;
    bool named = text_taken(args[0], false, &name), good = text_taken(args[1], true, &value) && named;
    if (good && *text_of(&name)) {
        lock_take(&environment);
        good = setenv(text_of(&name), text_of(&value), 1) == 0;
        lock_give(&environment);
    }
    writer_done(&name);
    writer_done(&value);
    return good ? (term)ATOM_true : fail_badarg(p);
}

static term bif_unsetenv(struct proc *p, term *args)
{
    struct writer name;
    bool good = text_taken(args[0], false, &name);
    if (good && *text_of(&name)) {
        lock_take(&environment);
        unsetenv(text_of(&name));
        lock_give(&environment);
    }
    writer_done(&name);
    return good ? (term)ATOM_true : fail_badarg(p);
}

// [{Name, Value}]
static term bif_env(struct proc *p, term *args)
{
    (void)args;
    struct heap *h = proc_heap(p);
    term list = NIL;
    lock_take(&environment);
    for (char **at = environ; *at; at++) {
        const char *equals = strchr(*at, '=');
        if (equals) {
            term name = list_of_text(h, *at, (size_t)(equals - *at));
            list = cons(h, tuple2(h, name, list_of_text(h, equals + 1, strlen(equals + 1))), list);
        }
    }
    lock_give(&environment);
    return list;
}

static term bif_getpid(struct proc *p, term *args)
{
    char digits[24];
    (void)args;
    int n = snprintf(digits, sizeof digits, "%ld", (long)getpid());
    return list_of_text(proc_heap(p), digits, (size_t)n);
}

static const struct native_row rows[] = {
    {"os", "getenv", 1, bif_getenv, 0}, {"os", "putenv", 2, bif_putenv, 0}, {"os", "unsetenv", 1, bif_unsetenv, 0},
    {"os", "env", 0, bif_env, 0},       {"os", "getpid", 0, bif_getpid, 0},
};

const struct native_table natives_environment = {rows, COUNT_OF(rows)};
