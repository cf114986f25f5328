// SPDX-License-Identifier: Apache-2.0
// The reader and the loader of object code: any bytes either become a module, which is freed, or a reason why not.
#include "support.c"

#include "code/delegate.h"
#include "code/demand.h"
#include "code/module.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    support_open();
    delegate_open();
    modules_open();
    demand_open();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *why = NULL;
    struct module *m = module_build(bytes, size, &why);
    if (m)
        module_free(m);
    else if (!why)
        abort();
    return 0;
}
