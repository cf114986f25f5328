// SPDX-License-Identifier: Apache-2.0
#include "base/os.h"

#include <signal.h>
#include <sys/prctl.h>

bool os_process_is_ours = true;

void os_end_with_parent(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}
