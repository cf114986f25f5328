// SPDX-License-Identifier: Apache-2.0
// Tables: who owns them, who may use them, how they are found. A table identifier is a reference of this node that holds
// the table's place in the registry, so that it is found without a lock; so is a named table, by its atom's number.
// Locks: each table has one for readers or a writer; the registry has one for places, names, owners and fixations. It is
// taken last and held for a few instructions. A deleted table's record stays until no worker can hold a pointer to it
// (proc/epoch.h): whoever takes a table's lock looks at `deleted` first.
// Many objects that one call inserts go in in turns, and still all at once for everybody else: while some are `coming` nobody looks at
// the table. Who wants to puts some of them in himself, whatever his priority, before he lets others have their turn.
#ifndef TANDEM_BIF_ETS_TABLE_H
#define TANDEM_BIF_ETS_TABLE_H

#include "base/rwlock.h"
#include "bif/ets_hash.h"
#include "bif/ets_tree.h"
#include "proc/fail.h"

// A process that has fixed a table, and how often. Part of two lists, both of the registry.
struct ets_fix {
    struct list of_table, of_process;
    struct ets_table *table;
    term pid;
    size_t count;
};

// Objects that one call inserts, after it has seen that none of those to be looked for is there. The caller's.
struct ets_coming {
    struct ets_object *objects, *looked_for;
    bool found;    // one was: nothing is inserted
};

struct ets_table {
    struct retired retired;
    struct rwlock lock;
    bool deleted, ordered, named, compressed, read_concurrency, decentralized;
    uint32_t place, generation;      // in the registry
    uint32_t position;               // of the key
    term name, owner, protection;    // ATOM_public, ATOM_protected or ATOM_private
    term write_concurrency;          // true, false, auto, or small(number of locks)
    term heir;                       // a local pid, or ATOM_none
    term gift;                       // for the heir
    struct fragment *gift_area;
    struct list of_owner;    // registry
    struct list fixes;       // registry: struct ets_fix
    int64_t fixed_since;     // clock_monotonic, while there are fixes
    struct ets_coming *coming;
    union {
        struct ets_hash hash;
        struct ets_tree tree;    // ordered
    };
};

enum ets_access { ETS_READ, ETS_WRITE, ETS_INFO };

void ets_open(void);
void ets_close(void);    // deletes all tables; what they retire is freed by epoch_close

// The table of a name or an identifier, locked (ETS_WRITE: for writing), if p may do that; else NULL and the failure is
// recorded. ets_give unlocks. It may ask to yield, so outside of errands it is the first thing that a native does; later it is
// ets_take_again, which does not ask for that.
struct ets_table *ets_take(struct proc *p, term id, enum ets_access access, bool write);
struct ets_table *ets_take_again(struct proc *p, term id, enum ets_access access, bool write);
void ets_give(struct ets_table *t, bool write);
struct ets_table *ets_take_any(struct proc *p, term id,
                               term *cause);    // for reading; NULL: *cause as of ets_find, or NONE: it yields

// With the table locked for writing, which it gives back: inserts a chain of objects, in turns. False: as only new ones are wanted, and
// one of their keys is there, they stay the caller's.
bool ets_put_in_turns(struct ets_table *t, term id, struct ets_object *objects, bool only_new);

// Without a failure: *cause tells why there is none, ATOM_id or ATOM_type.
struct ets_table *ets_find(term id, term *cause);    // not locked: may be deleted by now

// Enters a table that the caller filled into the registry, as p's. The term that names it, or NONE: the name is taken
// (ATOM_already_exists in *why), or too many tables (ATOM_system_limit); then it is freed.
term ets_enter(struct proc *p, struct ets_table *t, term *why);
struct ets_table *ets_table_new(bool ordered, enum ets_equal_keys kind, uint32_t position, uint32_t locks,
                                bool sampled);

term ets_id(struct heap *h, const struct ets_table *t);      // its identifier
term ets_term(struct heap *h, const struct ets_table *t);    // its name if it is named, else its identifier

// With the table locked for writing. ets_delete takes the lock with it.
void ets_delete(struct ets_table *t);
bool ets_rename(struct ets_table *t, term name);                 // false: the name is taken
void ets_set_heir(struct ets_table *t, term heir, term gift);    // a local pid, or ATOM_none
bool ets_pass(struct ets_table *t, term pid, term gift);         // to another owner, who gets the message; false: gone
void ets_fix(struct proc *p, struct ets_table *t);
void ets_unfix(struct proc *p, struct ets_table *t);
bool ets_fixed(const struct ets_table *t);
bool ets_fixed_once(const struct ets_table *t);                // by one process, and one unfix is to come
term ets_fixers(struct heap *h, const struct ets_table *t);    // [{Pid, Count}]

term ets_all(struct heap *h);    // [Name or identifier]

static inline size_t ets_count(const struct ets_table *t)
{
    return t->ordered ? t->tree.count : t->hash.count;
}

#endif
