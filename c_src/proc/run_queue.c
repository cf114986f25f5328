// SPDX-License-Identifier: Apache-2.0
#include "proc/run_queue.h"

enum { NORMAL_TURNS = 8 };    // before a process of low priority

void run_queue_init(struct run_queue *q)
{
    *q = (struct run_queue){.length = 0};
    for (int i = 0; i < PRIORITY_COUNT; i++)
        q->last[i] = &q->first[i];
}

void run_queue_add(struct run_queue *q, struct proc *p)
{
    p->next = NULL;
    *q->last[p->priority] = p;
    q->last[p->priority] = &p->next;
    q->length++;
}

static enum priority next_priority(struct run_queue *q)
{
    if (q->first[PRIORITY_MAX])
        return PRIORITY_MAX;
    if (q->first[PRIORITY_HIGH])
        return PRIORITY_HIGH;
    if (q->first[PRIORITY_LOW] && (!q->first[PRIORITY_NORMAL] || ++q->normal_turns >= NORMAL_TURNS)) {
        q->normal_turns = 0;
        return PRIORITY_LOW;
    }
    return PRIORITY_NORMAL;
}

struct proc *run_queue_take(struct run_queue *q)
{
    if (!q->length)
        return NULL;
    enum priority from = next_priority(q);
    struct proc *p = q->first[from];
    q->first[from] = p->next;
    if (!p->next)
        q->last[from] = &q->first[from];
    q->length--;
    return p;
}
