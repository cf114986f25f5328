// SPDX-License-Identifier: Apache-2.0
#include "proc/signal.h"

#include "base/memory.h"
#include "proc/dead.h"
#include "proc/names.h"
#include "proc/near.h"
#include "proc/relations.h"
#include "proc/remote.h"
#include "proc/sched.h"
#include "proc/system.h"
#include "proc/timeline.h"
#include "term/atom.h"
#include "term/copy.h"

struct remote_hooks remote_hooks;

enum {
    EXIT_ROOM = 4,                        // words to make {'EXIT', From, Reason} in place
    DOWN_ROOM = 6 + FOREIGN_PID_WORDS,    // {Tag, Ref, process, Object, Reason}
};

// What becomes a message where it stands needs more room.
static size_t room_of(enum signal_kind kind)
{
    return kind == SIGNAL_DOWN ? DOWN_ROOM : kind == SIGNAL_EXIT || kind == SIGNAL_EXIT_LINKED ? EXIT_ROOM : 0;
}

static bool is_of_link(enum signal_kind kind)
{
    return kind == SIGNAL_LINK || kind == SIGNAL_UNLINK || kind == SIGNAL_UNLINK_ACK;
}

static size_t own_words(enum signal_kind kind)
{
    return kind == SIGNAL_MESSAGE ? MESSAGE_WORDS : is_of_link(kind) ? LINK_WORDS : SIGNAL_WORDS;
}

struct signal *signal_new(enum signal_kind kind, size_t words)
{
    size_t own = own_words(kind);
    struct fragment *f = fragment_new(own + words + room_of(kind));
    f->used = (uint32_t)own;
    struct signal *s = (struct signal *)f->words;
    s->next = NULL;
    s->kind = kind;
    s->number = 0;
    s->value = NONE;
    if (kind == SIGNAL_MESSAGE)
        return s;
    s->from = NONE;
    s->id = 0;
    if (!is_of_link(kind))
        s->ref = NONE;
    return s;
}

void signal_heap(struct signal *s, struct heap *h)
{
    heap_over_fragment(h, signal_fragment(s));
}

void signal_close(struct signal *s, struct heap *h)
{
    heap_close_fragment(h, signal_fragment(s));
}

void signal_free(struct signal *s)
{
    fragment_free(signal_fragment(s));
}

static size_t words_of(term t)
{
    return t == NONE || is_immediate(t) ? 0 : term_words(t);
}

static term copy_into(struct heap *h, term t, size_t words)
{
    return words ? term_copy_sized(h, t, words) : t;
}

// The words that each of a signal's terms takes.
struct sizes {
    size_t from, value, ref;
};

static struct signal *make_of_words(enum signal_kind kind, term from, term value, term ref, struct sizes words)
{
    struct signal *s = signal_new(kind, words.from + words.value + words.ref);
    struct heap h;
    signal_heap(s, &h);
    s->value = copy_into(&h, value, words.value);
    if (kind != SIGNAL_MESSAGE)
        s->from = copy_into(&h, from, words.from);
    if (ref != NONE)
        s->ref = copy_into(&h, ref, words.ref);
    signal_close(s, &h);
    return s;
}

// NULL: a message that is too large. Anything else must arrive.
static COLD struct signal *make_without(enum signal_kind kind, term from, term ref)
{
    if (kind == SIGNAL_MESSAGE || kind == SIGNAL_ALIAS_MESSAGE)
        return NULL;
    return make_of_words(kind, from, ATOM_system_limit, ref, (struct sizes){words_of(from), 0, words_of(ref)});
}

static struct signal *make_sized(enum signal_kind kind, term from, term value, term ref, struct sizes words)
{
    if (UNLIKELY(!mem_allows((words.from + words.value + words.ref) * sizeof(term))))
        return make_without(kind, from, ref);
    return make_of_words(kind, from, value, ref, words);
}

// A signal with copies of these terms.
static struct signal *make(enum signal_kind kind, term from, term value, term ref)
{
    return make_sized(kind, from, value, ref, (struct sizes){words_of(from), words_of(value), words_of(ref)});
}

// False: the process has exited.
static bool push(struct proc *p, struct signal *s)
{
    struct signal *head = atomic_load_explicit(&p->mailbox.outer, memory_order_relaxed);
    do {
        if (head == MAILBOX_CLOSED)
            return false;
        s->next = head;
    } while (!atomic_compare_exchange_weak(&p->mailbox.outer, &head, s));
    return true;
}

bool signal_deliver(term to, struct signal *s)
{
    if (UNLIKELY(!s))
        return false;
    if (timeline_runs() && !is_near(s))
        timeline_sent(s);
    bool parked = epoch_enter();
    struct proc *p = proc_find(to);
    bool delivered = p && push(p, s);
    if (delivered)
        sched_wake_proc(p);
    epoch_exit(parked);
    if (delivered)
        system_count_signal();
    else
        dead_answer(to, s);
    return delivered;
}

bool signal_message_sized(term to, term message, size_t words)
{
    return signal_deliver(to, make_sized(SIGNAL_MESSAGE, NONE, message, NONE, (struct sizes){.value = words}));
}

bool signal_message(term to, term message)
{
    return signal_message_sized(to, message, words_of(message));
}

bool signal_alias_message(term alias, term message, size_t words)
{
    term owner = ref_owner(alias);
    struct sizes sizes = {.value = words, .ref = words_of(alias)};
    return owner != NONE && signal_deliver(owner, make_sized(SIGNAL_ALIAS_MESSAGE, NONE, message, alias, sizes));
}

bool signal_name_message(term name, term message)
{
    term room[FOREIGN_PID_WORDS];
    term to = names_find_into(room, name);
    if (to == NONE)
        return false;
    if (is_local_pid(to))
        return signal_message(to, message);
    signal_answer(to, message);
    return true;
}

void signal_exit(term from, term to, term reason)
{
    signal_deliver(to, make(SIGNAL_EXIT, from, reason, NONE));
}

void signal_end(term to, term reason)
{
    struct signal *s = make(SIGNAL_EXIT, to, reason, NONE);
    s->number = 1;
    signal_deliver(to, s);
}

void signal_exit_linked(term from, term to, term reason)
{
    signal_deliver(to, make(SIGNAL_EXIT_LINKED, from, reason, NONE));
}

struct signal *signal_of_message(term message)
{
    return make(SIGNAL_MESSAGE, NONE, message, NONE);
}

// Before the signal is pushed: so that whoever loses a node's connection later finds the process.
static void mark_foreign(term from, term to)
{
    if (is_immediate(from))
        return;
    bool parked = epoch_enter();
    struct proc *p = proc_find(to);
    if (p)
        atomic_store(&p->foreign, true);
    epoch_exit(parked);
}

void signal_link(term from, term to)
{
    mark_foreign(from, to);
    signal_deliver(to, make(SIGNAL_LINK, from, NONE, NONE));
}

static void deliver_unlink(enum signal_kind kind, term from, term to, uint64_t id)
{
    struct signal *s = make(kind, from, NONE, NONE);
    s->id = id;
    signal_deliver(to, s);
}

void signal_unlink(term from, term to, uint64_t id)
{
    deliver_unlink(SIGNAL_UNLINK, from, to, id);
}

void signal_unlink_ack(term from, term to, uint64_t id)
{
    deliver_unlink(SIGNAL_UNLINK_ACK, from, to, id);
}

void signal_monitor(term from, term to, term ref)
{
    term name = is_atom(to) ? to : NONE;
    term pid = is_atom(to) ? names_find_local(to) : to;
    struct signal *s = make(SIGNAL_MONITOR, from, name, ref);
    if (pid == NONE) {
        dead_answer(NONE, s);
        return;
    }
    mark_foreign(from, pid);
    signal_deliver(pid, s);
}

void signal_demonitor(term from, term to, term ref)
{
    term pid = is_atom(to) ? names_find_local(to) : to;
    if (pid != NONE)
        signal_deliver(pid, make(SIGNAL_DEMONITOR, from, NONE, ref));
}

void signal_down(term to, term ref, term reason)
{
    signal_deliver(to, make(SIGNAL_DOWN, NONE, reason, ref));
}

static void ask(term to, struct signal *s)
{
    signal_deliver(to, s);
    sched_raise(to);
}

void signal_group_leader(term to, term leader, term asker, term ref)
{
    ask(to, make(SIGNAL_GROUP_LEADER, asker, leader, ref));
}

void signal_is_alive(term asker, term to, term ref)
{
    ask(to, make(SIGNAL_IS_ALIVE, asker, NONE, ref));
}

void signal_process_info(term asker, term to, term ref, term items)
{
    ask(to, make(SIGNAL_PROCESS_INFO, asker, items, ref));
}

void signal_collect(term asker, term to, term id)
{
    ask(to, make(SIGNAL_COLLECT, asker, NONE, id));
}

void signal_check_code(term asker, term to, term id, term module)
{
    ask(to, make(SIGNAL_CHECK_CODE, asker, module, id));
}

void signal_suspend(term asker, term to, term tag, term answer)
{
    ask(to, make(SIGNAL_SUSPEND, asker, answer, tag));
}

void signal_resume(term to, uint64_t times)
{
    struct signal *s = make(SIGNAL_RESUME, NONE, NONE, NONE);
    s->id = times;
    signal_deliver(to, s);
}

void signal_save_calls(term asker, term to, term ref, uint64_t number)
{
    struct signal *s = make(SIGNAL_SAVE_CALLS, asker, NONE, ref);
    s->id = number;
    signal_deliver(to, s);
}

void signal_spawn_reply(term to, term ref, term result, uint64_t flags)
{
    mark_foreign(result, to);
    struct signal *s = make(SIGNAL_SPAWN_REPLY, NONE, result, ref);
    s->id = flags;
    signal_deliver(to, s);
}

void proc_wake(term pid)
{
    signal_deliver(pid, signal_new(SIGNAL_WAKE, 0));
}

void signal_answer(term to, term message)
{
    if (is_local_pid(to)) {
        signal_message(to, message);
        return;
    }
    struct remote_signal r = {.kind = REMOTE_SEND, .node = ident_node(to), .to = to, .value = message};
    remote_send(NULL, &r);
}
