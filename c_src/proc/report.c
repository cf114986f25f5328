// SPDX-License-Identifier: Apache-2.0
#include "proc/report.h"

#include "base/clock.h"
#include "base/memory.h"
#include "proc/extra.h"
#include "proc/info.h"
#include "proc/names.h"
#include "proc/signal.h"
#include "term/abridge.h"
#include "term/atom.h"
#include "term/ident.h"
#include "term/map.h"
#include "term/number.h"

#include <string.h>

// Limits are told while the process's own heap has no room to spare.
enum { REPORT_WORDS = 512 };

static term text(struct heap *h, const char *s)
{
    term list = NIL;
    for (size_t i = strlen(s); i-- > 0;)
        list = cons(h, small((unsigned char)s[i]), list);
    return list;
}

// The tag that the old error_logger gives to each level.
static term old_tag(term level)
{
    return level == ATOM_warning ? ATOM_warning_msg : level == ATOM_info ? ATOM_info_msg : level;
}

// The host's logger passes over events whose group leader is on another node. Where that is a process of this node (an application's
// master), the event has the leader that those who belong to nobody have.
static term leader(struct proc *p, struct heap *h)
{
    term user = is_local_pid(p->group_leader) ? names_find_foreign(h, ATOM_user) : NONE;
    return user == NONE ? p->group_leader : user;
}

static term metadata(struct proc *p, struct heap *h, term level)
{
    term old = map_from_pairs(h, (term[]){ATOM_emulator, ATOM_true, ATOM_tag, old_tag(level)}, 2);
    term time = integer_from_i64(h, clock_system() / 1000);
    return map_from_pairs(h, (term[]){ATOM_error_logger, old, ATOM_gl, leader(p, h), ATOM_pid, p->pid, ATOM_time, time},
                          4);
}

static void send(struct proc *p, struct heap *h, term level, const char *format, term arguments)
{
    term elements[] = {ATOM_log, level, text(h, format), arguments, metadata(p, h, level)};
    signal_name_message(ATOM_logger, tuple_of(h, COUNT_OF(elements), elements));
}

void report_send(struct proc *p, term level, const char *format, term arguments)
{
    send(p, proc_heap(p), level, format, arguments);
}

static term abridged_tuple(struct heap *h, term t)
{
    size_t arity = tuple_arity(t);
    term *object = heap_alloc(h, arity + 1);
    object[0] = header(KIND_TUPLE, arity);
    for (size_t i = 0; i < arity; i++)
        object[1 + i] = abridge(h, element(t, i));
    return boxed_term(object);
}

// The parts of each entry of the stack trace by themselves: those who print it want whole ones.
static term abridged(struct heap *h, term value)
{
    term list = NIL, *end = &list;
    if (!is_tuple_of(value, 2))
        return abridge(h, value);
    term stack = element(value, 1);
    for (; is_list(stack); stack = tail(stack)) {
        term entry = head(stack);
        *end = cons(h, is_tuple(entry) && tuple_arity(entry) <= 4 ? abridged_tuple(h, entry) : abridge(h, entry), NIL);
        end = list_ptr(*end) + 1;
    }
    return tuple2(h, abridge(h, element(value, 0)), list);
}

void report_crash(struct proc *p, term value)
{
    struct heap *h = proc_heap(p);
    if (p->flags & PROC_NO_REPORT)
        return;
    if (!abridge_is_modest(value))
        value = abridged(h, value);
    if (node_self()->name == ATOM_nonode_nohost)
        report_send(p, ATOM_error, "Error in process ~p with exit value:~n~p~n",
                    list_of(h, 2, (term[]){p->pid, value}, NIL));
    else
        report_send(p, ATOM_error, "Error in process ~p on node ~p with exit value:~n~p~n",
                    list_of(h, 3, (term[]){p->pid, node_self()->name, value}, NIL));
}

// On a heap of its own: the room that the collection made is somebody's.
void report_heap_limit(struct proc *p)
{
    struct heap h;
    heap_init(&h, REPORT_WORDS);
    term parts[] = {
        p->pid,
        node_self()->name,
        integer_from_u64(&h, p->extra->max_heap.words),
        element(info_item(p, &h, ATOM_total_heap_size), 1),
        bool_term(p->extra->max_heap.kill),
        ATOM_true,
        integer_from_u64(&h, p->mailbox.length),
        element(info_item(p, &h, ATOM_garbage_collection_info), 1),
    };
    send(p, &h, ATOM_error,
         "     Process:            ~p on node ~p~n     Context:            maximum heap size reached~n"
         "     Max Heap Size:      ~p~n     Total Heap Size:    ~p~n     Kill:               ~p~n"
         "     Error Logger:       ~p~n     Message Queue Len:  ~p~n     GC Info:            ~p~n",
         list_of(&h, COUNT_OF(parts), parts, NIL));
    heap_done(&h);
}

void report_memory_limit(struct proc *p, size_t count)
{
    struct heap h;
    heap_init(&h, REPORT_WORDS);
    term parts[] = {
        p->pid,
        node_self()->name,
        integer_from_u64(&h, mem_limit()),
        integer_from_u64(&h, mem_in_use()),
        element(info_item(p, &h, ATOM_total_heap_size), 1),
        integer_from_u64(&h, p->mailbox.length),
        integer_from_u64(&h, count),
    };
    send(p, &h, ATOM_error,
         "     Process:            ~p on node ~p~n     Context:            the engine's memory limit reached~n"
         "     Memory Limit:       ~p~n     Memory In Use:      ~p~n     Total Heap Size:    ~p~n"
         "     Message Queue Len:  ~p~n     Ended So Far:       ~p~n",
         list_of(&h, COUNT_OF(parts), parts, NIL));
    heap_done(&h);
}
