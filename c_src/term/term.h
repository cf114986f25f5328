// SPDX-License-Identifier: Apache-2.0
// The tagged word. The low two bits tell what a term is:
//   00  header of an object on a heap (never a value), or a return address on a stack
//   01  pointer to a cons cell: two words, head and tail
//   10  pointer to a boxed object: a header word, then as many words as the header says
//   11  immediate; the low four bits tell which: 0011 local pid, 1111 small integer of 60 bits, 1011 others by the low six
//       bits: 001011 atom (its number above), 011011 catch (a handler's address above), 111011 the empty list
// A header is size << 6 | subtag << 2 | 00, where size counts the words that follow it. Subtags follow term/kinds.def.
// NONE (zero) is no term: "no result, see the failure", an empty slot, the end of a chain.
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

#include "base/types.h"

enum kind {
#define KIND(name, text) KIND_##name,
#include "term/kinds.def"
#undef KIND
    KIND_COUNT
};

#define NONE ((term)0)

enum {
    TAG_HEADER = 0,
    TAG_LIST = 1,
    TAG_BOXED = 2,
    TAG_IMMEDIATE = 3,
    TAG_PID = 0x3,
    TAG_SMALL = 0xF,
    TAG_ATOM = 0x0B,
    TAG_CATCH = 0x1B,
    TAG_NIL = 0x3B,
};

#define NIL ((term)TAG_NIL)
#define SMALL_MAX_VALUE ((sword)(1LL << 59) - 1)
#define SMALL_MIN_VALUE (-(sword)(1LL << 59))

static inline unsigned term_tag(term t)
{
    return (unsigned)(t & 3);
}

static inline bool is_list(term t)    // a cons cell; the empty list is is_nil
{
    return (t & 3) == TAG_LIST;
}

static inline bool is_boxed(term t)
{
    return (t & 3) == TAG_BOXED;
}

static inline bool is_immediate(term t)
{
    return (t & 3) == TAG_IMMEDIATE;
}

static inline bool is_nil(term t)
{
    return t == NIL;
}

// Small integers.
static inline bool is_small(term t)
{
    return (t & 15) == TAG_SMALL;
}

static inline bool are_small(term a, term b)
{
    return (a & b & 15) == TAG_SMALL;
}

static inline term small(sword value)
{
    return (term)value << 4 | TAG_SMALL;
}

static inline sword small_value(term t)
{
    return (sword)t >> 4;
}

static inline bool fits_small(sword value)
{
    return value >= SMALL_MIN_VALUE && value <= SMALL_MAX_VALUE;
}

// Atoms.
static inline bool is_atom(term t)
{
    return (t & 63) == TAG_ATOM;
}

static inline term atom(uint32_t number)
{
    return (term)number << 6 | TAG_ATOM;
}

static inline uint32_t atom_number(term t)
{
    return (uint32_t)(t >> 6);
}

// Pids of this node: the process table's slot number and how often that slot was used before.
static inline bool is_local_pid(term t)
{
    return (t & 15) == TAG_PID;
}

static inline term local_pid(uint32_t number, uint32_t serial)
{
    return ((term)serial << 28 | number) << 4 | TAG_PID;
}

static inline uint32_t pid_number(term t)
{
    return (uint32_t)(t >> 4) & 0xFFFFFFF;
}

static inline uint32_t pid_serial(term t)
{
    return (uint32_t)(t >> 32);
}

// A catch on a stack: the address of its handler's code word, which is aligned on 8 bytes.
static inline bool is_catch(term t)
{
    return (t & 63) == TAG_CATCH;
}

static inline term catch_of(const word *handler)
{
    return (term)(uintptr_t)handler << 6 | TAG_CATCH;
}

static inline const word *catch_handler(term t)
{
    return (const word *)(uintptr_t)(t >> 6);
}

// Pointers.
static inline term *list_ptr(term t)
{
    return (term *)(uintptr_t)(t - TAG_LIST);
}

static inline term *boxed_ptr(term t)
{
    return (term *)(uintptr_t)(t - TAG_BOXED);
}

static inline term list_term(const term *cell)
{
    return (term)(uintptr_t)cell + TAG_LIST;
}

static inline term boxed_term(const term *object)
{
    return (term)(uintptr_t)object + TAG_BOXED;
}

static inline term head(term t)
{
    return list_ptr(t)[0];
}

static inline term tail(term t)
{
    return list_ptr(t)[1];
}

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
