// SPDX-License-Identifier: Apache-2.0
// The process record, made of parts that their modules own: heap (term/), mailbox and signals, relations (links, monitors,
// aliases), timers. A fresh process is this record and one block in which its heap grows up and its stack grows down.
// Owned by the worker that runs it. Others touch only the fields marked shared, and send signals for everything else.
// Memory of an exited process is kept until no worker can still hold a pointer to it (proc/epoch.h).
#ifndef TANDEM_PROC_PROC_H
#define TANDEM_PROC_PROC_H

#include "base/list.h"
#include "proc/epoch.h"
#include "proc/mailbox.h"
#include "proc/worker.h"
#include "term/fun.h"
#include "term/heap.h"

#include <stdatomic.h>

// Shared: where the process stands with the scheduler. Changed only by proc/sched.c.
enum proc_state {
    PROC_RUNNABLE,    // in a run queue
    PROC_RUNNING,     // a worker has it
    PROC_WAITING,     // for a signal
    PROC_EXITED,      // its pid is gone
};

// Owner only.
enum proc_flag {
    PROC_TRAP_EXIT = 1 << 0,
    PROC_EXITING = 1 << 1,    // an exit signal or exception ended it; run() must return RUN_EXIT at once
    PROC_TIMEOUT = 1 << 2,    // its receive timer has fired: the receive gives up once all messages were looked at
    PROC_OFF_HEAP = 1 << 3,
    PROC_SENSITIVE = 1 << 4,
    PROC_HIBERNATED = 1 << 5,
    PROC_BLOCKED = 1 << 6,    // waits inside a native or a call for something other than a message (module, busy node):
                              // only proc_wake or an exit signal lets it run again
    PROC_NO_REPORT = 1 << 7,        // its exit is not reported to the logger
    PROC_COLLECT = 1 << 8,          // collect before it runs again (asked for by another process, or hibernating)
    PROC_RECEIVE_TIMER = 1 << 9,    // its receive timer runs, or has fired for the current receive
    PROC_LOOKING = 1 << 10,         // registers may refer to the message under look
    PROC_PARKED = 1 << 11,          // it waits: nothing it could do came since its run() gave RUN_WAIT
    PROC_AGAIN = 1 << 12,           // a native that waits is called again only to give its result
    PROC_SUSPENDED = 1 << 13,       // takes signals in, but runs nothing
    PROC_RUNS = 1 << 14,            // its slice is under way
    PROC_MARKED = 1 << 15,          // it has a receive marker (proc/mailbox.h)
    PROC_SCANNED = 1 << 16,         // it knows what a receive has passed over (proc/mailbox.h)
    PROC_SCANNING = 1 << 17,        // that receive is under way
    PROC_LEFT = 1 << 23,            // it has exited as far as others are concerned
    PROC_ERRAND = 1 << 24,          // a native stands still in the middle: its heap is not collected (proc/errand.h)
    PROC_COLLECTS = 1 << 18,        // a collection stands still in the middle (proc/collecting.h)
    PROC_COLLECTED = 1 << 19,       // one that did has ended since it last ran
    PROC_DOOMED = 1 << 20,          // it passed a limit and is about to end (proc/doom.h)
    PROC_FLOATS = 1 << 22,          // it left its worker in the middle of an expression: its float registers are kept
    PROC_AWAITS = 1 << 21,    // it is about to block, for what somebody knows already: the proc_wake is still to come
};

struct relations;
struct dictionary;
struct proc_extra;

struct proc {
    union {
        struct heap heap;
        struct retired retired;    // of an exited process: until its record is freed
    };
    const word *ip;    // where it goes on
    term pid;
    _Atomic uint8_t state;            // shared: enum proc_state
    uint8_t priority;                 // enum priority; shared to read
    _Atomic bool foreign;             // shared: it may have ties to processes of other nodes
    _Atomic uint8_t tables;           // shared: enum proc_tables
    uint32_t flags;                   // enum proc_flag
    uint32_t catches;                 // open catch and try frames on the stack
    uint32_t saved;                   // x registers saved on top of the stack while it does not run: x0 is the topmost
    struct worker *worker;            // shared: runs it, or ran it last
    struct proc *next;                // in a run queue
    struct mailbox mailbox;           // partly shared: proc/mailbox.h
    struct relations *relations;      // links, monitors, aliases; NULL: none
    struct dictionary *dictionary;    // process dictionary, NULL: empty
    struct proc_extra
        *extra;           // what few processes have: timers, receive marker, limits, error handler ...; NULL: none
    term group_leader;    // a pid, on its heap if foreign
    const struct export *initial;    // what it was spawned with
    term parent;                     // local pid or a foreign pid on its heap
    uint64_t reductions;             // used in finished slices
};

// Whether it may own or fix ets tables: bif/ets_table.c changes it.
enum proc_tables { TABLES_NONE, TABLES_SOME, TABLES_GONE };

enum priority { PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_HIGH, PRIORITY_MAX, PRIORITY_COUNT };

static inline struct heap *proc_heap(struct proc *p)
{
    return &p->heap;
}

// The x registers of the worker that runs the process.
static inline term *proc_x(struct proc *p)
{
    return p->worker->x;
}

// The message the receive looks at now, or NULL when all were looked at: then the outer queue has been taken in as well.
// May set PROC_EXITING (an exit signal was among them) or PROC_TIMEOUT: test both when NULL is returned.
struct signal *mailbox_look_outside(struct proc *p);

static inline struct signal *mailbox_look(struct proc *p)
{
    struct signal *next = *p->mailbox.save;
    return LIKELY(next != NULL) ? next : mailbox_look_outside(p);
}

// What it has beside heap, stack and registers.
struct root;
enum { PROC_ROOTS = 3 + MAX_MARKERS };
size_t proc_roots(struct proc *p, struct root *roots);    // PROC_ROOTS at most; how many

// Whether a monitor's reference is an alias too, and until when: unalias, demonitor or DOWN, or the first message through it.
enum alias_mode { ALIAS_NO, ALIAS_EXPLICIT, ALIAS_DEMONITOR, ALIAS_REPLY };

// Words of the messages that wait in its mailbox, as far as they count as its heap: none if they are kept off it.
size_t proc_waiting_words(const struct proc *p);

// What a process may grow to.
struct max_heap {
    size_t words;    // 0: no limit
    bool kill, log;
    bool shared;    // the binaries count that it shares with others
};

// How a process is made. Terms are copied; nothing of it is kept.
struct spawn {
    term module, function, arguments;    // arguments: a proper list of at most CONFIG_MAX_ARITY
    term parent;                         // a pid
    term group_leader;                   // a pid
    bool link;                           // to parent
    bool monitor;                        // by parent, with the reference below
    term monitor_ref;                    // used if monitor
    term monitor_tag;                    // first element of the DOWN message, ATOM_DOWN usually
    enum alias_mode monitor_alias;
    enum priority priority;
    bool off_heap;    // message_queue_data
    size_t min_heap_words;
    size_t min_bin_vheap_words;    // 0: the default
    struct max_heap max_heap;
    uint32_t fullsweep_after;
    bool sensitive;
};

void spawn_init(struct spawn *s, struct proc *parent);    // defaults; parent NULL: nobody

// Makes it runnable. Its pid, or NONE when the table is full. The link to, and the monitor by, a parent of this node are set
// at both ends when `creator` is that parent, running; with a foreign parent (creator NULL) only the child's end is set.
term proc_spawn(struct proc *creator, const struct spawn *s);

// proc_spawn in two steps, for whoever must tell of the process before it can run. NULL: the table is full.
struct proc *proc_make(struct proc *creator, const struct spawn *s);
void proc_start(struct proc *p);

// Frees all processes without telling anybody: the engine ends.
void procs_close(void);                     // frees all that are in the table
void proc_close_leaving(struct proc *p);    // one that has begun to leave it: its exit is finished at once

// Ends a running process with a reason: links, monitors, names, timers and aliases are told. The record goes when it may.
// `reason` may be on its heap. Called by the scheduler when run() returned RUN_EXIT. False: very many have to be told of
// it, which is an errand: the process is to be run again, until it comes here once more.
bool proc_exit(struct proc *p, term reason);

// Whoever keeps things that belong to a process (ets tables) is told at its exit, while its heap still stands.
void proc_on_exit(void (*told)(struct proc *p));

// The process table. A pointer stays valid until the calling worker ends its slice.
struct proc *proc_find(term local_pid);    // NULL: gone
size_t proc_count(void);
uint64_t proc_total_reductions(void);
term proc_next(uint32_t *at);    // walks local pids: start with *at = 0; NONE at the end

#endif
