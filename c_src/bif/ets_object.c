// SPDX-License-Identifier: Apache-2.0
#include "bif/ets_object.h"

#include "base/memory.h"
#include "term/binary.h"
#include "term/copy.h"

static size_t object_bytes(size_t words)
{
    return sizeof(struct ets_object) + words * sizeof(term);
}

struct ets_object *ets_object_new(term tuple)
{
    size_t words = term_words_flat(tuple);
    if (UNLIKELY(!mem_allows(object_bytes(words)) || words > UINT32_MAX))
        return NULL;
    struct ets_object *o = mem_alloc(object_bytes(words));
    mem_count_use(MEM_TABLES, (int64_t)object_bytes(words));
    term *end = o->body + words;
    struct heap h = {.start = o->body, .top = o->body, .limit = end, .end = end, .high = o->body};
    term_copy_literals(&h, tuple);
    *o = (struct ets_object){.words = (uint32_t)words, .shared = h.shared};
    return o;
}

void ets_object_free(struct ets_object *o)
{
    binary_drop_chain(o->shared);
    mem_count_use(MEM_TABLES, -(int64_t)object_bytes(o->words));
    mem_free(o, object_bytes(o->words));
}
