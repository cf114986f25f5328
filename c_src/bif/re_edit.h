// SPDX-License-Identifier: Apache-2.0
// The source of a pattern, edited so that PCRE2 understands by it what PCRE 8 does. Known ahead: the leading item (*UTF8)
// means (*UTF); a script's name means the script alone, without its extensions; what calls a group matches it once
// (atomic). Found out by PCRE2's error: an escaped letter or digit that means nothing stands for itself, so does a hyphen
// after a class such as \w; \c takes any ASCII character.
#ifndef TANDEM_BIF_RE_EDIT_H
#define TANDEM_BIF_RE_EDIT_H

#include "base/writer.h"

struct re_edit {
    struct writer text;     // edited
    struct writer steps;    // struct step: where the text is longer or shorter than the source
};

void re_edit_init(struct re_edit *e, const uint8_t *source, size_t size);    // with the edits known ahead
void re_edit_done(struct re_edit *e);

// Whether something was edited at the place of pcre2_compile's error, so that compiling again may go further.
bool re_edit_repair(struct re_edit *e, int error, size_t at);

// The place in the source of a place in the text.
size_t re_edit_source(const struct re_edit *e, size_t at);

#endif
