// SPDX-License-Identifier: Apache-2.0
// A whole bit string construction, as OTP 25's compiler describes it: a list of segments, each of SEGMENT_OPERANDS words.
// First all sizes are added up, then the target is made or appended to, then each segment is put. What doesn't fit is
// recorded as the instruction's failure, with the segment at fault in its error_info. Long copies are an errand.
#ifndef TANDEM_CODE_SEGMENTS_H
#define TANDEM_CODE_SEGMENTS_H

#include "proc/proc.h"
#include "term/binary.h"

enum segment_type {
    SEGMENT_APPEND,
    SEGMENT_PRIVATE_APPEND,
    SEGMENT_BINARY,
    SEGMENT_INTEGER,
    SEGMENT_FLOAT,
    SEGMENT_UTF8,
    SEGMENT_UTF16,
    SEGMENT_UTF32,
    SEGMENT_STRING,
};

enum segment_operand {
    SEGMENT_TYPE,      // enum segment_type
    SEGMENT_NUMBER,    // position in the source, from 1
    SEGMENT_UNIT,
    SEGMENT_FLAGS,    // enum field_flag
    SEGMENT_VALUE,    // any source; of a string the address of its bytes
    SEGMENT_SIZE,     // any source: units, or the atom all; of a string its bytes
    SEGMENT_OPERANDS
};

enum { SEGMENTS_WORDS = REFC_BIN_WORDS + SUB_BIN_WORDS + 10 };

// NONE: the failure is recorded, or segments_finish is to be called for the rest.
term segments_build(struct proc *p, term *x, term *E, const word *segments, word count);

// NONE: the failure is recorded, or the process has an errand, and this is to be called again.
term segments_finish(struct proc *p, term *x);

#endif
