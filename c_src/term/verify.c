// SPDX-License-Identifier: Apache-2.0
// The stress build's check after a collection: everything that the heap and its roots hold points into the block, the old
// block or literals, nothing old points to what is young, every object there has a header that fits, and the chains of
// shared binaries stay within their block.
#include "term/collect.h"

#include "base/die.h"
#include "term/layout.h"

static bool holds(const term *from, const term *to, const term *at)
{
    return at >= from && at < to;
}

static bool is_old(const struct heap *h, const term *at)
{
    return h->old && holds(h->old->start, h->old->top, at);
}

static void check_term(const struct heap *h, term t, bool in_old)
{
    if (is_immediate(t) || is_header(t))
        return;
    const term *at = is_list(t) ? list_ptr(t) : boxed_ptr(t);
    if (!is_literal_ptr(at) && !is_old(h, at) && (in_old || !holds(h->start, h->top, at)))
        die("word %#llx points outside its %s", (unsigned long long)t, in_old ? "old heap" : "heap");
    if (is_boxed(t) && !is_header(*at))
        die("boxed term %#llx without a header", (unsigned long long)t);
    if (is_list(t) && is_header(*at))
        die("list %#llx points to a header", (unsigned long long)t);
}

static void check_range(const struct heap *h, const term *words, size_t count, bool in_old)
{
    for (size_t i = 0; i < count; i++)
        check_term(h, words[i], in_old);
}

static bool has_whole(const term *object)
{
    return header_kind(*object) == KIND_SUB_BIN || header_kind(*object) == KIND_MATCH;
}

static void check_object(const struct heap *h, const term *at, const term *top, bool in_old)
{
    struct layout l = layout_of(*at);
    if (header_size(*at) >= (size_t)(top - at))
        die("header %#llx reaches beyond its block", (unsigned long long)*at);
    check_range(h, at + l.first, l.count, in_old);
    if (has_whole(at) && !is_kind(at[1], KIND_HEAP_BIN) && !is_kind(at[1], KIND_REFC_BIN))
        die("part %#llx of what is no whole binary", (unsigned long long)boxed_term(at));
}

static void check_block(const struct heap *h, const term *at, const term *top, bool in_old)
{
    while (at < top) {
        if (is_header(*at)) {
            check_object(h, at, top, in_old);
            at += 1 + header_size(*at);
        } else {
            check_term(h, *at++, in_old);
        }
    }
}

static void check_chain(const term *object, const term *from, const term *to)
{
    for (; object; object = (const term *)(uintptr_t)object[3])
        if (!holds(from, to, object) || !is_header(*object) || header_kind(*object) != KIND_REFC_BIN)
            die("shared binary %p is not where its chain is", (const void *)object);
}

void heap_verify(const struct heap *h, const struct root *roots, size_t root_count)
{
    check_block(h, h->start, h->top, false);
    check_chain(h->shared, h->start, h->top);
    if (h->old) {
        check_block(h, h->old->start, h->old->top, true);
        check_chain(h->old->shared, h->old->start, h->old->top);
    }
    check_range(h, heap_stack(h), (size_t)(h->end - heap_stack(h)), false);
    for (size_t i = 0; i < root_count; i++)
        check_range(h, roots[i].words, roots[i].count, false);
}
