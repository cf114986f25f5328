// SPDX-License-Identifier: Apache-2.0
// Control messages: what processes of different nodes do to each other, as packets `112, control tuple, payload`.
// Incoming: each becomes one signal (proc/signal.h). The payload is decoded straight into the signal's fragment, once the
// receiver is known to exist; what is malformed, of an unknown kind, or from a process that isn't the sender's, ends the
// connection. Outgoing: the functions of remote_hooks (proc/remote.h).
// Messages to the registered name $tandem are for the engine itself and go to control_hooks.
#ifndef TANDEM_DIST_CONTROL_H
#define TANDEM_DIST_CONTROL_H

#include "base/reader.h"
#include "term/binary.h"

enum control {
#define CONTROL(name, number, elements, payload) CONTROL_##name = number,
#include "dist/control.def"
#undef CONTROL
};

struct packet;
struct peer;

// Control message and payload, with their version bytes or without. Failure is in the reader. By a thread that is in an epoch (a
// worker).
void control_receive(struct peer *p, struct reader *r, struct shared *block, bool versions);

// A packet that waited for the connection, and that the other node can't take: who waits for an answer gets one.
void control_refused(const struct packet *packet);

// Fills remote_hooks.
void control_open(void);

struct control_hooks {
    void (*system)(struct peer *from, term message);    // a message to $tandem
};
extern struct control_hooks control_hooks;

#endif
