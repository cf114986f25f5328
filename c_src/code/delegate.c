// SPDX-License-Identifier: Apache-2.0
#include "code/delegate.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/table.h"
#include "code/export_hooks.h"
#include "term/atom.h"

#include <stdatomic.h>
#include <string.h>

enum { ANY = -1 };

static const struct {
    const char *module, *function;
    int arity;
    bool delegated;
} texts[] = {
#define DELEGATE(module, function, arity) {module, function, arity, true},
#define OURS(module, function, arity) {module, function, arity, false},
#include "code/delegate.def"
#undef DELEGATE
#undef OURS
};

// One row of the table, as terms. Rows of a module hang together.
struct rule {
    term module, function;    // function NONE: all
    int arity;
    bool delegated;
    struct rule *next;
};

static struct {
    struct lock lock;
    struct table modules;    // struct rule, the first of its module
} rules;

static _Atomic uint64_t counted;

static bool rule_is_of(const void *entry, const void *key)
{
    return ((const struct rule *)entry)->module == *(const term *)key;
}

static void add_rule(const struct rule *like)
{
    struct rule *r = mem_alloc(sizeof *r), *first;
    *r = *like;
    lock_take(&rules.lock);
    first = table_find(&rules.modules, table_hash_word(r->module), &r->module);
    if (first) {
        r->next = first->next;
        first->next = r;
    } else {
        r->next = NULL;
        table_add(&rules.modules, table_hash_word(r->module), r);
    }
    lock_give(&rules.lock);
}

void delegate_open(void)
{
    lock_init(&rules.lock);
    table_init(&rules.modules, rule_is_of);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        bool all = strcmp(texts[i].function, "*") == 0;
        add_rule(&(struct rule){
            .module = atom_from_c(texts[i].module),
            .function = all ? NONE : atom_from_c(texts[i].function),
            .arity = texts[i].arity,
            .delegated = texts[i].delegated,
        });
    }
}

void delegate_close(void)
{
    size_t at = 0;
    for (struct rule *first; (first = table_next(&rules.modules, &at)) != NULL;)
        for (struct rule *r = first, *next; r; r = next) {
            next = r->next;
            mem_free(r, sizeof *r);
        }
    table_done(&rules.modules);
}

// How closely a rule names a function; 0: it does not.
static int closeness(const struct rule *r, term function, uint32_t arity)
{
    if (r->function == NONE)
        return 1;
    if (r->function != function || (r->arity != ANY && (uint32_t)r->arity != arity))
        return 0;
    return r->arity == ANY ? 2 : 3;
}

bool delegate_has(term module, term function, uint32_t arity)
{
    int best = 0;
    bool delegated = false;
    lock_take(&rules.lock);
    for (const struct rule *r = table_find(&rules.modules, table_hash_word(module), &module); r; r = r->next) {
        int close = closeness(r, function, arity);
        if (close > best) {
            best = close;
            delegated = r->delegated;
        }
    }
    lock_give(&rules.lock);
    return delegated;
}

bool delegate_whole(term module)
{
    bool whole = false;
    lock_take(&rules.lock);
    for (const struct rule *r = table_find(&rules.modules, table_hash_word(module), &module); r && !whole; r = r->next)
        whole = r->function == NONE && r->delegated;
    lock_give(&rules.lock);
    return whole;
}

// Exports follow the rules of their module, which have changed.
static void follow_rules(term module)
{
    struct export *e;
    for (size_t at = 0; (e = export_next(&at));)
        if (e->module == module)
            export_set_delegated(e, delegate_has(module, e->function, e->arity));
}

void delegate_module(term module)
{
    if (delegate_whole(module))
        return;
    add_rule(&(struct rule){.module = module, .function = NONE, .arity = ANY, .delegated = true});
    follow_rules(module);
}

void delegate_end(term module)
{
    lock_take(&rules.lock);
    for (struct rule *r = table_find(&rules.modules, table_hash_word(module), &module); r; r = r->next)
        r->delegated = false;
    lock_give(&rules.lock);
    follow_rules(module);
}

void delegate_count(void)
{
    atomic_fetch_add_explicit(&counted, 1, memory_order_relaxed);
}

uint64_t delegated_count(void)
{
    return atomic_load_explicit(&counted, memory_order_relaxed);
}
