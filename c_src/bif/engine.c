// SPDX-License-Identifier: Apache-2.0
// Natives of the Erlang module tandem_native: what the engine adds to the language.
#include "bif/bif.h"
#include "code/delegate.h"
#include "dist/host.h"
#include "term/copy.h"

// The process on the host that serves this engine.
static term bif_host(struct proc *p, term *args)
{
    (void)args;
    return host_options.services == NONE ? fail_badarg(p) : term_copy(proc_heap(p), host_options.services);
}

static term bif_take_over(struct proc *p, term *args)
{
    if (!is_atom(args[0]))
        return fail_badarg(p);
    delegate_end(args[0]);
    return ATOM_ok;
}

static const struct native_row rows[] = {
    {"tandem_native", "host", 0, bif_host, 0},
    {"tandem_native", "take_over", 1, bif_take_over, 0},
};

const struct native_table natives_engine = {rows, COUNT_OF(rows)};
