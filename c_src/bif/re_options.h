// SPDX-License-Identifier: Apache-2.0
// The options of re:compile and re:run, read from their list.
#ifndef TANDEM_BIF_RE_OPTIONS_H
#define TANDEM_BIF_RE_OPTIONS_H

#include "term/atom.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct re_options {
    uint32_t compile;                       // for pcre2_compile
    uint32_t match;                         // for pcre2_match
    uint8_t newline;                        // enum re_newline bits, 0: not given
    uint8_t bsr;                            // enum re_bsr bits, 0: not given
    bool for_compile_only, for_run_only;    // some option is
    bool global, report_errors;
    bool has_match_limit, has_depth_limit;
    uint32_t match_limit, depth_limit;
    uint32_t offset;
    uint32_t
        from;    // where an unfinished run goes on: the option {re_from, N}, ours alone. the first one counts; 0: none
    term capture, capture_type;    // as given; NONE: not given
};

// Options given twice add their bits up, as on the BEAM, where CR and LF make CRLF, and other sums make no sense.
enum re_newline { RE_CR = 1, RE_LF = 2, RE_CRLF = 3, RE_ANY = 4, RE_ANYCRLF = 5 };
enum re_bsr { RE_BSR_ANYCRLF = 1, RE_BSR_UNICODE = 2 };

bool re_options_read(term list, struct re_options *o);

// A small integer from 0 to the largest int.
bool re_int(term t, uint32_t *value);

// All bits that options may set for pcre2_compile.
extern const uint32_t re_compile_bits;

#endif
