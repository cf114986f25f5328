// SPDX-License-Identifier: Apache-2.0
// The sets that struct relations is made of: lists in the order of making, with a hash table beside them once they are large.
#ifndef TANDEM_PROC_RELATION_SET_H
#define TANDEM_PROC_RELATION_SET_H

#include "proc/relations.h"

struct pid_key pid_key_of(term pid);
term pid_key_term(struct heap *h, const struct pid_key *k);
bool pid_key_local(const struct pid_key *k);
struct ref_key ref_key_of(term ref);
term ref_key_term(struct heap *h, const struct ref_key *k);

// p's relations, made when needed.
struct relations *relations_get(struct proc *p);

struct relation *relation_new(enum relation_kind kind);
void relation_free(struct relation *r);

struct relation *links_find(const struct proc *p, term other);
struct relation *links_add(struct proc *p, const struct pid_key *other);
void links_remove(struct proc *p, struct relation *r);

// Of monitors or watchers: a relation with its reference.
struct relation *ref_set_find(const struct relation_set *s, term ref);
void ref_set_add(struct relation_set *s, struct relation *r, term ref);
void ref_set_remove(struct relation_set *s, struct relation *r);    // frees it
void ref_set_clear(struct relation_set *s);

struct relation *nodes_find(const struct proc *p, term node);
void nodes_add(struct proc *p, struct relation *r);
void nodes_remove(struct proc *p, struct relation *r);

// The first relation and the next; NULL at the end. The current one may be removed.
struct relation *set_first(const struct relation_set *s);
struct relation *set_next(const struct relation_set *s, const struct relation *r);

#define SET_EACH(set, r, following) \
    for (struct relation *r = set_first(set), *following = NULL; r && (following = set_next(set, r), true); \
         r = following)

#endif
