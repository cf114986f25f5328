// SPDX-License-Identifier: Apache-2.0
#include "proc/relation_set.h"

#include "base/memory.h"

#include <string.h>

enum { FEW = CONFIG_STRESS ? 1 : 8 };    // members found by walking the list

struct pid_key pid_key_of(term pid)
{
    struct node *n = is_local_pid(pid) ? NULL : ident_node(pid);
    return (struct pid_key){n, any_pid_number(pid), any_pid_serial(pid)};
}

bool pid_key_local(const struct pid_key *k)
{
    return k->node == NULL;
}

term pid_key_term(struct heap *h, const struct pid_key *k)
{
    return k->node ? pid_make(h, k->node, k->number, k->serial) : local_pid(k->number, k->serial);
}

struct ref_key ref_key_of(term ref)
{
    return (struct ref_key){is_kind(ref, KIND_REF) ? NULL : ident_node(ref), *ref_ids(ref)};
}

term ref_key_term(struct heap *h, const struct ref_key *k)
{
    return ref_make(h, k->node ? k->node : node_self(), &k->ids);
}

struct relations *relations_get(struct proc *p)
{
    if (!p->relations) {
        struct relations *all = p->relations = mem_zero_alloc(sizeof *all);
        list_init(&all->links.members);
        list_init(&all->monitors.members);
        list_init(&all->watchers.members);
        list_init(&all->nodes.members);
    }
    return p->relations;
}

void relations_tidy(struct proc *p)
{
    struct relations *all = p->relations;
    if (all && !(all->links.count | all->monitors.count | all->watchers.count | all->nodes.count)) {
        mem_free(all, sizeof *all);
        p->relations = NULL;
    }
}

enum { LINK_BYTES = offsetof(struct relation, ref) };

static struct relation *new_link(void)
{
    struct relation *r = mem_alloc(LINK_BYTES);
    memset(r, 0, LINK_BYTES);
    r->kind = RELATION_LINK;
    return r;
}

struct relation *relation_new(enum relation_kind kind)
{
    struct relation *r = mem_alloc(sizeof *r);
    *r = (struct relation){.kind = kind};
    return r;
}

void relation_free(struct relation *r)
{
    if (r->kind == RELATION_LINK) {
        mem_free(r, LINK_BYTES);
        return;
    }
    if (r->tag_area)
        fragment_free(r->tag_area);
    if (r->reply_area)
        fragment_free(r->reply_area);
    mem_free(r, sizeof *r);
}

static struct relation *relation_at(struct list *l)
{
    return CONTAINER_OF(l, struct relation, siblings);
}

struct relation *set_first(const struct relation_set *s)
{
    return list_empty(&s->members) ? NULL : relation_at(s->members.next);
}

struct relation *set_next(const struct relation_set *s, const struct relation *r)
{
    return r->siblings.next == &s->members ? NULL : relation_at(r->siblings.next);
}

// What the members of a set are found by.
struct key {
    size_t offset;    // in a relation
    bool (*same)(const void *entry, const void *key);
    uint64_t (*hash)(const void *key);    // only for sets with an index
};

static const void *key_in(const struct relation *r, const struct key *k)
{
    return (const char *)r + k->offset;
}

static inline struct relation *find(const struct relation_set *s, const void *key, const struct key *k)
{
    if (UNLIKELY(s->index != NULL))
        return table_find(s->index, k->hash(key), key);
    for (struct relation *r = set_first(s); r; r = set_next(s, r))
        if (k->same(r, key))
            return r;
    return NULL;
}

static COLD void index_all(struct relation_set *s, const struct key *k)
{
    s->index = mem_alloc(sizeof *s->index);
    table_init(s->index, k->same);
    for (struct relation *r = set_first(s); r; r = set_next(s, r))
        table_add(s->index, k->hash(key_in(r, k)), r);
}

static void add(struct relation_set *s, struct relation *r, const struct key *k)
{
    list_add(&s->members, &r->siblings);
    s->count++;
    if (UNLIKELY(s->index != NULL))
        table_add(s->index, k->hash(key_in(r, k)), r);
    else if (UNLIKELY(s->count > FEW))
        index_all(s, k);
}

static void remove_free(struct relation_set *s, struct relation *r, const struct key *k)
{
    list_remove(&r->siblings);
    s->count--;
    if (UNLIKELY(s->index != NULL)) {
        table_remove(s->index, k->hash(key_in(r, k)), key_in(r, k));
        if (!s->count) {
            table_done(s->index);
            mem_free(s->index, sizeof *s->index);
            s->index = NULL;
        }
    }
    relation_free(r);
}

static bool pid_same(const void *entry, const void *key)
{
    const struct pid_key *a = &((const struct relation *)entry)->pid, *b = key;
    return a->node == b->node && a->number == b->number && a->serial == b->serial;
}

static uint64_t pid_hash(const void *key)
{
    const struct pid_key *k = key;
    return table_hash_word(table_hash_word((uint64_t)k->serial << 32 | k->number) ^ (word)(uintptr_t)k->node);
}

static const struct key by_pid = {offsetof(struct relation, pid), pid_same, pid_hash};

struct relation *links_find(const struct proc *p, term other)
{
    if (!p->relations)
        return NULL;
    struct pid_key key = pid_key_of(other);
    return find(&p->relations->links, &key, &by_pid);
}

struct relation *links_add(struct proc *p, const struct pid_key *other)
{
    struct relation *r = new_link();
    r->pid = *other;
    add(&relations_get(p)->links, r, &by_pid);
    return r;
}

void links_remove(struct proc *p, struct relation *r)
{
    remove_free(&p->relations->links, r, &by_pid);
}

static bool ref_same(const void *entry, const void *key)
{
    const struct ref_key *a = &((const struct relation *)entry)->ref, *b = key;
    return a->node == b->node && memcmp(a->ids.id, b->ids.id, sizeof a->ids.id) == 0;
}

static uint64_t ref_hash_of(const void *key)
{
    const struct ref_key *k = key;
    uint64_t hash = (word)(uintptr_t)k->node;
    for (size_t i = 0; i < COUNT_OF(k->ids.id); i++)
        hash = table_hash_word(hash ^ k->ids.id[i]);
    return hash;
}

static const struct key by_ref = {offsetof(struct relation, ref), ref_same, ref_hash_of};

struct relation *ref_set_find(const struct relation_set *s, term ref)
{
    struct ref_key key = ref_key_of(ref);
    return find(s, &key, &by_ref);
}

void ref_set_add(struct relation_set *s, struct relation *r, term ref)
{
    r->ref = ref_key_of(ref);
    add(s, r, &by_ref);
}

void ref_set_remove(struct relation_set *s, struct relation *r)
{
    remove_free(s, r, &by_ref);
}

void ref_set_clear(struct relation_set *s)
{
    SET_EACH(s, r, following)
    ref_set_remove(s, r);
}

static bool node_same(const void *entry, const void *key)
{
    return ((const struct relation *)entry)->name == *(const term *)key;
}

static uint64_t node_hash(const void *key)
{
    return table_hash_word(*(const term *)key);
}

static const struct key by_node = {offsetof(struct relation, name), node_same, node_hash};

struct relation *nodes_find(const struct proc *p, term node)
{
    return p->relations ? find(&p->relations->nodes, &node, &by_node) : NULL;
}

void nodes_add(struct proc *p, struct relation *r)
{
    add(&relations_get(p)->nodes, r, &by_node);
}

void nodes_remove(struct proc *p, struct relation *r)
{
    remove_free(&p->relations->nodes, r, &by_node);
}
