// SPDX-License-Identifier: Apache-2.0
// When memory that others may still look at can be freed: after every worker has passed a boundary between two slices since
// (quiescent-state reclamation). A worker is unparked while it runs, parked while it sleeps. Who wants to look at what belongs to
// all of them can have the others stay parked for a moment.
#ifndef TANDEM_PROC_EPOCH_H
#define TANDEM_PROC_EPOCH_H

#include "base/types.h"

void epoch_quiet(void);    // the calling thread holds no pointers now; frees what nobody can hold any more
void epoch_park(void);     // it holds none until epoch_unpark. Every thread starts parked
void epoch_unpark(void);

// When only the calling thread is left: frees all that was retired. Nothing may be retired afterwards.
void epoch_close(void);

// Around a short use of pointers by a thread that may be parked: gives what epoch_exit wants to know.
bool epoch_enter(void);
void epoch_exit(bool was_parked);

// Any other thread is parked, and stays so until epoch_together. False: one was still busy after patience_ns, or somebody else
// is alone. For a thread that is unparked and at a boundary.
bool epoch_alone(int64_t patience_ns);
void epoch_together(void);

// Frees the block later, by calling release(block) on some thread.
struct retired {
    struct retired *next;
    uint64_t epoch;
    void (*release)(struct retired *r);
};
void epoch_retire(struct retired *r);

#endif
