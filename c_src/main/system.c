// SPDX-License-Identifier: Apache-2.0
#include "main/system.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "code/delegate.h"
#include "code/demand.h"
#include "code/missing.h"
#include "code/module.h"
#include "dist/control.h"
#include "dist/hosts.h"
#include "dist/peer.h"
#include "main/counters.h"
#include "main/engine.h"
#include "main/timeline.h"
#include "proc/doom.h"
#include "proc/remote.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "proc/system.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/ident.h"
#include "term/map.h"
#include "term/number.h"

#include <string.h>

// Without a host there is no such module.
static void ask_for_module(term name)
{
    term room[FOREIGN_PID_WORDS], host = hosts_pid(room);
    term request[] = {header(KIND_TUPLE, 2), ATOM_dollar_tandem_get_module, name};
    if (host == NONE)
        module_arrived(name, NULL, 0);
    else
        signal_answer(host, boxed_term(request));
}

static void module_came(term name, term code)
{
    size_t size;
    uint8_t *copy = NULL;
    if (is_binary(code)) {
        const uint8_t *bytes = binary_bytes(code, &size, &copy);
        module_arrived(name, bytes, size);
        mem_free(copy, copy ? size : 0);
    } else {
        module_arrived(name, NULL, 0);
    }
}

// {M, F, A} => how often it was called, for each native that is neither ours nor the host's.
static term missing_map(struct heap *h)
{
    struct missing m;
    term map = map_empty(h);
    for (size_t at = 0; missing_next(&at, &m);)
        map = map_put(h, map, tuple3(h, m.module, m.function, small(m.arity)), integer_from_u64(h, m.count));
    return map;
}

static term info_map(struct heap *h)
{
    struct system_counts c = system_counts();
    term pairs[] = {
        ATOM_version,      binary_from(h, ENGINE_VERSION, strlen(ENGINE_VERSION)),
        ATOM_schedulers,   small((sword)sched_workers()),
        ATOM_processes,    small((sword)c.processes),
        ATOM_memory,       integer_from_u64(h, c.memory),
        ATOM_memory_limit, integer_from_u64(h, mem_limit()),
        ATOM_memory_ended, integer_from_u64(h, doom_count()),
        ATOM_reductions,   integer_from_u64(h, c.reductions),
        ATOM_modules,      small((sword)module_count()),
        ATOM_messages_in,  integer_from_u64(h, peer_messages_in),
        ATOM_messages_out, integer_from_u64(h, peer_messages_out),
        ATOM_delegated,    integer_from_u64(h, delegated_count()),
        ATOM_missing,      missing_map(h),
    };
    return map_from_pairs(h, pairs, COUNT_OF(pairs) / 2);
}

// A list of {Idle, CPU, Waiting, Given}, a scheduler each.
static term loads_list(struct heap *h)
{
    term list = NIL;
    for (unsigned i = sched_workers(); i-- > 0;) {
        struct sched_load l = sched_load(i);
        list = cons(h,
                    tuple4(h, integer_from_i64(h, l.idle), integer_from_i64(h, l.cpu), integer_from_u64(h, l.run_queue),
                           integer_from_u64(h, l.given)),
                    list);
    }
    return list;
}

// What src/tandem_top.erl shows: all but `processes', `memory', `run_queue' and `timers' only grow.
static term load_map(struct heap *h)
{
    struct system_counts c = system_counts();
    int64_t now = clock_monotonic();
    term pairs[] = {
        ATOM_time,         integer_from_i64(h, now - system_started()),
        ATOM_processes,    integer_from_u64(h, c.processes),
        ATOM_memory,       integer_from_u64(h, c.memory),
        ATOM_run_queue,    integer_from_u64(h, c.run_queue),
        ATOM_timers,       integer_from_u64(h, c.timers),
        ATOM_spawned,      integer_from_u64(h, c.spawned),
        ATOM_reductions,   integer_from_u64(h, c.reductions),
        ATOM_slices,       integer_from_u64(h, c.slices),
        ATOM_messages,     integer_from_u64(h, c.messages),
        ATOM_signals,      integer_from_u64(h, c.signals),
        ATOM_collections,  integer_from_u64(h, c.collections),
        ATOM_messages_in,  integer_from_u64(h, peer_messages_in),
        ATOM_messages_out, integer_from_u64(h, peer_messages_out),
        ATOM_schedulers,   loads_list(h),
    };
    return map_from_pairs(h, pairs, COUNT_OF(pairs) / 2);
}

// Whose messages to aliases come: a pid that no process has, as the engine itself is none.
static term own_pid(void)
{
    return local_pid(PID_NUMBER_MAX, 0);
}

// Who is answered: a pid, or an alias, so that what comes too late is thrown away.
static bool is_asker(term t)
{
    return is_pid(t) || is_kind(t, KIND_FOREIGN_REF);
}

static void tell(term asker, term message)
{
    if (is_pid(asker)) {
        signal_answer(asker, message);
        return;
    }
    struct remote_signal s = {
        .kind = REMOTE_SEND, .node = ident_node(asker), .from = own_pid(), .to = asker, .value = message};
    remote_send(NULL, &s);
}

static void answer(term to, term ref, term (*content)(struct heap *h))
{
    struct heap h;
    heap_init(&h, 128);
    tell(to, tuple2(&h, ref, content(&h)));
    heap_done(&h);
}

// {Name, Asker, Reference}.
static bool is_question(term message, term name)
{
    return is_tuple_of(message, 3) && element(message, 0) == name && is_asker(element(message, 1));
}

static void answer_ok(term to, term ref)
{
    term message[] = {header(KIND_TUPLE, 2), ref, ATOM_ok};
    tell(to, boxed_term(message));
}

static void stop(term from, term ref)
{
    answer_ok(from, ref);
    sched_stop();
}

// {attach, Asker, Reference, Host, Names, PrintableRange}.
static void attach(term message)
{
    hosts_attach(element(message, 3), element(message, 4), element(message, 5));
    answer_ok(element(message, 1), element(message, 2));
}

// What can be asked, and what answers.
static const struct {
    term name;
    term (*answer)(struct heap *h);
} questions[] = {
    {ATOM_info, info_map},
    {ATOM_load, load_map},
    {ATOM_counters, counters_json},
    {ATOM_timeline_start, timeline_answer_start},
    {ATOM_timeline_take, timeline_answer_take},
    {ATOM_timeline_stop, timeline_answer_stop},
};

static bool answer_question(term message)
{
    for (size_t i = 0; i < COUNT_OF(questions); i++)
        if (is_question(message, questions[i].name)) {
            answer(element(message, 1), element(message, 2), questions[i].answer);
            return true;
        }
    return false;
}

// {'$gen_call', {Pid, Tag}, {is_auth, Node}}: net_adm:ping/1 from a node that isn't our host.
static bool is_ping(term message)
{
    if (!is_tuple_of(message, 3) || element(message, 0) != ATOM_dollar_gen_call)
        return false;
    term from = element(message, 1), request = element(message, 2);
    return is_tuple_of(from, 2) && is_pid(element(from, 0)) && is_tuple_of(request, 2) &&
           element(request, 0) == ATOM_is_auth;
}

static void answer_ping(term from)
{
    term message[] = {header(KIND_TUPLE, 2), element(from, 1), ATOM_yes};
    signal_answer(element(from, 0), boxed_term(message));
}

static void system_message(struct peer *from, term message)
{
    (void)from;
    if (is_tuple_of(message, 3) && element(message, 0) == ATOM_module && is_atom(element(message, 1)))
        module_came(element(message, 1), element(message, 2));
    else if (is_ping(message))
        answer_ping(element(message, 1));
    else if (is_question(message, ATOM_stop))
        stop(element(message, 1), element(message, 2));
    else if (is_tuple_of(message, 6) && element(message, 0) == ATOM_attach && is_asker(element(message, 1)))
        attach(message);
    else if (is_tuple_of(message, 2) && element(message, 0) == ATOM_detach)
        hosts_detach(element(message, 1));
    else if (!answer_question(message))
        log_line(LOG_WARNING, "a message to the engine that it does not know");
}

void system_messages_open(void)
{
    control_hooks.system = system_message;
    module_hooks.ask = ask_for_module;
    hosts_events.changed = demand_again;
}
