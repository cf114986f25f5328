// SPDX-License-Identifier: Apache-2.0
#include "main/guest.h"

#include "main/engine.h"

__attribute__((visibility("default"))) int tandem_guest_main(struct border *b)
{
    return engine_run_as_guest(b);
}
