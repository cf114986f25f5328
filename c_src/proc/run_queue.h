// SPDX-License-Identifier: Apache-2.0
// The processes that wait for one worker: a queue a priority, oldest first. Its worker's own.
// Max goes before high, high before normal and low; of these low gets a turn after every few normal ones.
// Of the normal ones, those that something woke overtake those that have used up a slice, but only a few between two slices of
// the latter. With four others busy, a request waits for one slice and not for four.
#ifndef TANDEM_PROC_RUN_QUEUE_H
#define TANDEM_PROC_RUN_QUEUE_H

#include "proc/proc.h"

enum { QUEUE_SPENT = PRIORITY_COUNT, QUEUE_COUNT };    // spent: of normal priority, with a slice used up

struct run_queue {
    struct proc *first[QUEUE_COUNT], **last[QUEUE_COUNT];
    size_t length;
    uint32_t woken_in,
        woken_out;     // through the queue of normal priority, so far; who has used up a slice remembers the first
    unsigned ahead;    // how many may still overtake
    unsigned normal_turns;    // since low had one
    bool raised;              // the one taken last was
};

void run_queue_init(struct run_queue *q);
void run_queue_add(struct run_queue *q, struct proc *p);
void run_queue_add_spent(struct run_queue *q, struct proc *p);    // it has used up a slice
// Those of lower priority for which signals wait.
void run_queue_raise(struct run_queue *q, enum priority to);
struct proc *run_queue_take(struct run_queue *q);    // NULL: empty

#endif
