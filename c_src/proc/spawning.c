// SPDX-License-Identifier: Apache-2.0
// Spawn requests to other nodes and from them.
#include "base/memory.h"
#include "proc/relation_set.h"
#include "proc/remote.h"
#include "proc/signal.h"
#include "proc/spawn_options.h"
#include "term/atom.h"

term relations_spawn_request(struct proc *p, const struct spawn_request *r)
{
    struct heap *h = &p->heap;
    term ref = r->monitor_options.alias == ALIAS_NO ? ref_new(h) : ref_new_owned(h, p->pid);
    struct relation *pending = relations_await_spawn(p, r, ref);
    atomic_store(&p->foreign, true);
    struct remote_signal s = {.kind = REMOTE_SPAWN, .node = pending->node, .from = p->pid, .ref = ref};
    s.value = tuple3(h, r->module, r->function, small(list_length(r->arguments)));
    s.leader = p->group_leader;
    s.options = r->options;
    s.arguments = r->arguments;
    enum remote_result sent = remote_send(p, &s);
    if (sent == REMOTE_UNCONNECTED || sent == REMOTE_TOO_LARGE)
        signal_spawn_reply(p->pid, ref, sent == REMOTE_TOO_LARGE ? ATOM_system_limit : ATOM_noconnection, 0);
    return ref;
}

static void reply(struct node *n, term ref, term to, term result, uint64_t flags)
{
    remote_send(NULL, &(struct remote_signal){
                          .kind = REMOTE_SPAWN_REPLY, .node = n, .to = to, .ref = ref, .value = result, .id = flags});
}

static bool describe(struct spawn *s, term mfa, term arguments)
{
    if (!is_tuple_of(mfa, 3) || !is_atom(element(mfa, 0)) || !is_atom(element(mfa, 1)))
        return false;
    s->module = element(mfa, 0);
    s->function = element(mfa, 1);
    s->arguments = arguments;
    sword arity = list_length(arguments);
    return arity >= 0 && arity <= CONFIG_MAX_ARITY && element(mfa, 2) == small(arity);
}

// The reply goes out before the process can run, so that nothing it does arrives first.
void relations_spawn_for(struct node *n, term ref, term from, term leader, term mfa, term options, term arguments)
{
    struct spawn s;
    spawn_init(&s, NULL);
    s.parent = from;
    s.group_leader = pid_literal(leader);
    s.monitor_ref = ref;
    if (!spawn_options(&s, options)) {
        reply(n, ref, from, ATOM_badopt, 0);
        return;
    }
    if (!describe(&s, mfa, arguments)) {
        reply(n, ref, from, ATOM_badarg, 0);
        return;
    }
    struct proc *child = proc_make(NULL, &s);
    if (!child) {
        (void)mem_passed();
        reply(n, ref, from, ATOM_system_limit, 0);
        return;
    }
    reply(n, ref, from, child->pid, (s.link ? SPAWN_LINK : 0u) | (s.monitor ? SPAWN_MONITOR : 0u));
    proc_start(child);
}
