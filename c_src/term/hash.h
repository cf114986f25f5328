// SPDX-License-Identifier: Apache-2.0
// Hashes of terms. None recurses on the C stack without bound.
#ifndef TANDEM_TERM_HASH_H
#define TANDEM_TERM_HASH_H

#include "term/term.h"

// For large maps and tables inside the engine: equal terms (=:=) have equal hashes; not stable between engines.
// Numbers, strings, binaries, tuples, lists and maps of them hash so that a large map's order is the BEAM's.
uint32_t term_hash(term t);
uint32_t term_hash_salted(term t, unsigned depth);    // another hash for each depth; 0 is term_hash

uint32_t term_phash2(term t);    // erlang:phash2/1 before the range: the same number on every node
uint32_t term_phash(term t);     // erlang:phash/2 before the range

#endif
