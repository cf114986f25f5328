// SPDX-License-Identifier: Apache-2.0
#include "main/crash.h"

#include "base/die.h"

#include <signal.h>
#include <string.h>

enum { STACK_BYTES = 32 * 1024 };

static const struct {
    int number;
    const char *text;
} fatal[] = {
    {SIGSEGV, "tandem: segmentation fault (SIGSEGV)\n"},
    {SIGBUS, "tandem: bus error (SIGBUS)\n"},
    {SIGILL, "tandem: illegal instruction (SIGILL)\n"},
    {SIGFPE, "tandem: arithmetic fault (SIGFPE)\n"},
    {SIGABRT, "tandem: aborted (SIGABRT)\n"},
};

static uint8_t stack[STACK_BYTES];

// The handler is gone by now: what the signal does of itself happens when this one returns.
static void say(int number)
{
    for (size_t i = 0; i < COUNT_OF(fatal); i++)
        if (fatal[i].number == number)
            last_words(fatal[i].text, strlen(fatal[i].text));
    raise(number);
}

void crash_open(void)
{
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    const struct sigaction handler = {.sa_handler = say, .sa_flags = SA_ONSTACK | SA_RESETHAND};
    sigaltstack(&own, NULL);
    for (size_t i = 0; i < COUNT_OF(fatal); i++) {
        struct sigaction now;
        if (sigaction(fatal[i].number, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            sigaction(fatal[i].number, &handler, NULL);
    }
}
