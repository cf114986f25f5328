// SPDX-License-Identifier: Apache-2.0
#include "proc/run_queue.h"

enum {
    NORMAL_TURNS = 8,    // before a process of low priority
    LEAST_AHEAD = 8,     // woken processes that may go before one that has used up its slice
};

void run_queue_init(struct run_queue *q)
{
    *q = (struct run_queue){.ahead = LEAST_AHEAD};
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
    q->woken += p->priority == PRIORITY_NORMAL;
    append(q, p, p->priority);
}

void run_queue_add_spent(struct run_queue *q, struct proc *p)
{
    append(q, p, p->priority == PRIORITY_NORMAL ? (int)QUEUE_SPENT : (int)p->priority);
}

static int next_normal(struct run_queue *q)
{
    if (!q->first[QUEUE_SPENT])
        return PRIORITY_NORMAL;
    if (q->woken && q->ahead) {
        q->ahead--;
        return PRIORITY_NORMAL;
    }
    q->ahead = q->woken > LEAST_AHEAD ? q->woken : LEAST_AHEAD;
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
    q->woken -= from == PRIORITY_NORMAL;
    return p;
}
