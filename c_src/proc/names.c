// SPDX-License-Identifier: Apache-2.0
#include "proc/names.h"

#include "base/list.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/table.h"
#include "term/atom.h"
#include "term/copy.h"
#include "term/ident.h"

#include <string.h>

struct name {
    term name;
    term pid;                           // of this node; or NONE
    term foreign[FOREIGN_PID_WORDS];    // pid object of another node; [0] NONE: none
    bool hidden;                        // nobody finds that pid
    bool told;                          // who sends it an exit signal
    struct list shared;                 // in names.shared: those with such a pid
};

static struct {
    struct lock lock;
    struct table by_name;
    struct table by_pid;    // those with a process of this node
    struct list shared;     // those with a process of another
} names;

static bool name_is(const void *entry, const void *key)
{
    return ((const struct name *)entry)->name == *(const term *)key;
}

static bool pid_is(const void *entry, const void *key)
{
    return ((const struct name *)entry)->pid == *(const term *)key;
}

void names_open(void)
{
    lock_init(&names.lock);
    table_init(&names.by_name, name_is);
    table_init(&names.by_pid, pid_is);
    list_init(&names.shared);
}

void names_close(void)
{
    table_done(&names.by_pid);
    table_free(&names.by_name, sizeof(struct name));
}

static struct name *find(term name)
{
    return table_find(&names.by_name, table_hash_word(name), &name);
}

static struct name *find_by_pid(term pid)
{
    return table_find(&names.by_pid, table_hash_word(pid), &pid);
}

static struct name *get(term name)
{
    struct name *n = find(name);
    if (!n) {
        n = mem_alloc(sizeof *n);
        *n = (struct name){.name = name};
        list_init(&n->shared);
        table_add(&names.by_name, table_hash_word(name), n);
    }
    return n;
}

// With the lock held: the entry goes when it names nothing any more.
static void tidy(struct name *n)
{
    if (n->pid != NONE || n->foreign[0] != NONE)
        return;
    table_remove(&names.by_name, table_hash_word(n->name), &n->name);
    list_remove(&n->shared);
    mem_free(n, sizeof *n);
}

static void forget(struct name *n)
{
    table_remove(&names.by_pid, table_hash_word(n->pid), &n->pid);
    n->pid = NONE;
    tidy(n);
}

// An exiting process leaves the process table before it forgets its name: so none is registered after that.
bool names_register(term name, term pid)
{
    if (name == ATOM_undefined)
        return false;
    bool parked = epoch_enter();
    lock_take(&names.lock);
    struct name *taken = find(name);
    bool good = proc_find(pid) && !(taken && taken->pid != NONE) && !find_by_pid(pid);
    if (good) {
        struct name *n = get(name);
        n->pid = pid;
        table_add(&names.by_pid, table_hash_word(pid), n);
    }
    lock_give(&names.lock);
    epoch_exit(parked);
    return good;
}

static bool is_shown(const struct name *n)
{
    return n->foreign[0] != NONE && !n->hidden;
}

bool names_unregister(term name)
{
    lock_take(&names.lock);
    struct name *n = find(name);
    bool known = n && (n->pid != NONE || is_shown(n));
    if (known && n->pid != NONE)
        forget(n);
    else if (known)
        n->hidden = true;
    lock_give(&names.lock);
    return known;
}

static bool is_mapped_to(const struct name *n, term foreign)
{
    return memcmp(n->foreign, boxed_ptr(foreign), sizeof n->foreign) == 0;
}

bool names_restore(term name, term foreign)
{
    lock_take(&names.lock);
    struct name *n = find(name);
    bool good = n && n->pid == NONE && n->hidden && is_mapped_to(n, foreign);
    if (good)
        n->hidden = false;
    lock_give(&names.lock);
    return good;
}

void names_forget(struct proc *p)
{
    lock_take(&names.lock);
    struct name *n = find_by_pid(p->pid);
    if (n)
        forget(n);
    lock_give(&names.lock);
}

term names_find_into(term room[FOREIGN_PID_WORDS], term name)
{
    lock_take(&names.lock);
    struct name *n = find(name);
    term pid = n ? n->pid : NONE;
    if (n && pid == NONE && is_shown(n)) {
        memcpy(room, n->foreign, sizeof n->foreign);
        pid = boxed_term(room);
    }
    lock_give(&names.lock);
    return pid;
}

term names_find(struct heap *h, term name)
{
    term room[FOREIGN_PID_WORDS];
    term pid = names_find_into(room, name);
    return pid == NONE || is_immediate(pid) ? pid : term_copy(h, pid);
}

term names_find_local(term name)
{
    lock_take(&names.lock);
    struct name *n = find(name);
    term pid = n ? n->pid : NONE;
    lock_give(&names.lock);
    return pid;
}

void names_set_foreign(term name, term pid)
{
    lock_take(&names.lock);
    struct name *n = get(name);
    n->hidden = n->hidden && pid != NONE && is_mapped_to(n, pid);
    list_remove(&n->shared);
    n->foreign[0] = NONE;
    if (pid != NONE) {
        memcpy(n->foreign, boxed_ptr(pid), sizeof n->foreign);
        list_add(&names.shared, &n->shared);
    }
    tidy(n);
    lock_give(&names.lock);
}

term names_find_foreign(struct heap *h, term name)
{
    term room[FOREIGN_PID_WORDS];
    lock_take(&names.lock);
    const struct name *n = find(name);
    bool known = n && n->foreign[0] != NONE;
    if (known)
        memcpy(room, n->foreign, sizeof room);
    lock_give(&names.lock);
    return known ? term_copy(h, boxed_term(room)) : NONE;
}

term names_shared(term foreign, bool *first)
{
    term name = NONE;
    *first = false;
    lock_take(&names.lock);
    for (struct list *l = names.shared.next; l != &names.shared && name == NONE; l = l->next) {
        struct name *n = CONTAINER_OF(l, struct name, shared);
        if (!is_mapped_to(n, foreign))
            continue;
        name = n->name;
        *first = !n->told;
        n->told = true;
    }
    lock_give(&names.lock);
    return name;
}

term names_list(struct heap *h)
{
    term list = NIL;
    size_t at = 0;
    lock_take(&names.lock);
    for (struct name *n; (n = table_next(&names.by_pid, &at)) != NULL;)
        list = cons(h, n->name, list);
    lock_give(&names.lock);
    return list;
}

term names_of(const struct proc *p)
{
    lock_take(&names.lock);
    struct name *n = find_by_pid(p->pid);
    term name = n ? n->name : NONE;
    lock_give(&names.lock);
    return name;
}
