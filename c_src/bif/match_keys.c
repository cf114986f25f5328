// SPDX-License-Identifier: Apache-2.0
// Questions about the terms of match specifications.
#include "base/memory.h"
#include "bif/match_spec.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/map.h"
#include "term/work.h"

// '$' and a number without leading zeros.
bool match_is_variable(term t)
{
    if (!is_atom(t))
        return false;
    struct atom_text text = atom_text(t);
    if (text.size < 2 || text.bytes[0] != '$' || (text.bytes[1] == '0' && text.size > 2))
        return false;
    for (unsigned i = 1; i < text.size; i++)
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
    return true;
}

static void look_inside(struct work *w, term t)
{
    if (is_list(t)) {
        work_push(w, 0, list_ptr(t), NULL, 2);
    } else if (is_tuple(t) && tuple_arity(t) > 0) {
        work_push(w, 0, tuple_elements(t), NULL, tuple_arity(t));
    } else if (is_kind(t, KIND_MAP)) {
        work_push(w, 0, boxed_ptr(t) + 1, NULL, 1 + map_size(t));
    } else if (is_kind(t, KIND_TRIE)) {
        work_push(w, 0, boxed_ptr(t) + 2, NULL, header_size(*boxed_ptr(t)) - 1);
    }
}

bool match_has_variable(term t)
{
    struct work w;
    bool found = false;
    work_init(&w);
    work_push(&w, 0, &t, NULL, 1);
    while (w.count && !found) {
        struct span *s = work_top(&w);
        term next = *s->at++;
        if (--s->left == 0)
            w.count--;
        found = next == ATOM_underscore || match_is_variable(next);
        look_inside(&w, next);
    }
    work_done(&w);
    return found;
}

static bool same_word(term pattern, term expression, bool constant)
{
    if (!is_immediate(expression))
        return !is_map(expression) && term_equal(pattern, expression);
    return pattern == expression && pattern != ATOM_underscore && pattern != ATOM_dollar_dollar &&
           pattern != ATOM_dollar_underscore && !(constant && match_is_variable(pattern));
}

// Whether a body's expression gives what a head's pattern matched, whatever that was. Spans of both, of kind 1 inside a
// constant.
static bool pair_keeps(struct work *w, const term *pattern, const term *expression, bool constant)
{
    term a = *pattern, b = *expression;
    if (is_list(b)) {
        if (is_list(a))
            work_push(w, constant, list_ptr(a), list_ptr(b), 2);
        return is_list(a);
    }
    if (!is_tuple(b))
        return same_word(a, b, constant);
    if (!constant && is_tuple_of(b, 2) && element(b, 0) == ATOM_const) {
        work_push(w, 1, pattern, tuple_elements(b) + 1, 1);
        return true;
    }
    if (!constant) {
        if (!is_tuple_of(b, 1) || !is_tuple(element(b, 0)))
            return false;
        b = element(b, 0);
    }
    if (!is_tuple(a) || tuple_arity(a) != tuple_arity(b))
        return false;
    if (tuple_arity(a) > 0)
        work_push(w, constant, tuple_elements(a), tuple_elements(b), tuple_arity(a));
    return true;
}

static bool keeps(term pattern, term expression, bool constant)
{
    struct work w;
    bool kept = true;
    work_init(&w);
    work_push(&w, constant, &pattern, &expression, 1);
    while (w.count && kept) {
        struct span *s = work_top(&w);
        const term *a = s->at++, *b = s->with++;
        bool inside = s->kind;
        if (--s->left == 0)
            w.count--;
        kept = pair_keeps(&w, a, b, inside);
    }
    work_done(&w);
    return kept;
}

static bool has_key(term t, uint32_t position)
{
    return is_tuple(t) && tuple_arity(t) >= position;
}

bool match_keeps_key(term clause, uint32_t position)
{
    term pattern = element(clause, 0), body = element(clause, 2);
    if (!is_list(body) || !is_nil(tail(body)))
        return false;
    term result = head(body);
    if (result == ATOM_dollar_underscore)
        return true;
    if (!is_tuple(result) || !has_key(pattern, position))
        return false;
    bool constant = is_tuple_of(result, 2) && element(result, 0) == ATOM_const;
    if (!constant && !is_tuple_of(result, 1))
        return false;
    term tuple = element(result, constant ? 1 : 0);
    if (!has_key(tuple, position))
        return false;
    term key = element(tuple, position - 1);
    if (keeps(element(pattern, position - 1), key, constant))
        return true;
    return !constant && is_tuple_of(key, 3) && element(key, 0) == ATOM_element &&
           element(key, 1) == small((sword)position) && element(key, 2) == ATOM_dollar_underscore;
}
