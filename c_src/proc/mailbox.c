// SPDX-License-Identifier: Apache-2.0
#include "proc/proc.h"
#include "proc/signal.h"
#include "proc/timer.h"
#include "term/copy.h"
#include "term/ident.h"

void mailbox_init(struct mailbox *m)
{
    *m = (struct mailbox){.first = NULL};
    m->last = m->save = &m->first;
}

void mailbox_append(struct mailbox *m, struct signal *s)
{
    s->next = NULL;
    *m->last = s;
    m->last = &s->next;
    m->length++;
}

struct signal *mailbox_look_outside(struct proc *p)
{
    if (signal_waiting(p))
        signal_take(p);
    return p->flags & PROC_EXITING ? NULL : *p->mailbox.save;
}

static size_t words_of(term t)
{
    return t == NONE || is_immediate(t) ? 0 : term_words(t);
}

static term copy_into(struct heap *h, term t)
{
    return t == NONE || is_immediate(t) ? t : term_copy(h, t);
}

static struct signal *copy_of(const struct signal *s)
{
    struct signal *copy = signal_new(s->kind, words_of(s->from) + words_of(s->value) + words_of(s->ref));
    struct heap h;
    signal_heap(copy, &h);
    term from = copy_into(&h, s->from), value = copy_into(&h, s->value), ref = copy_into(&h, s->ref);
    signal_close(copy, &h);
    *copy = *s;
    copy->from = from;
    copy->value = value;
    copy->ref = ref;
    return copy;
}

void mailbox_detach(struct proc *p)
{
    struct mailbox *m = &p->mailbox;
    struct signal *s = *m->save;
    if (!(p->flags & PROC_LOOKING) || !s)
        return;
    p->flags &= ~(uint32_t)PROC_LOOKING;
    if (signal_fragment(s)->used == SIGNAL_WORDS)
        return;
    struct signal *copy = copy_of(s);
    *m->save = copy;
    if (m->last == &s->next)
        m->last = &copy->next;
    if (m->marked == &s->next)
        m->marked = &copy->next;
    heap_adopt(&p->heap, signal_fragment(s));
}

// A message without words of its own leaves nothing behind; all others join the heap.
void mailbox_remove(struct proc *p)
{
    struct mailbox *m = &p->mailbox;
    struct signal *s = *m->save;
    if (!s)
        return;
    *m->save = s->next;
    if (m->last == &s->next)
        m->last = m->save;
    if (m->marked == &s->next)
        m->marked = m->save;
    m->length--;
    struct fragment *f = signal_fragment(s);
    if (f->used == SIGNAL_WORDS)
        fragment_free(f);
    else
        heap_adopt(&p->heap, f);
    mailbox_rewind(p);
}

void mailbox_rewind(struct proc *p)
{
    p->mailbox.save = &p->mailbox.first;
    p->flags &= ~(uint32_t)PROC_LOOKING;
    if (p->flags & PROC_RECEIVE_TIMER)
        timer_receive_cancel(p);
}

term mailbox_marker_reserve(struct proc *p)
{
    struct mailbox *m = &p->mailbox;
    m->marked = m->last;
    m->marker = small((sword)++m->marker_id);
    return m->marker;
}

void mailbox_marker_bind(struct proc *p, term marker, term ref)
{
    struct mailbox *m = &p->mailbox;
    if (m->marked && m->marker == marker && is_ref(ref))
        m->marker = ref;
}

void mailbox_marker_use(struct proc *p, term ref)
{
    struct mailbox *m = &p->mailbox;
    if (m->marked && is_ref(m->marker) && is_ref(ref) && ref_equal(m->marker, ref))
        m->save = m->marked;
}

void mailbox_marker_clear(struct proc *p, term marker_or_ref)
{
    struct mailbox *m = &p->mailbox;
    bool same = m->marker == marker_or_ref ||
                (m->marked && is_ref(m->marker) && is_ref(marker_or_ref) && ref_equal(m->marker, marker_or_ref));
    if (same) {
        m->marked = NULL;
        m->marker = NONE;
    }
}
