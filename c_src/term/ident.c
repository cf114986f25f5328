// SPDX-License-Identifier: Apache-2.0
#include "term/ident.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/table.h"
#include "term/atom.h"

#include <stdatomic.h>
#include <string.h>

enum {
    REF_FAST_BITS = 18,     // of id[0], as on the BEAM
    REF_BATCH_LOG2 = 12,    // references that a thread takes from the common counter at once
};

static struct {
    struct lock lock;
    struct table table;
    uint32_t count;
} nodes;

static struct node *self_node;

static _Atomic uint64_t ref_batches = 1;

static bool node_is(const void *entry, const void *key)
{
    const struct node *n = entry, *like = key;
    return n->name == like->name && n->creation == like->creation;
}

enum { MAX_PID_LITERALS = 1000 };

static struct {
    struct lock lock;
    struct table table;
    size_t count;
} pid_literals;

static bool pid_is(const void *entry, const void *key)
{
    return memcmp(entry, key, FOREIGN_PID_WORDS * sizeof(term)) == 0;
}

static term *pid_literal_new(const term *object)
{
    struct fragment *f = literals_new(FOREIGN_PID_WORDS);
    f->used = FOREIGN_PID_WORDS;
    memcpy(f->words, object, FOREIGN_PID_WORDS * sizeof *object);
    return f->words;
}

term pid_literal(term pid)
{
    if (!is_kind(pid, KIND_FOREIGN_PID) || is_literal_ptr(boxed_ptr(pid)))
        return pid;
    const term *object = boxed_ptr(pid);
    uint64_t hash = table_hash_word(object[1] ^ table_hash_word(object[2]));
    lock_take(&pid_literals.lock);
    term *found = table_find(&pid_literals.table, hash, object);
    if (!found && pid_literals.count < MAX_PID_LITERALS) {
        found = pid_literal_new(object);
        pid_literals.count++;
        table_add(&pid_literals.table, hash, found);
    }
    lock_give(&pid_literals.lock);
    return found ? boxed_term(found) : pid;
}

void nodes_open(void)
{
    lock_init(&nodes.lock);
    table_init(&nodes.table, node_is);
    lock_init(&pid_literals.lock);
    table_init(&pid_literals.table, pid_is);
    self_node = node_intern(ATOM_nonode_nohost, 0);
}

void nodes_close(void)
{
    table_free(&nodes.table, sizeof(struct node));
    table_done(&pid_literals.table);
    nodes.count = 0;
    pid_literals.count = 0;
}

struct node *node_intern(term name, uint32_t creation)
{
    struct node like = {.name = name, .creation = creation};
    uint64_t hash = table_hash_word(name << 32 ^ creation);
    lock_take(&nodes.lock);
    struct node *n = table_find(&nodes.table, hash, &like);
    if (!n) {
        n = mem_alloc(sizeof *n);
        like.channel = nodes.count++;
        *n = like;
        table_add(&nodes.table, hash, n);
    }
    lock_give(&nodes.lock);
    return n;
}

struct node *node_of_channel(uint32_t channel)
{
    if (channel == 0)
        return self_node;
    size_t at = 0;
    lock_take(&nodes.lock);
    struct node *n = table_next(&nodes.table, &at);
    while (n && n->channel != channel)
        n = table_next(&nodes.table, &at);
    lock_give(&nodes.lock);
    return n;
}

struct node *node_self(void)
{
    return self_node;
}

void node_set_self(term name, uint32_t creation)
{
    self_node = node_intern(name, creation);
}

uint32_t node_channel(const struct node *n)
{
    return node_is_self(n) ? 0 : n->channel;
}

struct node *ident_node(term t)
{
    if (is_local_pid(t) || is_kind(t, KIND_REF))
        return self_node;
    return (struct node *)(uintptr_t)boxed_ptr(t)[1];
}

bool is_former_pid(term t)
{
    if (!is_pid(t) || is_local_pid(t))
        return false;
    const struct node *n = ident_node(t);
    return n->name == node_self()->name && !node_is_self(n);
}

static term foreign_make(struct heap *h, enum kind kind, struct node *n, word value)
{
    term *object = heap_alloc(h, FOREIGN_PID_WORDS);
    object[0] = header(kind, FOREIGN_PID_WORDS - 1);
    object[1] = (word)(uintptr_t)n;
    object[2] = value;
    return boxed_term(object);
}

term pid_make(struct heap *h, struct node *n, uint32_t number, uint32_t serial)
{
    if (node_is_self(n))
        return local_pid(number & PID_NUMBER_MAX, serial);
    return foreign_make(h, KIND_FOREIGN_PID, n, (word)serial << 32 | number);
}

term port_make(struct heap *h, struct node *n, uint64_t number)
{
    return foreign_make(h, KIND_FOREIGN_PORT, n, number);
}

static term local_ref(struct heap *h, const struct ref_ids *ids)
{
    term *object = heap_alloc(h, REF_WORDS);
    object[0] = header(KIND_REF, REF_WORDS - 1);
    memcpy(object + 1, ids, sizeof *ids);
    return boxed_term(object);
}

term ref_make(struct heap *h, struct node *n, const struct ref_ids *ids)
{
    if (node_is_self(n))
        return local_ref(h, ids);
    term *object = heap_alloc(h, FOREIGN_REF_WORDS);
    object[0] = header(KIND_FOREIGN_REF, FOREIGN_REF_WORDS - 1);
    object[1] = (word)(uintptr_t)n;
    memcpy(object + 2, ids, sizeof *ids);
    return boxed_term(object);
}

// Each thread counts through batches of its own, so that making a reference needs no shared cache line.
static uint64_t next_ref(void)
{
    static _Thread_local uint64_t next, end;
    if (next == end) {
        next = atomic_fetch_add_explicit(&ref_batches, 1, memory_order_relaxed) << REF_BATCH_LOG2;
        end = next + (1 << REF_BATCH_LOG2);
    }
    return next++;
}

static struct ref_ids fresh_ids(uint32_t count)
{
    uint64_t number = next_ref();
    uint32_t fast = (uint32_t)number & ((1u << REF_FAST_BITS) - 1);
    number >>= REF_FAST_BITS;
    return (struct ref_ids){count, {fast, (uint32_t)number, (uint32_t)(number >> 32)}};
}

term ref_new(struct heap *h)
{
    struct ref_ids ids = fresh_ids(3);
    return local_ref(h, &ids);
}

term ref_new_owned(struct heap *h, term owner)
{
    struct ref_ids ids = fresh_ids(5);
    ids.id[3] = pid_number(owner);
    ids.id[4] = pid_serial(owner);
    return local_ref(h, &ids);
}

term handle_new(struct heap *h, term kind, term value)
{
    struct ref_ids ids = fresh_ids(3);
    term *object = heap_alloc(h, HANDLE_WORDS);
    object[0] = header(KIND_REF, HANDLE_WORDS - 1);
    memcpy(object + 1, &ids, sizeof ids);
    object[REF_WORDS] = kind;
    object[REF_WORDS + 1] = value;
    return boxed_term(object);
}

term handle_value(term t, term kind)
{
    if (!is_boxed(t) || *boxed_ptr(t) != header(KIND_REF, HANDLE_WORDS - 1) || boxed_ptr(t)[REF_WORDS] != kind)
        return NONE;
    return boxed_ptr(t)[REF_WORDS + 1];
}

const struct ref_ids *ref_ids(term ref)
{
    const term *object = boxed_ptr(ref);
    return (const struct ref_ids *)(object + (header_kind(object[0]) == KIND_REF ? 1 : 2));
}

bool ref_equal(term a, term b)
{
    return ident_node(a) == ident_node(b) && memcmp(ref_ids(a)->id, ref_ids(b)->id, sizeof ref_ids(a)->id) == 0;
}

uint64_t ref_hash(term ref)
{
    const uint32_t *id = ref_ids(ref)->id;
    uint64_t low = (uint64_t)id[1] << 32 | id[0], high = (uint64_t)id[3] << 32 | id[2];
    return table_hash_word(low ^ table_hash_word(high ^ table_hash_word((word)(uintptr_t)ident_node(ref) ^ id[4])));
}

term ref_owner(term ref)
{
    const struct ref_ids *ids = ref_ids(ref);
    if (!is_kind(ref, KIND_REF) || ids->count != 5 || ids->id[3] > PID_NUMBER_MAX)
        return NONE;
    return local_pid(ids->id[3], ids->id[4]);
}

uint32_t any_pid_number(term pid)
{
    return is_local_pid(pid) ? pid_number(pid) : (uint32_t)boxed_ptr(pid)[2];
}

uint32_t any_pid_serial(term pid)
{
    return is_local_pid(pid) ? pid_serial(pid) : (uint32_t)(boxed_ptr(pid)[2] >> 32);
}

uint64_t port_number(term port)
{
    return boxed_ptr(port)[2];
}
