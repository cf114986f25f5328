// SPDX-License-Identifier: Apache-2.0
// Monitors of both sides, and aliases.
#include "base/turn.h"
#include "proc/names.h"
#include "proc/relation_set.h"
#include "proc/remote.h"
#include "proc/signal.h"
#include "term/atom.h"
#include "term/copy.h"

static term target_ref(struct heap *h, const struct proc *p, enum alias_mode alias)
{
    return alias == ALIAS_NO ? ref_new(h) : ref_new_owned(h, p->pid);
}

static struct relation *add_monitor(struct proc *p, term ref, enum relation_kind kind, const struct monitor_options *o)
{
    struct relation *r = relation_new(kind);
    r->alias = o->alias;
    r->name = NONE;
    r->tag_area = term_to_fragment(o->tag, &r->tag);
    ref_set_add(&relations_get(p)->monitors, r, ref);
    return r;
}

static void watch_foreign(struct proc *p, struct relation *r, term to, term ref)
{
    atomic_store(&p->foreign, true);
    struct remote_signal s = {.kind = REMOTE_MONITOR, .from = p->pid, .to = to, .ref = ref};
    s.node = to == NONE ? r->node : ident_node(to);
    s.name = to == NONE ? r->name : NONE;
    if (remote_send(p, &s) == REMOTE_UNCONNECTED)
        signal_down(p->pid, ref, ATOM_noconnection);
}

static void watch(struct proc *p, struct relation *r, term to, term ref)
{
    r->pid = pid_key_of(to);
    if (is_local_pid(to))
        signal_monitor(p->pid, to, ref);
    else if (is_former_pid(to))
        signal_down(p->pid, ref, ATOM_noproc);
    else
        watch_foreign(p, r, to, ref);
}

static void watch_name(struct proc *p, struct relation *r, term name, term node, term ref)
{
    r->name = name;
    if (node != node_self()->name) {
        r->node = node_intern(node, 0);
        watch_foreign(p, r, NONE, ref);
        return;
    }
    term to = names_find(&p->heap, name);
    if (to == NONE) {
        signal_down(p->pid, ref, ATOM_noproc);
        return;
    }
    r->pid = pid_key_of(to);
    if (is_local_pid(to))
        signal_monitor(p->pid, name, ref);
    else
        watch_foreign(p, r, to, ref);
}

static bool is_self(struct proc *p, term target, term node)
{
    return target == p->pid || (is_atom(target) && node == node_self()->name && names_find(&p->heap, target) == p->pid);
}

term relations_monitor(struct proc *p, term target, term node, const struct monitor_options *o)
{
    term ref = target_ref(&p->heap, p, o->alias);
    struct relation *r;
    if (is_self(p, target, node))    // watches nothing, and its alias is none either, as on the BEAM
        return ref;
    r = add_monitor(p, ref, RELATION_MONITOR, o);
    if (is_atom(target))
        watch_name(p, r, target, node, ref);
    else
        watch(p, r, target, ref);
    return ref;
}

term relations_monitor_clock(struct proc *p, const struct monitor_options *o)
{
    term ref = target_ref(&p->heap, p, o->alias);
    add_monitor(p, ref, RELATION_CLOCK, o);
    return ref;
}

void relations_child(struct proc *parent, term child, const struct spawn *s)
{
    struct pid_key key = pid_key_of(child);
    if (s->link)
        links_add(parent, &key);
    if (s->monitor) {
        struct monitor_options o = {s->monitor_tag, s->monitor_alias};
        add_monitor(parent, s->monitor_ref, RELATION_MONITOR, &o)->pid = key;
    }
}

static void unwatch(struct proc *p, const struct relation *r)
{
    term ref = ref_key_term(&p->heap, &r->ref);
    bool by_foreign_name = r->name != NONE && r->node;
    if (!by_foreign_name && pid_key_local(&r->pid)) {
        signal_demonitor(p->pid, pid_key_term(&p->heap, &r->pid), ref);
        return;
    }
    struct remote_signal s = {.kind = REMOTE_DEMONITOR, .from = p->pid, .ref = ref};
    s.to = by_foreign_name ? NONE : pid_key_term(&p->heap, &r->pid);
    s.name = by_foreign_name ? r->name : NONE;
    s.node = by_foreign_name ? r->node : r->pid.node;
    remote_send(p, &s);
}

// The monitor is over; its alias may stay.
static void end_monitor(struct proc *p, struct relation *r)
{
    if (r->alias == ALIAS_EXPLICIT) {
        r->kind = RELATION_ALIAS;
        return;
    }
    ref_set_remove(&p->relations->monitors, r);
}

static struct relation *monitors_find(const struct proc *p, term ref)
{
    return p->relations ? ref_set_find(&p->relations->monitors, ref) : NULL;
}

bool relations_demonitor(struct proc *p, term ref)
{
    struct relation *r = monitors_find(p, ref);
    if (!r || (r->kind != RELATION_MONITOR && r->kind != RELATION_CLOCK))
        return false;
    if (r->kind == RELATION_MONITOR)
        unwatch(p, r);
    end_monitor(p, r);
    return true;
}

term relations_alias(struct proc *p, enum alias_mode mode)
{
    term ref = ref_new_owned(&p->heap, p->pid);
    add_monitor(p, ref, RELATION_ALIAS, &(struct monitor_options){ATOM_DOWN, mode});
    return ref;
}

bool relations_unalias(struct proc *p, term ref)
{
    struct relation *r = monitors_find(p, ref);
    if (!r || r->alias == ALIAS_NO)
        return false;
    r->alias = ALIAS_NO;
    if (r->kind == RELATION_ALIAS)
        end_monitor(p, r);
    return true;
}

bool relations_alias_used(struct proc *p, term ref)
{
    struct relation *r = monitors_find(p, ref);
    if (!r || r->alias == ALIAS_NO)
        return false;
    if (r->alias != ALIAS_REPLY)
        return true;
    if (r->kind == RELATION_MONITOR)
        unwatch(p, r);
    if (r->kind == RELATION_SPAWN)
        r->alias = ALIAS_NO;
    else
        end_monitor(p, r);
    return true;
}

void relations_monitored(struct proc *p, term from, term ref, term name)
{
    struct relations *all = relations_get(p);
    if (ref_set_find(&all->watchers, ref))
        return;
    struct relation *r = relation_new(RELATION_WATCHER);
    r->pid = pid_key_of(from);
    r->name = name;
    ref_set_add(&all->watchers, r, ref);
}

void relations_demonitored(struct proc *p, term ref)
{
    struct relation *r = p->relations ? ref_set_find(&p->relations->watchers, ref) : NULL;
    if (r)
        ref_set_remove(&p->relations->watchers, r);
}

// What the DOWN message calls the monitored process.
static term object_of(struct heap *h, const struct relation *r)
{
    if (r->name == NONE)
        return pid_key_term(h, &r->pid);
    return tuple2(h, r->name, r->node ? r->node->name : node_self()->name);
}

static term down_message(struct heap *h, const struct relation *r, term tag, term ref, term reason)
{
    return tuple_of(h, 5, (term[]){tag, ref, ATOM_process, object_of(h, r), reason});
}

enum { DOWN_WORDS = 6 + FOREIGN_PID_WORDS };

// A tag with words of its own doesn't fit into the signal: a new one is made.
static struct signal *down_with_tag(const struct relation *r, const struct signal *down)
{
    struct signal *s =
        signal_new(SIGNAL_MESSAGE, term_words(r->tag) + term_words(down->ref) + term_words(down->value) + DOWN_WORDS);
    struct heap h;
    signal_heap(s, &h);
    s->value = down_message(&h, r, term_copy(&h, r->tag), term_copy(&h, down->ref), term_copy(&h, down->value));
    signal_close(s, &h);
    return s;
}

struct signal *relations_down(struct proc *p, struct signal *down)
{
    struct relation *r = monitors_find(p, down->ref);
    if (!r || r->kind != RELATION_MONITOR) {
        signal_free(down);
        return NULL;
    }
    struct signal *message = down;
    if (r->tag_area) {
        message = down_with_tag(r, down);
        signal_free(down);
    } else {
        struct heap h;
        signal_heap(down, &h);
        down->value = down_message(&h, r, r->tag, down->ref, down->value);
        signal_close(down, &h);
        down->kind = SIGNAL_MESSAGE;
    }
    end_monitor(p, r);
    return message;
}

static void tell_watcher(struct proc *p, const struct relation *r, term reason)
{
    term ref = ref_key_term(&p->heap, &r->ref);
    if (pid_key_local(&r->pid)) {
        signal_down(local_pid(r->pid.number, r->pid.serial), ref, reason);
        return;
    }
    term to = pid_key_term(&p->heap, &r->pid);
    remote_send(p, &(struct remote_signal){.kind = REMOTE_DOWN,
                                           .node = r->pid.node,
                                           .to = to,
                                           .ref = ref,
                                           .from = r->name == NONE ? p->pid : NONE,
                                           .name = r->name,
                                           .value = reason});
}

void relations_exit_monitors(struct proc *p, term reason)
{
    SET_EACH(&p->relations->monitors, r, following)
    {
        turn_pass(CONFIG_TURN_UNITS);
        if (r->kind == RELATION_MONITOR)
            unwatch(p, r);
        ref_set_remove(&p->relations->monitors, r);
    }
    SET_EACH(&p->relations->watchers, w, after)
    {
        turn_pass(CONFIG_TURN_UNITS);
        tell_watcher(p, w, reason);
        ref_set_remove(&p->relations->watchers, w);
    }
}

term relations_monitors(struct proc *p, struct heap *h)
{
    term list = NIL;
    if (!p->relations)
        return list;
    SET_EACH(&p->relations->monitors, r, following)
    {
        if (r->kind == RELATION_MONITOR)
            list = cons(h, tuple2(h, ATOM_process, object_of(h, r)), list);
        if (r->kind == RELATION_CLOCK)
            list = cons(h, tuple2(h, ATOM_time_offset, ATOM_clock_service), list);
    }
    return list;
}

term relations_monitored_by(struct proc *p, struct heap *h)
{
    term list = NIL;
    if (p->relations)
        SET_EACH(&p->relations->watchers, r, following)
    list = cons(h, pid_key_term(h, &r->pid), list);
    return list;
}

struct relation *relations_await_spawn(struct proc *p, const struct spawn_request *r, term ref)
{
    struct relation *pending = add_monitor(p, ref, RELATION_SPAWN, &r->monitor_options);
    pending->node = node_intern(r->node, 0);
    pending->flags = (r->link ? SPAWN_LINK : 0) | (r->monitor ? SPAWN_MONITOR : 0);
    pending->reply = r->reply;
    pending->reply_area = term_to_fragment(r->reply_tag, &pending->reply_tag);
    return pending;
}

static void send_spawn_reply(struct proc *p, const struct relation *r, term ref, term result)
{
    bool good = is_pid(result);
    bool wanted = r->reply == SPAWN_REPLY_YES || r->reply == (good ? SPAWN_REPLY_SUCCESS : SPAWN_REPLY_ERROR);
    if (!wanted)
        return;
    term room[5] = {header(KIND_TUPLE, 4), r->reply_tag, ref, good ? ATOM_ok : ATOM_error, result};
    mailbox_append(&p->mailbox, signal_of_message(boxed_term(room)));
}

// The caller no longer wants the process: undo what ties it.
static void disown(struct proc *p, const struct relation *r, term ref, term child, uint64_t flags)
{
    struct remote_signal s = {.node = ident_node(child), .from = p->pid, .to = child, .ref = ref};
    if (flags & SPAWN_MONITOR) {
        s.kind = REMOTE_DEMONITOR;
        remote_send(p, &s);
    }
    if (flags & SPAWN_LINK || r->flags & SPAWN_LINK) {
        s.kind = REMOTE_EXIT;
        s.value = ATOM_abandoned;
        remote_send(p, &s);
    }
}

void relations_spawn_replied(struct proc *p, term ref, term result, uint64_t flags)
{
    struct relation *r = monitors_find(p, ref);
    if (!r || r->kind != RELATION_SPAWN)
        return;
    bool wanted = is_pid(result) && !(r->flags & SPAWN_ABANDONED);
    if (is_pid(result) && !wanted)
        disown(p, r, ref, result, flags);
    if (!(r->flags & SPAWN_ABANDONED))
        send_spawn_reply(p, r, ref, result);
    if (wanted && flags & SPAWN_LINK)
        relations_linked(p, result);
    if (wanted && flags & SPAWN_MONITOR) {
        r->kind = RELATION_MONITOR;
        r->pid = pid_key_of(result);
        return;
    }
    if (!(wanted && r->alias == ALIAS_EXPLICIT))
        r->alias = ALIAS_NO;
    end_monitor(p, r);
}

bool relations_spawn_abandon(struct proc *p, term ref)
{
    struct relation *r = monitors_find(p, ref);
    if (!r || r->kind != RELATION_SPAWN || r->flags & SPAWN_ABANDONED)
        return false;
    r->flags |= SPAWN_ABANDONED;
    r->alias = ALIAS_NO;
    return true;
}
