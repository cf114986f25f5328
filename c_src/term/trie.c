// SPDX-License-Identifier: Apache-2.0
#include "term/trie.h"

#include "base/die.h"
#include "term/compare.h"
#include "term/trie_node.h"

#include <string.h>

// The way from the root to where a key is or would be. The last node is where the search ended.
struct way {
    const term *node[TRIE_LEVELS + 1];
    size_t slot[TRIE_LEVELS + 1];
    unsigned depth;    // nodes
    uint32_t hash;     // of the key at the last node's level
    term leaf;         // at the end of the way, perhaps of another key; NONE: the slot is free
    bool found;        // the leaf has the key
};

term trie_leaf(struct heap *h, term key, term value)
{
    return cons(h, key, value);
}

term trie_node_alloc(struct heap *h, size_t n, unsigned bitmap, size_t size)
{
    term *node = heap_alloc(h, TRIE_HEAD + n);
    node[0] = header(KIND_TRIE, 1 + n);
    node[1] = small((sword)(size << 16 | bitmap));
    return boxed_term(node);
}

term trie_node_of(struct heap *h, size_t n, unsigned bitmap, size_t size, const term *children)
{
    term node = trie_node_alloc(h, n, bitmap, size);
    memcpy(boxed_ptr(node) + TRIE_HEAD, children, n * sizeof(term));
    return node;
}

// Two leaves whose keys have equal hashes on all levels: in the order of keys.
static term collision_of(struct heap *h, term leaf_a, term leaf_b)
{
    bool swap = term_compare_exact(head(leaf_a), head(leaf_b)) > 0;
    term children[2] = {swap ? leaf_b : leaf_a, swap ? leaf_a : leaf_b};
    return trie_node_of(h, 2, 0, 0, children);
}

term trie_split(struct heap *h, unsigned level, term leaf_a, uint32_t hash_a, term leaf_b, uint32_t hash_b)
{
    unsigned shared[TRIE_LEVELS];    // the index that both have, for each level above the split
    unsigned count = 0;
    while (level < TRIE_LEVELS && (hash_a & 15) == (hash_b & 15)) {
        shared[count++] = hash_a & 15;
        level++;
        hash_a = trie_hash_down(hash_a, level, head(leaf_a));
        hash_b = trie_hash_down(hash_b, level, head(leaf_b));
    }
    term node;
    if (level == TRIE_LEVELS) {
        node = collision_of(h, leaf_a, leaf_b);
    } else {
        bool swap = (hash_a & 15) > (hash_b & 15);
        term children[2] = {swap ? leaf_b : leaf_a, swap ? leaf_a : leaf_b};
        node = trie_node_of(h, 2, 1u << (hash_a & 15) | 1u << (hash_b & 15), 0, children);
    }
    while (count > 0)
        node = trie_node_of(h, 1, 1u << shared[--count], 0, &node);
    return node;
}

// Among keys with equal hashes: the place of the key, or where it would be.
static void way_in_collision(struct way *w, const term *node, term key)
{
    size_t n = trie_children(node), at = 0;
    while (at < n && term_compare_exact(head(node[TRIE_HEAD + at]), key) < 0)
        at++;
    w->slot[w->depth - 1] = at;
    w->found = at < n && term_equal(head(node[TRIE_HEAD + at]), key);
    w->leaf = w->found ? node[TRIE_HEAD + at] : NONE;
}

static void way_find(struct way *w, term root, term key)
{
    term at = root;
    w->hash = term_hash(key);
    w->found = false;
    for (unsigned level = 0;; level++) {
        const term *node = boxed_ptr(at);
        w->node[level] = node;
        w->depth = level + 1;
        if (level == TRIE_LEVELS) {
            way_in_collision(w, node, key);
            return;
        }
        unsigned bitmap = trie_bitmap(node), bit = 1u << (w->hash & 15);
        w->slot[level] = trie_slot(bitmap, bit);
        w->leaf = NONE;
        if (!(bitmap & bit))
            return;
        at = node[TRIE_HEAD + w->slot[level]];
        if (is_list(at)) {
            w->leaf = at;
            w->found = term_equal(head(at), key);
            return;
        }
        w->hash = trie_hash_down(w->hash, level + 1, key);
    }
}

static term get_in_collision(const term *node, term key)
{
    for (size_t i = 0; i < trie_children(node); i++)
        if (term_equal(head(node[TRIE_HEAD + i]), key))
            return tail(node[TRIE_HEAD + i]);
    return NONE;
}

term trie_get(term root, term key)
{
    uint32_t hash = term_hash(key);
    const term *node = boxed_ptr(root);
    for (unsigned level = 0; level < TRIE_LEVELS;) {
        unsigned bitmap = trie_bitmap(node), bit = 1u << (hash & 15);
        if (!(bitmap & bit))
            return NONE;
        term child = node[TRIE_HEAD + trie_slot(bitmap, bit)];
        if (is_list(child))
            return term_equal(head(child), key) ? tail(child) : NONE;
        node = boxed_ptr(child);
        hash = trie_hash_down(hash, ++level, key);
    }
    return get_in_collision(node, key);
}

// A copy of a node with the child at a slot replaced.
static term node_with(struct heap *h, const term *node, size_t slot, term child)
{
    size_t n = trie_children(node);
    term *copy = heap_alloc(h, TRIE_HEAD + n);
    memcpy(copy, node, (TRIE_HEAD + n) * sizeof(term));
    copy[TRIE_HEAD + slot] = child;
    return boxed_term(copy);
}

static term node_with_new(struct heap *h, const term *node, size_t slot, unsigned bit, term child)
{
    size_t n = trie_children(node);
    term *copy = heap_alloc(h, TRIE_HEAD + n + 1);
    copy[0] = header(KIND_TRIE, 2 + n);
    copy[1] = node[1] | (term)bit << 4;
    memcpy(copy + TRIE_HEAD, node + TRIE_HEAD, slot * sizeof(term));
    copy[TRIE_HEAD + slot] = child;
    memcpy(copy + TRIE_HEAD + slot + 1, node + TRIE_HEAD + slot, (n - slot) * sizeof(term));
    return boxed_term(copy);
}

static term node_without(struct heap *h, const term *node, size_t slot, unsigned bit)
{
    size_t n = trie_children(node);
    term *copy = heap_alloc(h, TRIE_HEAD + n - 1);
    copy[0] = header(KIND_TRIE, n);
    copy[1] = node[1] & ~((term)bit << 4);
    memcpy(copy + TRIE_HEAD, node + TRIE_HEAD, slot * sizeof(term));
    memcpy(copy + TRIE_HEAD + slot, node + TRIE_HEAD + slot + 1, (n - slot - 1) * sizeof(term));
    return boxed_term(copy);
}

static void root_add_size(term root, sword more)
{
    term *node = boxed_ptr(root);
    node[1] = small(small_value(node[1]) + more * 0x10000);
}

// The bit of a node's slot; 0 in a node without bitmap.
static unsigned bit_of_slot(const term *node, size_t slot)
{
    unsigned bitmap = trie_bitmap(node);
    while (slot-- > 0)
        bitmap &= bitmap - 1;
    return bitmap & -bitmap;
}

// Copies the nodes of the way above its last node, so that the path leads to the new child.
static term way_rebuild(struct heap *h, const struct way *w, term child)
{
    for (unsigned i = w->depth - 1; i-- > 0;)
        child = node_with(h, w->node[i], w->slot[i], child);
    return child;
}

term trie_put(struct heap *h, term root, term key, term value, enum trie_mode mode)
{
    struct way w;
    way_find(&w, root, key);
    if (mode == (w.found ? TRIE_ADD : TRIE_REPLACE))
        return w.found ? root : NONE;
    if (w.found && tail(w.leaf) == value)
        return root;
    term leaf = trie_leaf(h, key, value);
    const term *last = w.node[w.depth - 1];
    size_t slot = w.slot[w.depth - 1];
    term node;
    if (w.found) {
        node = node_with(h, last, slot, leaf);
    } else if (w.leaf == NONE) {
        node = node_with_new(h, last, slot, w.depth > TRIE_LEVELS ? 0 : 1u << (w.hash & 15), leaf);
    } else {
        term other = head(w.leaf);
        uint32_t hash = trie_hash_down(w.hash, w.depth, key), other_hash = trie_hash_at(w.depth, other);
        node = node_with(h, last, slot, trie_split(h, w.depth, w.leaf, other_hash, leaf, hash));
    }
    term new_root = way_rebuild(h, &w, node);
    if (!w.found)
        root_add_size(new_root, 1);
    return new_root;
}

// What stands in a node's place once its child at a slot is gone (NONE), or has become `child`. Leaves move up.
static term node_after_removal(struct heap *h, const term *node, size_t slot, term child, bool is_root)
{
    size_t n = trie_children(node);
    if (child != NONE)
        return is_list(child) && n == 1 && !is_root ? child : node_with(h, node, slot, child);
    if (n == 2 && !is_root && is_list(node[TRIE_HEAD + 1 - slot]))
        return node[TRIE_HEAD + 1 - slot];
    return node_without(h, node, slot, bit_of_slot(node, slot));
}

term trie_remove(struct heap *h, term root, term key)
{
    struct way w;
    way_find(&w, root, key);
    if (!w.found)
        return NONE;
    term child = NONE;
    for (unsigned i = w.depth; i-- > 0;)
        child = node_after_removal(h, w.node[i], w.slot[i], child, i == 0);
    root_add_size(child, -1);
    return child;
}
