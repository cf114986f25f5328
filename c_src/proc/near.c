// SPDX-License-Identifier: Apache-2.0
#include "proc/near.h"

#include "base/memory.h"
#include "proc/extra.h"
#include "proc/signal.h"
#include "term/copy.h"

enum { NEAR_WORDS = CONFIG_STRESS ? 1 : 64 };    // smaller messages are copied sooner than linked

bool near_send(struct proc *p, term message)
{
    if (is_immediate(message) || p->flags & PROC_OFF_HEAP || !term_words_exceed(message, NEAR_WORDS))
        return false;
    struct signal *s = signal_new(SIGNAL_ALIAS_MESSAGE, 0);    // which has room for the list
    s->kind = SIGNAL_MESSAGE;
    s->number = MESSAGE_NEAR;
    s->value = message;
    s->area = NULL;
    list_add(&proc_extra(p)->near, &s->near);
    signal_deliver(p->pid, s);
    return true;
}

void near_take(struct proc *p, struct signal *s)
{
    if (s->area)
        heap_adopt(&p->heap, s->area);
    s->area = NULL;
    s->number = MESSAGE_NEAR;
}

void near_drop(struct signal *s)
{
    list_remove(&s->near);
    if (s->area)
        fragment_free(s->area);
    s->area = NULL;
}

bool near_settle(struct proc *p)
{
    if (LIKELY(!p->extra))
        return true;
    for (struct list *l = p->extra->near.next; l != &p->extra->near; l = l->next) {
        struct signal *s = CONTAINER_OF(l, struct signal, near);
        if (s->number == MESSAGE_APART)
            continue;
        size_t used = mem_in_use(), most = mem_limit();
        if (used >= most || term_words_exceed(s->value, (most - used) / sizeof(term)))
            return false;
        s->area = term_to_fragment(s->value, &s->value);
        s->number = MESSAGE_APART;
    }
    return true;
}
