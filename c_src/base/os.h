// SPDX-License-Identifier: Apache-2.0
// Whose the operating system's process is. An engine with one of its own may do with it what it likes; one that is a guest of its
// host leaves alone what belongs to the process as a whole: signals, how memory is kept, the environment, its end.
#ifndef TANDEM_BASE_OS_H
#define TANDEM_BASE_OS_H

#include "base/types.h"

extern bool os_process_is_ours;    // set once, before anything else is opened

// This process is killed when its parent ends: what notices that by itself may be stopped.
void os_end_with_parent(void);

// When the machine's memory ends, the system takes this process before its parent.
void os_go_first(void);

#endif
