// SPDX-License-Identifier: Apache-2.0
// What is left to do in a walk over a term of any depth: a stack of spans, so that the walk needs no C stack. A span
// is a row of words, or two rows taken together; what its kind means is the walk's own affair. The first spans are
// part of the struct, so that flat terms need no memory; it is used as a local variable and closed with work_done.
#ifndef TANDEM_TERM_WORK_H
#define TANDEM_TERM_WORK_H

#include "base/config.h"
#include "base/types.h"

struct span {
    const term *at, *with;    // the next word of each row
    size_t left;
    uint32_t kind;
    uint32_t extra;
    void *owned;
};

enum { WORK_INLINE = CONFIG_STRESS ? 1 : 12 };

struct work {
    struct span *spans;
    size_t count, capacity;
    struct span first[WORK_INLINE];
};

static inline void work_init(struct work *w)
{
    w->spans = w->first;
    w->count = 0;
    w->capacity = WORK_INLINE;
}

void work_done(struct work *w);
void work_grow(struct work *w);

static inline struct span *work_push(struct work *w, uint32_t kind, const term *at, const term *with, size_t left)
{
    if (UNLIKELY(w->count == w->capacity))
        work_grow(w);
    struct span *s = &w->spans[w->count++];
    s->at = at;
    s->with = with;
    s->left = left;
    s->kind = kind;
    s->extra = 0;
    s->owned = NULL;
    return s;
}

static inline struct span *work_top(struct work *w)
{
    return &w->spans[w->count - 1];
}

#endif
