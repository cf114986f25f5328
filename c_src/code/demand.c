// SPDX-License-Identifier: Apache-2.0
#include "code/demand.h"

#include "base/lock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/table.h"
#include "code/delegate.h"
#include "proc/signal.h"
#include "term/atom.h"

#include <string.h>

struct module_hooks module_hooks;

// A process, by its pid: if it is gone, that does no harm. Told in any case: it wants to know even of success.
struct asker {
    term pid;
    bool tell;
};

struct askers {
    struct asker *all;
    size_t count, capacity;
};

// What is known about a module that somebody needed. Never freed. While `asked`, the host's answer or the end of
// on_load is awaited. Those in `told` were woken with news that the table of modules does not show, and will come back
// for it.
struct need {
    term name;
    bool asked;
    term failure;
    struct askers waiting, told;
    struct module *pending;    // waits for its on_load function
    term loader;               // the process that runs it, NONE: nobody yet
    bool wants_native;
    bool ending;    // the function has returned, and somebody is busy with what follows from that
};

static struct {
    struct lock lock;
    struct table table;
} needs;

static bool need_is(const void *entry, const void *key)
{
    return ((const struct need *)entry)->name == *(const term *)key;
}

void demand_open(void)
{
    lock_init(&needs.lock);
    table_init(&needs.table, need_is);
}

// All functions on needs and askers: with the lock held.

static struct need *need_find(term name)
{
    return table_find(&needs.table, table_hash_word(name), &name);
}

static struct need *need_get(term name)
{
    struct need *n = need_find(name);
    if (n)
        return n;
    n = mem_zero_alloc(sizeof *n);
    n->name = name;
    table_add(&needs.table, table_hash_word(name), n);
    return n;
}

static size_t askers_place(const struct askers *s, term pid)
{
    size_t at = 0;
    while (at < s->count && s->all[at].pid != pid)
        at++;
    return at;
}

static void askers_add(struct askers *s, struct asker asker)
{
    enum { FIRST = 4 };
    size_t at = askers_place(s, asker.pid);
    if (at == s->capacity) {
        size_t more = s->capacity ? s->capacity * 2 : FIRST;
        s->all = mem_resize(s->all, s->capacity * sizeof *s->all, more * sizeof *s->all);
        s->capacity = more;
    }
    s->all[at] = asker;
    if (at == s->count)
        s->count++;
}

static bool askers_remove(struct askers *s, term pid)
{
    size_t at = askers_place(s, pid);
    if (at == s->count)
        return false;
    s->all[at] = s->all[--s->count];
    return true;
}

static void askers_done(struct askers *s)
{
    mem_free(s->all, s->capacity * sizeof *s->all);
    *s = (struct askers){0};
}

void demand_close(void)
{
    size_t at = 0;
    for (struct need *n; (n = table_next(&needs.table, &at)) != NULL;) {
        askers_done(&n->waiting);
        askers_done(&n->told);
    }
    table_free(&needs.table, sizeof(struct need));
}

// Asking.

// True: p was told already. Otherwise it waits from now on, and the host is asked unless it has been.
static bool told_or_waits(struct proc *p, term name, bool tell)
{
    lock_take(&needs.lock);
    struct need *n = need_get(name);
    bool told = askers_remove(&n->told, p->pid) || n->loader == p->pid;
    bool ask = !told && !n->asked;
    if (!told) {
        askers_add(&n->waiting, (struct asker){p->pid, tell});
        n->asked = true;
    }
    lock_give(&needs.lock);
    if (ask)
        module_hooks.ask(name);
    return told;
}

bool module_demand(struct proc *p, term name)
{
    return module_find(name) || delegate_whole(name) || told_or_waits(p, name, false);
}

bool module_demand_fun(struct proc *p, const struct fun_entry *f)
{
    const struct module *m = module_find(f->module);
    if (fun_entry_bytecode(f) || (m && fun_entry_is_purged(f)) || (m && memcmp(m->md5, f->unique, sizeof m->md5) == 0))
        return true;
    return told_or_waits(p, f->module, false);
}

void module_refresh(struct proc *p, term name)
{
    told_or_waits(p, name, true);
}

bool module_refreshed(struct proc *p, term name)
{
    lock_take(&needs.lock);
    struct need *n = need_find(name);
    bool told = n && askers_remove(&n->told, p->pid);
    lock_give(&needs.lock);
    return told;
}

term module_failure(term name)
{
    lock_take(&needs.lock);
    const struct need *n = need_find(name);
    term failure = n ? n->failure : NONE;
    lock_give(&needs.lock);
    return failure;
}

// Answering.

// Ends the wait of all; the list is theirs no longer when they run.
static void answer(term name, term failure, bool nothing_new)
{
    lock_take(&needs.lock);
    struct need *n = need_get(name);
    struct askers woken = n->waiting;
    n->waiting = (struct askers){0};
    n->asked = false;
    n->failure = failure;
    n->pending = NULL;
    n->loader = NONE;
    n->wants_native = false;
    n->ending = false;
    n->told.count = 0;
    for (size_t i = 0; i < woken.count; i++)
        if (nothing_new || woken.all[i].tell)
            askers_add(&n->told, woken.all[i]);
    lock_give(&needs.lock);
    for (size_t i = 0; i < woken.count; i++)
        proc_wake(woken.all[i].pid);
    askers_done(&woken);
}

static void answer_loaded(struct module *m)
{
    term name = m->name;
    module_publish(m);
    answer(name, NONE, false);
}

// A process of its own runs tandem_local:run_on_load(Module), which calls the function and then finishes.
static void start_on_load(struct module *m)
{
    struct spawn s;
    struct heap h;
    if (!module_await_on_load(m)) {
        module_free(m);
        return;
    }
    heap_init(&h, 2);
    spawn_init(&s, NULL);
    s.module = ATOM_tandem_local;
    s.function = ATOM_run_on_load;
    s.arguments = cons(&h, m->name, NIL);
    if (proc_spawn(NULL, &s) == NONE)
        module_on_load_done(m->name, false);
    heap_done(&h);
}

static void arrived(struct module *m)
{
    const struct module *current = module_find(m->name);
    if (current && memcmp(current->md5, m->md5, sizeof m->md5) == 0) {
        term name = m->name;
        module_free(m);
        answer(name, NONE, true);
    } else if (m->on_load) {
        start_on_load(m);
    } else {
        answer_loaded(m);
    }
}

void module_arrived(term name, const uint8_t *bytes, size_t size)
{
    if (!bytes) {
        answer(name, ATOM_nofile, true);
        return;
    }
    const char *why;
    struct module *m = module_build(bytes, size, &why);
    if (m && m->name == name) {
        arrived(m);
        return;
    }
    if (m) {
        module_free(m);
        why = "it is another module";
    }
    log_line(LOG_WARNING, "module %s cannot be loaded: %s", atom_text(name).bytes, why);
    answer(name, ATOM_badfile, true);
}

// A module that waits for its on_load function has come already.
static size_t unanswered(term *names, size_t room)
{
    size_t count = 0, at = 0;
    lock_take(&needs.lock);
    for (struct need *n; (n = table_next(&needs.table, &at)) != NULL;)
        if (n->asked && !n->pending && count++ < room)
            names[count - 1] = n->name;
    lock_give(&needs.lock);
    return count;
}

void demand_again(void)
{
    size_t count = unanswered(NULL, 0), room = count;
    if (count == 0)
        return;
    term *names = mem_alloc(room * sizeof *names);
    count = unanswered(names, room);
    for (size_t i = 0; i < count && i < room; i++)
        module_hooks.ask(names[i]);
    mem_free(names, room * sizeof *names);
}

// On load.

bool module_await_on_load(struct module *m)
{
    lock_take(&needs.lock);
    struct need *n = need_get(m->name);
    bool free = !n->pending;
    if (free) {
        n->pending = m;
        n->asked = true;
    }
    lock_give(&needs.lock);
    return free;
}

const word *module_on_load(struct proc *p, term name)
{
    lock_take(&needs.lock);
    struct need *n = need_find(name);
    struct module *m = n && n->loader == NONE ? n->pending : NULL;
    if (m)
        n->loader = p->pid;
    lock_give(&needs.lock);
    if (!m)
        return NULL;
    module_enable_funs(m);
    return m->on_load;
}

// The process is still in the code, so that goes later.
bool module_on_load_done(term name, bool ok)
{
    lock_take(&needs.lock);
    struct need *n = need_find(name);
    struct module *m = n && !n->ending ? n->pending : NULL;
    bool native = m && n->wants_native;
    if (m)
        n->ending = true;
    lock_give(&needs.lock);
    if (!m)
        return false;
    if (ok && !native) {
        answer_loaded(m);
        return true;
    }
    if (m->file == NONE)
        delegate_module(name);
    module_give_up(m);
    answer(name, native ? NONE : (term)ATOM_on_load_failure, true);
    return true;
}

bool module_wants_native(const struct proc *p)
{
    bool wants = false;
    size_t at = 0;
    lock_take(&needs.lock);
    for (struct need *n; (n = table_next(&needs.table, &at));)
        if (n->pending && n->pending->file == NONE && n->loader == p->pid)
            wants = n->wants_native = true;
    lock_give(&needs.lock);
    return wants;
}
