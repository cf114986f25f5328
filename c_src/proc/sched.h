// SPDX-License-Identifier: Apache-2.0
// The scheduler. Each worker has run queues (one a priority), a wheel of timers, and an inbox of processes that others gave it.
// The loop: fire timers, take the next process, take its signals in, run it for a slice, put it where its result says. With
// nothing to run a worker looks for input as long as proc/vigil.h says, then sleeps in the poll hook until input or
// sched_wake. A worker that is busy calls the hook too, without waiting, after each few thousand reductions.
// A process is in one queue or run by one worker, never both: its state changes only here.
// Queues are touched by their workers alone. Whoever wakes a process puts it into its own queue, since it has just touched it:
// processes that talk to each other meet on one worker. A worker that had something waiting all the time from one look at the
// hook to the next, or for a whole slice while another one idled, gives half of what it has more than the least loaded one to
// that, and wakes it: no worker is woken for less than waking costs, and none looks into another's queue.
#ifndef TANDEM_PROC_SCHED_H
#define TANDEM_PROC_SCHED_H

#include "proc/proc.h"
#include "proc/vigil.h"

struct sched_hooks {
    // Handles what a carrier has for us, waiting at most wait_ns (0: not at all) for that or for sched_wake_fd() to become
    // readable. NULL: there is no carrier. Returns what passed since the last call. Only one worker is in it at a time. It may use proc/signal.h and proc_spawn;
    // pointers to processes only between epoch_enter and epoch_exit.
    struct traffic (*poll)(int64_t wait_ns);
};
extern struct sched_hooks sched_hooks;

// The calling thread becomes worker 0; the others get threads of their own, which wait until sched_run.
void sched_start(unsigned workers);
void sched_run(void);     // runs worker 0 until sched_stop; then ends the other threads and frees everything
void sched_stop(void);    // from any thread: sched_run returns after the current slices
bool sched_stopping(void);

unsigned sched_workers(void);
int sched_wake_fd(void);    // of the calling worker: an eventfd; readable means that it should return from poll
void sched_wake(struct worker *w);

// A fresh process, or one that proc/signal.c pushed a signal to.
void sched_add(struct proc *p);
void sched_wake_proc(struct proc *p);
// The running process waits for what that one answers to a signal, which has been pushed: one of lower priority takes its
// signals in as soon as one of the asker's priority would run.
void sched_raise(term pid);

// What a worker has to do, and has done; read at any time, without stopping it.
struct sched_load {
    int64_t idle;        // nanoseconds, since it began, without a process to run
    int64_t cpu;         // nanoseconds that its thread has run, input and output included
    size_t run_queue;    // processes that wait for it
    uint64_t given;      // processes that it gave to others
};
struct sched_load sched_load(unsigned worker);

// The calling worker is about to do something that takes long and lets nobody have his turn: what waits for it goes to others,
// who look after its timers and the carrier, until its slice ends.
void sched_leave(void);

size_t sched_run_queue(void);    // processes that wait for a worker, all queues

#endif
