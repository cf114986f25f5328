// SPDX-License-Identifier: Apache-2.0
#include "term/fun.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/table.h"

#include <string.h>

enum { FIRST_EXPORTS = 256 };

static struct {
    struct lock lock;
    struct table table;
    struct export **all;    // in the order they were made, so that a walk goes on while others add
    size_t count, capacity;
} exports;

static struct {
    struct lock lock;
    struct table table;
    struct fun_entry *given_up;
} entries;

static struct fun_hooks hooks;

static bool export_is(const void *entry, const void *key)
{
    const struct export *e = entry, *like = key;
    return e->module == like->module && e->function == like->function && e->arity == like->arity;
}

// All that the external format tells about a fun: bytes from outside that lie about one of them name a different entry.
static bool fun_is(const void *entry, const void *key)
{
    const struct fun_entry *f = entry, *like = key;
    return f->module == like->module && f->index == like->index && f->old_index == like->old_index &&
           f->old_unique == like->old_unique && f->arity == like->arity && f->free == like->free &&
           memcmp(f->unique, like->unique, sizeof f->unique) == 0;
}

void funs_open(void)
{
    lock_init(&exports.lock);
    lock_init(&entries.lock);
    table_init(&exports.table, export_is);
    table_init(&entries.table, fun_is);
}

void funs_close(void)
{
    table_free(&exports.table, sizeof(struct export));
    table_done(&entries.table);    // they go with the literals
    entries.given_up = NULL;
    mem_free(exports.all, exports.capacity * sizeof *exports.all);
    exports.all = NULL;
    exports.count = exports.capacity = 0;
}

void funs_set_hooks(struct fun_hooks set)
{
    hooks = set;
}

static uint64_t export_hash(term module, term function, uint32_t arity)
{
    return table_hash_word(module << 32 ^ function ^ (uint64_t)arity << 56);
}

// With the lock held.
static struct export *export_new(const struct export *like)
{
    if (exports.count == exports.capacity) {
        size_t more = exports.capacity ? exports.capacity * 2 : FIRST_EXPORTS;
        exports.all = mem_resize(exports.all, exports.capacity * sizeof *exports.all, more * sizeof *exports.all);
        exports.capacity = more;
    }
    struct export *e = mem_alloc(sizeof *e);
    *e = *like;
    hooks.export_made(e);
    exports.all[exports.count++] = e;
    return e;
}

struct export *export_get(term module, term function, uint32_t arity)
{
    struct export like = {.module = module, .function = function, .arity = arity};
    uint64_t hash = export_hash(module, function, arity);
    lock_take(&exports.lock);
    struct export *e = table_find(&exports.table, hash, &like);
    if (!e) {
        e = export_new(&like);
        table_add(&exports.table, hash, e);
    }
    lock_give(&exports.lock);
    return e;
}

struct export *export_find(term module, term function, uint32_t arity)
{
    struct export like = {.module = module, .function = function, .arity = arity};
    lock_take(&exports.lock);
    struct export *e = table_find(&exports.table, export_hash(module, function, arity), &like);
    lock_give(&exports.lock);
    return e;
}

struct export *export_next(size_t *at)
{
    lock_take(&exports.lock);
    struct export *e = *at < exports.count ? exports.all[(*at)++] : NULL;
    lock_give(&exports.lock);
    return e;
}

static uint64_t fun_hash(const struct fun_entry *f)
{
    return table_hash_word(f->module << 32 ^ f->index ^ (uint64_t)f->old_unique << 16 ^
                           table_hash_bytes(f->unique, sizeof f->unique));
}

static struct fun_entry *entry_new(const struct fun_entry *like)
{
    struct fragment *room = literals_new((sizeof *like + sizeof(word) - 1) / sizeof(word));
    struct fun_entry *f = (struct fun_entry *)(void *)room->words;
    *f = *like;
    f->code = f->bytecode = NULL;
    hooks.fun_made(f);
    return f;
}

// With the lock held.
static struct fun_entry *entry_get(const struct fun_entry *like)
{
    uint64_t hash = fun_hash(like);
    struct fun_entry *f = table_find(&entries.table, hash, like);
    if (!f) {
        f = entry_new(like);
        table_add(&entries.table, hash, f);
    }
    return f;
}

struct fun_entry *fun_entry_get(const struct fun_entry *like)
{
    lock_take(&entries.lock);
    struct fun_entry *f = entry_get(like);
    lock_give(&entries.lock);
    return f;
}

struct fun_entry *fun_entry_hold(const struct fun_entry *like)
{
    lock_take(&entries.lock);
    struct fun_entry *f = entry_get(like);
    f->loads++;
    lock_give(&entries.lock);
    return f;
}

void fun_entry_drop(struct fun_entry *f)
{
    lock_take(&entries.lock);
    if (--f->loads == 0 && !f->given_up) {
        f->given_up = true;
        f->next = entries.given_up;
        entries.given_up = f;
    }
    lock_give(&entries.lock);
}

static void entry_free(struct fun_entry *f)
{
    table_remove(&entries.table, fun_hash(f), f);
    literals_free(CONTAINER_OF(f, struct fragment, words));
}

void fun_entries_free(bool (*used)(const struct fun_entry *f, void *context), void *context)
{
    struct fun_entry **at = &entries.given_up;
    while (*at) {
        struct fun_entry *f = *at;
        bool idle = !f->loads && !f->kept;
        if (idle && used(f, context)) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        f->given_up = false;
        if (idle)
            entry_free(f);
    }
}

uint32_t fun_arity(term fun)
{
    return is_kind(fun, KIND_EXPORT) ? export_of(fun)->arity : fun_entry_of(fun)->arity;
}

term fun_make(struct heap *h, struct fun_entry *entry, term creator, const term *free)
{
    term *object = heap_alloc(h, FUN_WORDS + entry->free);
    object[0] = header(KIND_FUN, FUN_WORDS - 1 + entry->free);
    object[1] = (word)(uintptr_t)entry;
    object[2] = creator;
    for (uint32_t i = 0; i < entry->free; i++)
        object[FUN_WORDS + i] = free[i];
    return boxed_term(object);
}

term export_make(struct heap *h, struct export *e)
{
    term *object = heap_alloc(h, EXPORT_WORDS);
    object[0] = header(KIND_EXPORT, EXPORT_WORDS - 1);
    object[1] = (word)(uintptr_t)e;
    return boxed_term(object);
}
