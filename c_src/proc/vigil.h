// SPDX-License-Identifier: Apache-2.0
// How an idle worker waits. Waking a core that sleeps, or moving the answer to another core, can cost more than handling a
// message does: measured on two virtual cores, 20 to 30 us each way, against 8 us for a whole round trip when host and engine
// take turns on one core. So what is best depends on how many cores we may use:
//   one         the worker sleeps at once, and the host goes on;
//   two         while there is one conversation (answers leave one by one, or those to one message, in quick succession) a
//               thread of the lowest priority, the vigil, holds the other core. The kernel then leaves host and engine on
//               one. The vigil gives way to whoever has work. Without it, and with several conversations, as with more cores:
//   more, or the host in the same OS process
//               the worker looks for input for a while before it sleeps: one of the two ways needs no waking then.
#ifndef TANDEM_PROC_VIGIL_H
#define TANDEM_PROC_VIGIL_H

#include "base/types.h"

struct traffic {
    size_t came, left;    // messages and packets
};

// How many nanoseconds a worker that has just worked and has no more to do should look for input before it sleeps. Called once
// each time it runs out of work, with the time it is and what passed since the last call.
int64_t vigil_idle(int64_t now, struct traffic t);

void vigil_stop(void);    // ends the thread, if there is one

#endif
