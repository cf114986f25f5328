// SPDX-License-Identifier: Apache-2.0
#include "term/work.h"

#include "base/memory.h"

#include <string.h>

void work_done(struct work *w)
{
    if (w->spans != w->first)
        mem_free(w->spans, w->capacity * sizeof w->spans[0]);
}

COLD void work_grow(struct work *w)
{
    size_t bytes = w->capacity * sizeof w->spans[0];
    if (w->spans == w->first) {
        w->spans = mem_alloc(2 * bytes);
        memcpy(w->spans, w->first, bytes);
    } else {
        w->spans = mem_resize(w->spans, bytes, 2 * bytes);
    }
    w->capacity *= 2;
}
