// SPDX-License-Identifier: Apache-2.0
// The engine as a member of a cluster, over TCP: a node of its own, or one that belongs to the VM that has started it.
#ifndef TANDEM_MAIN_MEMBER_H
#define TANDEM_MAIN_MEMBER_H

#include "main/options.h"

// With --name. Ends by SIGTERM, tandem:stop/1 or init:stop/0. The exit status of the process.
int member_run(const struct options *o);

// With --carrier tcp. The VM sends one frame over descriptor 3 (4 bytes of length, then the options of dist/host.h, and `listen`, a binary
// or `undefined`, and `net_ticktime`), and ends us by closing it. It gets frames over descriptor 4:
//   'U'                  we are listening and registered
//   'F', Kind, 0, Text   we can't: Kind is no_epmd, name_taken or cannot_listen, Text says what to do
//   'E', Text            why we are about to end
int member_run_owned(void);

#endif
