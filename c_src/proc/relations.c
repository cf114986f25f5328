// SPDX-License-Identifier: Apache-2.0
// Links, and what all relations have in common: exit of their process, loss of a node.
#include "proc/relations.h"

#include "base/turn.h"
#include "proc/relation_set.h"
#include "proc/remote.h"
#include "proc/signal.h"
#include "term/atom.h"

enum { MANY = 100 };    // to tell of an exit

enum { UNLINK_IDS = 1 << 16 };    // a thread takes so many at a time

// From 1 on, each once.
static uint64_t fresh_unlink_id(void)
{
    static _Atomic uint64_t taken;
    static _Thread_local uint64_t id;
    if (id % UNLINK_IDS == 0)
        id = atomic_fetch_add_explicit(&taken, UNLINK_IDS, memory_order_relaxed);
    return ++id;
}

static void tell(struct proc *p, enum remote_kind kind, term to, term value, uint64_t id)
{
    remote_send(p, &(struct remote_signal){
                       .kind = kind, .node = ident_node(to), .from = p->pid, .to = to, .value = value, .id = id});
}

static void send_link(struct proc *p, term other)
{
    if (is_local_pid(other)) {
        signal_link(p->pid, other);
        return;
    }
    atomic_store(&p->foreign, true);
    struct remote_signal r = {.kind = REMOTE_LINK, .node = ident_node(other), .from = p->pid, .to = other};
    if (remote_send(p, &r) == REMOTE_UNCONNECTED)
        signal_exit_linked(other, p->pid, ATOM_noconnection);
}

bool relations_link(struct proc *p, term other)
{
    if (other == p->pid)
        return true;
    struct relation *r = links_find(p, other);
    if (r && !r->unlink_id)
        return true;
    if (is_local_pid(other) ? !proc_find(other) : is_former_pid(other))
        return false;
    if (r)
        r->unlink_id = 0;
    else
        links_add(p, &(struct pid_key){pid_key_of(other).node, any_pid_number(other), any_pid_serial(other)});
    send_link(p, other);
    return true;
}

void relations_unlink(struct proc *p, term other)
{
    struct relation *r = links_find(p, other);
    if (!r || r->unlink_id)
        return;
    r->unlink_id = fresh_unlink_id();
    if (is_local_pid(other)) {
        signal_unlink(p->pid, other, r->unlink_id);
        return;
    }
    struct remote_signal s = {
        .kind = REMOTE_UNLINK, .node = ident_node(other), .from = p->pid, .to = other, .id = r->unlink_id};
    if (remote_send(p, &s) == REMOTE_UNCONNECTED)
        links_remove(p, r);
}

bool relations_exit_linked(struct proc *p, term from)
{
    struct relation *r = links_find(p, from);
    if (!r)
        return false;
    bool active = !r->unlink_id;
    links_remove(p, r);
    return active;
}

// A link that is there already came from both sides at once; one that is being unlinked goes by the acknowledgement.
void relations_linked(struct proc *p, term from)
{
    if (links_find(p, from))
        return;
    struct pid_key key = pid_key_of(from);
    links_add(p, &key);
}

void relations_unlinked(struct proc *p, term from, uint64_t id)
{
    struct relation *r = links_find(p, from);
    if (r && !r->unlink_id)
        links_remove(p, r);
    if (is_local_pid(from))
        signal_unlink_ack(p->pid, from, id);
    else
        tell(p, REMOTE_UNLINK_ACK, from, NONE, id);
}

void relations_unlink_acked(struct proc *p, term from, uint64_t id)
{
    struct relation *r = links_find(p, from);
    if (r && r->unlink_id == id && id)
        links_remove(p, r);
}

void relations_monitor_node(struct proc *p, term node, bool on)
{
    struct relation *r = nodes_find(p, node);
    if (on && !r) {
        r = relation_new(RELATION_NODE);
        r->name = node;
        nodes_add(p, r);
        atomic_store(&p->foreign, true);
    }
    if (r)
        r->count += on ? 1u : -1u;
    if (r && !r->count)
        nodes_remove(p, r);
}

void relations_started(struct proc *child, const struct spawn *s)
{
    if (!is_immediate(s->parent))
        atomic_store(&child->foreign, true);
    struct pid_key parent = pid_key_of(s->parent);
    if (s->link)
        links_add(child, &parent);
    if (s->monitor) {
        struct relation *r = relation_new(RELATION_WATCHER);
        r->pid = parent;
        ref_set_add(&relations_get(child)->watchers, r, s->monitor_ref);
    }
}

static void exit_links(struct proc *p, term reason)
{
    struct relation_set *links = &p->relations->links;
    SET_EACH(links, r, following)
    {
        turn_pass(CONFIG_TURN_UNITS);
        term other = pid_key_term(&p->heap, &r->pid);
        if (is_local_pid(other))
            signal_exit_linked(p->pid, other, reason);
        else if (!r->unlink_id)
            tell(p, REMOTE_EXIT, other, reason, 0);
        links_remove(p, r);
    }
}

bool relations_are_many(const struct proc *p)
{
    const struct relations *r = p->relations;
    return r && r->links.count + r->monitors.count + r->watchers.count > MANY;
}

void relations_exit(struct proc *p, term reason)
{
    if (!p->relations)
        return;
    relations_exit_monitors(p, reason);
    SET_EACH(&p->relations->nodes, r, following)
    nodes_remove(p, r);
    exit_links(p, reason);
    relations_tidy(p);
}

void relations_free(struct proc *p)
{
    if (!p->relations)
        return;
    ref_set_clear(&p->relations->monitors);
    ref_set_clear(&p->relations->watchers);
    SET_EACH(&p->relations->links, r, following)
    links_remove(p, r);
    SET_EACH(&p->relations->nodes, n, after)
    nodes_remove(p, n);
    relations_tidy(p);
}

static bool key_on(const struct pid_key *k, term node)
{
    return k->node && k->node->name == node;
}

// Breaks a link through the process's own queue: there the relation is still needed to make the exit signal count.
static void lose_links(struct proc *p, term node)
{
    SET_EACH(&p->relations->links, r, following)
    {
        if (!key_on(&r->pid, node))
            continue;
        if (r->unlink_id)
            links_remove(p, r);
        else
            signal_exit_linked(pid_key_term(&p->heap, &r->pid), p->pid, ATOM_noconnection);
    }
}

static void lose_monitors(struct proc *p, term node)
{
    SET_EACH(&p->relations->monitors, r, following)
    {
        bool there = r->name == NONE ? key_on(&r->pid, node) : r->node && r->node->name == node;
        term ref = ref_key_term(&p->heap, &r->ref);
        if (r->kind == RELATION_MONITOR && there)
            signal_down(p->pid, ref, ATOM_noconnection);
        else if (r->kind == RELATION_SPAWN && r->node->name == node)
            signal_spawn_reply(p->pid, ref, ATOM_noconnection, 0);
    }
    SET_EACH(&p->relations->watchers, w, after)
    if (key_on(&w->pid, node))
        ref_set_remove(&p->relations->watchers, w);
}

void relations_lost_node(struct proc *p, term node)
{
    if (!p->relations)
        return;
    lose_links(p, node);
    lose_monitors(p, node);
    struct relation *r = nodes_find(p, node);
    for (uint32_t i = 0; r && i < r->count; i++) {
        term message[3] = {header(KIND_TUPLE, 2), ATOM_nodedown, node};
        mailbox_append(&p->mailbox, signal_of_message(boxed_term(message)));
    }
    if (r)
        nodes_remove(p, r);
}

void relations_node_down(struct node *n)
{
    uint32_t at = 0;
    for (term pid = proc_next(&at); pid != NONE; pid = proc_next(&at)) {
        bool parked = epoch_enter();
        struct proc *p = proc_find(pid);
        if (p && atomic_load(&p->foreign)) {
            struct signal *s = signal_new(SIGNAL_NODE_DOWN, 0);
            s->value = n->name;
            signal_deliver(pid, s);
        }
        epoch_exit(parked);
    }
}

term relations_links(struct proc *p, struct heap *h)
{
    term list = NIL;
    if (p->relations)
        SET_EACH(&p->relations->links, r, following)
    if (!r->unlink_id)
        list = cons(h, pid_key_term(h, &r->pid), list);
    return list;
}
