// SPDX-License-Identifier: Apache-2.0
// The timeline: what each worker ran when, collections, messages from process to process, for tandem:trace/3. Off, it is one
// look at a flag a slice, a batch of signals, a message and a collection.
// On, each worker writes into a ring of its own, which the thread in the poll hook empties. What begins is written only if there
// is room for its end too, so that every begin has its end; when the ring is full its worker records nothing until most of
// it has been emptied: what is recorded is whole, with gaps in between.
// A message is marked in its number, by which the time at which it was sent is found when it is taken in, if not too many were sent
// since: so both ends of its arrow are known together.
// It ends by timeline_stop, or by itself when nobody has emptied the rings for a while: whoever asked for it is gone.
#ifndef TANDEM_PROC_TIMELINE_H
#define TANDEM_PROC_TIMELINE_H

#include "proc/proc.h"

enum timeline_moment {
#define MOMENT(name) MOMENT_##name,
#include "proc/timeline.def"
#undef MOMENT
};

enum timeline_end { END_WAITS, END_YIELDS, END_EXITS };

struct timeline_record {
    int64_t time;    // nanoseconds since the engine began
    uint64_t what, more;
    uint32_t kind;    // enum timeline_moment
    uint32_t number;
};

#define TIMELINE_MARKED 0x80000000u

extern _Atomic bool timeline_on;

static inline bool timeline_runs(void)
{
    return UNLIKELY(atomic_load_explicit(&timeline_on, memory_order_relaxed));
}

enum timeline_started { TIMELINE_STARTED, TIMELINE_RUNS, TIMELINE_NO_MEMORY };

// By the thread that empties the rings.
enum timeline_started timeline_start(void);
void timeline_stop(void);

// The oldest records of a worker, at most `most`; they are gone from its ring. *lost: how many it has not written, all in all.
size_t timeline_take(unsigned worker, struct timeline_record *to, size_t most, uint64_t *lost);

// By a worker, if timeline_runs(). They keep registers, so that a call that is not made costs its caller nothing.
#define TIMELINE_CALL COLD __attribute__((preserve_most))
TIMELINE_CALL void timeline_run(struct proc *p);
TIMELINE_CALL void timeline_ran(uint64_t reductions, enum timeline_end end);
TIMELINE_CALL void timeline_collect(bool full);
TIMELINE_CALL void timeline_collected(size_t words);
TIMELINE_CALL void timeline_sent(struct signal *s);     // marks it, if it is a message
TIMELINE_CALL void timeline_taken(struct signal *s);    // a message that is marked; takes the mark away
TIMELINE_CALL void timeline_left(void);
TIMELINE_CALL void timeline_given(size_t count, unsigned worker);

#endif
