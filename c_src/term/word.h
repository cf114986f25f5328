// SPDX-License-Identifier: Apache-2.0
// The tagged word. The low two bits tell what a term is:
//   00  header of an object on a heap (never a value), or a return address on a stack
//   01  pointer to a cons cell: two words, head and tail
//   10  pointer to a boxed object: a header word, then as many words as the header says
//   11  immediate; the low four bits tell which: 0011 local pid, 1111 small integer of 60 bits, 1011 others by the low six
//       bits: 001011 atom (its number above), 011011 catch (a handler's address above), 111011 the empty list
// NONE (zero) is no term: "no result, see the failure", an empty slot, the end of a chain.
// What boxed objects look like, and the type tests of the language: term/term.h, which is what others include.
#ifndef TANDEM_TERM_WORD_H
#define TANDEM_TERM_WORD_H

#include "base/types.h"

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

// Pids of this node: the process table's slot number, and the round in which it was given.
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

#endif
