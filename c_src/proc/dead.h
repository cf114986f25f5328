// SPDX-License-Identifier: Apache-2.0
// What a process that is gone answers.
#ifndef TANDEM_PROC_DEAD_H
#define TANDEM_PROC_DEAD_H

#include "proc/signal.h"

// Answers a signal that could not be delivered to `to` (NONE: a name that nobody has) and frees it.
void dead_answer(term to, struct signal *s);

#endif
