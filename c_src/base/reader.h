// SPDX-License-Identifier: Apache-2.0
// Reads bytes from outside. Bounded and sticky: a read past the end, or a value that a caller rejects with reader_fail,
// marks the reader as failed; from then on every read gives zero and moves nothing. Callers read on and ask once, at the
// end, with reader_ok. Loops over counts that were read must stop on failure: test reader_ok in the loop's condition.
#ifndef TANDEM_BASE_READER_H
#define TANDEM_BASE_READER_H

#include "base/types.h"

struct reader {
    const uint8_t *at, *end;
    const char *failure;    // NULL while all is well; else what was wrong, a string constant
};

static inline void reader_init(struct reader *r, const uint8_t *bytes, size_t size)
{
    r->at = bytes ? bytes : (const uint8_t *)"";    // no bytes may be NULL
    r->end = r->at + size;
    r->failure = NULL;
}

static inline bool reader_ok(const struct reader *r)
{
    return r->failure == NULL;
}

static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

// Records the first failure and empties the reader.
void reader_fail(struct reader *r, const char *why);

// The next n bytes, or NULL (and failure) when fewer are left.
static inline const uint8_t *reader_take(struct reader *r, size_t n)
{
    if (UNLIKELY(reader_left(r) < n)) {
        reader_fail(r, "cut short");
        return NULL;
    }
    const uint8_t *bytes = r->at;
    r->at += n;
    return bytes;
}

uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);    // all big-endian
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);

#endif
