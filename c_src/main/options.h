// SPDX-License-Identifier: Apache-2.0
// The command line. It says only how the engine is connected; everything else comes from the host (dist/host.h).
#ifndef TANDEM_MAIN_OPTIONS_H
#define TANDEM_MAIN_OPTIONS_H

#include "base/types.h"

enum option {
#define OPTION(name, argument, text) OPTION_##name,
#include "main/options.def"
#undef OPTION
    OPTION_COUNT
};

struct options {
    const char *value[OPTION_COUNT];    // NULL: not given; "" for an option without argument
};

// False: something is wrong, and was said on standard error.
bool options_read(struct options *o, int argc, char **argv);

void options_print_help(void);

#endif
