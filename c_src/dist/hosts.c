// SPDX-License-Identifier: Apache-2.0
#include "dist/hosts.h"

#include "base/list.h"
#include "base/lock.h"
#include "base/memory.h"
#include "proc/names.h"
#include "term/atom.h"
#include "term/copy.h"
#include "term/map.h"

#include <string.h>

struct hosts_events hosts_events;

struct host {
    struct list member;
    term pid[FOREIGN_PID_WORDS];
    struct fragment *area;    // of names
    term names;
    bool unicode;
};

// Changes are made one at a time; who reads takes `lock` alone.
static struct {
    struct lock lock, changing;
    struct list all;    // the first one serves
} hosts;

void hosts_open(void)
{
    lock_init(&hosts.lock);
    lock_init(&hosts.changing);
    list_init(&hosts.all);
}

static struct host *first(void)
{
    return list_empty(&hosts.all) ? NULL : CONTAINER_OF(hosts.all.next, struct host, member);
}

static void host_free(struct host *h)
{
    list_remove(&h->member);
    if (h->area)
        fragment_free(h->area);
    mem_free(h, sizeof *h);
}

void hosts_close(void)
{
    while (first())
        host_free(first());
}

static void map_names(const struct host *h, bool there)
{
    struct map_walk w;
    term name, pid;
    if (!h || h->names == NONE)
        return;
    for (map_walk_init(&w, h->names); map_walk_next(&w, &name, &pid);)
        if (is_atom(name) && is_kind(pid, KIND_FOREIGN_PID))
            names_set_foreign(name, there ? pid : NONE);
}

static struct host *find(const term *pid)
{
    for (struct list *l = hosts.all.next; l != &hosts.all; l = l->next) {
        struct host *h = CONTAINER_OF(l, struct host, member);
        if (memcmp(h->pid, pid, sizeof h->pid) == 0)
            return h;
    }
    return NULL;
}

static void tell_if(bool changed)
{
    if (changed && hosts_events.changed)
        hosts_events.changed();
}

void hosts_attach(term pid, term names, term range)
{
    if (!is_kind(pid, KIND_FOREIGN_PID))
        return;
    struct host *h = mem_zero_alloc(sizeof *h);
    memcpy(h->pid, boxed_ptr(pid), sizeof h->pid);
    h->names = NONE;
    h->unicode = range == ATOM_unicode;
    if (names != NONE && is_map(names))
        h->area = term_to_fragment(names, &h->names);
    list_init(&h->member);
    lock_take(&hosts.changing);
    lock_take(&hosts.lock);
    bool known = find(h->pid);
    bool serves = !known && !first();
    if (!known)
        list_add(&hosts.all, &h->member);
    lock_give(&hosts.lock);
    if (serves)
        map_names(h, true);
    lock_give(&hosts.changing);
    if (known)
        host_free(h);
    tell_if(serves);
}

// True: it was the one that serves.
static bool detach(struct host *h)
{
    lock_take(&hosts.lock);
    bool served = h == first();
    list_remove(&h->member);
    struct host *next = first();
    lock_give(&hosts.lock);
    if (served) {
        map_names(h, false);
        map_names(next, true);
    }
    host_free(h);
    return served;
}

void hosts_detach(term pid)
{
    if (!is_kind(pid, KIND_FOREIGN_PID))
        return;
    lock_take(&hosts.changing);
    struct host *h = find(boxed_ptr(pid));
    bool changed = h && detach(h);
    lock_give(&hosts.changing);
    tell_if(changed);
}

// What keeps its name is never without it.
void hosts_rename(term map)
{
    struct map_walk w;
    term name, pid;
    lock_take(&hosts.changing);
    struct host *h = first();
    if (h && h->names != NONE) {
        for (map_walk_init(&w, h->names); map_walk_next(&w, &name, &pid);)
            if (is_atom(name) && map_get(map, name) == NONE)
                names_set_foreign(name, NONE);
        fragment_free(h->area);
    }
    if (h) {
        h->area = term_to_fragment(map, &h->names);
        map_names(h, true);
    }
    lock_give(&hosts.changing);
}

static bool is_on(const struct host *h, term name)
{
    return ident_node(boxed_term(h->pid))->name == name;
}

static struct host *find_on(term name)
{
    for (struct list *l = hosts.all.next; l != &hosts.all; l = l->next)
        if (is_on(CONTAINER_OF(l, struct host, member), name))
            return CONTAINER_OF(l, struct host, member);
    return NULL;
}

void hosts_lost(const struct node *n)
{
    bool changed = false;
    lock_take(&hosts.changing);
    for (struct host *h = find_on(n->name); h; h = find_on(n->name))
        changed |= detach(h);
    lock_give(&hosts.changing);
    tell_if(changed);
}

term hosts_pid(term room[3])
{
    lock_take(&hosts.lock);
    const struct host *h = first();
    if (h)
        memcpy(room, h->pid, sizeof h->pid);
    lock_give(&hosts.lock);
    return h ? boxed_term(room) : NONE;
}

bool hosts_is_node(term name)
{
    lock_take(&hosts.lock);
    const struct host *h = first();
    bool is = h && is_on(h, name);
    lock_give(&hosts.lock);
    return is;
}

bool hosts_unicode(void)
{
    lock_take(&hosts.lock);
    const struct host *h = first();
    bool unicode = h && h->unicode;
    lock_give(&hosts.lock);
    return unicode;
}
