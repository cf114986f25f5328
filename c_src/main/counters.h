// SPDX-License-Identifier: Apache-2.0
// The engine's counters as JSON (RFC 8259): what a report of a comparison keeps of it. Any thread.
#ifndef TANDEM_MAIN_COUNTERS_H
#define TANDEM_MAIN_COUNTERS_H

#include "term/heap.h"

// A binary: one object, its keys sorted. Bytes and counts are numbers, times nanoseconds.
term counters_json(struct heap *h);

#endif
