// SPDX-License-Identifier: Apache-2.0
// The parts of the external format that are no terms of their own, as both steps of decoding read them: the bytes of atoms,
// and what pids, ports, references and funs are made of. Nothing here makes a term or an atom. Failure is in the reader;
// what a function returned is then not to be looked at.
#ifndef TANDEM_TERM_EXTERNAL_PARTS_H
#define TANDEM_TERM_EXTERNAL_PARTS_H

#include "base/reader.h"
#include "term/external_tags.h"
#include "term/ident.h"

struct part_atom {
    const char *bytes;
    size_t size;
    bool latin1;
};

struct part_ident {
    struct part_atom node;
    uint32_t creation;
    uint32_t number, serial;    // of a pid
    uint64_t port;
    struct ref_ids ids;    // of a reference
};

struct part_fun {
    const uint8_t *unique;
    struct part_atom module;
    uint32_t arity, index, free, old_index, old_unique;
    struct part_ident creator;
};

// With the tag, where only an atom may stand; and after an atom's tag.
struct part_atom part_atom(struct reader *r);
struct part_atom part_atom_after(struct reader *r, uint8_t tag);
bool is_atom_tag(uint8_t tag);

// After the tag.
void part_pid(struct reader *r, uint8_t tag, struct part_ident *i);
void part_port(struct reader *r, uint8_t tag, struct part_ident *i);
void part_ref(struct reader *r, uint8_t tag, struct part_ident *i);

// After the tag: all that stands before the free variables.
void part_fun(struct reader *r, struct part_fun *f);

// An integer of at most 32 bits, with its tag.
int32_t part_integer(struct reader *r);

// A float as text, in EXT_FLOAT_BYTES bytes filled up with zeros.
bool part_float(const char *text, double *value);

// The text of an atom as UTF-8: its own bytes, or those put into the buffer.
enum { PART_TEXT_MAX = 2 * 255 };
const char *part_text(const struct part_atom *a, char buffer[PART_TEXT_MAX], size_t *size);

#endif
