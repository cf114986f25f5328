// SPDX-License-Identifier: Apache-2.0
#include "proc/suspend.h"

#include "base/memory.h"
#include "proc/extra.h"
#include "proc/signal.h"

struct suspension {
    struct list siblings;
    term pid;
    uint32_t count;
};

static struct suspension *find(const struct proc *p, term other)
{
    if (!p->extra)
        return NULL;
    for (struct list *at = p->extra->suspensions.next; at != &p->extra->suspensions; at = at->next) {
        struct suspension *s = CONTAINER_OF(at, struct suspension, siblings);
        if (s->pid == other)
            return s;
    }
    return NULL;
}

static void forget(struct suspension *s)
{
    list_remove(&s->siblings);
    mem_free(s, sizeof *s);
}

uint32_t suspend_count(const struct proc *p, term other)
{
    const struct suspension *s = find(p, other);
    return s ? s->count : 0;
}

void suspend_other(struct proc *p, term other, term asker, term tag, term answer)
{
    struct suspension *s = find(p, other);
    if (!s) {
        s = mem_alloc(sizeof *s);
        *s = (struct suspension){.pid = other};
        list_add(&proc_extra(p)->suspensions, &s->siblings);
    }
    s->count++;
    signal_suspend(asker, other, tag, answer);
}

bool suspend_resume(struct proc *p, term other)
{
    struct suspension *s = find(p, other);
    if (!s)
        return false;
    signal_resume(other, 1);
    if (--s->count == 0)
        forget(s);
    return true;
}

term suspend_list(const struct proc *p, struct heap *h)
{
    term list = NIL;
    if (!p->extra)
        return list;
    for (struct list *at = p->extra->suspensions.next; at != &p->extra->suspensions; at = at->next) {
        struct suspension *s = CONTAINER_OF(at, struct suspension, siblings);
        if (proc_find(s->pid))
            list = cons(h, tuple3(h, s->pid, small(s->count), small(0)), list);
    }
    return list;
}

static struct suspension *first(const struct proc *p)
{
    bool none = !p->extra || list_empty(&p->extra->suspensions);
    return none ? NULL : CONTAINER_OF(p->extra->suspensions.next, struct suspension, siblings);
}

void suspend_exit(struct proc *p)
{
    for (struct suspension *s; (s = first(p)) != NULL; forget(s))
        signal_resume(s->pid, s->count);
}

void suspend_forget(struct proc *p)
{
    for (struct suspension *s; (s = first(p)) != NULL;)
        forget(s);
}

bool suspend_taken(struct proc *p)
{
    if (p->flags & PROC_RUNS)
        return false;
    proc_extra(p)->suspended++;
    p->flags |= PROC_SUSPENDED;
    return true;
}

void suspend_resumed(struct proc *p, uint64_t times)
{
    uint32_t *count = &proc_extra(p)->suspended;
    *count -= (uint32_t)(times < *count ? times : *count);
    if (*count == 0)
        p->flags &= ~(uint32_t)PROC_SUSPENDED;
}
