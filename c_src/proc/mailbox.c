// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "proc/extra.h"
#include "proc/near.h"
#include "proc/signal.h"
#include "proc/timer.h"
#include "term/compare.h"
#include "term/copy.h"
#include "term/ident.h"

#include <string.h>

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

// Of terms that are neither immediate nor references only the receive says whether they are equal.
static bool may_equal(term t, term sought)
{
    if (t == sought || is_immediate(t) || is_immediate(sought))
        return t == sought;
    return !is_kind(sought, KIND_REF) || term_equal(t, sought);
}

size_t mailbox_seek(struct mailbox *m, size_t arity, size_t index, term sought, size_t most)
{
    size_t passed = 1;
    mailbox_skip(m);
    struct signal **at = m->save;
    uintptr_t before = (uintptr_t)*at;
    for (struct signal *s; passed < most && (s = *at) != NULL; at = &s->next, passed++) {
        before = signal_fetch_ahead(s, before);
        if (UNLIKELY(is_tuple_of(s->value, arity) && may_equal(element(s->value, index), sought)))
            break;
    }
    m->save = at;
    return passed;
}

struct signal *mailbox_look_outside(struct proc *p)
{
    if (signal_waiting(p))
        signal_take(p);
    return p->flags & PROC_EXITING ? NULL : *p->mailbox.save;
}

static struct signal *copy_of(const struct signal *s)
{
    struct signal *copy = signal_new(SIGNAL_MESSAGE, term_words(s->value));
    struct heap h;
    signal_heap(copy, &h);
    copy->value = term_copy(&h, s->value);
    signal_close(copy, &h);
    copy->next = s->next;
    return copy;
}

static void move_markers(struct receive_markers *m, const struct signal *from, struct signal **to)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (m->all[i].at == &from->next)
            m->all[i].at = to;
}

// What is known of the queue stays where it is when the message behind which it stands is replaced or goes.
static void move_marker(struct proc *p, const struct signal *from, struct signal **to)
{
    if (LIKELY(!(p->flags & (PROC_MARKED | PROC_SCANNED))))
        return;
    if (p->flags & PROC_MARKED)
        move_markers(&p->extra->markers, from, to);
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
    if (is_near(s))
        near_take(p, s);
    if (!message_holds_terms(s))
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
    if (UNLIKELY(is_near(s))) {
        near_take(p, s);
        near_drop(s);
    }
    if (message_holds_terms(s))
        heap_adopt(&p->heap, f);
    else
        fragment_free(f);
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

static void remove_marker(struct proc *p, struct receive_marker *gone)
{
    struct receive_markers *m = &p->extra->markers;
    memmove(gone, gone + 1, (size_t)(m->all + m->count - (gone + 1)) * sizeof *gone);
    if (--m->count == 0)
        p->flags &= ~(uint32_t)PROC_MARKED;
}

// Mostly there is one at a time.
static void make_room(struct receive_markers *m)
{
    uint32_t room = m->room ? 2 * m->room : 1;
    m->all = mem_resize(m->all, m->room * sizeof *m->all, room * sizeof *m->all);
    m->room = room;
}

term mailbox_marker_reserve(struct proc *p)
{
    struct receive_markers *m = &proc_extra(p)->markers;
    if (m->count == MAX_MARKERS)
        remove_marker(p, m->all);
    if (m->count == m->room)
        make_room(m);
    p->flags |= PROC_MARKED;
    term name = small((sword)++m->latest);
    m->all[m->count++] = (struct receive_marker){p->mailbox.last, name};
    return name;
}

// The newest is looked at first. NULL: none.
static struct receive_marker *marker_of(struct proc *p, term name)
{
    struct receive_markers *m = p->flags & PROC_MARKED ? &p->extra->markers : NULL;
    for (uint32_t i = m ? m->count : 0; i-- > 0;) {
        term named = m->all[i].name;
        if (named == name || (is_ref(named) && is_ref(name) && ref_equal(named, name)))
            return m->all + i;
    }
    return NULL;
}

void mailbox_marker_bind(struct proc *p, term marker, term ref)
{
    struct receive_marker *m = is_ref(ref) ? marker_of(p, marker) : NULL;
    if (m)
        m->name = ref;
}

void mailbox_marker_use(struct proc *p, term ref)
{
    const struct receive_marker *m = is_ref(ref) ? marker_of(p, ref) : NULL;
    if (m)
        p->mailbox.save = m->at;
}

void mailbox_marker_clear(struct proc *p, term marker_or_ref)
{
    struct receive_marker *m = marker_of(p, marker_or_ref);
    if (m)
        remove_marker(p, m);
}

void mailbox_markers_free(struct proc *p)
{
    struct receive_markers *m = &p->extra->markers;
    mem_free(m->all, m->room * sizeof *m->all);
}
