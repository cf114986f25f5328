// SPDX-License-Identifier: Apache-2.0
// A term as text, as erlang:display/1 prints it. Bounded: at most `limit` bytes, then "...". For logs, messages and display.
#ifndef TANDEM_TERM_PRINT_H
#define TANDEM_TERM_PRINT_H

#include "base/writer.h"
#include "term/term.h"

void term_print(struct writer *w, term t, size_t limit);

#endif
