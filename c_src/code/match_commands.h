// SPDX-License-Identifier: Apache-2.0
// The commands of a bs_match: they stand one behind the other in its list, each an atom and its operands. Whoever has the list
// walks it with match_command_of; verify_shape.c has made sure that none is cut short.
#ifndef TANDEM_CODE_MATCH_COMMANDS_H
#define TANDEM_CODE_MATCH_COMMANDS_H

#include "code/beam.h"

enum match_command {
#define COMMAND(name, operands) COMMAND_##name,
#include "code/match_commands.def"
#undef COMMAND
    COMMAND_COUNT    // none
};

enum {
    MATCH_EQUAL_BITS = 64,        // the largest exactly_equal
    MATCH_SURE_BITS = 1 << 16,    // a field smaller than so many units fits the heap and the largest integer
};

enum match_command match_command_of(const struct beam_arg *a);
const char *match_command_operands(enum match_command c);    // their letters

#endif
