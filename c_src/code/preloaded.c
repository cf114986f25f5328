// SPDX-License-Identifier: Apache-2.0
#include "code/preloaded.h"

#include "term/atom.h"

// clang-format off
static const char *const names[] = {
    "erts_code_purger", "erl_init", "init", "prim_buffer", "prim_eval", "prim_inet", "prim_file", "zlib",
    "socket_registry", "prim_socket", "prim_net", "prim_zip", "erl_prim_loader", "erlang", "erts_internal",
    "erl_tracer", "erts_literal_area_collector", "erts_dirty_process_signal_handler", "atomics", "counters",
    "persistent_term",
};
// clang-format on

bool module_is_preloaded(term name)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (atom_from_c(names[i]) == name)
            return true;
    return false;
}

term preloaded_list(struct heap *h)
{
    term list = NIL;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        list = cons(h, atom_from_c(names[i]), list);
    return list;
}
