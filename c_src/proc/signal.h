// SPDX-License-Identifier: Apache-2.0
// Signals: made and pushed here by any thread, handled in one place (signal_take) by the receiver's owner.
// Between two processes signals arrive in the order they were sent, whatever their kinds. A receiver that is gone answers
// all the same: LINK by an exit signal noproc, MONITOR by DOWN noproc, UNLINK by its acknowledgement, requests by their
// reply for a dead process; everything else is dropped.
// What the fields of a signal hold:
//   MESSAGE        value: the message            ALIAS_MESSAGE  value, ref: the alias; number of both: proc/near.h, and until it is taken in proc/timeline.h
//   EXIT           from, value: reason,          EXIT_LINKED    from, value: reason
//                  number: 1 if it cannot be trapped
//   LINK           from                          UNLINK, UNLINK_ACK   from, id
//   MONITOR        from: who monitors, ref, value: the name it was monitored by, or NONE
//   DEMONITOR      from, ref                     DOWN           ref, value: reason
//   GROUP_LEADER   value: the leader, from and ref: who gets {Ref, true}, or NONE
//   IS_ALIVE       from, ref: who gets {Ref, boolean}
//   PROCESS_INFO   from, ref: who gets {Ref, result}; value: item or list of items
//   COLLECT        from, ref: the request id, any term; from gets {garbage_collect, id, boolean}
//   CHECK_CODE     as COLLECT, value: a module; from gets {check_process_code, id, boolean}
//   SUSPEND        from, ref: who gets {Ref, value} when it is suspended, or NONE
//   RESUME         id: how often
//   SAVE_CALLS     from, ref: who gets {Ref, old number}, id: the number
//   SPAWN_REPLY    ref, value: a pid, or an atom (error), id: flags (1 linked, 2 monitored)
//   NODE_DOWN      value: name of the node       TIMEOUT        id: which setting of the receive timer
// `from` may be a pid of any node. Functions with `to` want a pid of this node unless they say otherwise; terms are copied.
#ifndef TANDEM_PROC_SIGNAL_H
#define TANDEM_PROC_SIGNAL_H

#include "proc/proc.h"

// A signal with room for that many words of terms. Build them on signal_heap, store them in the fields, close and deliver.
struct signal *signal_new(enum signal_kind kind, size_t words);
void signal_heap(struct signal *s, struct heap *h);
void signal_close(struct signal *s, struct heap *h);
void signal_free(struct signal *s);
struct signal *signal_of_message(term message);    // a message with a copy of the term

// Pushes a complete signal and wakes the receiver. Takes the signal over. False: no such process, the signal was answered.
bool signal_deliver(term to, struct signal *s);

// A message. To a pid, a reference or a foreign name the kind of remote signal is the caller's: proc/relations.h, bif/send.c.
bool signal_message(term to, term message);
bool signal_message_sized(term to, term message, size_t words);       // words: term_words(message), known already
bool signal_alias_message(term alias, term message, size_t words);    // the same; alias: a reference of this node
bool signal_name_message(term name, term message);                    // false: nobody has that name

void signal_exit(term from, term to, term reason);
void signal_end(term to, term reason);    // an exit signal that cannot be trapped, from itself
void signal_exit_linked(term from, term to, term reason);
void signal_link(term from, term to);
void signal_unlink(term from, term to, uint64_t id);
void signal_unlink_ack(term from, term to, uint64_t id);
// `to` is a local pid or a registered name; nobody there: DOWN noproc goes to `from`.
void signal_monitor(term from, term to, term ref);
void signal_demonitor(term from, term to, term ref);
void signal_down(term to, term ref, term reason);
void signal_group_leader(term to, term leader, term asker, term ref);
void signal_is_alive(term asker, term to, term ref);
void signal_process_info(term asker, term to, term ref, term items);
void signal_collect(term asker, term to, term id);
void signal_check_code(term asker, term to, term id, term module);
void signal_suspend(term asker, term to, term tag, term answer);
void signal_resume(term to, uint64_t times);
void signal_save_calls(term asker, term to, term ref, uint64_t number);
void signal_spawn_reply(term to, term ref, term result, uint64_t flags);

// Ends the block of a process (PROC_BLOCKED). Sticky: if it is about to block, it goes on at once.
void proc_wake(term pid);

// Copies of terms larger than memory allows are not made: the sender is told by mem_passed. Such a message is dropped, such a
// reason becomes system_limit.

// Sends a message {ref, value} or another term to a pid of any node.
void signal_answer(term to, term message);

// By the owner. Takes the outer queue in and handles all but messages, which join the inner queue. Afterwards PROC_EXITING
// may be set, with the reason in the worker's failure.
void signal_take(struct proc *p);

// By the exiting owner: closes the outer queue and answers what is left there.
void signal_close_queue(struct proc *p);

static inline bool signal_waiting(const struct proc *p)
{
    return atomic_load_explicit(&p->mailbox.outer, memory_order_relaxed) != NULL;
}

#endif
