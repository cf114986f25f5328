// SPDX-License-Identifier: Apache-2.0
// Natives of the Erlang module tandem_native: what the engine adds to the language.
#include "bif/bif.h"
#include "dist/host.h"
#include "term/copy.h"

// The process on the host that serves this engine.
static term bif_host(struct proc *p, term *args)
{
    (void)args;
    return host_options.services == NONE ? fail_badarg(p) : term_copy(proc_heap(p), host_options.services);
}

static const struct native_row rows[] = {
    {"tandem_native", "host", 0, bif_host, 0},
};

const struct native_table natives_engine = {rows, COUNT_OF(rows)};
