// SPDX-License-Identifier: Apache-2.0
// Reads the code of a .beam file: first the operations, with every operand checked against the tables of the file;
// then, when the file's literals stand, the operands that are literals or big integers are filled in.
#ifndef TANDEM_CODE_BEAM_CODE_H
#define TANDEM_CODE_BEAM_CODE_H

#include "base/reader.h"
#include "code/beam.h"

// An operand that waits for the literals.
struct beam_pending {
    size_t arg;
    size_t literal;          // index, if bytes is NULL
    const uint8_t *bytes;    // a big integer in two's complement, big-endian
    size_t size;
};

struct beam_code {
    struct beam_pending *pending;
    size_t pending_count, pending_capacity;
    size_t op_capacity, arg_capacity;    // of the file's ops and args
    size_t big_words;                    // room for the big integers on the literals
};

// Reads the whole Code chunk into b's ops and args. Everything that operands refer to must be in b already, but for
// literals only their number. Failure is in the reader; c and b hold what was taken until then.
void beam_code_read(struct beam_code *c, struct beam_file *b, struct reader *r);

// Fills in what waits; h has room for big_words. False: an integer too large.
bool beam_code_finish(struct beam_code *c, struct beam_file *b, struct heap *h);

void beam_code_done(struct beam_code *c);    // the ops and args stay b's

#endif
