// SPDX-License-Identifier: Apache-2.0
// binary:match, matches, split and compile_pattern. A pattern is a binary, a list of them, or what compile_pattern made
// of those: {bm, Handle} or {ac, Handle}, handles of the binaries (term/ident.h). Of several matches the first counts, of those at one
// place the longest. One binary is searched for by memmem; several by a table of first bytes, then by comparing.
#include "bif/bif.h"

#include "base/memory.h"
#include "base/writer.h"
#include "proc/errand.h"
#include "term/binary.h"
#include "term/ident.h"

#include <stdlib.h>
#include <string.h>

// The bytes of a binary, as binary_bytes gives them.
struct bytes {
    const uint8_t *at;
    size_t size;
    uint8_t *copy;
};

struct needles {
    struct bytes *all;    // by first byte, then the longer ones first
    size_t count, capacity;
    uint32_t first[256];    // 1 + index of the first that starts with this byte; 0: none. Only if there are several
};

struct hit {
    size_t at, size;
};

struct options {
    bool global, trim, trim_all, has_scope;
    sword start, length;    // if has_scope
};

static bool take_bytes(term t, struct bytes *b)
{
    if (!is_binary(t))
        return false;
    b->at = binary_bytes(t, &b->size, &b->copy);
    return true;
}

static void drop_bytes(struct bytes *b)
{
    if (b->copy)
        mem_free(b->copy, b->size);
}

static void drop_needles(struct needles *n)
{
    for (size_t i = 0; i < n->count; i++)
        drop_bytes(&n->all[i]);
    mem_free(n->all, n->capacity * sizeof n->all[0]);
}

static int needle_order(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;
    if (x->at[0] != y->at[0])
        return x->at[0] - y->at[0];
    return (x->size < y->size) - (x->size > y->size);
}

static void sort_needles(struct needles *n)
{
    if (n->count < 2)
        return;
    qsort(n->all, n->count, sizeof n->all[0], needle_order);
    memset(n->first, 0, sizeof n->first);
    for (size_t i = n->count; i > 0; i--)
        n->first[n->all[i - 1].at[0]] = (uint32_t)i;
}

static bool is_needle(term t)
{
    return is_binary(t) && bit_size(t) > 0;
}

// A pattern as programs write it.
static bool is_pattern(term t)
{
    if (!is_list(t))
        return is_needle(t);
    for (; is_list(t); t = tail(t))
        if (!is_needle(head(t)))
            return false;
    return is_nil(t);
}

static bool take_needles(term pattern, struct needles *n)
{
    bool compiled = is_tuple_of(pattern, 2) && (element(pattern, 0) == ATOM_bm || element(pattern, 0) == ATOM_ac);
    if (compiled)
        pattern = handle_value(element(pattern, 1), element(pattern, 0));
    if (pattern == NONE || (!compiled && !is_pattern(pattern)))
        return false;
    n->count = 0;
    n->capacity = is_list(pattern) ? (size_t)list_length(pattern) : 1;
    n->all = mem_alloc(n->capacity * sizeof n->all[0]);
    if (!is_list(pattern))
        take_bytes(pattern, &n->all[n->count++]);
    for (; is_list(pattern); pattern = tail(pattern))
        take_bytes(head(pattern), &n->all[n->count++]);
    sort_needles(n);
    return true;
}

// In windows, each with room for a needle that starts at its last byte.
static bool find_one(const struct bytes *needle, const uint8_t *hay, size_t from, size_t end, struct hit *hit)
{
    size_t window = needle->size < TURN_BYTES ? TURN_BYTES : needle->size;
    for (; end - from >= needle->size; from += window, turn_bytes(window)) {
        size_t left = end - from, room = window + needle->size - 1;
        const uint8_t *found = memmem(hay + from, left < room ? left : room, needle->at, needle->size);
        if (found) {
            *hit = (struct hit){(size_t)(found - hay), needle->size};
            return true;
        }
        if (left <= room)
            break;
    }
    return false;
}

// The longest needle that starts here.
static bool find_here(const struct needles *n, const uint8_t *at, size_t left, size_t *size)
{
    for (size_t i = n->first[at[0]] - 1; i < n->count && n->all[i].at[0] == at[0]; i++) {
        if (n->all[i].size <= left && memcmp(n->all[i].at, at, n->all[i].size) == 0) {
            *size = n->all[i].size;
            return true;
        }
    }
    return false;
}

static bool find(const struct needles *n, const uint8_t *hay, size_t from, size_t end, struct hit *hit)
{
    if (n->count == 1)
        return find_one(&n->all[0], hay, from, end, hit);
    for (size_t at = from, steps = 0; at < end; at++, turn_step(&steps)) {
        if (n->first[hay[at]] && find_here(n, hay + at, end - at, &hit->size)) {
            hit->at = at;
            return true;
        }
    }
    return false;
}

static bool take_scope(term t, struct options *o)
{
    if (!is_tuple_of(t, 2) || element(t, 0) != ATOM_scope || !is_tuple_of(element(t, 1), 2))
        return false;
    term start = element(element(t, 1), 0), length = element(element(t, 1), 1);
    if (!are_small(start, length))
        return false;
    o->has_scope = true;
    o->start = small_value(start);
    o->length = small_value(length);
    if (o->length < 0) {
        o->start += o->length;
        o->length = -o->length;
    }
    return true;
}

static bool take_options(term list, bool splitting, struct options *o)
{
    for (; is_list(list); list = tail(list)) {
        term option = head(list);
        if (splitting && option == ATOM_global)
            o->global = true;
        else if (splitting && option == ATOM_trim)
            o->trim = true;
        else if (splitting && option == ATOM_trim_all)
            o->trim_all = true;
        else if (!take_scope(option, o))
            return false;
    }
    return is_nil(list);
}

// The matches in the scope, all or the first one. False: bad arguments.
static bool search(term subject, term pattern, const struct options *o, struct writer *hits)
{
    struct bytes hay;
    struct needles needles;
    if (!is_binary(subject))
        return false;
    sword size = (sword)(bit_size(subject) / 8);
    if (o->has_scope && (o->start < 0 || o->start > size || o->length > size - o->start))
        return false;
    size_t from = o->has_scope ? (size_t)o->start : 0;
    size_t end = o->has_scope ? from + (size_t)o->length : (size_t)size;
    if (end == 0)    // the BEAM, too, doesn't look at the pattern then
        return true;
    if (!take_needles(pattern, &needles))
        return false;
    take_bytes(subject, &hay);
    struct hit hit;
    for (size_t steps = 0; find(&needles, hay.at, from, end, &hit); turn_step(&steps)) {
        memcpy(writer_room(hits, sizeof hit), &hit, sizeof hit);
        if (!o->global)
            break;
        from = hit.at + hit.size;
    }
    drop_bytes(&hay);
    drop_needles(&needles);
    return true;
}

static struct hit hit_at(const struct writer *hits, size_t index)
{
    struct hit hit;
    memcpy(&hit, hits->bytes + index * sizeof hit, sizeof hit);
    return hit;
}

static term hit_term(struct heap *h, struct hit hit)
{
    return tuple2(h, small((sword)hit.at), small((sword)hit.size));
}

static term first_hit(struct proc *p, const struct writer *hits, term subject, const struct options *o)
{
    (void)subject, (void)o;
    return hits->size ? hit_term(proc_heap(p), hit_at(hits, 0)) : ATOM_nomatch;
}

static term all_hits(struct proc *p, const struct writer *hits, term subject, const struct options *o)
{
    (void)subject, (void)o;
    term list = NIL;
    for (size_t i = hits->size / sizeof(struct hit), steps = 0; i > 0; i--, turn_step(&steps))
        list = cons(proc_heap(p), hit_term(proc_heap(p), hit_at(hits, i - 1)), list);
    return list;
}

// What lies between the hits, from back to front. trim leaves empty parts out while nothing came yet.
static term parts(struct proc *p, const struct writer *hits, term subject, const struct options *o)
{
    struct heap *h = proc_heap(p);
    term list = NIL;
    size_t end = bit_size(subject) / 8, steps = 0;
    for (size_t i = hits->size / sizeof(struct hit) + 1; i > 0; i--, turn_step(&steps)) {
        struct hit before = i > 1 ? hit_at(hits, i - 2) : (struct hit){0, 0};
        size_t start = before.at + before.size;
        bool left_out = start == end && (o->trim_all || (o->trim && is_nil(list)));
        if (!left_out)
            list = cons(h, binary_part_bits(h, subject, start * 8, (end - start) * 8), list);
        end = before.at;
    }
    return list;
}

// Searches, then makes a result of the hits.
static term run(struct proc *p, term *args, struct options *o,
                term (*result)(struct proc *, const struct writer *, term, const struct options *))
{
    struct writer hits;
    writer_init(&hits);
    term t = search(args[0], args[1], o, &hits) ? result(p, &hits, args[0], o) : fail_badarg(p);
    writer_done(&hits);
    return t;
}

static term match_2(struct proc *p, term *args)
{
    struct options o = {.global = false};
    return run(p, args, &o, first_hit);
}

static term match_3(struct proc *p, term *args)
{
    struct options o = {.global = false};
    return take_options(args[2], false, &o) ? run(p, args, &o, first_hit) : fail_badarg(p);
}

static term matches_2(struct proc *p, term *args)
{
    struct options o = {.global = true};
    return run(p, args, &o, all_hits);
}

static term matches_3(struct proc *p, term *args)
{
    struct options o = {.global = true};
    return take_options(args[2], false, &o) ? run(p, args, &o, all_hits) : fail_badarg(p);
}

static term split_2(struct proc *p, term *args)
{
    struct options o = {.global = false};
    return run(p, args, &o, parts);
}

static term split_3(struct proc *p, term *args)
{
    struct options o = {.global = false};
    return take_options(args[2], true, &o) ? run(p, args, &o, parts) : fail_badarg(p);
}

// A short search for one binary is done at once.
static term maybe_errand(struct proc *p, term *args, unsigned arity, native_function *body)
{
    bool little = errand_is_little(args[0]) && !is_list(args[1]);
    return little ? body(p, args) : errand(p, args, arity, body);
}

static term bif_match_2(struct proc *p, term *args)
{
    return maybe_errand(p, args, 2, match_2);
}

static term bif_match_3(struct proc *p, term *args)
{
    return maybe_errand(p, args, 3, match_3);
}

static term bif_matches_2(struct proc *p, term *args)
{
    return maybe_errand(p, args, 2, matches_2);
}

static term bif_matches_3(struct proc *p, term *args)
{
    return maybe_errand(p, args, 3, matches_3);
}

static term bif_split_2(struct proc *p, term *args)
{
    return maybe_errand(p, args, 2, split_2);
}

static term bif_split_3(struct proc *p, term *args)
{
    return maybe_errand(p, args, 3, split_3);
}

static term bif_compile_pattern(struct proc *p, term *args)
{
    if (!is_pattern(args[0]))
        return fail_badarg(p);
    bool several = is_list(args[0]) && !is_nil(tail(args[0]));
    term kind = several ? ATOM_ac : ATOM_bm;
    term pattern = is_list(args[0]) && !several ? head(args[0]) : args[0];
    return tuple2(proc_heap(p), kind, handle_new(proc_heap(p), kind, pattern));
}

static const struct native_row rows[] = {
    {"binary", "match", 2, bif_match_2, 0},
    {"binary", "match", 3, bif_match_3, 0},
    {"binary", "matches", 2, bif_matches_2, 0},
    {"binary", "matches", 3, bif_matches_3, 0},
    {"binary", "split", 2, bif_split_2, 0},
    {"binary", "split", 3, bif_split_3, 0},
    {"binary", "compile_pattern", 1, bif_compile_pattern, 0},
};

const struct native_table natives_binary_search = {rows, COUNT_OF(rows)};
