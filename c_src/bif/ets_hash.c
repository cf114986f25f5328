// SPDX-License-Identifier: Apache-2.0
#include "bif/ets_hash.h"

#include "base/config.h"
#include "base/memory.h"
#include "base/turn.h"
#include "term/compare.h"
#include "term/hash.h"

#include <string.h>

enum {
    FIRST_SEGMENT = 256,
    SEGMENT = 2048,
    STEPS = 5,    // buckets that one operation adds or joins at most
    SAMPLES = 64,
    SAMPLED_MIN = 6400,    // slots from which on estimates are good enough to shrink by
};

static uint32_t hash_key(term key)
{
    return (is_atom(key) ? term_phash2(key) : term_hash(key)) & INT32_MAX;
}

static uint32_t bucket_of_hash(const struct ets_hash *t, uint32_t hash)
{
    uint32_t bucket = hash & t->mask;
    return bucket < t->active ? bucket : bucket & t->mask >> 1;
}

uint32_t ets_hash_bucket_of(const struct ets_hash *t, term key)
{
    return bucket_of_hash(t, hash_key(key));
}

static void reserve(struct ets_hash *t, uint32_t buckets)
{
    if (buckets <= t->capacity)
        return;
    uint32_t more = t->capacity ? t->capacity * 2 : FIRST_SEGMENT;
    while (more < buckets)
        more *= 2;
    t->buckets = mem_resize(t->buckets, t->capacity * sizeof *t->buckets, more * sizeof *t->buckets);
    memset(t->buckets + t->capacity, 0, (more - t->capacity) * sizeof *t->buckets);
    t->capacity = more;
}

void ets_hash_init(struct ets_hash *t, enum ets_equal_keys kind, uint32_t position, uint32_t stride, bool sampled)
{
    *t = (struct ets_hash){.equal_keys = kind, .position = position, .stride = stride};
    t->slots = FIRST_SEGMENT;
    while (t->slots < stride)
        t->slots += SEGMENT;
    t->active = t->slots;
    t->mask = FIRST_SEGMENT - 1;
    while (t->mask < t->active - 1)
        t->mask = t->mask << 1 | 1;
    reserve(t, t->active);
    if (sampled)
        t->samples = mem_zero_alloc(SAMPLES * sizeof *t->samples);
}

static void free_chain(struct ets_object *o)
{
    for (; o; turn_pass(CONFIG_TURN_UNITS)) {
        struct ets_object *next = o->link[ETS_NEXT];
        ets_object_free(o);
        o = next;
    }
}

static void free_marks(struct ets_hash *t)
{
    mem_free(t->marked, t->marked_capacity * sizeof *t->marked);
    t->marked = NULL;
    t->marked_count = t->marked_capacity = 0;
}

void ets_hash_done(struct ets_hash *t)
{
    size_t steps = 0;
    for (uint32_t i = 0; i < t->active; i++, turn_step(&steps))
        free_chain(t->buckets[i]);
    mem_free(t->buckets, t->capacity * sizeof *t->buckets);
    if (t->samples)
        mem_free(t->samples, SAMPLES * sizeof *t->samples);
    free_marks(t);
}

static bool has_key(const struct ets_hash *t, const struct ets_object *o, term key, uint32_t hash)
{
    return o->hash == hash && term_equal(ets_object_key(o, t->position), key);
}

static bool has_live_key(const struct ets_hash *t, const struct ets_object *o, term key, uint32_t hash)
{
    return !o->gone && has_key(t, o, key, hash);
}

static void counted(struct ets_hash *t, uint32_t hash, int change)
{
    t->count += (size_t)change;
    if (t->samples)
        t->samples[hash % SAMPLES] += (uint32_t)change;
}

// How many objects the BEAM believes to be there, after a change at this hash.
static size_t estimate(const struct ets_hash *t, uint32_t hash)
{
    return t->samples ? (size_t)t->samples[hash % SAMPLES] * SAMPLES : t->count;
}

// Objects keep their order.
static void split(struct ets_hash *t, uint32_t from, uint32_t to, uint32_t mask)
{
    struct ets_object *o = t->buckets[from];
    struct ets_object **stay = &t->buckets[from], **leave = &t->buckets[to];
    for (; o; o = o->link[ETS_NEXT]) {
        struct ets_object ***end = (o->hash & mask) == from ? &stay : &leave;
        **end = o;
        *end = &o->link[ETS_NEXT];
    }
    *stay = *leave = NULL;
}

static void grow(struct ets_hash *t, size_t count)
{
    for (int i = 0; i < STEPS && count > t->active; i++) {
        uint32_t to = t->active;
        if (to == t->slots)
            t->slots += SEGMENT;
        reserve(t, to + 1);
        uint32_t mask = to <= t->mask ? t->mask : t->mask << 1 | 1;
        t->mask = mask;
        t->active++;
        split(t, to & mask >> 1, to, mask);
    }
}

static size_t shrink_limit(const struct ets_hash *t)
{
    uint32_t least = FIRST_SEGMENT + 2 * SEGMENT;
    if (t->stride + SEGMENT > least)
        least = t->stride + SEGMENT;
    if (t->samples && t->slots < SAMPLED_MIN)
        return 0;
    return t->slots >= least ? (t->slots - SEGMENT) / 2 : 0;
}

static void shrink(struct ets_hash *t, size_t count)
{
    for (int i = 0; i < STEPS && !t->fixed && count < shrink_limit(t); i++) {
        uint32_t from = t->active - 1, to = from & t->mask >> 1;
        struct ets_object **end = &t->buckets[from];
        while (*end)
            end = &(*end)->link[ETS_NEXT];
        *end = t->buckets[to];
        t->buckets[to] = t->buckets[from];
        t->buckets[from] = NULL;
        t->active = from;
        if (to == 0)
            t->mask >>= 1;
        if (t->slots - from >= SEGMENT)
            t->slots -= SEGMENT;
    }
}

void ets_hash_settle(struct ets_hash *t)
{
    shrink(t, t->count);
}

static void add(struct ets_hash *t, struct ets_object **at, struct ets_object *o)
{
    o->link[ETS_NEXT] = *at;
    *at = o;
    t->words += ets_object_words(o);
    counted(t, o->hash, 1);
    if (!t->fixed)
        grow(t, estimate(t, o->hash));
}

static void discard(struct ets_hash *t, struct ets_object *o)
{
    t->words -= ets_object_words(o);
    ets_object_free(o);
}

void ets_hash_replace(struct ets_hash *t, struct ets_object **at, struct ets_object *o)
{
    struct ets_object *old = *at;
    o->hash = old->hash;
    o->link[ETS_NEXT] = old->link[ETS_NEXT];
    *at = o;
    t->words += ets_object_words(o);
    discard(t, old);
}

// An equal object of a bag that is only marked comes back, as the newest of its key.
static void revive(struct ets_hash *t, struct ets_object **first, struct ets_object **at)
{
    struct ets_object *o = *at;
    if (!o->gone)
        return;
    o->gone = false;
    counted(t, o->hash, 1);
    if (at == first)
        return;
    *at = o->link[ETS_NEXT];
    o->link[ETS_NEXT] = *first;
    *first = o;
}

static bool put_in_set(struct ets_hash *t, struct ets_object **at, struct ets_object *o, bool only_new)
{
    if ((*at)->gone)
        counted(t, o->hash, 1);
    else if (only_new)
        return false;
    ets_hash_replace(t, at, o);
    return true;
}

static bool key_is_live(const struct ets_hash *t, const struct ets_object *o, term key, uint32_t hash)
{
    for (; o && has_key(t, o, key, hash); o = o->link[ETS_NEXT])
        if (!o->gone)
            return true;
    return false;
}

static struct ets_object **find_tuple(const struct ets_hash *t, struct ets_object **at, term tuple, term key,
                                      uint32_t hash)
{
    for (; *at && has_key(t, *at, key, hash); at = &(*at)->link[ETS_NEXT])
        if (term_equal(ets_object_tuple(*at), tuple))
            return at;
    return NULL;
}

bool ets_hash_put(struct ets_hash *t, struct ets_object *o, bool only_new)
{
    term key = ets_object_key(o, t->position);
    uint32_t hash = o->hash = hash_key(key);
    struct ets_object **at = &t->buckets[bucket_of_hash(t, hash)], **equal;
    while (*at && !has_key(t, *at, key, hash))
        at = &(*at)->link[ETS_NEXT];
    bool taken = true;
    if (*at && t->equal_keys == ETS_SET) {
        taken = put_in_set(t, at, o, only_new);
    } else if (*at && only_new && key_is_live(t, *at, key, hash)) {
        taken = false;
    } else if (*at && !only_new && t->equal_keys == ETS_BAG &&
               (equal = find_tuple(t, at, ets_object_tuple(o), key, hash)) != NULL) {
        revive(t, at, equal);
        taken = false;
    } else {
        add(t, at, o);
    }
    if (!taken)
        ets_object_free(o);
    return taken;
}

struct ets_object *ets_hash_find(const struct ets_hash *t, term key)
{
    uint32_t hash = hash_key(key);
    struct ets_object *o = t->buckets[bucket_of_hash(t, hash)];
    while (o && !has_live_key(t, o, key, hash))
        o = o->link[ETS_NEXT];
    return o;
}

struct ets_object *ets_hash_again(const struct ets_hash *t, const struct ets_object *o)
{
    term key = ets_object_key(o, t->position);
    if (t->equal_keys == ETS_SET)
        return NULL;
    struct ets_object *next = o->link[ETS_NEXT];
    while (next && next->gone && has_key(t, next, key, o->hash))
        next = next->link[ETS_NEXT];
    return next && has_key(t, next, key, o->hash) ? next : NULL;
}

static void mark(struct ets_hash *t, struct ets_object *o, uint32_t bucket)
{
    if (t->marked_count == t->marked_capacity) {
        size_t more = t->marked_capacity ? t->marked_capacity * 2 : 8;
        t->marked = mem_resize(t->marked, t->marked_capacity * sizeof *t->marked, more * sizeof *t->marked);
        t->marked_capacity = more;
    }
    t->marked[t->marked_count++] = bucket;
    o->gone = true;
}

static void unlink_at(struct ets_hash *t, struct ets_object **at)
{
    struct ets_object *o = *at;
    *at = o->link[ETS_NEXT];
    discard(t, o);
}

// One marked object is enough to walk on from: further ones of the same key go at once.
static void drop(struct ets_hash *t, struct ets_object ***at, uint32_t bucket, bool keep)
{
    struct ets_object *o = **at;
    counted(t, o->hash, -1);
    if (keep) {
        mark(t, o, bucket);
        *at = &o->link[ETS_NEXT];
    } else {
        unlink_at(t, *at);
    }
}

size_t ets_hash_erase(struct ets_hash *t, term key)
{
    uint32_t hash = hash_key(key), bucket = bucket_of_hash(t, hash);
    size_t erased = 0;
    for (struct ets_object **at = &t->buckets[bucket]; *at;) {
        if (has_live_key(t, *at, key, hash))
            drop(t, &at, bucket, erased++ == 0 && t->fixed);
        else if (erased && !(*at)->gone)
            break;
        else
            at = &(*at)->link[ETS_NEXT];
    }
    if (erased)
        shrink(t, estimate(t, hash));
    return erased;
}

size_t ets_hash_erase_tuple(struct ets_hash *t, term tuple)
{
    term key = element(tuple, t->position - 1);
    uint32_t hash = hash_key(key), bucket = bucket_of_hash(t, hash);
    size_t erased = 0, seen = 0;
    for (struct ets_object **at = &t->buckets[bucket]; *at;) {
        bool live = has_live_key(t, *at, key, hash);
        if (live)
            seen++;
        if (live && term_equal(ets_object_tuple(*at), tuple)) {
            drop(t, &at, bucket, seen == 1 && t->fixed);
            erased++;
            if (t->equal_keys != ETS_DUPLICATE_BAG)
                break;
        } else if (!live && erased && !(*at)->gone) {
            break;
        } else {
            at = &(*at)->link[ETS_NEXT];
        }
    }
    if (erased)
        shrink(t, estimate(t, hash));
    return erased;
}

bool ets_hash_drop(struct ets_hash *t, struct ets_object **at, uint32_t bucket)
{
    struct ets_object **next = at;
    drop(t, &next, bucket, t->fixed);
    return next == at;
}

static void mark_all(struct ets_hash *t)
{
    for (uint32_t i = 0; i < t->active; i++) {
        if (t->buckets[i])
            mark(t, t->buckets[i], i);
        for (struct ets_object *o = t->buckets[i]; o; o = o->link[ETS_NEXT])
            o->gone = true;
    }
    t->count = 0;
    if (t->samples)
        memset(t->samples, 0, SAMPLES * sizeof *t->samples);
}

bool ets_hash_detach(struct ets_hash *t, struct ets_hash *old)
{
    if (t->fixed) {
        mark_all(t);
        return false;
    }
    *old = *t;
    ets_hash_init(t, old->equal_keys, old->position, old->stride, old->samples != NULL);
    return true;
}

bool ets_hash_sweep(struct ets_hash *t, size_t marks)
{
    for (; t->marked_count > 0 && marks > 0; marks--)
        for (struct ets_object **at = &t->buckets[t->marked[--t->marked_count]]; *at;)
            if ((*at)->gone)
                unlink_at(t, at);
            else
                at = &(*at)->link[ETS_NEXT];
    return t->marked_count > 0;
}

void ets_hash_unfix(struct ets_hash *t)
{
    t->fixed = false;
    (void)ets_hash_sweep(t, SIZE_MAX);
    free_marks(t);
}

uint32_t ets_hash_next_bucket(const struct ets_hash *t, uint32_t bucket)
{
    if (bucket + t->stride < t->active)
        return bucket + t->stride;
    return (bucket + 1) & (t->stride - 1);
}

static struct ets_object *live_from(const struct ets_hash *t, struct ets_object *o, uint32_t bucket)
{
    for (;;) {
        while (o && o->gone)
            o = o->link[ETS_NEXT];
        if (o)
            return o;
        bucket = ets_hash_next_bucket(t, bucket);
        if (bucket == 0)
            return NULL;
        o = t->buckets[bucket];
    }
}

void ets_hash_first(const struct ets_hash *t, struct ets_object **o)
{
    *o = live_from(t, t->buckets[0], 0);
}

bool ets_hash_next(const struct ets_hash *t, term key, struct ets_object **o)
{
    uint32_t hash = hash_key(key);
    struct ets_object *at = t->buckets[bucket_of_hash(t, hash)];
    while (at && !has_key(t, at, key, hash))
        at = at->link[ETS_NEXT];
    *o = NULL;
    if (!at)
        return false;
    do {
        at = live_from(t, at->link[ETS_NEXT], bucket_of_hash(t, at->hash));
    } while (at && t->equal_keys != ETS_SET && has_key(t, at, key, hash));
    *o = at;
    return true;
}
