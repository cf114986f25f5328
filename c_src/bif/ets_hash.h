// SPDX-License-Identifier: Apache-2.0
// Objects of a set, bag or duplicate_bag: linear hashing. It grows and shrinks by one bucket at a time, by the BEAM's rules
// and with the BEAM's hashes, so that a walk meets the keys in the BEAM's order wherever their hashes are the same on all
// nodes. Objects with equal keys are neighbours in their bucket, newest first. While `fixed` the buckets stay as they are
// and deleted objects are only marked, so that a walk by key goes on from a key that is gone.
// Not synchronised: the table's lock is held.
#ifndef TANDEM_BIF_ETS_HASH_H
#define TANDEM_BIF_ETS_HASH_H

#include "bif/ets_object.h"

enum ets_equal_keys { ETS_SET, ETS_BAG, ETS_DUPLICATE_BAG };

struct ets_hash {
    enum ets_equal_keys equal_keys;
    uint32_t position;    // of the key
    bool fixed;
    struct ets_object **buckets;
    uint32_t capacity;        // of buckets
    uint32_t active, mask;    // buckets in use; mask + 1 is the power of two not below
    uint32_t slots;           // active, rounded as the BEAM's segments are
    uint32_t stride;          // a walk visits each stride-th bucket in a round: the BEAM's number of locks
    uint32_t *samples;        // NULL, or counts by which the BEAM estimates the size if its counters are decentralized
    uint32_t *marked;         // buckets that hold marked objects
    size_t marked_count, marked_capacity;
    size_t count, words;    // objects that are not marked; words in all objects
};

void ets_hash_init(struct ets_hash *t, enum ets_equal_keys kind, uint32_t position, uint32_t stride, bool sampled);
void ets_hash_done(struct ets_hash *t);

// Takes the object over. False: it is `only_new` and the key is there, or a bag has the object already.
bool ets_hash_put(struct ets_hash *t, struct ets_object *o, bool only_new);

// The first object of a key, and the next one after it. NULL: none.
struct ets_object *ets_hash_find(const struct ets_hash *t, term key);
struct ets_object *ets_hash_again(const struct ets_hash *t, const struct ets_object *o);

// All objects of a key; all, or in a bag the one, that equals a tuple. How many were deleted.
size_t ets_hash_erase(struct ets_hash *t, term key);
size_t ets_hash_erase_tuple(struct ets_hash *t, term tuple);
bool ets_hash_detach(struct ets_hash *t, struct ets_hash *old);    // all; true: they are in `old` now, to be freed
void ets_hash_unfix(struct ets_hash *t);                           // removes what is marked
bool ets_hash_sweep(struct ets_hash *t, size_t marks);             // some of that; true: there is more

// By key. False: the key is not there, not even marked. *o is NULL at the end.
void ets_hash_first(const struct ets_hash *t, struct ets_object **o);
bool ets_hash_next(const struct ets_hash *t, term key, struct ets_object **o);

// For walks over buckets: where the key would be; the bucket after one, 0 at the end.
uint32_t ets_hash_bucket_of(const struct ets_hash *t, term key);
uint32_t ets_hash_next_bucket(const struct ets_hash *t, uint32_t bucket);

// While walking: removes *at, or marks it; true: *at is the next one now. ets_hash_settle when the walk is over.
bool ets_hash_drop(struct ets_hash *t, struct ets_object **at, uint32_t bucket);
void ets_hash_replace(struct ets_hash *t, struct ets_object **at, struct ets_object *o);    // by one of the same key
void ets_hash_settle(struct ets_hash *t);

#endif
