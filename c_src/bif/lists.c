// SPDX-License-Identifier: Apache-2.0
// Natives over lists.
#include "base/memory.h"
#include "bif/bif.h"
#include "proc/errand.h"
#include "term/compare.h"
#include "term/hash.h"
#include "term/little.h"

enum {
    FEW_ELEMENTS = 16,      // that are searched one by one rather than through a table
    SHORT_LENGTH = 1000,    // of a list not worth an errand
};

static bool is_short(term list)
{
    size_t n = 0;
    while (is_list(list) && n < SHORT_LENGTH) {
        list = tail(list);
        n++;
    }
    return n < SHORT_LENGTH;
}

// An errand for what may be long.
static term run(struct proc *p, term *args, unsigned arity, bool at_once, native_function *body)
{
    return at_once ? body(p, args) : errand_pure(p, args, arity, body);
}

static term length(struct proc *p, term *args)
{
    sword n = list_length(args[0]);
    return n < 0 ? fail_badarg(p) : small(n);
}

static term bif_length(struct proc *p, term *args)
{
    return run(p, args, 1, is_short(args[0]), length);
}

static term bif_hd(struct proc *p, term *args)
{
    return is_list(args[0]) ? head(args[0]) : fail_badarg(p);
}

static term bif_tl(struct proc *p, term *args)
{
    return is_list(args[0]) ? tail(args[0]) : fail_badarg(p);
}

static term member(struct proc *p, term *args)
{
    size_t steps = 0;
    term wanted = args[0], list = args[1];
    for (; is_list(list); list = tail(list), turn_step(&steps))
        if (term_equal(head(list), wanted))
            return ATOM_true;
    return is_nil(list) ? ATOM_false : fail_badarg(p);
}

static term bif_member(struct proc *p, term *args)
{
    return run(p, args, 2, term_is_little(args[0]) && is_short(args[1]), member);
}

static term reverse(struct proc *p, term *args)
{
    size_t steps = 0;
    sword n = list_length(args[0]);
    if (n < 0)
        return fail_badarg(p);
    term *cell = heap_alloc(proc_heap(p), 2 * (size_t)n);
    term result = args[1];
    for (term list = args[0]; is_list(list); list = tail(list), cell += 2) {
        cell[0] = head(list);
        cell[1] = result;
        result = list_term(cell);
        turn_step(&steps);
    }
    return result;
}

static term bif_reverse(struct proc *p, term *args)
{
    return run(p, args, 2, is_short(args[0]), reverse);
}

// The first tuple whose element at a position (from 1) is == the key; NIL: none; NONE: failed.
static term find_key(struct proc *p, const term *args)
{
    term key = args[0], list = args[2];
    if (!is_small(args[1]) || small_value(args[1]) < 1)
        return fail_badarg(p);
    size_t index = (size_t)small_value(args[1]) - 1, steps = 0;
    for (; is_list(list); list = tail(list), turn_step(&steps)) {
        term tuple = head(list);
        if (is_tuple(tuple) && index < tuple_arity(tuple) && term_equals(element(tuple, index), key))
            return tuple;
    }
    return is_nil(list) ? NIL : fail_badarg(p);
}

static term keyfind(struct proc *p, term *args)
{
    term found = find_key(p, args);
    return found == NIL ? ATOM_false : found;
}

static term keymember(struct proc *p, term *args)
{
    term found = find_key(p, args);
    return found == NONE ? NONE : bool_term(found != NIL);
}

static term keysearch(struct proc *p, term *args)
{
    term found = find_key(p, args);
    if (found == NONE || found == NIL)
        return found == NIL ? ATOM_false : NONE;
    return tuple2(proc_heap(p), ATOM_value, found);
}

static term bif_keyfind(struct proc *p, term *args)
{
    return run(p, args, 3, term_is_little(args[0]) && is_short(args[2]), keyfind);
}

static term bif_keymember(struct proc *p, term *args)
{
    return run(p, args, 3, term_is_little(args[0]) && is_short(args[2]), keymember);
}

static term bif_keysearch(struct proc *p, term *args)
{
    return run(p, args, 3, term_is_little(args[0]) && is_short(args[2]), keysearch);
}

static term append(struct proc *p, term *args)
{
    sword n = list_length(args[0]);
    if (n < 0)
        return fail_badarg(p);
    if (n == 0 || is_nil(args[1]))
        return n == 0 ? args[1] : args[0];
    term *cell = heap_alloc(proc_heap(p), 2 * (size_t)n);
    term result = list_term(cell);
    size_t steps = 0;
    for (term list = args[0]; is_list(list); list = tail(list), cell += 2, turn_step(&steps)) {
        cell[0] = head(list);
        cell[1] = list_term(cell + 2);
    }
    cell[-1] = args[1];
    return result;
}

static term bif_append(struct proc *p, term *args)
{
    return run(p, args, 2, is_short(args[0]), append);
}

// What is still to be removed from a list: elements and how often each. Few stand in a row, many in a hash table
// (linear probing, at most half full).
struct bag_slot {
    term element;    // NONE: free
    uint32_t hash;
    uint32_t times;
};

struct bag {
    struct bag_slot *slots, few[FEW_ELEMENTS];
    size_t mask;     // 0: few
    size_t count;    // of few
    size_t left;     // removals left
};

static struct bag_slot *bag_find(struct bag *b, term t)
{
    if (b->mask == 0) {
        for (size_t i = 0; i < b->count; i++)
            if (b->few[i].times > 0 && term_equal(b->few[i].element, t))
                return &b->few[i];
        return NULL;
    }
    uint32_t hash = term_hash(t);
    size_t at = hash & b->mask;
    while (b->slots[at].element != NONE && !(b->slots[at].hash == hash && term_equal(b->slots[at].element, t)))
        at = (at + 1) & b->mask;
    b->slots[at].hash = hash;
    return &b->slots[at];
}

static void bag_init(struct bag *b, term list, size_t n)
{
    size_t steps = 0;
    b->left = n;
    b->count = 0;
    b->mask = 0;
    if (n <= FEW_ELEMENTS) {
        for (; is_list(list); list = tail(list))
            b->few[b->count++] = (struct bag_slot){.element = head(list), .times = 1};
        return;
    }
    for (b->mask = 1; b->mask < 2 * n; b->mask = b->mask << 1 | 1) {
    }
    b->slots = mem_alloc((b->mask + 1) * sizeof b->slots[0]);
    for (size_t i = 0; i <= b->mask; turn_step(&i))
        b->slots[i] = (struct bag_slot){.element = NONE};
    for (; is_list(list); list = tail(list), turn_step(&steps)) {
        struct bag_slot *slot = bag_find(b, head(list));
        slot->element = head(list);
        slot->times++;
    }
}

static bool bag_take(struct bag *b, term t)
{
    struct bag_slot *slot = bag_find(b, t);
    if (!slot || slot->element == NONE || slot->times == 0)
        return false;
    slot->times--;
    b->left--;
    return true;
}

static void bag_done(struct bag *b)
{
    if (b->mask)
        mem_free(b->slots, (b->mask + 1) * sizeof b->slots[0]);
}

// Few elements, many removals: marks which go.
static term subtract_from_few(struct heap *h, term list, size_t n, term removed)
{
    term elements[FEW_ELEMENTS];
    size_t left = 0;
    for (; is_list(list); list = tail(list))
        elements[left++] = head(list);
    size_t steps = 0;
    for (size_t kept = n; kept > 0 && is_list(removed); removed = tail(removed), turn_step(&steps)) {
        size_t i = 0;
        while (i < left && !term_equal(elements[i], head(removed)))
            i++;
        if (i == left)
            continue;
        for (left--; i < left; i++)
            elements[i] = elements[i + 1];
        kept = left;
    }
    return list_of(h, left, elements, NIL);
}

// The first as often as removed of each element go; the rest of the list is shared once nothing is left to remove.
static term subtract(struct heap *h, term list, struct bag *b)
{
    term result = NIL, *end = &result;
    size_t steps = 0;
    for (; is_list(list) && b->left > 0; list = tail(list), turn_step(&steps)) {
        if (bag_take(b, head(list)))
            continue;
        term *cell = heap_alloc(h, 2);
        cell[0] = head(list);
        *end = list_term(cell);
        end = &cell[1];
    }
    *end = list;
    return result;
}

static term subtraction(struct proc *p, term *args)
{
    sword n = list_length(args[0]), removals = list_length(args[1]);
    if (n < 0 || removals < 0)
        return fail_badarg(p);
    if (n == 0 || removals == 0)
        return args[0];
    if (n <= FEW_ELEMENTS && removals > n)
        return subtract_from_few(proc_heap(p), args[0], (size_t)n, args[1]);
    struct bag bag;
    bag_init(&bag, args[1], (size_t)removals);
    term result = subtract(proc_heap(p), args[0], &bag);
    bag_done(&bag);
    return result;
}

static bool are_immediate(term list)
{
    while (is_list(list) && is_immediate(head(list)))
        list = tail(list);
    return !is_list(list);
}

static term bif_subtract(struct proc *p, term *args)
{
    bool at_once = is_short(args[0]) && is_short(args[1]) && are_immediate(args[1]);
    return run(p, args, 2, at_once, subtraction);
}

static const struct native_row rows[] = {
    {"erlang", "++", 2, bif_append, 0},
    {"erlang", "--", 2, bif_subtract, 0},
    {"erlang", "append", 2, bif_append, 0},
    {"erlang", "hd", 1, bif_hd, NATIVE_GUARD},
    {"erlang", "length", 1, bif_length, NATIVE_GUARD},
    {"erlang", "subtract", 2, bif_subtract, 0},
    {"erlang", "tl", 1, bif_tl, NATIVE_GUARD},
    {"lists", "keyfind", 3, bif_keyfind, 0},
    {"lists", "keymember", 3, bif_keymember, 0},
    {"lists", "keysearch", 3, bif_keysearch, 0},
    {"lists", "member", 2, bif_member, 0},
    {"lists", "reverse", 2, bif_reverse, 0},
};

const struct native_table natives_lists = {rows, COUNT_OF(rows)};
