// SPDX-License-Identifier: Apache-2.0
#include "main/timeline.h"

#include "base/clock.h"
#include "base/memory.h"
#include "proc/sched.h"
#include "proc/system.h"
#include "proc/timeline.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/number.h"

#include <string.h>

enum { MOST_TAKEN = 8192, LEAST_TAKEN = 512 };    // records in an answer; of one scheduler

static uint64_t told[CONFIG_MAX_ATOMS / 64];    // a bit for each atom that the host knows

static term time_now(struct heap *h)
{
    return integer_from_i64(h, clock_monotonic() - system_started());
}

term timeline_answer_start(struct heap *h)
{
    switch (timeline_start()) {
    case TIMELINE_RUNS:
        return ATOM_busy;
    case TIMELINE_NO_MEMORY:
        return ATOM_memory;
    case TIMELINE_STARTED:
        break;
    }
    memset(told, 0, sizeof told);
    return time_now(h);
}

static term name_atom(struct heap *h, uint64_t index, term names)
{
    uint64_t bit = (uint64_t)1 << index % 64;
    if (told[index / 64] & bit)
        return names;
    told[index / 64] |= bit;
    return cons(h, tuple2(h, small((sword)index), index << 6 | TAG_ATOM), names);
}

static term name_atoms(struct heap *h, const struct timeline_record *records, size_t count, term names)
{
    for (size_t i = 0; i < count; i++)
        if (records[i].kind == MOMENT_RUN) {
            names = name_atom(h, records[i].more >> 32, names);
            names = name_atom(h, (uint32_t)records[i].more, names);
        }
    return names;
}

term timeline_answer_take(struct heap *h)
{
    size_t most = MOST_TAKEN / sched_workers() > LEAST_TAKEN ? MOST_TAKEN / sched_workers() : LEAST_TAKEN;
    struct timeline_record *records = mem_alloc(most * sizeof *records);
    term time = time_now(h), rings = NIL, names = NIL;
    bool parked = epoch_enter();
    for (unsigned i = sched_workers(); i-- > 0;) {
        uint64_t lost;
        size_t count = timeline_take(i, records, most, &lost);
        names = name_atoms(h, records, count, names);
        term bytes = binary_from(h, records, count * sizeof *records);
        rings = cons(h, tuple3(h, bytes, bool_term(count < most), integer_from_u64(h, lost)), rings);
    }
    epoch_exit(parked);
    mem_free(records, most * sizeof *records);
    return tuple3(h, time, rings, names);
}

term timeline_answer_stop(struct heap *h)
{
    (void)h;
    timeline_stop();
    return ATOM_ok;
}
