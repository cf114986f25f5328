// SPDX-License-Identifier: Apache-2.0
#include "term/compare.h"

#include "base/die.h"
#include "base/memory.h"
#include "base/turn.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/fun.h"
#include "term/ident.h"
#include "term/map.h"
#include "term/number.h"
#include "term/trie.h"
#include "term/work.h"

#include <string.h>

// Spans of this walk: two rows of terms to be compared word by word, in the order of == or of map keys; or two large
// maps, whose state is owned.
enum span_kind { SPAN_ARITH, SPAN_EXACT, SPAN_TRIES };

// Two tries of equal size in comparison. Their order is that of their sorted keys, then of the values in the order of
// the keys. So only one key decides: the smallest that one map alone has, or else the smallest whose values differ.
// The walk looks at one candidate after the other and keeps the one with the smallest key.
struct tries {
    term *words;      // candidates: keys that one map alone has, or triples key, value of a, value of b
    size_t room;      // words
    size_t count;     // candidates
    size_t only_a;    // the first candidates are keys of a
    size_t at;        // candidate in hand
    bool same_keys;
    bool exact;    // how values are compared
    enum { TRIES_NEXT, TRIES_VALUES, TRIES_KEYS } stage;
    int answer;       // of the comparison just asked for
    int candidate;    // result if the candidate in hand decides
    term best;        // smallest key so far
    int result;       // what it decides; 0: none so far
};

static int sign(bool less)
{
    return less ? -1 : 1;
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return a == b ? 0 : sign(a < b);
}

static int compare_atoms(term a, term b)
{
    if (a == b)
        return 0;
    struct atom_text x = atom_text(a), y = atom_text(b);
    if (x.prefix != y.prefix)
        return sign(x.prefix < y.prefix);
    int order = memcmp(x.bytes, y.bytes, x.size < y.size ? x.size : y.size);
    return order ? order : compare_u64(x.size, y.size);
}

static int compare_nodes(const struct node *a, const struct node *b)
{
    if (a == b)
        return 0;
    return a->name == b->name ? compare_u64(a->creation, b->creation) : compare_atoms(a->name, b->name);
}

static int compare_pids(term a, term b)
{
    int order = compare_u64(any_pid_serial(a), any_pid_serial(b));
    if (order == 0)
        order = compare_u64(any_pid_number(a), any_pid_number(b));
    return order ? order : compare_nodes(ident_node(a), ident_node(b));
}

static int compare_ports(term a, term b)
{
    int order = compare_nodes(ident_node(a), ident_node(b));
    return order ? order : compare_u64(port_number(a), port_number(b));
}

// Missing numbers of the shorter one count as 0; ref_ids keeps them so.
static int compare_refs(term a, term b)
{
    int order = compare_nodes(ident_node(a), ident_node(b));
    const struct ref_ids *x = ref_ids(a), *y = ref_ids(b);
    for (size_t i = COUNT_OF(x->id); order == 0 && i-- > 0;)
        order = compare_u64(x->id[i], y->id[i]);
    return order;
}

static int compare_exports(const struct export *a, const struct export *b)
{
    int order = compare_atoms(a->module, b->module);
    if (order == 0)
        order = compare_atoms(a->function, b->function);
    return order ? order : compare_u64(a->arity, b->arity);
}

// The difference of 32-bit numbers, taken as signed: how the BEAM orders the indexes and hashes of funs.
static int compare_wrapped(uint32_t a, uint32_t b)
{
    return a == b ? 0 : sign((int32_t)(a - b) < 0);
}

static int compare_funs(struct work *w, term a, term b, bool exact)
{
    bool a_export = is_kind(a, KIND_EXPORT), b_export = is_kind(b, KIND_EXPORT);
    if (a_export || b_export)
        return a_export && b_export ? compare_exports(export_of(a), export_of(b)) : sign(b_export);
    const struct fun_entry *x = fun_entry_of(a), *y = fun_entry_of(b);
    int order = compare_atoms(x->module, y->module);
    if (order == 0)
        order = compare_wrapped(x->index, y->index);
    if (order == 0)
        order = compare_wrapped(x->old_unique, y->old_unique);
    if (order == 0)
        order = compare_u64(x->free, y->free);
    if (order == 0 && x->free > 0)
        work_push(w, exact ? SPAN_EXACT : SPAN_ARITH, fun_free(a), fun_free(b), x->free);
    return order;
}

// What the order of terms of different kinds goes by.
static int rank(term t)
{
    switch (kind_of(t)) {
    case KIND_SMALL:
    case KIND_BIG:
    case KIND_BIG_NEG:
    case KIND_FLOAT:
        return 0;
    case KIND_ATOM:
        return 1;
    case KIND_REF:
    case KIND_FOREIGN_REF:
        return 2;
    case KIND_FUN:
    case KIND_EXPORT:
        return 3;
    case KIND_FOREIGN_PORT:
        return 4;
    case KIND_PID:
    case KIND_FOREIGN_PID:
        return 5;
    case KIND_TUPLE:
        return 6;
    case KIND_MAP:
    case KIND_TRIE:
        return 7;
    case KIND_NIL:
        return 8;
    case KIND_LIST:
        return 9;
    case KIND_REFC_BIN:
    case KIND_HEAP_BIN:
    case KIND_SUB_BIN:
    case KIND_MATCH:
        return 10;
    case KIND_COUNT:
        break;
    }
    die("comparing a word that is no term: %llx", (unsigned long long)t);
}

static int compare_numbers(term a, term b, bool exact)
{
    if (are_small(a, b))
        return sign((sword)a < (sword)b);
    if (exact && is_float(a) != is_float(b))
        return sign(is_float(b));
    return number_compare(a, b);
}

// Runs over the front of two lists as long as that is easy, then leaves the rest to the walk.
static int compare_lists(struct work *w, term a, term b, bool exact)
{
    const term *x, *y;
    for (size_t steps = 0;;) {
        x = list_ptr(a);
        y = list_ptr(b);
        if (x[0] != y[0]) {
            if (are_small(x[0], y[0]))
                return sign((sword)x[0] < (sword)y[0]);
            work_push(w, exact ? SPAN_EXACT : SPAN_ARITH, x, y, 2);
            return 0;
        }
        a = x[1];
        b = y[1];
        if (a == b)
            return 0;
        if (!is_list(a) || !is_list(b))
            break;
        if (UNLIKELY(++steps == TURN_STRIDE)) {
            turn_pass(TURN_STRIDE);
            break;
        }
    }
    work_push(w, exact ? SPAN_EXACT : SPAN_ARITH, &x[1], &y[1], 1);
    return 0;
}

static int compare_tuples(struct work *w, term a, term b, bool exact)
{
    size_t n = tuple_arity(a);
    if (n != tuple_arity(b))
        return compare_u64(n, tuple_arity(b));
    if (n > 0)
        work_push(w, exact ? SPAN_EXACT : SPAN_ARITH, tuple_elements(a), tuple_elements(b), n);
    return 0;
}

static int compare_flat_maps(struct work *w, term a, term b, bool exact)
{
    const term *x = boxed_ptr(a), *y = boxed_ptr(b);
    size_t n = tuple_arity(x[1]);
    if (n == 0)
        return 0;
    work_push(w, exact ? SPAN_EXACT : SPAN_ARITH, &x[2], &y[2], n);
    if (x[1] != y[1])
        work_push(w, SPAN_EXACT, tuple_elements(x[1]), tuple_elements(y[1]), n);
    return 0;
}

// Walks both tries as long as their keys are the same, and notes where their values are not.
static bool tries_note_values(struct tries *t, term a, term b)
{
    size_t steps = 0;
    struct map_walk walk_a, walk_b;
    map_walk_init(&walk_a, a);
    map_walk_init(&walk_b, b);
    term key_a, key_b, value_a, value_b;
    while (map_walk_next(&walk_a, &key_a, &value_a) && map_walk_next(&walk_b, &key_b, &value_b)) {
        turn_step(&steps);
        if (!term_equal(key_a, key_b))
            return false;
        if (value_a != value_b) {
            term *triple = &t->words[3 * t->count++];
            triple[0] = key_a;
            triple[1] = value_a;
            triple[2] = value_b;
        }
    }
    return true;
}

static void tries_note_keys(struct tries *t, term from, term other)
{
    struct map_walk walk;
    map_walk_init(&walk, from);
    term key, value;
    for (size_t steps = 0; map_walk_next(&walk, &key, &value); turn_step(&steps))
        if (trie_get(other, key) == NONE)
            t->words[t->count++] = key;
}

static int compare_tries(struct work *w, term a, term b, bool exact)
{
    struct tries *t = mem_zero_alloc(sizeof *t);
    t->room = 3 * trie_size(a);
    t->words = mem_alloc(t->room * sizeof(term));
    t->exact = exact;
    t->stage = TRIES_NEXT;
    t->same_keys = tries_note_values(t, a, b);
    if (!t->same_keys) {
        t->count = 0;
        tries_note_keys(t, a, b);
        t->only_a = t->count;
        tries_note_keys(t, b, a);
    }
    work_push(w, SPAN_TRIES, NULL, NULL, 1)->owned = t;
    return 0;
}

static const term *tries_key(const struct tries *t)
{
    return &t->words[t->same_keys ? 3 * t->at : t->at];
}

static void tries_ask(struct tries *t, struct work *w, bool exact, const term *a, const term *b)
{
    t->answer = 0;
    work_push(w, exact ? SPAN_EXACT : SPAN_ARITH, a, b, 1);
}

// The candidate in hand decides something: unless its key is the first, it must be compared with the best one.
static void tries_ask_key(struct tries *t, struct work *w)
{
    t->stage = TRIES_KEYS;
    if (t->result == 0)
        t->answer = -1;
    else
        tries_ask(t, w, true, tries_key(t), &t->best);
}

// One step: takes the last answer, asks the next question. True when the comparison is decided.
static bool tries_step(struct tries *t, struct work *w)
{
    switch (t->stage) {
    case TRIES_KEYS:
        if (t->answer < 0) {
            t->best = *tries_key(t);
            t->result = t->candidate;
        }
        t->at++;
        t->stage = TRIES_NEXT;
        return false;
    case TRIES_VALUES:
        t->candidate = t->answer;
        if (t->candidate != 0) {
            tries_ask_key(t, w);
            return false;
        }
        t->at++;
        t->stage = TRIES_NEXT;
        return false;
    case TRIES_NEXT:
        break;
    }
    if (t->at == t->count)
        return true;
    if (t->same_keys) {
        t->stage = TRIES_VALUES;
        tries_ask(t, w, t->exact, tries_key(t) + 1, tries_key(t) + 2);
    } else {
        t->candidate = sign(t->at < t->only_a);
        tries_ask_key(t, w);
    }
    return false;
}

static void tries_free(struct tries *t)
{
    mem_free(t->words, t->room * sizeof(term));
    mem_free(t, sizeof *t);
}

static NOINLINE int compare_maps(struct work *w, term a, term b, bool exact, bool soon)
{
    size_t size = map_size(a);
    if (size != map_size(b))
        return compare_u64(size, map_size(b));
    if (is_kind(a, KIND_MAP))
        return compare_flat_maps(w, a, b, exact);
    return soon && size > COMPARE_KEYS ? COMPARE_LATER : compare_tries(w, a, b, exact);
}

static int compare_bits(term a, term b, bool soon)
{
    struct bits x = bits_of(a), y = bits_of(b);
    return soon && x.size > COMPARE_BITS && y.size > COMPARE_BITS ? COMPARE_LATER : bits_compare(x, y);
}

// Compares what two terms are outside; what is inside goes on the stack.
static int compare_pair(struct work *w, term a, term b, bool exact, bool soon)
{
    int rank_a = rank(a), rank_b = rank(b);
    if (rank_a != rank_b)
        return sign(rank_a < rank_b);
    switch (kind_of(a)) {
    case KIND_SMALL:
    case KIND_BIG:
    case KIND_BIG_NEG:
    case KIND_FLOAT:
        return compare_numbers(a, b, exact);
    case KIND_ATOM:
        return compare_atoms(a, b);
    case KIND_REF:
    case KIND_FOREIGN_REF:
        return compare_refs(a, b);
    case KIND_FUN:
    case KIND_EXPORT:
        return compare_funs(w, a, b, exact);
    case KIND_FOREIGN_PORT:
        return compare_ports(a, b);
    case KIND_PID:
    case KIND_FOREIGN_PID:
        return compare_pids(a, b);
    case KIND_TUPLE:
        return compare_tuples(w, a, b, exact);
    case KIND_MAP:
    case KIND_TRIE:
        return compare_maps(w, a, b, exact, soon);
    case KIND_NIL:
        return 0;
    case KIND_LIST:
        return compare_lists(w, a, b, exact);
    case KIND_REFC_BIN:
    case KIND_HEAP_BIN:
    case KIND_SUB_BIN:
        return compare_bits(a, b, soon);
    case KIND_MATCH:
    case KIND_COUNT:
        break;
    }
    die("comparing a match context");
}

// A difference was found: drops what is left to do, up to the next pair of tries that asked. 0: they took the answer.
static int settle(struct work *w, int order)
{
    for (; w->count > 0; w->count--)
        if (work_top(w)->kind == SPAN_TRIES) {
            ((struct tries *)work_top(w)->owned)->answer = order;
            return 0;
        }
    return order;
}

static int give_up(struct work *w)
{
    for (; w->count > 0; w->count--)
        if (work_top(w)->kind == SPAN_TRIES)
            tries_free(work_top(w)->owned);
    return COMPARE_LATER;
}

static int compare_walk(struct work *w, bool soon)
{
    size_t steps = 0;
    while (w->count > 0) {
        if (UNLIKELY(++steps % TURN_STRIDE == 0)) {
            if (soon && steps >= COMPARE_STEPS)
                return give_up(w);
            if (turn_pass(TURN_STRIDE)) {
                give_up(w);
                return 0;
            }
        }
        struct span *s = work_top(w);
        int order = 0;
        if (s->kind == SPAN_TRIES) {
            struct tries *t = s->owned;
            if (!tries_step(t, w))
                continue;
            order = t->result;
            tries_free(t);
            w->count--;
        } else {
            bool exact = s->kind == SPAN_EXACT;
            term a = *s->at++, b = *s->with++;
            if (--s->left == 0)
                w->count--;
            if (a != b)
                order = compare_pair(w, a, b, exact, soon);
        }
        if (order != 0) {
            if (UNLIKELY(order == COMPARE_LATER))
                return give_up(w);
            order = settle(w, order);
            if (order != 0)
                return order;
        }
    }
    return 0;
}

static inline __attribute__((always_inline)) int compare_others(term a, term b, bool exact, bool soon)
{
    if (is_atom(a) && is_atom(b))
        return compare_atoms(a, b);
    struct work w;
    work_init(&w);
    int order = compare_pair(&w, a, b, exact, soon);
    if (order == 0)
        order = compare_walk(&w, soon);
    work_done(&w);
    return order;
}

static int compare(term a, term b, bool exact)
{
    if (a == b)
        return 0;
    return are_small(a, b) ? sign((sword)a < (sword)b) : compare_others(a, b, exact, false);
}

int term_compare(term a, term b)
{
    return compare(a, b, false);
}

int term_compare_exact(term a, term b)
{
    return compare(a, b, true);
}

int term_compare_soon(term a, term b)
{
    return a == b ? 0 : compare_others(a, b, false, true);
}
