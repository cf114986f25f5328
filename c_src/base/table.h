// SPDX-License-Identifier: Apache-2.0
// A hash table of pointers to entries that the caller owns. The caller brings a hash and an equality; the table keeps the
// hashes beside the pointers, so that growing and probing rarely touch an entry. Open addressing, linear probing, at most
// half full. Not synchronised: whoever shares a table between threads locks around it.
#ifndef TANDEM_BASE_TABLE_H
#define TANDEM_BASE_TABLE_H

#include "base/types.h"

struct table_slot {
    uint64_t hash;
    void *entry;    // NULL: free
};

struct table {
    struct table_slot *slots;
    size_t count, mask;
    bool (*equal)(const void *entry, const void *key);
};

void table_init(struct table *t, bool (*equal)(const void *entry, const void *key));
void table_done(struct table *t);                        // the entries stay the caller's
void table_free(struct table *t, size_t entry_bytes);    // the entries, too: blocks of that size

void *table_find(const struct table *t, uint64_t hash, const void *key);    // NULL: absent
void table_add(struct table *t, uint64_t hash, void *entry);                // the key must be absent
void *table_remove(struct table *t, uint64_t hash, const void *key);        // the entry, or NULL: absent

// Walks all entries: start with *at = 0; NULL at the end. The table must not change meanwhile.
void *table_next(const struct table *t, size_t *at);

// A fair 64-bit mix of one word, for keys that are words.
static inline uint64_t table_hash_word(uint64_t key)
{
    key ^= key >> 32;
    key *= 0x9E3779B97F4A7C15u;
    key ^= key >> 29;
    return key;
}

static inline uint64_t table_hash_bytes(const void *bytes, size_t n)
{
    const uint8_t *b = bytes;
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ b[i]) * 0x100000001B3u;
    return table_hash_word(hash);
}

#endif
