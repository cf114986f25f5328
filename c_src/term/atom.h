// SPDX-License-Identifier: Apache-2.0
// The atom table: text to number and back. Atoms are never freed; at most CONFIG_MAX_ATOMS. The atoms of term/atoms.def
// come first, so that they are constants in C: ATOM_ok. Text is UTF-8, at most CONFIG_MAX_ATOM_CHARS characters.
// Any thread may call everything here.
#ifndef TANDEM_TERM_ATOM_H
#define TANDEM_TERM_ATOM_H

#include "term/term.h"

enum atom_index {
#define ATOM(name, text) ATOM_INDEX_##name,
#include "term/atoms.def"
#undef ATOM
    ATOM_INDEX_COUNT
};

enum atom_term {
#define ATOM(name, text) ATOM_##name = ATOM_INDEX_##name << 6 | TAG_ATOM,
#include "term/atoms.def"
#undef ATOM
};

struct atom_text {
    const char *bytes;    // UTF-8, also NUL-terminated
    uint16_t size;        // in bytes
    uint16_t chars;       // in characters
    uint32_t prefix;      // its first four bytes as a number: where two differ, so do the texts, in the same way
};

void atoms_open(void);     // once, first of all terms
void atoms_close(void);    // last of all terms

// The atom of a text, made when new. NONE: malformed UTF-8, too many characters, or no number left.
term atom_from_utf8(const char *bytes, size_t size);
term atom_from_latin1(const char *bytes, size_t size);
term atom_from_c(const char *text);    // of ASCII that is known to fit

// Whether a text could be an atom's: well-formed UTF-8, not too many characters.
bool atom_text_valid(const char *bytes, size_t size);

// The atom if it exists, else NONE.
term atom_existing(const char *bytes, size_t size);

struct atom_text atom_text(term t);
uint32_t atom_count(void);

static inline bool is_bool(term t)
{
    return t == ATOM_true || t == ATOM_false;
}

static inline term bool_term(bool b)
{
    return b ? ATOM_true : ATOM_false;
}

#endif
