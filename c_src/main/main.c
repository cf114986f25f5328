// SPDX-License-Identifier: Apache-2.0
#include "main/engine.h"
#include "main/options.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

int main(int argc, char **argv)
{
    struct options o;
    if (!options_read(&o, argc, argv))
        return EXIT_USAGE;
    if (o.value[OPTION_help]) {
        options_print_help();
        return 0;
    }
    if (o.value[OPTION_natives]) {
        engine_print_natives();
        return 0;
    }
    if (o.value[OPTION_version]) {
        puts("tandem " ENGINE_VERSION);
        return 0;
    }
    if (!o.value[OPTION_carrier] || strcmp(o.value[OPTION_carrier], "port") != 0) {
        fprintf(stderr, "tandem: which carrier? --carrier port is the one there is (see --help)\n");
        return EXIT_USAGE;
    }
    return engine_run();
}
