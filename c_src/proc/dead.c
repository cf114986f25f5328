// SPDX-License-Identifier: Apache-2.0
#include "proc/dead.h"

#include "proc/remote.h"
#include "term/atom.h"
#include "term/ident.h"

static void answer_link(term dead, const struct signal *s)
{
    if (is_local_pid(s->from)) {
        signal_exit_linked(dead, s->from, ATOM_noproc);
        return;
    }
    remote_send(
        NULL, &(struct remote_signal){
                  .kind = REMOTE_EXIT, .node = ident_node(s->from), .from = dead, .to = s->from, .value = ATOM_noproc});
}

static void answer_unlink(term dead, const struct signal *s)
{
    if (is_local_pid(s->from)) {
        signal_unlink_ack(dead, s->from, s->id);
        return;
    }
    remote_send(NULL,
                &(struct remote_signal){
                    .kind = REMOTE_UNLINK_ACK, .node = ident_node(s->from), .from = dead, .to = s->from, .id = s->id});
}

static void answer_monitor(term dead, const struct signal *s)
{
    if (is_local_pid(s->from)) {
        signal_down(s->from, s->ref, ATOM_noproc);
        return;
    }
    remote_send(NULL, &(struct remote_signal){.kind = REMOTE_DOWN,
                                              .node = ident_node(s->from),
                                              .from = s->value == NONE ? dead : NONE,
                                              .name = s->value,
                                              .to = s->from,
                                              .ref = s->ref,
                                              .value = ATOM_noproc});
}

static void answer_pair(const struct signal *s, term value)
{
    term room[3] = {header(KIND_TUPLE, 2), s->ref, value};
    if (s->from != NONE)
        signal_answer(s->from, boxed_term(room));
}

// The process that asked for a spawn is gone: one that was linked to it hears so.
static void answer_spawn_reply(term dead, const struct signal *s)
{
    if (is_kind(s->value, KIND_FOREIGN_PID) && s->id & 1)
        remote_send(
            NULL,
            &(struct remote_signal){
                .kind = REMOTE_EXIT, .node = ident_node(s->value), .from = dead, .to = s->value, .value = ATOM_noproc});
}

static void answer_task(const struct signal *s, term task)
{
    term room[4] = {header(KIND_TUPLE, 3), task, s->ref, ATOM_false};
    signal_answer(s->from, boxed_term(room));
}

static void answer(term dead, const struct signal *s)
{
    switch ((enum signal_kind)s->kind) {
    case SIGNAL_LINK:
        answer_link(dead, s);
        return;
    case SIGNAL_UNLINK:
        answer_unlink(dead, s);
        return;
    case SIGNAL_MONITOR:
        answer_monitor(dead, s);
        return;
    case SIGNAL_IS_ALIVE:
        answer_pair(s, ATOM_false);
        return;
    case SIGNAL_PROCESS_INFO:
        answer_pair(s, s->value == ATOM_process_display ? ATOM_badarg : ATOM_undefined);
        return;
    case SIGNAL_GROUP_LEADER:
        answer_pair(s, ATOM_badarg);
        return;
    case SIGNAL_COLLECT:
        answer_task(s, ATOM_garbage_collect);
        return;
    case SIGNAL_CHECK_CODE:
        answer_task(s, ATOM_check_process_code);
        return;
    case SIGNAL_SUSPEND:
        answer_pair(s, ATOM_badarg);
        return;
    case SIGNAL_SAVE_CALLS:
        answer_pair(s, ATOM_badtype);
        return;
    case SIGNAL_SPAWN_REPLY:
        answer_spawn_reply(dead, s);
        return;
    case SIGNAL_MESSAGE:
    case SIGNAL_ALIAS_MESSAGE:
    case SIGNAL_EXIT:
    case SIGNAL_EXIT_LINKED:
    case SIGNAL_UNLINK_ACK:
    case SIGNAL_DEMONITOR:
    case SIGNAL_DOWN:
    case SIGNAL_NODE_DOWN:
    case SIGNAL_TIMEOUT:
    case SIGNAL_WAKE:
    case SIGNAL_RESUME:
    case SIGNAL_COUNT:
        return;
    }
}

void dead_answer(term to, struct signal *s)
{
    answer(to, s);
    signal_free(s);
}
