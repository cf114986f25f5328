// SPDX-License-Identifier: Apache-2.0
// What the engine's shared object (priv/tandem_engine.so) exports: the one name that its holder looks up.
#ifndef TANDEM_MAIN_GUEST_H
#define TANDEM_MAIN_GUEST_H

#include "carrier/border.h"

// Runs an engine on the calling thread until the border is closed or the engine ends by itself; gives the exit status that its
// OS process would have had. When it has returned nothing of the engine runs, and nothing is left but its globals.
typedef int guest_main_function(struct border *b);
#define GUEST_MAIN "tandem_guest_main"

#endif
