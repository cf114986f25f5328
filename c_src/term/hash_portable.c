// SPDX-License-Identifier: Apache-2.0
// phash2 and the older phash: the same number for a term on every node and in every release.
#include "term/hash.h"

#include "base/die.h"
#include "base/turn.h"
#include "term/atom.h"
#include "term/fun.h"
#include "term/hash_mix.h"
#include "term/ident.h"
#include "term/map.h"
#include "term/trie.h"

#define PHASH2_NIL 3468870702u

// Spans of the walk of phash2.
enum span_kind {
    SPAN_TERMS,       // a row of terms
    SPAN_PAIRS,       // keys, and their values in the other row
    SPAN_TRIE,        // children of a node
    SPAN_PAIR_END,    // a pair's own hash is complete
    SPAN_MAP_END,     // all pairs are: `left` is the hash before the map, `extra` the outer map's pairs
};

struct hashing {
    uint32_t hash;
    uint32_t pairs;    // of the map in hand, in no order: all its pairs' hashes, each begun at 0
    struct work work;
};

// Peter Weinberger's hash over the characters of Latin-1 or else the bytes of UTF-8, as atoms have been hashed since
// R16.
static uint32_t hash_atom(term t)
{
    struct atom_text text = atom_text(t);
    const uint8_t *p = (const uint8_t *)text.bytes, *end = p + text.size;
    uint32_t hash = 0;
    while (p < end) {
        uint8_t c = *p++;
        if (p < end && (c & 0xFE) == 0xC2 && (*p & 0xC0) == 0x80)
            c = (uint8_t)(c << 6 | (*p++ & 0x3F));
        hash = (hash << 4) + c;
        uint32_t high = hash & 0xF0000000;
        hash ^= high >> 24 ^ high;
    }
    return hash;
}

static uint32_t hash_small(uint32_t hash, term t)
{
    sword value = small_value(t);
    if (value >= -(1 << 27) && value < 1 << 27) {
        if (value < 0)
            hash = mix_one(hash, (uint32_t)-value, MIX_NUMBER);
        return mix_one(hash, (uint32_t)value, MIX_NUMBER);
    }
    return value < 0 ? mix_word(hash, (word)-value, MIX_NEGATIVE) : mix_word(hash, (word)value, MIX_POSITIVE);
}

static void hash_list(struct hashing *s, term list)
{
    const term *cell = list_ptr(list);
    uint32_t rest;
    unsigned count;
    bool all = mix_string(&s->hash, &cell, &rest, &count);
    if (count > 0)
        s->hash = mix_one(s->hash, rest, MIX_STRING);
    work_push(&s->work, SPAN_TERMS, all ? &cell[1] : cell, NULL, all ? 1 : 2);
}

static void push_trie(struct hashing *s, term trie)
{
    const term *node = boxed_ptr(trie);
    work_push(&s->work, SPAN_TRIE, node + TRIE_HEAD, NULL, trie_children(node));
}

// True if the map has pairs, to be pushed by the caller.
static bool begin_map(struct hashing *s, size_t size)
{
    s->hash = mix_one(s->hash, (uint32_t)size, MIX_MAP);
    if (size == 0)
        return false;
    work_push(&s->work, SPAN_MAP_END, NULL, NULL, s->hash)->extra = s->pairs;
    s->hash = s->pairs = 0;
    return true;
}

static void hash_fun(struct hashing *s, term fun)
{
    const struct fun_entry *f = fun_entry_of(fun);
    s->hash = mix_two(s->hash, f->free, hash_atom(f->module), MIX_NUMBER);
    s->hash = mix_two(s->hash, f->index, f->old_unique, MIX_NUMBER);
    if (f->free > 0)
        work_push(&s->work, SPAN_TERMS, fun_free(fun), NULL, f->free);
}

static uint32_t hash_export(uint32_t hash, const struct export *e)
{
    hash = mix_two(hash, e->arity, hash_atom(e->module), MIX_NUMBER);
    return mix_one(hash, hash_atom(e->function), MIX_FUNCTION);
}

static uint32_t hash_float(uint32_t hash, term t)
{
    word bits = mix_float_bits(t);
    return mix_two(hash, (uint32_t)(bits >> 32), (uint32_t)bits, MIX_FLOAT);
}

// Mixes in what a term is outside; what is inside goes on the stack.
static void hash_term(struct hashing *s, term t)
{
    switch (kind_of(t)) {
    case KIND_SMALL:
        s->hash = hash_small(s->hash, t);
        return;
    case KIND_ATOM:
        s->hash = s->hash ? mix_one(s->hash, hash_atom(t), MIX_ATOM) : hash_atom(t);
        return;
    case KIND_NIL:
        s->hash = s->hash ? mix_one(s->hash, 2, MIX_NIL) : PHASH2_NIL;
        return;
    case KIND_PID:
    case KIND_FOREIGN_PID:
        s->hash = mix_one(s->hash, any_pid_number(t), MIX_PID);
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
        s->hash = mix_one(s->hash, ref_ids(t)->id[0], MIX_REF);
        return;
    case KIND_FUN:
        hash_fun(s, t);
        return;
    case KIND_EXPORT:
        s->hash = hash_export(s->hash, export_of(t));
        return;
    case KIND_FLOAT:
        s->hash = hash_float(s->hash, t);
        return;
    case KIND_REFC_BIN:
    case KIND_HEAP_BIN:
    case KIND_SUB_BIN:
        s->hash = mix_binary(s->hash, bits_of(t));
        return;
    case KIND_MAP:
        if (begin_map(s, map_size(t)))
            work_push(&s->work, SPAN_PAIRS, tuple_elements(map_flat_keys(t)), map_flat_values(t), map_size(t));
        return;
    case KIND_TRIE:
        if (begin_map(s, trie_size(t)))
            push_trie(s, t);
        return;
    case KIND_FOREIGN_PORT:
        s->hash = mix_word(s->hash, port_number(t), MIX_PORT);
        return;
    case KIND_MATCH:
    case KIND_COUNT:
        break;
    }
    die("hashing a word that is no term: %llx", (unsigned long long)t);
}

// The next term of the topmost span, which is not at its end. False: it had something else to do.
static bool take(struct hashing *s, struct span span, term *t)
{
    struct work *w = &s->work;
    if (span.left == 1 || span.kind == SPAN_MAP_END || span.kind == SPAN_PAIR_END)
        w->count--;
    else
        work_top(w)->at++, work_top(w)->left--;
    switch ((enum span_kind)span.kind) {
    case SPAN_TERMS:
        *t = *span.at;
        return true;
    case SPAN_PAIRS:
        if (span.left > 1)
            work_top(w)->with++;
        work_push(w, SPAN_PAIR_END, NULL, NULL, 1);
        work_push(w, SPAN_TERMS, span.with, NULL, 1);
        *t = *span.at;
        return true;
    case SPAN_TRIE:
        if (!is_list(*span.at)) {
            push_trie(s, *span.at);
            return false;
        }
        work_push(w, SPAN_PAIR_END, NULL, NULL, 1);
        work_push(w, SPAN_TERMS, list_ptr(*span.at), NULL, 2);
        return false;
    case SPAN_PAIR_END:
        s->pairs ^= s->hash;
        s->hash = 0;
        return false;
    case SPAN_MAP_END:
        s->hash = mix_one((uint32_t)span.left, s->pairs, MIX_PAIRS);
        s->pairs = span.extra;
        return false;
    }
    return false;
}

static bool take_term(struct hashing *s, term *t)
{
    while (s->work.count > 0)
        if (take(s, *work_top(&s->work), t))
            return true;
    return false;
}

uint32_t term_phash2(term t)
{
    struct hashing s = {.hash = 0};
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

// The older hash: every byte of a number, every term, multiplied by primes a little above 2 to the 28.
static const uint32_t prime[] = {0,         268440163, 268439161, 268435459, 268436141, 268438633, 268437017, 268438039,
                                 268437511, 268439627, 268440479, 268440577, 268440581, 268440593, 268440611};

enum old_span_kind {
    OLD_TERMS,        // a row of terms
    OLD_TUPLE_END,    // elements are done; `left` is their number
    OLD_TAIL,         // the tail of a list
    OLD_LIST_END,     // all of a list is done
};

static uint32_t old_bytes(uint32_t hash, uint64_t value, unsigned count, uint32_t factor)
{
    for (unsigned i = 0; i < count; i++, value >>= 8)
        hash = hash * factor + (uint8_t)value;
    return hash;
}

static uint32_t old_small(uint32_t hash, term t)
{
    sword value = small_value(t);
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    hash = old_bytes(hash, magnitude, magnitude >> 32 ? 8 : 4, prime[2]);
    return hash * prime[value < 0 ? 4 : 3];
}

static uint32_t old_big(uint32_t hash, term t)
{
    const term *object = boxed_ptr(t);
    size_t limbs = header_size(object[0]);
    for (size_t i = 1; i < limbs; i++)
        hash = old_bytes(hash, object[i], 8, prime[2]);
    hash = old_bytes(hash, object[limbs], object[limbs] >> 32 ? 8 : 4, prime[2]);
    return hash * prime[header_kind(object[0]) == KIND_BIG_NEG ? 4 : 3];
}

static uint8_t byte_at(struct bits b, size_t index)    // of a bit string; bits beyond it are undefined
{
    size_t at = b.offset + 8 * index;
    unsigned shift = at % 8;
    const uint8_t *p = b.base + at / 8;
    bool next = shift > 0 && (at + 8 - shift < b.offset + b.size);
    return (uint8_t)(p[0] << shift | (next ? p[1] >> (8 - shift) : 0));
}

static uint32_t old_binary(uint32_t hash, struct bits b)
{
    size_t bytes = b.size / 8;
    unsigned last = b.size % 8;
    for (size_t i = 0, steps = 0; i < bytes; i++, turn_step(&steps))
        hash = hash * prime[1] + byte_at(b, i);
    if (last > 0)
        hash = (hash * prime[1] + (byte_at(b, bytes) >> (8 - last))) * prime[12] + last;
    return hash * prime[4] + (uint32_t)bytes;
}

static uint32_t old_port(uint32_t hash, uint64_t number)
{
    if (number >> 32)
        hash = old_bytes(hash, number >> 32, 4, prime[11]);
    return old_bytes(hash, number, 4, prime[9]) * prime[10];
}

static uint32_t old_export(uint32_t hash, const struct export *e)
{
    hash = hash * prime[11] + e->arity;
    hash = hash * prime[1] + hash_atom(e->module);
    return hash * prime[1] + hash_atom(e->function);
}

static void old_list(struct hashing *s, term list)
{
    const term *cell = list_ptr(list);
    for (size_t steps = 0; mix_is_byte(cell[0]); turn_step(&steps)) {
        s->hash = s->hash * prime[2] + (uint32_t)small_value(cell[0]);
        if (!is_list(cell[1])) {
            work_push(&s->work, OLD_TAIL, &cell[1], NULL, 1);
            return;
        }
        cell = list_ptr(cell[1]);
    }
    work_push(&s->work, OLD_TAIL, &cell[1], NULL, 1);
    work_push(&s->work, OLD_TERMS, &cell[0], NULL, 1);
}

static void old_fun(struct hashing *s, term fun)
{
    const struct fun_entry *f = fun_entry_of(fun);
    s->hash = s->hash * prime[10] + f->free;
    s->hash = s->hash * prime[1] + hash_atom(f->module);
    s->hash = s->hash * prime[2] + f->index;
    s->hash = s->hash * prime[2] + f->old_unique;
    if (f->free > 0)
        work_push(&s->work, OLD_TERMS, fun_free(fun), NULL, f->free);
}

static void old_tuple(struct hashing *s, term t)
{
    work_push(&s->work, OLD_TUPLE_END, NULL, NULL, tuple_arity(t));
    if (tuple_arity(t) > 0)
        work_push(&s->work, OLD_TERMS, tuple_elements(t), NULL, tuple_arity(t));
}

static void old_term(struct hashing *s, term t)
{
    uint32_t hash = s->hash;
    switch (kind_of(t)) {
    case KIND_SMALL:
        s->hash = old_small(hash, t);
        return;
    case KIND_ATOM:
        s->hash = hash * prime[1] + hash_atom(t);
        return;
    case KIND_NIL:
        s->hash = hash * prime[3] + 1;
        return;
    case KIND_PID:
    case KIND_FOREIGN_PID:
        s->hash = old_bytes(hash, any_pid_number(t), 4, prime[5]) * prime[6];
        return;
    case KIND_LIST:
        old_list(s, t);
        return;
    case KIND_TUPLE:
        old_tuple(s, t);
        return;
    case KIND_BIG:
    case KIND_BIG_NEG:
        s->hash = old_big(hash, t);
        return;
    case KIND_REF:
    case KIND_FOREIGN_REF:
        s->hash = old_bytes(hash, ref_ids(t)->id[0], 4, prime[9]) * prime[10];
        return;
    case KIND_FUN:
        old_fun(s, t);
        return;
    case KIND_EXPORT:
        s->hash = old_export(hash, export_of(t));
        return;
    case KIND_FLOAT:
        s->hash = hash * prime[6] + ((uint32_t)(mix_float_bits(t) >> 32) ^ (uint32_t)mix_float_bits(t));
        return;
    case KIND_REFC_BIN:
    case KIND_HEAP_BIN:
    case KIND_SUB_BIN:
        s->hash = old_binary(hash, bits_of(t));
        return;
    case KIND_MAP:
    case KIND_TRIE:
        s->hash = hash * prime[13] + prime[14] + term_phash2(t);
        return;
    case KIND_FOREIGN_PORT:
        s->hash = old_port(hash, port_number(t));
        return;
    case KIND_MATCH:
    case KIND_COUNT:
        break;
    }
    die("hashing a word that is no term: %llx", (unsigned long long)t);
}

static bool old_take_term(struct hashing *s, term *t)
{
    while (s->work.count > 0) {
        struct span *span = work_top(&s->work);
        enum old_span_kind kind = span->kind;
        if (kind == OLD_TUPLE_END || kind == OLD_LIST_END) {
            s->hash = kind == OLD_LIST_END ? s->hash * prime[8] : s->hash * prime[9] + (uint32_t)span->left;
            s->work.count--;
            continue;
        }
        *t = *span->at++;
        if (--span->left == 0)
            s->work.count--;
        if (kind == OLD_TAIL && !is_list(*t))
            work_push(&s->work, OLD_LIST_END, NULL, NULL, 1);
        return true;
    }
    return false;
}

uint32_t term_phash(term t)
{
    struct hashing s = {.hash = 0};
    size_t steps = 0;
    work_init(&s.work);
    do {
        old_term(&s, t);
        if (turn_step(&steps))
            break;
    } while (old_take_term(&s, &t));
    work_done(&s.work);
    return s.hash;
}
