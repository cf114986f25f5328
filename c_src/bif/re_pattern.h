// SPDX-License-Identifier: Apache-2.0
// Patterns of re. To programs a compiled pattern is {re_pattern, Groups, Unicode, Crlf, Binary}, as on the BEAM; our
// binary is a mark, the options and the source, so that it may be stored, sent to other processes and nodes, and read by
// any engine. What PCRE2 made of it stays in a small cache of the thread: a pattern is compiled again when it is not there.
// The host's own binaries, code of PCRE 8 without source, are no patterns here, and ours are none there.
#ifndef TANDEM_BIF_RE_PATTERN_H
#define TANDEM_BIF_RE_PATTERN_H

#include "bif/re_error.h"
#include "bif/re_options.h"
#include "term/binary.h"

#include <limits.h>

struct re_source {
    uint32_t options;        // for pcre2_compile, of re_compile_bits
    uint8_t newline, bsr;    // as in struct re_options
    const uint8_t *text;
    size_t size;
};

// A compiled pattern, in the calling thread's cache: valid until the next re_code_get.
struct re_code {
    uint64_t hash;
    uint8_t *key;    // the binary
    size_t key_size;
    pcre2_code *code;
    pcre2_match_data *data;    // for one match at a time
    uint32_t groups, names, name_size;
    const uint8_t *name_table;    // `names` entries of name_size bytes: group (2 bytes, big-endian), name, zero byte
    uint32_t runs;                // until it is worth machine code
    bool interpreted;             // always
    bool divisible;               // a search may go on at a later place as if it started there
    bool utf;                     // subjects are UTF-8
};

void re_patterns_close(void);    // the calling thread's; the others' went when they ended

// NULL: *e tells why.
struct re_code *re_code_get(const struct re_source *s, struct re_error *e);

term re_pattern_term(struct heap *h, const struct re_source *s, const struct re_code *c);

// Whether these are the bytes of such a binary; then *s points into them.
bool re_pattern_read(const uint8_t *bytes, size_t size, struct re_source *s);

static inline uint32_t re_name_group(const struct re_code *c, uint32_t name)
{
    const uint8_t *entry = c->name_table + (size_t)name * c->name_size;
    return (uint32_t)entry[0] << 8 | entry[1];
}

static inline const char *re_name_text(const struct re_code *c, uint32_t name)
{
    return (const char *)c->name_table + (size_t)name * c->name_size + 2;
}

// Whether a name is the same as the one before it, as only duplicates are.
bool re_name_repeats(const struct re_code *c, uint32_t name);

struct re_subject {
    const uint8_t *bytes;
    size_t size, offset;
};

// What re_match gives when it used up a process's slice: it is to be called again with the subject as it is then.
enum { RE_UNFINISHED = INT_MIN };

// pcre2_match with the options and limits; c->data holds the result until the match is done. For a pattern of UTF-8 the
// subject must be valid and the offset at a character.
int re_match(struct re_code *c, struct re_subject *s, const struct re_options *o);
void re_match_done(struct re_code *c);

// The bytes that this thread found to be UTF-8 last, in a block that is held meanwhile, so that no others can take their
// place: matching all of a large subject asks again at each match.
bool re_valid_known(const uint8_t *bytes, size_t size);
void re_valid_remember(struct shared *s, const uint8_t *bytes, size_t size);
void re_valid_forget(void);

#endif
