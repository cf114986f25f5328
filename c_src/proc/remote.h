// SPDX-License-Identifier: Apache-2.0
// Hook upward, filled by dist/: signals to processes of other nodes, one struct for all kinds.
#ifndef TANDEM_PROC_REMOTE_H
#define TANDEM_PROC_REMOTE_H

#include "proc/proc.h"

enum remote_kind {
    REMOTE_SEND,            // to: pid, alias reference or {name, node} as name + node; value: the message
    REMOTE_LINK,            // from, to
    REMOTE_UNLINK,          // from, to, id
    REMOTE_UNLINK_ACK,      // from, to, id
    REMOTE_EXIT,            // from, to, value: reason; because of a link
    REMOTE_EXIT2,           // from, to, value: reason; exit/2
    REMOTE_MONITOR,         // from, to (pid or name), ref
    REMOTE_DEMONITOR,       // from, to (pid or name), ref
    REMOTE_DOWN,            // from (pid or name that was monitored), to, ref, value: reason
    REMOTE_GROUP_LEADER,    // from, to, value: new leader
    REMOTE_SPAWN,    // from, ref, value: {M, F, Arity}, extra: group leader, options in `options`, arguments in `arguments`
    REMOTE_SPAWN_REPLY,    // to, ref, value: pid or error atom, id: flags (1 link, 2 monitor)
};

struct remote_signal {
    enum remote_kind kind;
    struct node *node;    // whose connection carries it; for a name on a node: node_intern(name, 0)
    term from, to, ref, value;
    term name;    // a registered name instead of `to`, or NONE
    term leader, options, arguments;
    uint64_t id;
};

enum remote_result {
    REMOTE_SENT,
    REMOTE_BUSY,           // taken, but the sender should wait (REQUEST_BLOCK) before its next signal; dist/ wakes it
    REMOTE_UNCONNECTED,    // no connection, and none could be made
    REMOTE_TOO_LARGE,      // nothing was sent: the connection has no form for it, or there is no memory
};

enum remote_connect { REMOTE_CONNECTED, REMOTE_CONNECTING, REMOTE_NONE };

struct remote_hooks {
    enum remote_result (*signal)(struct proc *sender, const struct remote_signal *s);
    bool (*connected)(struct node *n);
    bool (*begun)(struct node *n);    // connected, or about to be: what is sent waits for that
    // A send now would give REMOTE_BUSY (send/3 with nosuspend asks). NULL: never.
    bool (*busy)(struct node *n);
    // Lists the names of connected nodes on a heap.
    term (*nodes)(struct heap *h);
    // A process is about to monitor the node: a connection is begun if there is none. False: there can be none.
    bool (*watch)(struct node *n);
    // The same for a process that wants to wait for it: CONNECTING: it is woken when the connection is up or has failed.
    enum remote_connect (*connect)(struct node *n, term pid);
    bool (*disconnect)(struct node *n);    // ends the connection soon; false: there was none
};
extern struct remote_hooks remote_hooks;

// Through the hook; without one nothing is connected.
static inline enum remote_result remote_send(struct proc *sender, const struct remote_signal *s)
{
    return remote_hooks.signal ? remote_hooks.signal(sender, s) : REMOTE_UNCONNECTED;
}

#endif
