// SPDX-License-Identifier: Apache-2.0
#include "base/os.h"
#include "main/engine.h"
#include "main/member.h"
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
    if (o.value[OPTION_name] && o.value[OPTION_carrier]) {
        fprintf(stderr, "tandem: --name is for a node of its own, --carrier for a VM's: give one of them\n");
        return EXIT_USAGE;
    }
    if (o.value[OPTION_name])
        return member_run(&o);
    os_end_with_parent();
    os_go_first();
    if (o.value[OPTION_carrier] && strcmp(o.value[OPTION_carrier], "tcp") == 0)
        return member_run_owned();
    if (o.value[OPTION_carrier] && strcmp(o.value[OPTION_carrier], "port") == 0)
        return engine_run();
    fprintf(stderr, "tandem: a node of its own (--name NAME@HOST), or a VM's (--carrier port or tcp)? See --help\n");
    return EXIT_USAGE;
}
