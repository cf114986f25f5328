// SPDX-License-Identifier: Apache-2.0
// A message of some size that a process sends to itself is not copied: its terms stay where they are, on the heap that will have
// them again. Only if the heap is collected before it is received, they are copied after all, into a block apart, once.
// A signal of kind MESSAGE tells by its number where its terms are; the first two are linked to their process, and have no terms in their own block.
// By the owner alone.
#ifndef TANDEM_PROC_NEAR_H
#define TANDEM_PROC_NEAR_H

#include "proc/proc.h"

enum message_place { MESSAGE_WITHIN, MESSAGE_NEAR, MESSAGE_APART };

// False: it is to be sent as usual.
bool near_send(struct proc *p, term message);

// The message is received or looked at: its terms are on the heap now.
void near_take(struct proc *p, struct signal *s);

// The message leaves the queue: after near_take, or for good.
void near_drop(struct signal *s);

// Before the heap is collected. False: there is no memory for the copies.
bool near_settle(struct proc *p);

static inline bool is_near(const struct signal *s)
{
    return s->kind == SIGNAL_MESSAGE && (s->number == MESSAGE_NEAR || s->number == MESSAGE_APART);
}

// Words of the blocks that the message takes.
static inline size_t message_words(struct signal *s)
{
    return signal_fragment(s)->size + (is_near(s) && s->area ? s->area->size : 0);
}

#endif
