// SPDX-License-Identifier: Apache-2.0
// Instructions: sending and receiving.
#include "code/call.h"
#include "code/interp.h"

#include "proc/comparing.h"
#include "proc/mailbox.h"
#include "proc/timer.h"

// The inner queue is used up: signals from outside are taken in.
static const struct signal *look_outside(const word *ip, struct proc *p)
{
    p->ip = ip;
    return mailbox_look(p);
}

#define LOOK_OUTSIDE(operands) \
    do { \
        SWAP_OUT(); \
        const struct signal *s = look_outside(ip, p); \
        SWAP_IN(); \
        if (LIKELY(s != NULL)) { \
            x[0] = s->value; \
            p->flags |= PROC_LOOKING; \
            NEXT(operands); \
        } \
        if (UNLIKELY(p->flags & PROC_EXITING)) \
            TAIL(op_exit); \
        JUMP(A(0)); \
    } while (0)

#define LOOK(operands, outside) \
    do { \
        const struct signal *s = *p->mailbox.save; \
        if (!s) \
            TAIL(outside); \
        x[0] = s->value; \
        p->flags |= PROC_LOOKING; \
        NEXT(operands); \
    } while (0)

static NOINLINE OP(loop_rec_outside)
{
    LOOK_OUTSIDE(1);
}

static NOINLINE OP(loop_rec_again_outside)
{
    LOOK_OUTSIDE(2);
}

// The next message to look at, or on to the wait instruction at the label.
OP(loop_rec_plain)
{
    LOOK(1, op_loop_rec_outside);
}

static NOINLINE OP(loop_rec_scan)
{
    mailbox_scan(p, A(1));
    LOOK(2, op_loop_rec_again_outside);
}

// Of a receive that need not look at a message twice. Operands: label, its number.
OP(loop_rec_again_plain)
{
    if (UNLIKELY(p->mailbox.length > LONG_QUEUE && p->mailbox.save == &p->mailbox.first))
        TAIL(op_loop_rec_scan);
    LOOK(2, op_loop_rec_again_outside);
}

// From a message that did not match to the one at `save`, which the receive at `ip` looks at at once. A collection may have taken the
// flag away since the last.
#define LOOK_AGAIN() \
    do { \
        const struct signal *s = *p->mailbox.save; \
        if (UNLIKELY(reds <= 0)) { \
            p->flags &= ~(uint32_t)PROC_LOOKING; \
            interp_of(x)->live = 0; \
            TAIL(op_yield); \
        } \
        if (LIKELY(s && *ip == (word)(uintptr_t)op_loop_rec_plain)) { \
            p->flags |= PROC_LOOKING; \
            x[0] = s->value; \
            NEXT(1); \
        } \
        if (LIKELY(s && *ip == (word)(uintptr_t)op_loop_rec_again_plain)) { \
            p->flags |= PROC_LOOKING; \
            x[0] = s->value; \
            NEXT(2); \
        } \
        p->flags &= ~(uint32_t)PROC_LOOKING; \
        DISPATCH(); \
    } while (0)

OP(loop_rec_end_plain)
{
    mailbox_skip(&p->mailbox);
    ip = (const word *)(uintptr_t)A(0);
    reds--;
    LOOK_AGAIN();
}

static NOINLINE OP(seek_on)
{
    reds -= (sword)mailbox_seek(&p->mailbox, A(3), A(4), S(2), reds > 0 ? (size_t)reds : 1);
    const word *end = (const word *)(uintptr_t)A(0);    // a loop_rec_end
    ip = (const word *)(uintptr_t)end[1];
    LOOK_AGAIN();
}

// A comparison that takes long begins again, as those of other instructions do.
static NOINLINE OP(seek_long)
{
    SWAP_OUT();
    int equal = comparing_long_equality(p, X(1), S(2));
    SWAP_IN();
    reds -= interp_charged(x);
    if (equal == COMPARE_LATER) {
        interp_of(x)->live = CONFIG_X_REGISTERS;
        TAIL(op_yield);
    }
    if (equal)
        NEXT(5);
    TAIL(op_seek_on);
}

static NOINLINE OP(seek_slow)
{
    int equal = term_equal_soon(X(1), S(2));
    if (UNLIKELY(equal == COMPARE_LATER))
        TAIL(op_seek_long);
    if (equal)
        NEXT(5);
    TAIL(op_seek_on);
}

// Operands: label of the loop_rec_end, an element of the message, what it is to be, the message's size, the element's index. Goes on
// to the next message that may match: less than half of the time of four instructions for each.
OP(seek_x)
{
    term t = X(1), sought = S(2);
    if (t == sought)
        NEXT(5);
    if (is_immediate(t) || is_immediate(sought))
        TAIL(op_seek_on);
    TAIL(op_seek_slow);
}

OP(remove_message_plain)
{
    mailbox_remove(p);
    if (call_message_wants_collection(p))
        reds = reds < 0 ? reds : 0;
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
        mailbox_rewind(p);
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
