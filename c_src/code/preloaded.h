// SPDX-License-Identifier: Apache-2.0
// The modules that are part of the BEAM itself. Here they come from the host like any other; what is left of the difference:
// erlang:pre_loaded/0 lists them, and their functions show no file and line in stack traces.
#ifndef TANDEM_CODE_PRELOADED_H
#define TANDEM_CODE_PRELOADED_H

#include "term/heap.h"

bool module_is_preloaded(term name);
term preloaded_list(struct heap *h);

#endif
