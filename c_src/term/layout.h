// SPDX-License-Identifier: Apache-2.0
// Which words of a boxed object are terms: the one place that the collector, copies and checks ask. The rest is raw.
#ifndef TANDEM_TERM_LAYOUT_H
#define TANDEM_TERM_LAYOUT_H

#include "base/die.h"
#include "term/term.h"

struct layout {
    size_t first;    // index of the first word that is a term, counted from the header
    size_t count;    // how many follow one another
};

static inline struct layout layout_of(word object_header)
{
    size_t size = header_size(object_header);
    switch (header_kind(object_header)) {
    case KIND_TUPLE:
    case KIND_MAP:
    case KIND_TRIE:
        return (struct layout){1, size};
    case KIND_FUN:
        return (struct layout){2, size - 1};
    case KIND_SUB_BIN:
    case KIND_MATCH:
        return (struct layout){1, 1};
    case KIND_REF:
        return size > 3 ? (struct layout){4, size - 3} : (struct layout){1, 0};
    case KIND_BIG:
    case KIND_BIG_NEG:
    case KIND_FLOAT:
    case KIND_EXPORT:
    case KIND_REFC_BIN:
    case KIND_HEAP_BIN:
    case KIND_FOREIGN_PID:
    case KIND_FOREIGN_PORT:
    case KIND_FOREIGN_REF:
        return (struct layout){1, 0};
    case KIND_SMALL:
    case KIND_ATOM:
    case KIND_NIL:
    case KIND_PID:
    case KIND_LIST:
    case KIND_COUNT:
        break;
    }
    die("header %#llx of no kind", (unsigned long long)object_header);
}

#endif
