// SPDX-License-Identifier: Apache-2.0
// The file that has the cookie, with which nodes of a cluster show that they belong to it.
#ifndef TANDEM_MAIN_COOKIE_H
#define TANDEM_MAIN_COOKIE_H

#include "base/types.h"

enum { COOKIE_MAX_BYTES = 255 };

// file NULL: .erlang.cookie of the home folder, as for the BEAM. Its first line, without blanks around it. False: it can't be used;
// what is wrong, and what to do, was said on standard error.
bool cookie_read(const char *file, char cookie[COOKIE_MAX_BYTES + 1]);

#endif
