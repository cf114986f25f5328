// SPDX-License-Identifier: Apache-2.0
// Who is tied to a process: links, monitors it holds, monitors held on it, aliases, pending spawn requests, monitored nodes.
// Identifiers of the other side are kept as plain numbers (struct pid_key, struct ref_key), tags in blocks of their own, so
// relations are no roots. Each set is a list, with a hash table beside it once it is large.
// Owned by whoever runs the process. The first group is for natives (p is the caller, running); the second is called by
// proc/signal.c when a signal is taken in; the third is for dist/, from any thread.
// A link ends by OTP's protocol: unlink keeps an inactive link with a fresh id until the other side acknowledges that id.
#ifndef TANDEM_PROC_RELATIONS_H
#define TANDEM_PROC_RELATIONS_H

#include "base/list.h"
#include "base/table.h"
#include "proc/proc.h"
#include "term/ident.h"

struct pid_key {
    struct node *node;    // NULL: this node
    uint32_t number, serial;
};

struct ref_key {
    struct node *node;    // NULL: this node
    struct ref_ids ids;
};

enum relation_kind {
    RELATION_LINK,
    RELATION_MONITOR,    // held by this process; also an alias if alias is not ALIAS_NO
    RELATION_ALIAS,
    RELATION_SPAWN,      // a spawn request to another node that was not answered yet
    RELATION_WATCHER,    // another process monitors this one
    RELATION_NODE,       // monitor_node; count says how often
    RELATION_CLOCK,      // monitors the time offset, which never changes: as RELATION_MONITOR, but nobody is watched
};

enum { SPAWN_LINK = 1, SPAWN_MONITOR = 2, SPAWN_ABANDONED = 4 };

enum spawn_reply { SPAWN_REPLY_YES, SPAWN_REPLY_NO, SPAWN_REPLY_ERROR, SPAWN_REPLY_SUCCESS };

struct relation {
    struct list siblings;
    enum relation_kind kind;
    enum alias_mode alias;
    struct pid_key pid;    // the other process
    uint64_t unlink_id;    // link: not 0 while an unlink is not acknowledged. The rest does not exist in links
    struct ref_key ref;
    term name;            // it is monitored by this name on `node`, or NONE; RELATION_NODE: the node
    struct node *node;    // of a name: NULL is this node; spawn request: asked node
    uint32_t flags;       // spawn request: SPAWN_LINK ...
    uint32_t count;
    enum spawn_reply reply;
    struct fragment *tag_area;
    term tag;    // of the DOWN message
    struct fragment *reply_area;
    term reply_tag;    // spawn request: of the spawn_reply message
};

struct relation_set {
    struct list members;
    size_t count;
    struct table *index;    // NULL while few
};

struct relations {
    struct relation_set links;       // by pid
    struct relation_set monitors;    // by reference: monitors held, aliases, spawn requests
    struct relation_set watchers;    // by reference
    struct relation_set nodes;       // by name
};

// First group.
struct monitor_options {
    term tag;    // ATOM_DOWN or any other term
    enum alias_mode alias;
};
bool relations_link(struct proc *p, term other);    // false: a pid of this node, without a process: see noproc
void relations_unlink(struct proc *p, term other);
term relations_monitor(struct proc *p, term target, term node,
                       const struct monitor_options *o);    // pid, or name and node
term relations_monitor_clock(struct proc *p, const struct monitor_options *o);
bool relations_demonitor(struct proc *p, term ref);    // false: there was none
term relations_alias(struct proc *p, enum alias_mode mode);
bool relations_unalias(struct proc *p, term ref);
void relations_monitor_node(struct proc *p, term node, bool on);

// A spawn request to another node, registered under its reference before it is sent.
struct spawn_request {
    term node, module, function, arguments, options;    // options: as they are sent
    bool link, monitor;
    struct monitor_options monitor_options;
    enum spawn_reply reply;
    term reply_tag;
};
struct relation *relations_await_spawn(struct proc *p, const struct spawn_request *r, term ref);
term relations_spawn_request(struct proc *p, const struct spawn_request *r);    // the reference
bool relations_spawn_abandon(struct proc *p, term ref);

// For proc_spawn: the ties that a fresh process starts with.
void relations_started(struct proc *child, const struct spawn *s);
void relations_child(struct proc *parent, term child, const struct spawn *s);

// Second group.
bool relations_exit_linked(struct proc *p, term from);    // false: not linked, ignore the signal
void relations_linked(struct proc *p, term from);
void relations_unlinked(struct proc *p, term from, uint64_t id);
void relations_unlink_acked(struct proc *p, term from, uint64_t id);
void relations_monitored(struct proc *p, term from, term ref, term name);
void relations_demonitored(struct proc *p, term ref);
struct signal *relations_down(struct proc *p,
                              struct signal *down);     // takes it, gives the message; NULL: no such monitor
bool relations_alias_used(struct proc *p, term ref);    // false: not an active alias
void relations_spawn_replied(struct proc *p, term ref, term result, uint64_t flags);
void relations_lost_node(struct proc *p, term node);
bool relations_are_many(const struct proc *p);       // so that telling them takes long
void relations_exit(struct proc *p, term reason);    // tells everybody; frees all

void relations_free(struct proc *p);                          // tells nobody
void relations_exit_monitors(struct proc *p, term reason);    // its part about monitors; p has relations

void relations_tidy(struct proc *p);    // frees them when all sets are empty: at full collections, not each time

// For process_info: lists on h.
term relations_links(struct proc *p, struct heap *h);
term relations_monitors(struct proc *p, struct heap *h);
term relations_monitored_by(struct proc *p, struct heap *h);

// Third group. The connection to n is gone: links to its processes break, monitors report noconnection, spawn requests are
// answered. Called once a connection, after remote_hooks.signal began to refuse n.
void relations_node_down(struct node *n);

// An incoming spawn request: makes the process and answers through remote_hooks. from: the foreign parent; mfa: {M, F, Arity}.
// Options as in the request: unknown ones are answered by badopt.
void relations_spawn_for(struct node *n, term ref, term from, term leader, term mfa, term options, term arguments);

#endif
