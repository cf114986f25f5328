// SPDX-License-Identifier: Apache-2.0
// What the machine has for this OS process.
#ifndef TANDEM_BASE_MACHINE_H
#define TANDEM_BASE_MACHINE_H

#include "base/types.h"

// Bytes of memory: what is built in, or less if a control group of this process, or one above it, has a limit.
size_t machine_memory(void);

// The least limit of memory among the groups that a file like /proc/self/cgroup names, in a tree like /sys/fs/cgroup, and of
// those above them. SIZE_MAX: there is none.
size_t machine_group_limit(const char *groups, const char *tree);

#endif
