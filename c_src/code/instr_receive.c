// SPDX-License-Identifier: Apache-2.0
// Instructions: sending and receiving.
#include "code/interp.h"

#include "proc/mailbox.h"
#include "proc/timer.h"

// The inner queue is used up: signals from outside are taken in.
static NOINLINE OP(loop_rec_outside)
{
    SWAP_OUT();
    p->ip = ip;
    const struct signal *s = mailbox_look(p);
    SWAP_IN();
    if (LIKELY(s != NULL)) {
        x[0] = s->value;
        p->flags |= PROC_LOOKING;
        NEXT(1);
    }
    if (UNLIKELY(p->flags & PROC_EXITING))
        TAIL(op_exit);
    JUMP(A(0));
}

// The next message to look at, or on to the wait instruction at the label.
OP(loop_rec_plain)
{
    const struct signal *s = *p->mailbox.save;
    if (!s)
        TAIL(op_loop_rec_outside);
    x[0] = s->value;
    p->flags |= PROC_LOOKING;
    NEXT(1);
}

OP(loop_rec_end_plain)
{
    mailbox_skip(&p->mailbox);
    p->flags &= ~(uint32_t)PROC_LOOKING;
    ip = (const word *)(uintptr_t)A(0);
    if (UNLIKELY(--reds <= 0)) {
        interp_of(x)->live = 0;
        TAIL(op_yield);
    }
    DISPATCH();
}

OP(remove_message_plain)
{
    mailbox_remove(p);
    NEXT(0);
}

OP(wait_plain)
{
    ip = (const word *)(uintptr_t)A(0);
    interp_of(x)->live = 0;
    TAIL(op_wait);
}

// Operands: label, time, x registers that are kept: the last of them holds the time, which is looked at again.
OP(wait_timeout_plain)
{
    term after = S(1);
    if (p->flags & PROC_TIMEOUT || after == small(0))
        NEXT(3);
    if (after != ATOM_infinity && !timer_receive(p, after)) {
        raise_error(x, ATOM_timeout_value);
        TAIL(op_raise);
    }
    word kept = A(2);
    for (word i = 0; i + 1 < kept; i++)
        x[i] = NIL;
    interp_of(x)->live = kept;
    ip = (const word *)(uintptr_t)A(0);
    TAIL(op_wait);
}

OP(timeout_plain)
{
    p->flags &= ~(uint32_t)PROC_TIMEOUT;
    mailbox_rewind(p);
    NEXT(0);
}

OP(recv_marker_reserve_d)
{
    D(0) = mailbox_marker_reserve(p);
    NEXT(1);
}

OP(recv_marker_bind_s)
{
    mailbox_marker_bind(p, S(0), S(1));
    NEXT(2);
}

OP(recv_marker_clear_s)
{
    mailbox_marker_clear(p, S(0));
    NEXT(1);
}

OP(recv_marker_use_s)
{
    mailbox_marker_use(p, S(0));
    NEXT(1);
}
