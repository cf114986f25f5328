// SPDX-License-Identifier: Apache-2.0
// Terms: what a boxed object is, and the type tests of the language, on top of the tagged word (term/word.h).
// A header is size << 6 | subtag << 2 | 00, where size counts the words that follow it. Subtags follow term/kinds.def.
// Layouts of boxed objects (h is the header word; raw words are not terms and the collector must not look at them):
//   TUPLE         h, elements                        BIG, BIG_NEG  h, limbs (raw, least significant first, top limb not 0)
//   FLOAT         h, double (raw)                    EXPORT        h, struct export * (raw)
//   FUN           h, struct fun_entry * (raw), creator's pid, free variables
//   REF           h, raw: see term/ident.h           FOREIGN_*     h, struct node * (raw), raw: see term/ident.h
//   HEAP_BIN      h, size in bytes (raw), bytes      REFC_BIN      h, raw: see term/binary.h
//   SUB_BIN       h, whole binary, bit offset (raw), bit size (raw)
//   MATCH         h, whole binary, bit offset (raw), bit end (raw), saved offsets (raw)
//   MAP           h, tuple of keys, values           TRIE          h, small integer, children: see term/map.h
#ifndef TANDEM_TERM_TERM_H
#define TANDEM_TERM_TERM_H

#include "term/word.h"

enum kind {
#define KIND(name, text) KIND_##name,
#include "term/kinds.def"
#undef KIND
    KIND_COUNT
};

// Headers.
static inline word header(enum kind kind, size_t words_after)
{
    return (word)words_after << 6 | (word)(kind - KIND_TUPLE) << 2;
}

static inline bool is_header(word w)
{
    return (w & 3) == TAG_HEADER;
}

static inline size_t header_size(word h)    // the words that follow the header
{
    return (size_t)(h >> 6);
}

static inline enum kind header_kind(word h)
{
    return (enum kind)(KIND_TUPLE + (h >> 2 & 15));
}

static inline bool is_kind(term t, enum kind boxed_kind)
{
    return is_boxed(t) && header_kind(*boxed_ptr(t)) == boxed_kind;
}

// What a term is. Never to be asked of NONE, a header or a catch.
static inline enum kind kind_of(term t)
{
    switch (t & 3) {
    case TAG_LIST:
        return KIND_LIST;
    case TAG_BOXED:
        return header_kind(*boxed_ptr(t));
    }
    return is_small(t) ? KIND_SMALL : is_local_pid(t) ? KIND_PID : is_nil(t) ? KIND_NIL : KIND_ATOM;
}

// Tuples.
static inline bool is_tuple(term t)
{
    return is_kind(t, KIND_TUPLE);
}

static inline size_t tuple_arity(term t)
{
    return header_size(*boxed_ptr(t));
}

static inline bool is_tuple_of(term t, size_t arity)
{
    return is_boxed(t) && *boxed_ptr(t) == header(KIND_TUPLE, arity);
}

static inline term *tuple_elements(term t)
{
    return boxed_ptr(t) + 1;
}

static inline term element(term t, size_t index)    // from 0
{
    return boxed_ptr(t)[1 + index];
}

// Type tests as the language has them.
static inline bool is_big(term t)
{
    return is_boxed(t) && (header_kind(*boxed_ptr(t)) == KIND_BIG || header_kind(*boxed_ptr(t)) == KIND_BIG_NEG);
}

static inline bool is_integer(term t)
{
    return is_small(t) || is_big(t);
}

static inline bool is_float(term t)
{
    return is_kind(t, KIND_FLOAT);
}

static inline bool is_number(term t)
{
    return is_integer(t) || is_float(t);
}

static inline bool is_pid(term t)
{
    return is_local_pid(t) || is_kind(t, KIND_FOREIGN_PID);
}

static inline bool is_port(term t)
{
    return is_kind(t, KIND_FOREIGN_PORT);
}

static inline bool is_ref(term t)
{
    return is_boxed(t) && (header_kind(*boxed_ptr(t)) == KIND_REF || header_kind(*boxed_ptr(t)) == KIND_FOREIGN_REF);
}

static inline bool is_fun(term t)
{
    return is_boxed(t) && (header_kind(*boxed_ptr(t)) == KIND_FUN || header_kind(*boxed_ptr(t)) == KIND_EXPORT);
}

static inline bool is_map(term t)
{
    return is_boxed(t) && (header_kind(*boxed_ptr(t)) == KIND_MAP || header_kind(*boxed_ptr(t)) == KIND_TRIE);
}

static inline bool is_any_list(term t)
{
    return is_list(t) || is_nil(t);
}

// A binary or any other bit string. A match context is not one.
static inline bool is_bitstring(term t)
{
    if (!is_boxed(t))
        return false;
    enum kind k = header_kind(*boxed_ptr(t));
    return k == KIND_HEAP_BIN || k == KIND_REFC_BIN || k == KIND_SUB_BIN;
}

// Floats.
static inline double float_value(term t)
{
    union {
        word bits;
        double value;
    } u = {.bits = boxed_ptr(t)[1]};
    return u.value;
}

#endif
