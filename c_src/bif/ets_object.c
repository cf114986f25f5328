// SPDX-License-Identifier: Apache-2.0
#include "bif/ets_object.h"

#include "base/memory.h"
#include "term/binary.h"
#include "term/copy.h"

#define FREED ((uint32_t)1 << 31)    // in holders

static size_t object_bytes(size_t words)
{
    return sizeof(struct ets_object) + words * sizeof(term);
}

struct ets_object *ets_object_new(term tuple)
{
    return ets_object_new_sized(tuple, term_words_flat(tuple));
}

struct ets_object *ets_object_new_sized(term tuple, size_t words)
{
    if (UNLIKELY(!mem_allows(object_bytes(words)) || words > UINT32_MAX))
        return NULL;
    struct ets_object *o = mem_alloc(object_bytes(words));
    mem_count_use(MEM_TABLES, (int64_t)object_bytes(words));
    term *end = o->body + words;
    struct heap h = {.start = o->body, .top = o->body, .limit = end, .end = end, .high = o->body};
    term_copy_literals(&h, tuple, words);
    *o = (struct ets_object){.words = (uint32_t)words, .shared = h.shared};
    return o;
}

static void give_back(struct ets_object *o)
{
    binary_drop_chain(o->shared);
    mem_count_use(MEM_TABLES, -(int64_t)object_bytes(o->words));
    mem_free(o, object_bytes(o->words));
}

void ets_object_free(struct ets_object *o)
{
    bool held = atomic_load_explicit(&o->holders, memory_order_acquire) && atomic_fetch_or(&o->holders, FREED);
    if (LIKELY(!held))
        give_back(o);
}

void ets_object_drop(struct ets_object *o)
{
    if (atomic_fetch_sub(&o->holders, 1) == FREED + 1)
        give_back(o);
}

void ets_held_add(struct ets_held *held, struct ets_object *o)
{
    if (held->count == held->room) {
        size_t more = held->room ? held->room * 2 : 8;
        held->objects = mem_resize(held->objects, held->room * sizeof o, more * sizeof o);
        held->room = more;
    }
    ets_object_hold(o);
    held->objects[held->count++] = o;
}

void ets_held_free(struct ets_held *held)
{
    mem_free(held->objects, held->room * sizeof *held->objects);
}
