// SPDX-License-Identifier: Apache-2.0
// The stress build's check after a collection: everything that the heap and its roots hold points into the block, the old
// block or literals, and every object there has a header that fits.
#include "term/collect.h"

#include "base/die.h"
#include "term/layout.h"

static bool holds(const term *from, const term *to, const term *at)
{
    return at >= from && at < to;
}

static void check_term(const struct heap *h, term t)
{
    if (is_immediate(t) || is_header(t))
        return;
    const term *at = is_list(t) ? list_ptr(t) : boxed_ptr(t);
    bool known = is_literal_ptr(at) || holds(h->start, h->top, at) || (h->old && holds(h->old->start, h->old->top, at));
    if (!known)
        die("word %#llx points outside its heap", (unsigned long long)t);
    if (is_boxed(t) && !is_header(*at))
        die("boxed term %#llx without a header", (unsigned long long)t);
}

static void check_range(const struct heap *h, const term *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_term(h, words[i]);
}

static void check_block(const struct heap *h, const term *at, const term *top)
{
    while (at < top) {
        if (!is_header(*at)) {
            check_term(h, *at++);
            continue;
        }
        struct layout l = layout_of(*at);
        if (header_size(*at) >= (size_t)(top - at))
            die("header %#llx reaches beyond its block", (unsigned long long)*at);
        check_range(h, at + l.first, l.count);
        at += 1 + header_size(*at);
    }
}

void heap_verify(const struct heap *h, const struct root *roots, size_t root_count)
{
    check_block(h, h->start, h->top);
    if (h->old)
        check_block(h, h->old->start, h->old->top);
    check_range(h, heap_stack(h), (size_t)(h->end - heap_stack(h)));
    for (size_t i = 0; i < root_count; i++)
        check_range(h, roots[i].words, roots[i].count);
}
