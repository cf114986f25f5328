// SPDX-License-Identifier: Apache-2.0
// The other node of a connection, played by a test or a fuzzer over carrier/loop.h.
#ifndef TANDEM_TEST_DIST_SUPPORT_H
#define TANDEM_TEST_DIST_SUPPORT_H

#include "carrier/loop.h"
#include "dist/control.h"
#include "dist/host.h"

enum { OTHER_WINDOW = 10000 };

struct other {
    struct peer *peer;
    struct loop loop;
    const char *cookie, *status;    // what it answers the handshake with
    uint64_t flags;
    uint32_t creation;
    size_t ups, closes, system_messages;
    const char *why;    // the connection ended
};

void other_open_engine(void);     // as main/engine.c, with one worker and no code; may be opened again when closed
void other_close_engine(void);    // runs all processes until they wait, then ends them

void other_open(struct other *o);
bool other_connect(struct other *o);    // options and handshake
void other_close(struct other *o);

// A process that only receives, and what it received: at most `room` messages, oldest first.
term other_spawn(void);
size_t other_messages(term pid, term *messages, size_t room);

#endif
