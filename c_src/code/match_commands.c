// SPDX-License-Identifier: Apache-2.0
#include "code/match_commands.h"

#include "term/atom.h"

static const struct {
    term name;
    const char *operands;
} commands[COMMAND_COUNT] = {
#define COMMAND(name, operands) [COMMAND_##name] = {ATOM_##name, operands},
#include "code/match_commands.def"
#undef COMMAND
};

enum match_command match_command_of(const struct beam_arg *a)
{
    unsigned c = 0;
    while (c < COMMAND_COUNT && (a->type != ARG_TERM || a->value != commands[c].name))
        c++;
    return (enum match_command)c;
}

const char *match_command_operands(enum match_command c)
{
    return commands[c].operands;
}
