// SPDX-License-Identifier: Apache-2.0
// Between an engine that is a guest, that is, runs on threads of its host's OS process, and whoever holds it there (nif/). Both
// sides are shared objects of their own, and this header is all they have in common: the host's threads never run code of the
// engine, so that nothing of an engine is left on them when its code is unloaded.
// The holder makes the record, and keeps it until guest_main (main/guest.h) has returned.
// Frames to the engine: any thread of the holder puts them in front of `arrived`, and wakes the engine if border_wakes says so;
// the engine takes all of them at once, turns them round, and releases each when it has been worked off.
// Frames to the host: given by one thread of the engine at a time.
#ifndef TANDEM_CARRIER_BORDER_H
#define TANDEM_CARRIER_BORDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

// The parts are the holder's, and stay as they are until the frame is released.
struct frame {
    struct frame *next;
    size_t size;
    size_t count;
    const struct iovec *parts;
};

struct border {
    _Atomic(struct frame *) arrived;    // newest first
    _Atomic bool closed;                // the engine is to end
    _Atomic bool waiting;               // a thread of the engine waits for wake_fd, or is about to
    _Atomic int core;                   // on which the engine last looked for frames
    int wake_fd;                        // an eventfd, the holder's

    // Called by the engine. `more`: another frame follows at once. `say` passes on why it is about to end; from any thread.
    void (*release)(struct border *b, struct frame *f);
    void (*give)(struct border *b, const struct iovec *parts, size_t count, size_t size, bool more);
    void (*say)(struct border *b, const char *text, size_t size);
};

static inline void border_put(struct border *b, struct frame *f)
{
    struct frame *head = atomic_load_explicit(&b->arrived, memory_order_relaxed);
    do
        f->next = head;
    while (!atomic_compare_exchange_weak(&b->arrived, &head, f));
}

// After a frame was put, or `closed` set: true asks the caller to write to wake_fd.
static inline bool border_wakes(struct border *b)
{
    return atomic_load(&b->waiting) && atomic_exchange(&b->waiting, false);
}

#endif
