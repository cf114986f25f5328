// SPDX-License-Identifier: Apache-2.0
// Pids, ports and references, and the nodes they belong to.
// A local pid is an immediate (term/term.h). Everything of another node points to an interned struct node, which is never
// freed: two identifiers are of the same node exactly if their pointers are equal.
//   REF           h, ids                    (struct ref_ids: 5 numbers of 32 bits and their count, in 3 words)
//                 h, ids, kind, value       a handle: it stands for a value that programs cannot see otherwise
//   FOREIGN_REF   h, struct node *, ids
//   FOREIGN_PID   h, struct node *, number | serial << 32
//   FOREIGN_PORT  h, struct node *, number (64 bits)
// A reference of this node has 3 numbers; one that is an alias, or the id of a monitor that may become one, has 5: the
// last two are its owner's pid number and serial, so that a message to the alias finds the process.
// This node's own name and creation are set once, by the handshake; until then the node is nonode@nohost, creation 0.
#ifndef TANDEM_TERM_IDENT_H
#define TANDEM_TERM_IDENT_H

#include "term/heap.h"

struct node {
    term name;    // an atom
    uint32_t creation;
    uint32_t channel;    // how printed pids, ports and references name a node other than this one
    void *peer;          // dist/: what it knows about the node while connected, or NULL
};

struct ref_ids {
    uint32_t count;
    uint32_t id[5];    // id[0] is the one that counts fastest; unused ones are 0
};

enum {
    REF_WORDS = 4,
    HANDLE_WORDS = 6,
    FOREIGN_REF_WORDS = 5,
    FOREIGN_PID_WORDS = 3,
    FOREIGN_PORT_WORDS = 3,
    PID_NUMBER_MAX = (1 << 28) - 1,    // of a pid of this node
};

void nodes_open(void);
void nodes_close(void);

// The interned node. Any thread.
struct node *node_intern(term name, uint32_t creation);

struct node *node_self(void);                        // this node
void node_set_self(term name, uint32_t creation);    // from the handshake, before any process runs
static inline bool node_is_self(const struct node *n)
{
    return n == node_self();
}

// The first number of a printed identifier: 0 for this node; and back, NULL when no node has it.
uint32_t node_channel(const struct node *n);
struct node *node_of_channel(uint32_t channel);

// A copy of a foreign pid that is a literal, so that no heap needs to hold it: for group leaders, which few pids are but all
// processes have. The first thousand different ones are kept; of any other pid the term itself is given.
term pid_literal(term pid);

// Which node an identifier (pid, port or reference) belongs to.
struct node *ident_node(term t);

// A pid of this node's name, but of another life of it: of a process that is gone for good.
bool is_former_pid(term t);

// Identifiers as they arrive: local form if the node is this one. Allocate at most FOREIGN_*_WORDS.
term pid_make(struct heap *h, struct node *n, uint32_t number, uint32_t serial);
term port_make(struct heap *h, struct node *n, uint64_t number);
term ref_make(struct heap *h, struct node *n, const struct ref_ids *ids);

// A fresh reference of this node; with an owner's local pid it has 5 numbers.
term ref_new(struct heap *h);
term ref_new_owned(struct heap *h, term owner);

// A fresh reference that stands for a value and keeps it alive: an array of atomics, a compiled pattern. The kind, an atom,
// tells whose it is. What went through the external format stands for nothing any more.
term handle_new(struct heap *h, term kind, term value);
term handle_value(term t, term kind);    // NONE: t is no handle of that kind

const struct ref_ids *ref_ids(term ref);
bool ref_equal(term a, term b);
uint64_t ref_hash(term ref);

// The local pid that a reference of 5 numbers belongs to, or NONE.
term ref_owner(term ref);

uint32_t any_pid_number(term pid);
uint32_t any_pid_serial(term pid);
uint64_t port_number(term port);

#endif
