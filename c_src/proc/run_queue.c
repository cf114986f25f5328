// SPDX-License-Identifier: Apache-2.0
#include "proc/run_queue.h"

#include "proc/signal.h"

enum {
    NORMAL_TURNS = 8,    // before a process of low priority
    AHEAD = 8,           // woken processes that may overtake one that has used up its slice
};

void run_queue_init(struct run_queue *q)
{
    *q = (struct run_queue){.ahead = AHEAD};
    for (int i = 0; i < QUEUE_COUNT; i++)
        q->last[i] = &q->first[i];
}

static void append(struct run_queue *q, struct proc *p, int queue)
{
    p->next = NULL;
    *q->last[queue] = p;
    q->last[queue] = &p->next;
    q->length++;
}

void run_queue_add(struct run_queue *q, struct proc *p)
{
    q->woken_in += p->priority == PRIORITY_NORMAL;
    append(q, p, p->priority);
}

void run_queue_add_spent(struct run_queue *q, struct proc *p)
{
    p->mailbox.ticket = q->woken_in;
    append(q, p, p->priority == PRIORITY_NORMAL ? (int)QUEUE_SPENT : (int)p->priority);
}

static void raise_from(struct run_queue *q, int from, enum priority to)
{
    struct proc **at = &q->first[from], *p;
    while ((p = *at)) {
        if (!signal_waiting(p)) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        q->length--;
        q->woken_out += from == PRIORITY_NORMAL;
        q->woken_in += to == PRIORITY_NORMAL;
        append(q, p, (int)to);
    }
    q->last[from] = at;
}

void run_queue_raise(struct run_queue *q, enum priority to)
{
    for (int from = 0; from < (int)to; from++)
        raise_from(q, from, to);
    if (to > PRIORITY_NORMAL)
        raise_from(q, QUEUE_SPENT, to);
}

static int next_normal(struct run_queue *q)
{
    const struct proc *spent = q->first[QUEUE_SPENT];
    if (!spent)
        return PRIORITY_NORMAL;
    bool came_first = (int32_t)(spent->mailbox.ticket - q->woken_out) > 0;
    if (q->first[PRIORITY_NORMAL] && (came_first || q->ahead)) {
        q->ahead -= !came_first;
        return PRIORITY_NORMAL;
    }
    q->ahead = AHEAD;
    return QUEUE_SPENT;
}

static int next_queue(struct run_queue *q)
{
    if (q->first[PRIORITY_MAX])
        return PRIORITY_MAX;
    if (q->first[PRIORITY_HIGH])
        return PRIORITY_HIGH;
    bool normal = q->first[PRIORITY_NORMAL] || q->first[QUEUE_SPENT];
    if (q->first[PRIORITY_LOW] && (!normal || ++q->normal_turns >= NORMAL_TURNS)) {
        q->normal_turns = 0;
        return PRIORITY_LOW;
    }
    return next_normal(q);
}

struct proc *run_queue_take(struct run_queue *q)
{
    if (!q->length)
        return NULL;
    int from = next_queue(q);
    struct proc *p = q->first[from];
    q->first[from] = p->next;
    if (!p->next)
        q->last[from] = &q->first[from];
    q->length--;
    q->woken_out += from == PRIORITY_NORMAL;
    q->raised = (from == QUEUE_SPENT ? (int)PRIORITY_NORMAL : from) > (int)p->priority;
    return p;
}
