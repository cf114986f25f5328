// SPDX-License-Identifier: Apache-2.0
// The nodes that do for this one what it can't: they hand out object code, and run calls that are a host's business. The VM that
// started the engine is one; any node may attach itself (tandem:attach/1). The first serves; when it goes away the next one does.
// Registered names that a host gives (user, logger ...) lead to the one that serves. Any thread.
#ifndef TANDEM_DIST_HOSTS_H
#define TANDEM_DIST_HOSTS_H

#include "term/ident.h"

struct hosts_events {
    void (*changed)(void);    // another host serves now, or none
};
extern struct hosts_events hosts_events;

void hosts_open(void);
void hosts_close(void);

// pid: of the process there that serves (src/tandem_host.erl); names: a map of names to pids, or NONE; range: ATOM_unicode if its
// terminal shows Unicode. One that is attached already stays where it is.
void hosts_attach(term pid, term names, term range);
void hosts_detach(term pid);
void hosts_rename(term names);    // the one that serves has these names now, a map
void hosts_lost(const struct node *n);

// The process that serves, built in FOREIGN_PID_WORDS of room, or NONE: nobody does.
term hosts_pid(term room[3]);
bool hosts_is_node(term name);    // it is on the node of that name
bool hosts_unicode(void);

#endif
