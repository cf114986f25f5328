// SPDX-License-Identifier: Apache-2.0
// What other processes did to this one, in order. A signal is one block: a fragment whose first words are the struct signal
// and whose other words are its terms, so that a received message becomes part of the receiver's heap without a copy.
// Outer queue: any thread pushes, newest first, by one compare-and-swap; CLOSED once the process has exited.
// Inner queue: the owner's; messages only, oldest first. Every other signal is handled when the outer queue is taken in.
// `save` is where the current receive looks next. Messages in the queue are no roots: a signal's terms point only into its
// own fragment, literals and shared binaries, but for what a process sent to itself (proc/near.h).
#ifndef TANDEM_PROC_MAILBOX_H
#define TANDEM_PROC_MAILBOX_H

#include "base/list.h"
#include "base/types.h"
#include "term/heap.h"

#include <stdatomic.h>

struct proc;

enum signal_kind {
#define SIGNAL(name, text) SIGNAL_##name,
#include "proc/signals.def"
#undef SIGNAL
    SIGNAL_COUNT
};

struct signal {
    struct signal *next;
    uint32_t kind;                // enum signal_kind
    uint32_t number;              // small extra by kind
    term value;                   // the message, reason, ...
    union {                       // from here on not in a signal that was made as a message: they are many
        term from;                // who caused it: a pid, or NONE
        struct fragment *area;    // proc/near.h
    };
    union {
        struct {
            uint64_t id;    // unlink id, request id
            term ref;       // monitor or alias reference, or NONE. Not in links, which fill a cache line without it
        };
        struct list near;    // proc/near.h
    };
};

#define MAILBOX_CLOSED ((struct signal *)1)    // the outer queue of a process that has exited

enum {
    SIGNAL_WORDS = sizeof(struct signal) / sizeof(word),
    MESSAGE_WORDS = offsetof(struct signal, from) / sizeof(word),    // what a message has of it
    LINK_WORDS = offsetof(struct signal, ref) / sizeof(word),
};

struct mailbox {
    _Atomic(struct signal *) outer;
    struct signal *first, **last;    // inner queue; last points to the final next field
    struct signal **save;
    uint32_t length;    // of the inner queue
    uint32_t ticket;    // of its process (proc/run_queue.h); here it takes no room
};

// Signals that are neighbours in a queue often stand at equal distances in memory: on a walk, the one 8 further on is fetched as if they
// did. Gives where this one is, for the next step. Measured: 5 to 9 % of a receive by key, 7 of many to many.
static inline uintptr_t signal_fetch_ahead(const struct signal *s, uintptr_t before)
{
    uintptr_t here = (uintptr_t)s;
    __builtin_prefetch((const void *)(here + 8 * (here - before)));
    return here;
}

struct receive_marker {
    struct signal **at;    // nothing before it in the queue can match
    term name;             // a number: reserved; a reference: bound (a root)
};

// With PROC_MARKED, in the process's extra: one for each request that waits for its answer; another takes the oldest one's place.
struct receive_markers {
    struct receive_marker *all;    // oldest first
    uint32_t count, room;
    uint32_t latest;    // the number that was given last
};

enum { MAX_MARKERS = 8 };

// With PROC_SCANNED, in the process's extra: a receive that looks at nothing but the message, and how far it has got. Kept for one
// receive, and only while the queue is long: the next time it starts where it was.
struct receive_scan {
    word receive;          // its number
    struct signal **at;    // nothing before it in the queue can match
};

enum { LONG_QUEUE = 16 };

static inline struct fragment *signal_fragment(struct signal *s)
{
    return CONTAINER_OF(s, struct fragment, words);
}

// Whether the message's terms are in its own block.
static inline bool message_holds_terms(const struct signal *s)
{
    const struct fragment *f = CONTAINER_OF(s, const struct fragment, words);
    return !is_immediate(s->value) && (s->value & ~(word)3) - (word)(uintptr_t)f->words < f->size * sizeof(word);
}

void mailbox_init(struct mailbox *m);

// By the owner: a complete message at the end of the inner queue.
void mailbox_append(struct mailbox *m, struct signal *s);

// This message does not match: on to the next.
static inline void mailbox_skip(struct mailbox *m)
{
    if (LIKELY(*m->save != NULL))
        m->save = &(*m->save)->next;
}

// Neither this message matches nor those behind it that are no tuple of `arity` terms with `sought` at `index` (from 0): passes over
// at most `most` of them. How many, at least 1. One that it stops at need not match.
size_t mailbox_seek(struct mailbox *m, size_t arity, size_t index, term sought, size_t most);

// While a message is under look (PROC_LOOKING), registers refer to terms that are not on the heap yet. Before anything
// collects or keeps them, the message's block becomes part of the heap, and a copy takes its place in the queue.
void mailbox_detach(struct proc *p);

// The message matched: its terms join the heap, the signal itself is gone (read its value before). The next receive starts at
// the front; the receive timer is cancelled.
void mailbox_remove(struct proc *p);

// The receive gave up (timeout): the next one starts at the front.
void mailbox_rewind(struct proc *p);

// That receive begins, at the front of a long queue: on to where it was, if it was the last of its kind.
void mailbox_scan(struct proc *p, word receive);

// Receive markers (OTP's recv_marker instructions): reserve remembers the end of the queue; bind names it by a fresh
// reference; use starts a receive there if it is bound to that reference; clear forgets it.
term mailbox_marker_reserve(struct proc *p);
void mailbox_marker_bind(struct proc *p, term marker, term ref);
void mailbox_marker_use(struct proc *p, term ref);
void mailbox_marker_clear(struct proc *p, term marker_or_ref);
void mailbox_markers_free(struct proc *p);

#endif
