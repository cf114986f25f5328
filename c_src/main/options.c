// SPDX-License-Identifier: Apache-2.0
#include "main/options.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *argument, *text;
} known[] = {
#define OPTION(name, argument, text) {#name, argument, text},
#include "main/options.def"
#undef OPTION
};

static char as_typed(char c)
{
    return c == '_' ? '-' : c;
}

static bool is_name(const char *given, const char *name)
{
    while (*name && *given == as_typed(*name)) {
        given++;
        name++;
    }
    return !*name && !*given;
}

static bool is_option(const char *given)
{
    return strncmp(given, "--", 2) == 0;
}

static int find(const char *given)
{
    for (int i = 0; is_option(given) && i < OPTION_COUNT; i++)
        if (is_name(given + 2, known[i].name))
            return i;
    return -1;
}

static void complain_needs(int option)
{
    fputs("tandem: option --", stderr);
    for (const char *c = known[option].name; *c; c++)
        fputc(as_typed(*c), stderr);
    fprintf(stderr, " needs %s\n", known[option].argument);
}

bool options_read(struct options *o, int argc, char **argv)
{
    *o = (struct options){0};
    for (int at = 1; at < argc; at++) {
        int option = find(argv[at]);
        if (option < 0) {
            fprintf(stderr, "tandem: unknown option %s (see --help)\n", argv[at]);
            return false;
        }
        if (known[option].argument && (at + 1 == argc || is_option(argv[at + 1]))) {
            complain_needs(option);
            return false;
        }
        o->value[option] = known[option].argument ? argv[++at] : "";
    }
    return true;
}

void options_print_help(void)
{
    puts("usage: tandem --name NAME@HOST [option ...]\n\n"
         "The engine of Tandem, as a member of a cluster of Erlang nodes. tandem:attach/1 on one of them gives it code "
         "to run.\n"
         "An engine that belongs to one VM is started by that, with tandem:start_link/1.\n");
    for (int i = 0; i < OPTION_COUNT; i++) {
        char left[40];
        snprintf(left, sizeof left, "--%s %s", known[i].name, known[i].argument ? known[i].argument : "");
        for (char *c = left; *c; c++)
            *c = as_typed(*c);
        printf("  %-24s %s\n", left, known[i].text);
    }
}
