// SPDX-License-Identifier: Apache-2.0
#include "proc/extra.h"
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

// What is known of the queue stays where it is when the message behind which it stands is replaced or goes.
static void move_marker(struct proc *p, const struct signal *from, struct signal **to)
{
    if (LIKELY(!(p->flags & (PROC_MARKED | PROC_SCANNED))))
        return;
    if (p->flags & PROC_MARKED && p->extra->marker.at == &from->next)
        p->extra->marker.at = to;
    if (p->flags & PROC_SCANNED && p->extra->scan.at == &from->next)
        p->extra->scan.at = to;
}

void mailbox_scan(struct proc *p, word receive)
{
    struct receive_scan *scan = &proc_extra(p)->scan;
    if (!(p->flags & PROC_SCANNED) || scan->receive != receive)
        *scan = (struct receive_scan){receive, &p->mailbox.first};
    p->flags |= PROC_SCANNED | PROC_SCANNING;
    p->mailbox.save = scan->at;
}

// Everything before `save` was passed over.
static void end_scan(struct proc *p)
{
    p->flags &= ~(uint32_t)PROC_SCANNING;
    p->extra->scan.at = p->mailbox.save;
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
    move_marker(p, s, &copy->next);
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
    move_marker(p, s, m->save);
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
    if (UNLIKELY(p->flags & PROC_SCANNING))
        end_scan(p);
    p->mailbox.save = &p->mailbox.first;
    p->flags &= ~(uint32_t)PROC_LOOKING;
    if (p->flags & PROC_RECEIVE_TIMER)
        timer_receive_cancel(p);
}

term mailbox_marker_reserve(struct proc *p)
{
    struct receive_marker *m = &proc_extra(p)->marker;
    p->flags |= PROC_MARKED;
    m->at = p->mailbox.last;
    m->name = small((sword)++m->id);
    return m->name;
}

static struct receive_marker *marker_of(struct proc *p)
{
    return p->flags & PROC_MARKED ? &p->extra->marker : NULL;
}

static bool is_bound_to(const struct receive_marker *m, term ref)
{
    return is_ref(m->name) && is_ref(ref) && ref_equal(m->name, ref);
}

void mailbox_marker_bind(struct proc *p, term marker, term ref)
{
    struct receive_marker *m = marker_of(p);
    if (m && m->name == marker && is_ref(ref))
        m->name = ref;
}

void mailbox_marker_use(struct proc *p, term ref)
{
    const struct receive_marker *m = marker_of(p);
    if (m && is_bound_to(m, ref))
        p->mailbox.save = m->at;
}

void mailbox_marker_clear(struct proc *p, term marker_or_ref)
{
    const struct receive_marker *m = marker_of(p);
    if (m && (m->name == marker_or_ref || is_bound_to(m, marker_or_ref)))
        p->flags &= ~(uint32_t)PROC_MARKED;
}
