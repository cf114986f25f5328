// SPDX-License-Identifier: Apache-2.0
// The engine's own hash. Its order of work is the BEAM's, so that large maps are walked in the same order there and
// here; what hashes by address there (atoms, funs, other nodes) hashes in some way of ours.
#include "term/hash.h"

#include "base/die.h"
#include "base/turn.h"
#include "term/fun.h"
#include "term/hash_mix.h"
#include "term/ident.h"
#include "term/map.h"
#include "term/trie.h"

#define HASH_START 3432918353u    // so that the hash of a term is not its phash2

// Spans of this walk.
enum span_kind {
    SPAN_TERMS,        // a row of terms
    SPAN_LAST_TAIL,    // one term: the tail of a list that is not a list
    SPAN_PAIRS,        // keys, and their values in the other row
    SPAN_TRIE,         // children of a node, taken from the end
};

struct hashing {
    uint32_t hash;
    struct work work;
};

static uint32_t mark(uint32_t hash, enum mix what)
{
    hash ^= MIX_GOLDEN * what;
    return hash << 17 ^ hash >> 15;
}

static void hash_list(struct hashing *s, term list)
{
    const term *cell = list_ptr(list);
    uint32_t rest;
    unsigned count;
    bool all = mix_string(&s->hash, &cell, &rest, &count);
    if (count > 0)
        s->hash = mix_two(s->hash, rest, count, MIX_SALT);
    if (all) {
        work_push(&s->work, SPAN_TERMS, &cell[1], NULL, 1);
        return;
    }
    s->hash = mark(s->hash, MIX_HEAD);
    if (is_list(cell[1])) {
        work_push(&s->work, SPAN_TERMS, cell, NULL, 2);
    } else {
        work_push(&s->work, SPAN_LAST_TAIL, &cell[1], NULL, 1);
        work_push(&s->work, SPAN_TERMS, cell, NULL, 1);
    }
}

static void hash_flat_map(struct hashing *s, term map)
{
    size_t n = map_size(map);
    s->hash = mix_one(s->hash, (uint32_t)n, MIX_MAP);
    if (n > 0)
        work_push(&s->work, SPAN_PAIRS, tuple_elements(map_flat_keys(map)), map_flat_values(map), n);
}

static void push_trie(struct hashing *s, term trie)
{
    const term *node = boxed_ptr(trie);
    work_push(&s->work, SPAN_TRIE, node + TRIE_HEAD, NULL, trie_children(node));
}

static void hash_fun(struct hashing *s, term fun)
{
    const struct fun_entry *f = fun_entry_of(fun);
    s->hash = mix_two(s->hash, f->free, (uint32_t)f->module, MIX_FUN);
    s->hash = mix_two(s->hash, f->index, f->old_unique, MIX_FUN_INDEX);
    if (f->free > 0)
        work_push(&s->work, SPAN_TERMS, fun_free(fun), NULL, f->free);
}

static uint32_t hash_ref(uint32_t hash, term ref)
{
    const struct ref_ids *ids = ref_ids(ref);
    if (is_kind(ref, KIND_FOREIGN_REF))
        hash = mix_word(hash, (uintptr_t)ident_node(ref), MIX_REF);
    hash = mix_one(hash, ids->id[0], MIX_REF);
    hash = mix_two(hash, ids->id[1], ids->id[2], MIX_REF_REST);
    return ids->id[3] | ids->id[4] ? mix_two(hash, ids->id[3], ids->id[4], MIX_REF_REST) : hash;
}

static uint32_t hash_foreign(uint32_t hash, term t, uint64_t number, enum mix what)
{
    hash = mix_word(hash, (uintptr_t)ident_node(t), what);
    return mix_word(hash, number, what);
}

// Mixes in what a term is outside; what is inside goes on the stack.
static void hash_term(struct hashing *s, term t)
{
    switch (kind_of(t)) {
    case KIND_SMALL:
    case KIND_ATOM:
    case KIND_NIL:
    case KIND_PID:
        s->hash = mix_word(s->hash, t, MIX_NUMBER);
        return;
    case KIND_LIST:
        hash_list(s, t);
        return;
    case KIND_TUPLE:
        s->hash = mix_one(s->hash, (uint32_t)tuple_arity(t), MIX_TUPLE);
        if (tuple_arity(t) > 0)
            work_push(&s->work, SPAN_TERMS, tuple_elements(t), NULL, tuple_arity(t));
        return;
    case KIND_BIG:
    case KIND_BIG_NEG:
        s->hash = mix_big(s->hash, t);
        return;
    case KIND_REF:
    case KIND_FOREIGN_REF:
        s->hash = hash_ref(s->hash, t);
        return;
    case KIND_FUN:
        hash_fun(s, t);
        return;
    case KIND_EXPORT:
        s->hash = mix_word(s->hash, (uintptr_t)export_of(t), MIX_FUNCTION);
        return;
    case KIND_FLOAT:
        s->hash = mix_word(s->hash, mix_float_bits(t), MIX_FLOAT);
        return;
    case KIND_REFC_BIN:
    case KIND_HEAP_BIN:
    case KIND_SUB_BIN:
        s->hash = mix_binary(s->hash, bits_of(t));
        return;
    case KIND_MAP:
        hash_flat_map(s, t);
        return;
    case KIND_TRIE:
        s->hash = mix_one(s->hash, (uint32_t)trie_size(t), MIX_MAP);
        push_trie(s, t);
        return;
    case KIND_FOREIGN_PID:
        s->hash = hash_foreign(s->hash, t, any_pid_number(t) | (uint64_t)any_pid_serial(t) << 32, MIX_PID);
        return;
    case KIND_FOREIGN_PORT:
        s->hash = hash_foreign(s->hash, t, port_number(t), MIX_PORT);
        return;
    case KIND_MATCH:
    case KIND_COUNT:
        break;
    }
    die("hashing a word that is no term: %llx", (unsigned long long)t);
}

static void take_child(struct hashing *s, struct span *span)
{
    term child = span->at[--span->left];
    if (span->left == 0)
        s->work.count--;
    if (is_list(child))
        work_push(&s->work, SPAN_TERMS, list_ptr(child), NULL, 2);
    else
        push_trie(s, child);
}

static bool take_term(struct hashing *s, term *t)
{
    while (s->work.count > 0) {
        struct span *span = work_top(&s->work);
        enum span_kind kind = span->kind;
        if (kind == SPAN_TRIE) {
            take_child(s, span);
            continue;
        }
        const term *value = span->with;
        *t = *span->at++;
        if (kind == SPAN_PAIRS)
            span->with++;
        if (--span->left == 0)
            s->work.count--;
        if (kind == SPAN_PAIRS)
            work_push(&s->work, SPAN_TERMS, value, NULL, 1);
        else if (kind == SPAN_LAST_TAIL)
            s->hash = mark(s->hash, MIX_TAIL);
        return true;
    }
    return false;
}

static uint32_t hash_deep(uint32_t start, term t)
{
    struct hashing s = {.hash = start};
    size_t steps = 0;
    work_init(&s.work);
    do {
        hash_term(&s, t);
        if (turn_step(&steps))
            break;
    } while (take_term(&s, &t));
    work_done(&s.work);
    return s.hash;
}

static uint32_t hash_from(uint32_t start, term t)
{
    if (is_immediate(t))
        return mix_word(start, t, MIX_NUMBER);
    return hash_deep(start, t);
}

uint32_t term_hash(term t)
{
    return hash_from(HASH_START, t);
}

uint32_t term_hash_salted(term t, unsigned depth)
{
    uint32_t salt = depth ? mix_two(0, depth, 1, MIX_SALT) : 0;
    return hash_from(salt ^ HASH_START, t);
}
