// SPDX-License-Identifier: Apache-2.0
// What re:run gives of a match, as the option capture has it.
#ifndef TANDEM_BIF_RE_CAPTURE_H
#define TANDEM_BIF_RE_CAPTURE_H

#include "base/writer.h"
#include "bif/re_pattern.h"

enum re_form { RE_INDEX, RE_LIST, RE_BINARY, RE_NOTHING };
enum re_range { RE_ALL, RE_ALL_BUT_FIRST, RE_PICKED };

struct re_capture {
    enum re_form form;
    enum re_range range;
    struct writer picks;    // RE_PICKED: struct re_pick each
};

// A group by its number, or, of the groups with one name, the first that matched.
struct re_pick {
    uint32_t group;    // or the first entry in the table of names
    uint32_t names;    // entries in the table of names; 0: by number
};

// False: not a capture option, given what the pattern has. re_capture_done in any case.
bool re_capture_read(struct re_capture *c, const struct re_options *o, const struct re_code *code);
void re_capture_done(struct re_capture *c);

// `match` or {match, Captured} of a match of `groups` groups (as pcre2_match counts). subject_term: the subject if it is a
// binary, of which larger parts are shared; else NONE.
term re_capture_term(struct heap *h, const struct re_capture *c, const struct re_code *code, uint32_t groups,
                     const struct re_subject *s, term subject_term);

#endif
