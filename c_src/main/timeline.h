// SPDX-License-Identifier: Apache-2.0
// What src/tandem_trace.erl asks for. By the thread in the poll hook.
#ifndef TANDEM_MAIN_TIMELINE_H
#define TANDEM_MAIN_TIMELINE_H

#include "term/heap.h"

term timeline_answer_start(struct heap *h);    // the time, or `busy' or `memory'

// {Time, [{Binary, All, Lost}], [{Index, Atom}]}: for each scheduler records of proc/timeline.h as they stand in memory, whether
// these were all that it had at that time, and how many it has not written so far; and the atoms among them that no answer before
// this one named.
term timeline_answer_take(struct heap *h);

term timeline_answer_stop(struct heap *h);    // `ok'

#endif
