// SPDX-License-Identifier: Apache-2.0
// Whole tries: from many pairs at once, and from two tries. Both go down at most TRIE_LEVELS levels of C calls.
#include "term/trie.h"

#include "base/memory.h"
#include "base/turn.h"
#include "term/binary.h"
#include "term/compare.h"
#include "term/map.h"
#include "term/trie_node.h"

#include <string.h>

struct entry {
    term leaf;
    uint32_t hash;    // of the level in hand
};

struct build {
    struct heap *heap;
    size_t leaves;    // that became part of the trie
};

// Drops entries with the first one's key and puts the last of them, which is the newest, in front.
static size_t drop_repeats(struct entry *e, size_t n)
{
    size_t kept = 1;
    for (size_t i = 1; i < n; i++)
        if (term_equal(head(e[0].leaf), head(e[i].leaf)))
            e[0].leaf = e[i].leaf;
        else
            e[kept++] = e[i];
    return kept;
}

// Sorts stably by key, by merging from one array to the other.
static void sort_by_key(struct entry *e, struct entry *scratch, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t from = 0; from < n; from += 2 * width) {
            size_t middle = from + width < n ? from + width : n, end = from + 2 * width < n ? from + 2 * width : n;
            for (size_t a = from, b = middle, to = from, steps = 0; to < end; to++, turn_step(&steps)) {
                bool take_b = a == middle || (b < end && term_compare_exact(head(e[a].leaf), head(e[b].leaf)) > 0);
                scratch[to] = take_b ? e[b++] : e[a++];
            }
        }
        memcpy(e, scratch, n * sizeof *e);
    }
}

// Keys that agree on all levels: one node, in the order of keys.
static term build_collision(struct build *b, struct entry *e, struct entry *scratch, size_t n)
{
    sort_by_key(e, scratch, n);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept > 0 && term_equal(head(e[kept - 1].leaf), head(e[i].leaf)))
            e[kept - 1] = e[i];
        else
            e[kept++] = e[i];
    b->leaves += kept;
    if (kept == 1)
        return e[0].leaf;
    term node = trie_node_alloc(b->heap, kept, 0, 0);
    for (size_t i = 0; i < kept; i++)
        boxed_ptr(node)[TRIE_HEAD + i] = e[i].leaf;
    return node;
}

// Deals the entries out by the level's 4 bits, in order, over `scratch` and back. start[i] is where index i's begin.
static unsigned deal(struct entry *e, struct entry *scratch, size_t n, size_t start[17])
{
    size_t count[16] = {0}, next[16];
    for (size_t i = 0, steps = 0; i < n; i++, turn_step(&steps))
        count[e[i].hash & 15]++;
    unsigned bitmap = 0;
    start[0] = 0;
    for (unsigned i = 0; i < 16; i++) {
        bitmap |= count[i] ? 1u << i : 0;
        next[i] = start[i];
        start[i + 1] = start[i] + count[i];
    }
    if ((bitmap & (bitmap - 1)) == 0)
        return bitmap;
    for (size_t i = 0, steps = 0; i < n; i++, turn_step(&steps))
        scratch[next[e[i].hash & 15]++] = e[i];
    bits_copy((uint8_t *)e, 0, (const uint8_t *)scratch, 0, n * sizeof *e * 8);
    return bitmap;
}

static term build_node(struct build *b, struct entry *e, struct entry *scratch, size_t n, unsigned level)
{
    turn_pass(CONFIG_TURN_UNITS);
    if (level > 0 && level % 8 == 0)
        n = drop_repeats(e, n);
    if (level == 1)
        n = n == 2 && e[0].hash == e[1].hash ? drop_repeats(e, n) : n;
    if (n == 1 && level > 0) {
        b->leaves++;
        return e[0].leaf;
    }
    if (level == TRIE_LEVELS)
        return build_collision(b, e, scratch, n);
    if (level > 0 && level % 8 == 0)
        for (size_t i = 0; i < n; i++)
            e[i].hash = term_hash_salted(head(e[i].leaf), level / 8);
    size_t start[17];
    unsigned bitmap = deal(e, scratch, n, start);
    term children[16];
    size_t count = 0;
    for (unsigned i = 0; i < 16; i++) {
        size_t from = start[i], part = start[i + 1] - from;
        if (part == 0)
            continue;
        for (size_t k = from, steps = 0; k < from + part; k++, turn_step(&steps))
            e[k].hash >>= 4;
        children[count++] = build_node(b, e + from, scratch + from, part, level + 1);
    }
    if (count == 1 && level > 0 && is_list(children[0]))
        return children[0];
    return trie_node_of(b->heap, count, bitmap, 0, children);
}

term trie_from_pairs(struct heap *h, const term *pairs, size_t n)
{
    struct build b = {.heap = h};
    struct entry *entries = mem_alloc(2 * n * sizeof *entries);
    for (size_t i = 0, steps = 0; i < n; i++, turn_step(&steps))
        entries[i] = (struct entry){trie_leaf(h, pairs[2 * i], pairs[2 * i + 1]), term_hash(pairs[2 * i])};
    term root = build_node(&b, entries, entries + n, n, 0);
    mem_free(entries, 2 * n * sizeof *entries);
    term *node = boxed_ptr(root);
    node[1] = small((sword)(b.leaves << 16 | trie_bitmap(node)));
    return root;
}

// Merging: how many keys both have is counted on the way.
struct merge {
    struct heap *heap;
    size_t common;
};

// The keys of two nodes without bitmap: two sorted rows become one.
static term merge_collisions(struct merge *m, const term *a, const term *b)
{
    size_t left_a = trie_children(a), left_b = trie_children(b), n = 0;
    size_t room = left_a + left_b;
    term *children = mem_alloc(room * sizeof(term));
    a += TRIE_HEAD;
    b += TRIE_HEAD;
    while (left_a > 0 || left_b > 0) {
        int order = left_a == 0 ? 1 : left_b == 0 ? -1 : term_compare_exact(head(*a), head(*b));
        children[n++] = order < 0 ? *a : *b;
        m->common += order == 0;
        if (order <= 0)
            a++, left_a--;
        if (order >= 0)
            b++, left_b--;
    }
    term node = trie_node_of(m->heap, n, 0, 0, children);
    mem_free(children, room * sizeof(term));
    return node;
}

// Puts a leaf into a node of some level; where the key is there already, the leaf replaces the old one only if it wins.
static term merge_leaf(struct merge *m, term node, term leaf, unsigned level, uint32_t hash, bool wins)
{
    if (is_list(node)) {
        if (!term_equal(head(node), head(leaf)))
            return trie_split(m->heap, level, node, trie_hash_at(level, head(node)), leaf, hash);
        m->common++;
        return wins ? leaf : node;
    }
    if (level == TRIE_LEVELS) {
        term single = trie_node_of(m->heap, 1, 0, 0, &leaf);
        return merge_collisions(m, boxed_ptr(wins ? node : single), boxed_ptr(wins ? single : node));
    }
    const term *old = boxed_ptr(node);
    unsigned bitmap = trie_bitmap(old), bit = 1u << (hash & 15);
    size_t slot = trie_slot(bitmap, bit), n = trie_children(old);
    term children[16];
    memcpy(children, old + TRIE_HEAD, slot * sizeof(term));
    memcpy(children + slot + !(bitmap & bit), old + TRIE_HEAD + slot, (n - slot) * sizeof(term));
    if (bitmap & bit) {
        uint32_t below = trie_hash_down(hash, level + 1, head(leaf));
        children[slot] = merge_leaf(m, children[slot], leaf, level + 1, below, wins);
        if (children[slot] == old[TRIE_HEAD + slot])
            return node;
    } else {
        children[slot] = leaf;
    }
    return trie_node_of(m->heap, n + !(bitmap & bit), bitmap | bit, 0, children);
}

static term merge_nodes(struct merge *m, term a, term b, unsigned level);

// Two subtrees of the same place, each a leaf or a node of that level.
static term merge_subtrees(struct merge *m, term a, term b, unsigned level)
{
    if (is_list(b))
        return merge_leaf(m, a, b, level, trie_hash_at(level, head(b)), true);
    if (is_list(a))
        return merge_leaf(m, b, a, level, trie_hash_at(level, head(a)), false);
    return merge_nodes(m, a, b, level);
}

static size_t count_leaves(term node)
{
    struct map_walk walk;
    map_walk_init(&walk, node);
    size_t leaves = 0;
    for (term key, value; map_walk_next(&walk, &key, &value);)
        turn_step(&leaves);
    return leaves;
}

static term merge_nodes(struct merge *m, term a, term b, unsigned level)
{
    turn_pass(CONFIG_TURN_UNITS);
    if (a == b) {
        m->common += count_leaves(a);
        return b;
    }
    const term *x = boxed_ptr(a), *y = boxed_ptr(b);
    if (level == TRIE_LEVELS)
        return merge_collisions(m, x, y);
    unsigned bitmap_a = trie_bitmap(x), bitmap_b = trie_bitmap(y), both = bitmap_a | bitmap_b;
    term children[16];
    size_t n = 0;
    bool same = bitmap_a == both;    // all children are a's
    for (unsigned left = both; left; left &= left - 1) {
        unsigned bit = left & -left;
        const term *child_a = bitmap_a & bit ? &x[TRIE_HEAD + trie_slot(bitmap_a, bit)] : NULL;
        const term *child_b = bitmap_b & bit ? &y[TRIE_HEAD + trie_slot(bitmap_b, bit)] : NULL;
        if (child_a && child_b)
            children[n] = merge_subtrees(m, *child_a, *child_b, level + 1);
        else
            children[n] = child_a ? *child_a : *child_b;
        same = same && children[n] == *child_a;
        n++;
    }
    return same && level > 0 ? a : trie_node_of(m->heap, n, both, 0, children);
}

term trie_merge(struct heap *h, term a, term b)
{
    if (a == b)
        return b;
    struct merge m = {.heap = h};
    size_t total = trie_size(a) + trie_size(b);
    term root = merge_nodes(&m, a, b, 0);
    term *node = boxed_ptr(root);
    node[1] = small((sword)((total - m.common) << 16 | trie_bitmap(node)));
    return root;
}
