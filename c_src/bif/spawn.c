// SPDX-License-Identifier: Apache-2.0
// Natives that make processes, here and on other nodes.
#include "bif/bif.h"
#include "proc/errand.h"
#include "proc/relations.h"
#include "proc/signal.h"
#include "proc/spawn_options.h"
#include "term/ident.h"

static bool describe(struct spawn *s, struct proc *p, const term *mfa)
{
    sword arity = list_length(mfa[2]);
    spawn_init(s, p);
    s->module = mfa[0];
    s->function = mfa[1];
    s->arguments = mfa[2];
    return is_atom(mfa[0]) && is_atom(mfa[1]) && arity >= 0 && arity <= CONFIG_MAX_ARITY;
}

static term monitor_ref(struct proc *p, enum alias_mode alias)
{
    return alias == ALIAS_NO ? ref_new(proc_heap(p)) : ref_new_owned(proc_heap(p), p->pid);
}

// The pid, or {Pid, Ref}.
static term start(struct proc *p, struct spawn *s)
{
    if (s->monitor)
        s->monitor_ref = monitor_ref(p, s->monitor_alias);
    term pid = proc_spawn(p, s);
    if (pid == NONE)
        return fail_error(p, ATOM_system_limit);
    return s->monitor ? tuple2(proc_heap(p), pid, s->monitor_ref) : pid;
}

// `arity` arguments, the third of which are the new process's.
static term run(struct proc *p, term *args, unsigned arity, native_function *body)
{
    bool large = errand_waits(p) || errand_is_large(p, args[2]);
    return large ? errand(p, args, arity, body) : body(p, args);
}

static term plain(struct proc *p, term *args)
{
    struct spawn s;
    return describe(&s, p, args) ? start(p, &s) : fail_badarg(p);
}

static term bif_spawn(struct proc *p, term *args)
{
    return run(p, args, 3, plain);
}

static term linked(struct proc *p, term *args)
{
    struct spawn s;
    if (!describe(&s, p, args))
        return fail_badarg(p);
    s.link = true;
    return start(p, &s);
}

static term bif_spawn_link(struct proc *p, term *args)
{
    return run(p, args, 3, linked);
}

// Of two mistakes the options are the one that is told.
static term with_options(struct proc *p, term *args)
{
    struct spawn s;
    spawn_init(&s, p);
    bool described = describe(&s, p, args);
    if (!spawn_options(&s, args[3]))
        return fail_badarg_because(p, ATOM_badopt);
    return described ? start(p, &s) : fail_badarg(p);
}

static term bif_spawn_opt(struct proc *p, term *args)
{
    return run(p, args, 4, with_options);
}

// What only spawn requests have among their options.
struct reply_options {
    enum spawn_reply reply;
    term tag;
};

static bool reply_of(term t, enum spawn_reply *reply)
{
    *reply = t == ATOM_no             ? SPAWN_REPLY_NO
             : t == ATOM_error_only   ? SPAWN_REPLY_ERROR
             : t == ATOM_success_only ? SPAWN_REPLY_SUCCESS
                                      : SPAWN_REPLY_YES;
    return *reply != SPAWN_REPLY_YES || t == ATOM_yes;
}

// True: it was one of them; *good tells whether it was well-formed.
static bool reply_option(struct reply_options *r, term option, bool *good)
{
    if (!is_tuple_of(option, 2))
        return false;
    term name = element(option, 0), value = element(option, 1);
    if (name == ATOM_reply_tag)
        r->tag = value;
    else if (name == ATOM_reply)
        *good = *good && reply_of(value, &r->reply);
    return name == ATOM_reply_tag || name == ATOM_reply;
}

static void reply(struct proc *p, const struct reply_options *r, term ref, term result)
{
    bool good = is_pid(result);
    if (r->reply != SPAWN_REPLY_YES && r->reply != (good ? SPAWN_REPLY_SUCCESS : SPAWN_REPLY_ERROR))
        return;
    term elements[] = {r->tag, ref, good ? ATOM_ok : ATOM_error, result};
    signal_message(p->pid, tuple_of(proc_heap(p), 4, elements));
}

static bool request_options(struct spawn *s, struct reply_options *r, term list)
{
    bool good = true;
    for (; is_list(list); list = tail(list))
        if (!reply_option(r, head(list), &good) && !spawn_option(s, head(list)))
            good = false;
    return good;
}

// To this node itself: the reply is in the caller's queue before the process runs.
static term request(struct proc *p, term *args)
{
    struct spawn s;
    struct reply_options r = {SPAWN_REPLY_YES, ATOM_spawn_reply};
    if (!describe(&s, p, args))
        return ATOM_badarg;
    if (list_length(args[3]) < 0)
        return ATOM_badopt;
    bool good = request_options(&s, &r, args[3]);
    term ref = s.monitor_ref = monitor_ref(p, s.monitor_alias);
    struct proc *child = good ? proc_make(p, &s) : NULL;
    reply(p, &r, ref, child ? child->pid : good ? ATOM_system_limit : ATOM_badopt);
    if (child)
        proc_start(child);
    return ref;
}

static term bif_spawn_request(struct proc *p, term *args)
{
    return run(p, args, 4, request);
}

// Options for the other node: what concerns only this end is left out.
static bool split_options(struct proc *p, struct spawn_request *r, term list)
{
    struct reply_options reply_part = {SPAWN_REPLY_YES, r->reply_tag};
    term kept = NIL;
    bool good = true;
    for (; is_list(list); list = tail(list)) {
        term option = head(list);
        if (reply_option(&reply_part, option, &good))
            continue;
        if (option == ATOM_monitor || (is_tuple_of(option, 2) && element(option, 0) == ATOM_monitor)) {
            r->monitor = true;
            if (option != ATOM_monitor)
                good = good &&
                       monitor_options_list(element(option, 1), &r->monitor_options.alias, &r->monitor_options.tag);
            option = ATOM_monitor;
        }
        r->link = r->link || option == ATOM_link;
        kept = cons(proc_heap(p), option, kept);
    }
    r->options = kept;
    r->reply = reply_part.reply;
    r->reply_tag = reply_part.tag;
    return good;
}

static bool describe_request(struct spawn_request *r, term node, term mfa)
{
    *r = (struct spawn_request){.node = node, .reply_tag = ATOM_spawn_reply, .monitor_options = {ATOM_DOWN, ALIAS_NO}};
    if (!is_atom(node) || node == node_self()->name || !is_tuple_of(mfa, 3))
        return false;
    r->module = element(mfa, 0);
    r->function = element(mfa, 1);
    r->arguments = element(mfa, 2);
    return is_atom(r->module) && is_atom(r->function) && list_length(r->arguments) >= 0;
}

static term bif_dist_spawn_request(struct proc *p, term *args)
{
    struct spawn_request r;
    bool request = args[3] == ATOM_spawn_request;
    if (!describe_request(&r, args[0], args[1]) || list_length(args[2]) < 0)
        return ATOM_badarg;
    if (!split_options(p, &r, args[2])) {
        if (!request)
            return ATOM_badarg;
        term ref = ref_new(proc_heap(p));
        reply(p, &(struct reply_options){r.reply, r.reply_tag}, ref, ATOM_badopt);
        return ref;
    }
    term ref = relations_spawn_request(p, &r);
    return request ? ref : tuple2(proc_heap(p), ref, bool_term(r.monitor));
}

static term bif_spawn_request_abandon(struct proc *p, term *args)
{
    return is_ref(args[0]) ? bool_term(relations_spawn_abandon(p, args[0])) : fail_badarg(p);
}

static const struct native_row rows[] = {
    {"erlang", "spawn", 3, bif_spawn, 0},
    {"erlang", "spawn_link", 3, bif_spawn_link, 0},
    {"erlang", "spawn_opt", 4, bif_spawn_opt, 0},
    {"erlang", "spawn_request_abandon", 1, bif_spawn_request_abandon, 0},
    {"erts_internal", "spawn_request", 4, bif_spawn_request, 0},
    {"erts_internal", "dist_spawn_request", 4, bif_dist_spawn_request, 0},
};

const struct native_table natives_spawn = {rows, COUNT_OF(rows)};
