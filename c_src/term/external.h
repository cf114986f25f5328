// SPDX-License-Identifier: Apache-2.0
// The external term format (ERTS User's Guide), both ways. Encoding is byte for byte what term_to_binary/1 of OTP 25 gives.
// Decoding trusts nothing: it is bounded by the bytes at hand, uses no C stack in proportion to nesting, and checks every tag,
// arity and size before it takes memory for it.
#ifndef TANDEM_TERM_EXTERNAL_H
#define TANDEM_TERM_EXTERNAL_H

#include "base/reader.h"
#include "base/writer.h"
#include "term/heap.h"

struct external_options {
    int compress;             // zlib level 0 to 9; 0: not compressed
    uint8_t minor_version;    // 0: floats as text; 1; 2: atoms always in UTF-8 form (as OTP 26's default)
    bool deterministic;       // large maps in the order of their keys
};

// Writes the version byte 131 and the term. False: a binary is larger than the format can say (a system limit).
bool external_encode(struct writer *w, term t, const struct external_options *options);

// The term alone, as the distribution sends control messages and payloads: with the version byte, not compressed,
// UTF-8 atoms as the host's flags ask for.
bool external_encode_dist(struct writer *w, term t);

// Encodes without copying large shared binaries: each is left out and noted in a cut, in the order of their places.
struct external_cut {
    size_t at;            // place in the writer's bytes where the bytes of the binary belong
    term binary;          // REFC_BIN
    size_t from, size;    // which of its bytes
};

struct external_cuts {
    struct external_cut *cuts;    // the caller frees it: external_cuts_done
    size_t count, capacity;
};

// Cuts are added to those that there are.
bool external_encode_cut(struct writer *w, term t, const struct external_options *options, struct external_cuts *cuts);
void external_cuts_add(struct external_cuts *cuts, struct external_cut cut);
void external_cuts_done(struct external_cuts *cuts);

// The bytes external_encode may take with these options, never fewer, computed without encoding (erlang:external_size).
size_t external_size(term t, const struct external_options *options);

enum external_flag {
    EXTERNAL_SAFE = 1,              // no new atoms, no new external funs
    EXTERNAL_NO_COMPRESSION = 2,    // a compressed term is malformed (distribution)
    EXTERNAL_NO_VERSION = 4,        // the version byte is not there (distribution with headers)
};

// Decodes a version byte and one term at the reader's place, in two steps: external_scan finds the heap words needed and
// checks every byte; external_decode then builds. Failure is in the reader. Both start at the same place.
// With compressed terms, scan keeps the uncompressed bytes in *e; external_done frees them. What a large map takes depends on
// the hashes of its keys, which may be chosen to collide: a term with large maps is built by the scan, on a heap of its own,
// and only copied by external_decode.
struct external {
    struct reader body;       // where the term itself starts, after the version byte, uncompressed if it was compressed
    uint8_t *uncompressed;    // or NULL
    size_t uncompressed_size;
    size_t words;              // upper bound of heap words
    size_t maps, map_words;    // how many maps there are, and their keys and values in all
    bool has_large_map;
    bool is_built;
    struct heap built;    // with `value`, if is_built
    term value;
    unsigned flags;
    struct shared
        *block;    // or NULL: of the bytes; set before decoding, it may be shared by large binaries of the term
};

bool external_scan(struct external *e, struct reader *r, unsigned flags);    // moves r past the term
term external_decode(struct heap *h, struct external *e);    // NONE: a map has a key twice, EXTERNAL_SAFE, no atom left
void external_done(struct external *e);                      // also after a failed scan

#endif
