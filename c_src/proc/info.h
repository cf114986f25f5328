// SPDX-License-Identifier: Apache-2.0
// What process_info tells. By the owner of p only: others send a PROCESS_INFO signal.
#ifndef TANDEM_PROC_INFO_H
#define TANDEM_PROC_INFO_H

#include "proc/proc.h"

bool info_known(term item);    // an item that process_info/2 knows

// {Item, Value} on h. NONE: unknown item.
term info_item(struct proc *p, struct heap *h, term item);

// The answer for one item (registered_name of a nameless process: []), for a list of items, all of them known, or for the
// atom `all`: that of process_info/1. The atom `process_display`: true, once the backtrace has been written to standard error.
term info_items(struct proc *p, struct heap *h, term items);

#endif
