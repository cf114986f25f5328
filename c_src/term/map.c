// SPDX-License-Identifier: Apache-2.0
#include "term/map.h"

#include "base/memory.h"
#include "term/compare.h"
#include "term/trie.h"

#include <string.h>

static bool is_flat(term map)
{
    return header_kind(*boxed_ptr(map)) == KIND_MAP;
}

static size_t flat_size(term map)
{
    return header_size(*boxed_ptr(map)) - 1;
}

size_t map_size(term map)
{
    return is_flat(map) ? flat_size(map) : trie_size(map);
}

// A flat map with room for n values, which the caller fills.
static term flat_alloc(struct heap *h, term keys, size_t n)
{
    term *object = heap_alloc(h, n + 2);
    object[0] = header(KIND_MAP, n + 1);
    object[1] = keys;
    return boxed_term(object);
}

term map_flat_of(struct heap *h, term keys, const term *values)
{
    size_t n = tuple_arity(keys);
    term map = flat_alloc(h, keys, n);
    memcpy(boxed_ptr(map) + 2, values, n * sizeof(term));
    return map;
}

term map_empty(struct heap *h)
{
    return flat_alloc(h, tuple_alloc(h, 0), 0);
}

// The place of a key among a flat map's, or -1.
static sword flat_find(term map, term key)
{
    const term *keys = tuple_elements(map_flat_keys(map));
    size_t n = flat_size(map);
    if (is_immediate(key)) {
        for (size_t i = 0; i < n; i++)
            if (keys[i] == key)
                return (sword)i;
        return -1;
    }
    for (size_t i = 0; i < n; i++)
        if (term_equal(keys[i], key))
            return (sword)i;
    return -1;
}

term map_get(term map, term key)
{
    if (!is_flat(map))
        return trie_get(map, key);
    sword at = flat_find(map, key);
    return at < 0 ? NONE : map_flat_values(map)[at];
}

static term flat_set(struct heap *h, term map, size_t at, term value)
{
    if (map_flat_values(map)[at] == value)
        return map;
    term copy = map_flat_of(h, map_flat_keys(map), map_flat_values(map));
    boxed_ptr(copy)[2 + at] = value;
    return copy;
}

// The pairs of a flat map, as key, value, key, value ...
static void flat_pairs(term map, term *pairs)
{
    const term *keys = tuple_elements(map_flat_keys(map)), *values = map_flat_values(map);
    for (size_t i = 0; i < flat_size(map); i++) {
        pairs[2 * i] = keys[i];
        pairs[2 * i + 1] = values[i];
    }
}

static term flat_to_trie_with(struct heap *h, term map, term key, term value)
{
    term pairs[2 * (CONFIG_FLAT_MAP_MAX + 1)];
    size_t n = flat_size(map);
    flat_pairs(map, pairs);
    pairs[2 * n] = key;
    pairs[2 * n + 1] = value;
    return trie_from_pairs(h, pairs, n + 1);
}

// Where a key that is absent belongs.
static size_t flat_place(const term *keys, size_t n, term key)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (term_compare_exact(keys[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void copy_with(term *to, const term *from, size_t n, size_t at, term extra)
{
    memcpy(to, from, at * sizeof(term));
    to[at] = extra;
    memcpy(to + at + 1, from + at, (n - at) * sizeof(term));
}

static void copy_without(term *to, const term *from, size_t n, size_t at)
{
    memcpy(to, from, at * sizeof(term));
    memcpy(to + at, from + at + 1, (n - at - 1) * sizeof(term));
}

static term flat_add(struct heap *h, term map, term key, term value)
{
    size_t n = flat_size(map);
    if (n >= CONFIG_FLAT_MAP_MAX)
        return flat_to_trie_with(h, map, key, value);
    const term *old_keys = tuple_elements(map_flat_keys(map));
    size_t at = flat_place(old_keys, n, key);
    term keys = tuple_alloc(h, n + 1);
    copy_with(tuple_elements(keys), old_keys, n, at, key);
    term result = flat_alloc(h, keys, n + 1);
    copy_with(boxed_ptr(result) + 2, map_flat_values(map), n, at, value);
    return result;
}

term map_put(struct heap *h, term map, term key, term value)
{
    if (!is_flat(map))
        return trie_put(h, map, key, value, TRIE_PUT);
    sword at = flat_find(map, key);
    return at < 0 ? flat_add(h, map, key, value) : flat_set(h, map, (size_t)at, value);
}

term map_replace(struct heap *h, term map, term key, term value)
{
    if (!is_flat(map))
        return trie_put(h, map, key, value, TRIE_REPLACE);
    sword at = flat_find(map, key);
    return at < 0 ? NONE : flat_set(h, map, (size_t)at, value);
}

static term flat_remove(struct heap *h, term map, size_t at)
{
    size_t n = flat_size(map);
    term keys = tuple_alloc(h, n - 1);
    copy_without(tuple_elements(keys), tuple_elements(map_flat_keys(map)), n, at);
    term result = flat_alloc(h, keys, n - 1);
    copy_without(boxed_ptr(result) + 2, map_flat_values(map), n, at);
    return result;
}

// Sorts at most CONFIG_FLAT_MAP_MAX pairs by key; of equal keys the later pair stays. The number of pairs that stay.
static size_t sort_pairs(term *pairs, size_t n)
{
    term keys[CONFIG_FLAT_MAP_MAX], values[CONFIG_FLAT_MAP_MAX];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        term key = pairs[2 * i], value = pairs[2 * i + 1];
        int order = count ? term_compare_exact(keys[count - 1], key) : -1;
        size_t at = order < 0 ? count : order == 0 ? count - 1 : flat_place(keys, count - 1, key);
        if (at < count && (order == 0 || term_equal(keys[at], key))) {
            keys[at] = key;    // equal, but 0.0 may be -0.0
            values[at] = value;
            continue;
        }
        memmove(&keys[at + 1], &keys[at], (count - at) * sizeof(term));
        memmove(&values[at + 1], &values[at], (count - at) * sizeof(term));
        keys[at] = key;
        values[at] = value;
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        pairs[2 * i] = keys[i];
        pairs[2 * i + 1] = values[i];
    }
    return count;
}

static term flat_from_sorted(struct heap *h, const term *pairs, size_t n)
{
    term keys = tuple_alloc(h, n), map = flat_alloc(h, keys, n);
    for (size_t i = 0; i < n; i++) {
        tuple_elements(keys)[i] = pairs[2 * i];
        boxed_ptr(map)[2 + i] = pairs[2 * i + 1];
    }
    return map;
}

// A small trie as a flat map, without one key if that is not NONE.
static term trie_to_flat(struct heap *h, term trie, term without)
{
    term pairs[2 * CONFIG_FLAT_MAP_MAX];
    size_t n = 0;
    struct map_walk w;
    map_walk_init(&w, trie);
    term key, value;
    while (map_walk_next(&w, &key, &value)) {
        if (without != NONE && term_equal(key, without))
            continue;
        pairs[2 * n] = key;
        pairs[2 * n + 1] = value;
        n++;
    }
    return flat_from_sorted(h, pairs, sort_pairs(pairs, n));
}

term map_remove(struct heap *h, term map, term key)
{
    if (is_flat(map)) {
        sword at = flat_find(map, key);
        return at < 0 ? map : flat_remove(h, map, (size_t)at);
    }
    if (trie_size(map) == CONFIG_FLAT_MAP_MAX + 1)
        return trie_get(map, key) == NONE ? map : trie_to_flat(h, map, key);
    term result = trie_remove(h, map, key);
    return result == NONE ? map : result;
}

term map_from_unique_pairs(struct heap *h, term *pairs, size_t n, bool *duplicate)
{
    if (n <= CONFIG_FLAT_MAP_MAX) {
        size_t count = sort_pairs(pairs, n);
        *duplicate = count < n;
        return flat_from_sorted(h, pairs, count);
    }
    term trie = trie_from_pairs(h, pairs, n);
    *duplicate = trie_size(trie) < n;
    return trie_size(trie) > CONFIG_FLAT_MAP_MAX ? trie : trie_to_flat(h, trie, NONE);
}

term map_from_pairs(struct heap *h, term *pairs, size_t n)
{
    bool duplicate;
    return map_from_unique_pairs(h, pairs, n, &duplicate);
}

// Leaves, children, and nodes: two for five keys on average, with the square root's multiple for chance.
size_t map_words_max(size_t n)
{
    if (n <= CONFIG_FLAT_MAP_MAX)
        return 2 * n + 3;
    size_t root = 1;
    while (root * root < n)
        root += 1 + root / 8;
    size_t nodes = n * 2 / 5 + 1 + 5 * root;
    return 3 * n + 3 * nodes + 2 * CONFIG_FLAT_MAP_MAX + 3;
}

// Two flat maps of which a has all keys of b, the same terms.
static term merge_same_keys(struct heap *h, term a, term b)
{
    term result = map_flat_of(h, map_flat_keys(a), map_flat_values(a));
    const term *keys_a = tuple_elements(map_flat_keys(a)), *keys_b = tuple_elements(map_flat_keys(b));
    for (size_t i = 0, at = 0; i < flat_size(b); i++, at++) {
        while (!term_equal(keys_a[at], keys_b[i]))
            at++;
        boxed_ptr(result)[2 + at] = map_flat_values(b)[i];
    }
    return result;
}

static term merge_flat(struct heap *h, term a, term b)
{
    if (map_flat_keys(a) == map_flat_keys(b))
        return b;
    term pairs[4 * CONFIG_FLAT_MAP_MAX];
    const term *keys_a = tuple_elements(map_flat_keys(a)), *keys_b = tuple_elements(map_flat_keys(b));
    size_t i = 0, k = 0, n = 0, size_a = flat_size(a), size_b = flat_size(b);
    bool same = true;    // equal keys are the same terms; 0.0 may be -0.0 somewhere in others
    while (i < size_a || k < size_b) {
        int order = i == size_a ? 1 : k == size_b ? -1 : term_compare_exact(keys_a[i], keys_b[k]);
        pairs[2 * n] = order < 0 ? keys_a[i] : keys_b[k];
        pairs[2 * n + 1] = order < 0 ? map_flat_values(a)[i] : map_flat_values(b)[k];
        n++;
        same = same && (order != 0 || keys_a[i] == keys_b[k]);
        i += order <= 0;
        k += order >= 0;
    }
    if (n == size_a && same)
        return merge_same_keys(h, a, b);
    return n <= CONFIG_FLAT_MAP_MAX ? flat_from_sorted(h, pairs, n) : trie_from_pairs(h, pairs, n);
}

static term merge_into_trie(struct heap *h, term trie, term flat, enum trie_mode mode)
{
    const term *keys = tuple_elements(map_flat_keys(flat)), *values = map_flat_values(flat);
    for (size_t i = 0; i < flat_size(flat); i++)
        trie = trie_put(h, trie, keys[i], values[i], mode);
    return trie;
}

term map_merge(struct heap *h, term a, term b)
{
    if (map_size(a) == 0)
        return b;
    if (map_size(b) == 0)
        return a;
    if (is_flat(a))
        return is_flat(b) ? merge_flat(h, a, b) : merge_into_trie(h, b, a, TRIE_ADD);
    return is_flat(b) ? merge_into_trie(h, a, b, TRIE_PUT) : trie_merge(h, a, b);
}

static void walk_enter(struct map_walk *w, term node)
{
    w->level[w->depth].children = boxed_ptr(node) + TRIE_HEAD;
    w->level[w->depth].left = trie_children(boxed_ptr(node));
    w->depth++;
}

void map_walk_init(struct map_walk *w, term map)
{
    w->map = map;
    w->index = 0;
    w->depth = 0;
    if (!is_flat(map))
        walk_enter(w, map);
}

static bool walk_flat(struct map_walk *w, term *key, term *value)
{
    if (w->index == flat_size(w->map))
        return false;
    *key = tuple_elements(map_flat_keys(w->map))[w->index];
    *value = map_flat_values(w->map)[w->index];
    w->index++;
    return true;
}

bool map_walk_next(struct map_walk *w, term *key, term *value)
{
    if (is_flat(w->map))
        return walk_flat(w, key, value);
    while (w->depth > 0) {
        if (w->level[w->depth - 1].left == 0) {
            w->depth--;
            continue;
        }
        term child = *w->level[w->depth - 1].children++;
        w->level[w->depth - 1].left--;
        if (is_list(child)) {
            *key = head(child);
            *value = tail(child);
            return true;
        }
        walk_enter(w, child);
    }
    return false;
}
