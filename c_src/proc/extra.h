// SPDX-License-Identifier: Apache-2.0
// What few processes have, in a block made when first needed. Owned by whoever runs the process, but for the timers' lock.
#ifndef TANDEM_PROC_EXTRA_H
#define TANDEM_PROC_EXTRA_H

#include "base/lock.h"
#include "proc/proc.h"
#include "term/atom.h"

struct proc_extra {
    struct timer *receive_timer;    // NULL: none
    struct receive_markers markers;
    struct receive_scan scan;
    size_t min_heap_words;
    size_t min_bin_vheap_words;    // told, not used
    struct max_heap max_heap;
    uint32_t fullsweep_after;
    term error_handler;            // an atom
    struct wheel *home_wheel;      // where it set its first message timer; NULL: it set none
    struct list timers_at_home;    // those there that go to itself, with that wheel's lock
    struct lock timers_lock;
    struct list timers_away;          // those in other wheels, with timers_lock
    struct list near;                 // messages to itself whose terms were not copied at first: proc/near.h
    struct list suspensions;          // whom it suspended: proc/suspend.c
    uint32_t suspended;               // how often it was suspended
    uint32_t save_calls;              // what process_flag was told; no calls are saved
    uint32_t scheduler;               // which one process_flag was told that it should run on; it runs on any
    struct errand *errand;            // while PROC_ERRAND is set
    struct collecting *collecting;    // while PROC_COLLECTS is set
    struct signal *collectors;        // COLLECT signals to be answered when the next collection has been done
    double *floats;                   // while PROC_FLOATS is set
};

struct proc_extra *proc_extra(struct proc *p);    // makes it
void extra_free(struct proc *p);

static inline term proc_error_handler(const struct proc *p)
{
    return p->extra ? p->extra->error_handler : (term)ATOM_error_handler;
}

#endif
