// SPDX-License-Identifier: Apache-2.0
// The options of spawn_opt, spawn_request and of spawn requests from other nodes.
#ifndef TANDEM_PROC_SPAWN_OPTIONS_H
#define TANDEM_PROC_SPAWN_OPTIONS_H

#include "proc/proc.h"

// What fresh processes get unless an option says otherwise; set by system_flag/2. Any thread.
struct spawn_defaults {
    _Atomic size_t min_heap_words, max_heap_words;    // 0: the engine's own, no limit
    _Atomic size_t min_bin_vheap_words;               // told, not used: shared binaries are counted otherwise
    _Atomic uint32_t fullsweep_after;
    _Atomic bool max_heap_kill, max_heap_log;
};
extern struct spawn_defaults spawn_defaults;

// One option into *s. False: not an option.
bool spawn_option(struct spawn *s, term option);

// A whole list. False: not a proper list of options.
bool spawn_options(struct spawn *s, term list);

// The list in {monitor, List}. False: unknown option.
bool monitor_options_list(term list, enum alias_mode *alias, term *tag);

// Values that process_flag takes too.
bool priority_of(term t, enum priority *priority);
term priority_atom(enum priority priority);
bool queue_data_of(term t, bool *off_heap);
bool max_heap_of(term t, struct max_heap *m);    // a size, or a map; the rest is the default
bool words_of_option(term t, size_t *words);     // a non-negative small integer

#endif
