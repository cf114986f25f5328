// SPDX-License-Identifier: Apache-2.0
// Natives about the operating system's process: its environment and its number. The environment is the engine's own: a copy,
// made at its first use, of what the host says, or of that of the OS process.
#include "base/lock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "base/writer.h"
#include "bif/bif.h"
#include "bif/os_environment.h"
#include "dist/host.h"
#include "term/binary.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static struct {
    struct lock lock;
    char **all;    // "Name=Value", each a block of its length and one
    size_t count, capacity;
    bool taken;
} environment;

static void add(const char *text)
{
    if (environment.count == environment.capacity) {
        size_t more = environment.capacity ? environment.capacity * 2 : 32;
        environment.all =
            mem_resize(environment.all, environment.capacity * sizeof *environment.all, more * sizeof *environment.all);
        environment.capacity = more;
    }
    size_t bytes = strlen(text) + 1;
    environment.all[environment.count++] = memcpy(mem_alloc(bytes), text, bytes);
}

static void take_all(void)
{
    if (environment.taken)
        return;
    environment.taken = true;
    if (host_options.environment == NONE) {
        for (char **at = environ; *at; at++)
            add(*at);
        return;
    }
    size_t size;
    uint8_t *copy = NULL;
    const char *bytes = (const char *)binary_bytes(host_options.environment, &size, &copy), *end = bytes + size, *next;
    for (const char *at = bytes; at < end && (next = memchr(at, 0, (size_t)(end - at))) != NULL; at = next + 1)
        add(at);
    mem_free(copy, copy ? size : 0);
}

static void lock_environment(void)
{
    lock_take(&environment.lock);
    take_all();
}

// What is behind the '='; NULL: there is none. *at is its place.
static const char *find(const char *name, size_t *at)
{
    size_t length = strlen(name);
    for (*at = 0; *at < environment.count; ++*at) {
        const char *text = environment.all[*at];
        if (strncmp(text, name, length) == 0 && text[length] == '=')
            return text + length + 1;
    }
    return NULL;
}

static void drop(const char *name)
{
    size_t at;
    if (!find(name, &at))
        return;
    char *text = environment.all[at];
    mem_free(text, strlen(text) + 1);
    environment.all[at] = environment.all[--environment.count];
}

void os_environment_close(void)
{
    while (environment.count > 0) {
        char *text = environment.all[--environment.count];
        mem_free(text, strlen(text) + 1);
    }
    mem_free(environment.all, environment.capacity * sizeof *environment.all);
    environment.all = NULL;
    environment.capacity = 0;
    environment.taken = false;
}

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
    size_t at;
    if (text_taken(args[0], false, &name)) {
        lock_environment();
        const char *value = find(text_of(&name), &at);
        result = value ? list_of_text(proc_heap(p), value, strlen(value)) : (term)ATOM_false;
        lock_give(&environment.lock);
    }
    writer_done(&name);
    return result == NONE ? fail_badarg(p) : result;
}

static void set(struct writer *name, const struct writer *value)
{
    lock_environment();
    drop(text_of(name));
    name->bytes[name->size - 1] = '=';
    writer_bytes(name, value->bytes, value->size);
    add(text_of(name));
    lock_give(&environment.lock);
}

// Even a name of no characters names a variable.
static term bif_putenv(struct proc *p, term *args)
{
    struct writer name, value;
    bool named = text_taken(args[0], false, &name), good = text_taken(args[1], true, &value) && named;
    if (good)
        set(&name, &value);
    writer_done(&name);
    writer_done(&value);
    return good ? (term)ATOM_true : fail_badarg(p);
}

static term bif_unsetenv(struct proc *p, term *args)
{
    struct writer name;
    bool good = text_taken(args[0], false, &name);
    if (good) {
        lock_environment();
        drop(text_of(&name));
        lock_give(&environment.lock);
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
    lock_environment();
    for (size_t i = 0; i < environment.count; i++) {
        const char *text = environment.all[i], *equals = strchr(text, '=');
        if (equals) {
            term name = list_of_text(h, text, (size_t)(equals - text));
            list = cons(h, tuple2(h, name, list_of_text(h, equals + 1, strlen(equals + 1))), list);
        }
    }
    lock_give(&environment.lock);
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
