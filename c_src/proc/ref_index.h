// SPDX-License-Identifier: Apache-2.0
// Entries found by reference: a hash table that chains them through themselves. Adding takes no probing and removing moves nothing,
// unlike base/table.h, which keeps to its slots: a tenth of what setting a timer and cancelling it takes. Not synchronised.
#ifndef TANDEM_PROC_REF_INDEX_H
#define TANDEM_PROC_REF_INDEX_H

#include "term/ident.h"

struct ref_entry {
    struct ref_entry *next;    // of its bucket
    struct ref_ids ids;
};

struct ref_index {
    struct ref_entry **buckets;
    size_t count, mask;
};

void ref_index_init(struct ref_index *x);
void ref_index_done(struct ref_index *x);    // the entries stay the caller's

void ref_index_add(struct ref_index *x, struct ref_entry *e);                              // its ids set, and absent
struct ref_entry *ref_index_find(const struct ref_index *x, const struct ref_ids *ids);    // NULL: absent
struct ref_entry *ref_index_remove(struct ref_index *x, const struct ref_ids *ids);        // the entry, or NULL: absent

// Each entry once; it may be freed.
void ref_index_each(const struct ref_index *x, void (*visit)(struct ref_entry *e, void *about), void *about);

#endif
