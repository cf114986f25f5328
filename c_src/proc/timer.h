// SPDX-License-Identifier: Apache-2.0
// Timers: a hierarchical wheel a worker, in ticks of one millisecond; setting, cancelling and expiry take constant time.
// A timer never fires early. Two kinds: the receive timer that belongs to a process (its `after`), and message timers known
// by a reference. A message timer whose receiver is a local pid goes with that process.
// Each wheel has a lock; its worker fires what is due between slices (timers_run). Any thread may set and cancel.
#ifndef TANDEM_PROC_TIMER_H
#define TANDEM_PROC_TIMER_H

#include "proc/proc.h"

struct wheel;

struct wheel *wheel_new(void);
void wheel_free(struct wheel *w);

// Fires what is due at this time (ns, clock_monotonic). Gives the time until the next one, or INT64_MAX.
int64_t wheel_run(struct wheel *w, int64_t now);

// The receive timer. Starts it unless it runs already or has fired for this receive. False: not a timeout value. `infinity`
// starts nothing; 0 is the caller's business (it needs no timer). When it fires, PROC_TIMEOUT is set: test it after
// mailbox_look gave NULL, when no message can match any more. mailbox_remove and mailbox_rewind cancel it.
bool timer_receive(struct proc *p, term timeout);
void timer_receive_cancel(struct proc *p);
void timer_receive_fired(struct proc *p, uint64_t id);    // the TIMEOUT signal was taken in
void timer_receive_free(struct proc *p);                  // with the process record

enum timer_form {
    TIMER_PLAIN,      // send_after: the message itself
    TIMER_TIMEOUT,    // start_timer: {timeout, Ref, Message}
};

// A message timer; the reference is on p's heap. to: a local pid or a name. at: absolute time in ms of erlang:monotonic_time
// if `absolute`, else ms from now. NONE: the message is larger than memory allows.
term timer_start(struct proc *p, term to, term message, int64_t at, bool absolute, enum timer_form form);

// Milliseconds left, or -1: no such timer (any more).
int64_t timer_cancel(term ref);
int64_t timer_read(term ref);

// p exits: its receive timer and the message timers that were to reach it go.
void timers_exit(struct proc *p);

// While no process runs: every message that waits.
struct reap;
void timers_visit(void (*visit)(struct reap *r, struct signal *message), struct reap *r);

size_t timers_count(void);    // message timers running

#endif
