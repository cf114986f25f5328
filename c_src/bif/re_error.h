// SPDX-License-Identifier: Apache-2.0
// Errors of pcre2_compile as OTP's PCRE 8 tells them.
#ifndef TANDEM_BIF_RE_ERROR_H
#define TANDEM_BIF_RE_ERROR_H

#include "base/types.h"

// Numbers of pcre2_compile's errors that need care.
enum re_error_number {
    RE_UNKNOWN_ESCAPE = 103,
    RE_ESCAPE_IN_CLASS = 107,
    RE_UNKNOWN_OPTION = 111,
    RE_MISSING_PARENTHESIS = 114,
    RE_NO_GROUP = 115,
    RE_NOT_FIXED_LENGTH = 125,
    RE_TOO_MANY_BRANCHES = 127,
    RE_NO_ASSERTION = 128,
    RE_UNSUPPORTED_ESCAPE = 137,
    RE_AFTER_P = 141,
    RE_NAME_OPEN = 142,
    RE_BAD_RANGE = 150,
    RE_TWO_DEFINITIONS = 154,
    RE_BAD_NEWLINE = 156,
    RE_NO_NAME = 162,
    RE_BAD_CONTROL = 168,
    RE_NEVER_UTF = 174,
};

struct re_error {
    char text[128];
    size_t at;    // in bytes from the start of the source
};

// `at` is a place in the text that was compiled.
void re_error_tell(struct re_error *e, int number, const uint8_t *text, size_t size, size_t at);

#endif
