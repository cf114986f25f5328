// SPDX-License-Identifier: Apache-2.0
// From the source of a pattern, as OTP's PCRE 8 reads it, to code of PCRE2.
#ifndef TANDEM_BIF_RE_COMPILE_H
#define TANDEM_BIF_RE_COMPILE_H

#include "bif/re_pattern.h"

// NULL: *e tells why.
pcre2_code *re_compile(const struct re_source *s, struct re_error *e);

#endif
