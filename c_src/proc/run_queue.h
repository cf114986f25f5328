// SPDX-License-Identifier: Apache-2.0
// The processes that wait for one worker: a queue a priority, oldest first. Not synchronised: proc/sched.c locks around it.
// Max goes before high, high before normal and low; of these low gets a turn after every few normal ones.
#ifndef TANDEM_PROC_RUN_QUEUE_H
#define TANDEM_PROC_RUN_QUEUE_H

#include "proc/proc.h"

struct run_queue {
    struct proc *first[PRIORITY_COUNT], **last[PRIORITY_COUNT];
    size_t length;
    unsigned normal_turns;    // since low had one
};

void run_queue_init(struct run_queue *q);
void run_queue_add(struct run_queue *q, struct proc *p);
struct proc *run_queue_take(struct run_queue *q);    // NULL: empty

#endif
