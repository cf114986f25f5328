// SPDX-License-Identifier: Apache-2.0
// Natives about the operating system's process: its environment and its number. The environment is the engine's own, which
// it inherits from the host. Changes are made under a lock, as the C library's functions want.
#include "base/lock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "bif/bif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

enum { TEXT_MAX = 1 << 20 };

static struct lock environment;

// A list of characters as UTF-8, by mem_alloc of *room bytes; NULL: no such list, or a NUL or (unless allowed) '=' in it.
static char *text_of(term list, bool equals_allowed, size_t *room)
{
    sword length = list_length(list);
    if (length < 0 || length > TEXT_MAX)
        return NULL;
    *room = (size_t)length * 4 + 1;
    char *text = mem_alloc(*room), *at = text;
    for (; is_list(list); list = tail(list)) {
        sword c = is_small(head(list)) ? small_value(head(list)) : 0;
        if (c < 1 || !utf8_is_character((uint64_t)c) || (c == '=' && !equals_allowed)) {
            mem_free(text, *room);
            return NULL;
        }
        at += utf8_encode((uint32_t)c, (uint8_t *)at);
    }
    *at = 0;
    return text;
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
    size_t room;
    char *name = text_of(args[0], false, &room);
    if (!name)
        return fail_badarg(p);
    lock_take(&environment);
    const char *value = getenv(name);
    term result = value ? list_of_text(proc_heap(p), value, strlen(value)) : (term)ATOM_false;
    lock_give(&environment);
    mem_free(name, room);
    return result;
}

static term bif_putenv(struct proc *p, term *args)
{
    size_t name_room, value_room;
    char *name = text_of(args[0], false, &name_room);
    char *value = text_of(args[1], true, &value_room);
    bool good = name && value && *name;
    if (good) {
        lock_take(&environment);
        good = setenv(name, value, 1) == 0;
        lock_give(&environment);
    }
    mem_free(name, name ? name_room : 0);
    mem_free(value, value ? value_room : 0);
    return good ? (term)ATOM_true : fail_badarg(p);
}

static term bif_unsetenv(struct proc *p, term *args)
{
    size_t room;
    char *name = text_of(args[0], false, &room);
    bool good = name && *name;
    if (good) {
        lock_take(&environment);
        unsetenv(name);
        lock_give(&environment);
    }
    mem_free(name, name ? room : 0);
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
