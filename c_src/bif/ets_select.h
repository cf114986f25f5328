// SPDX-License-Identifier: Apache-2.0
// Walks over the objects of a table that a match specification selects. The table is locked during a walk. A long walk that
// is part of an errand gives the lock back now and then, with the buckets fixed, so that others have their turn; an object
// that comes or goes meanwhile is seen or not, as on the BEAM, and without the table the call fails. Between two
// parts of a result (chunks) nothing is held, and the continuation tells where to go on, in the BEAM's form:
//   {Table, Bucket, Chunk, Compiled, Rest, RestLength}, Bucket -1 at the end          set, bag, duplicate_bag
//   {Table, LastKey, KeyPattern, Chunk, Compiled, [], Reverse, 0}                     ordered_set
#ifndef TANDEM_BIF_ETS_SELECT_H
#define TANDEM_BIF_ETS_SELECT_H

#include "bif/ets_table.h"
#include "bif/match_spec.h"

enum ets_select {
    ETS_SELECT_LIST,
    ETS_SELECT_COUNT,      // objects for which the value is true
    ETS_SELECT_DELETE,     // these
    ETS_SELECT_REPLACE,    // by the value
};

struct ets_selection {
    struct proc *p;
    struct ets_table *table;
    struct match_program *program;
    term spec, id, compiled;    // compiled: NONE: not made yet
    enum ets_select what;
    size_t chunk;    // 0: all at once
    bool reverse;
    term list;    // results, newest first
    size_t got;
    bool writes, fixed;
};

enum { ETS_SELECT_TURN = 1000 };    // objects between two pauses

// Before a walk that will pause. False, also of the next: the table is gone, s->table is NULL, and the failure recorded.
bool ets_select_fix(struct ets_selection *s);
bool ets_select_pause(struct ets_selection *s);
bool ets_select_again(struct ets_selection *s);    // after the lock was given back

// From the start. The result of the native; the number for all but lists.
term ets_select_hash(struct ets_selection *s);
term ets_select_tree(struct ets_selection *s);

// With a continuation, a tuple that programs may have made up. NONE: it is none.
term ets_select_more_hash(struct ets_selection *s, term continuation);
term ets_select_more_tree(struct ets_selection *s, term continuation);

// The compiled specification in a continuation, or as ets:match_spec_compile gives it. NONE: it is none.
term ets_compiled_spec(term t);
term ets_compile_spec(struct heap *h, term spec);

// Runs the program against an object: NONE, or the value. Results of lists are counted and kept.
term ets_select_match(struct ets_selection *s, const struct ets_object *o, struct match_mark *mark);

#endif
