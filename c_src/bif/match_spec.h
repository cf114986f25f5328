// SPDX-License-Identifier: Apache-2.0
// Match specifications: a list of {Head, Guards, Body}, compiled to a small program for a stack machine and run against
// terms. A program borrows the terms of its specification: it lives no longer than the call of a native.
// In guards whatever fails makes the clause fail; in a body it gives 'EXIT'.
#ifndef TANDEM_BIF_MATCH_SPEC_H
#define TANDEM_BIF_MATCH_SPEC_H

#include "proc/proc.h"

enum match_dialect {
    MATCH_TABLE,
    MATCH_TRACE,    // heads are argument lists; the subject is a tuple of the arguments, or NIL for none
};

struct match_program;

// What is wrong with a specification: [{error, Text}], oldest first. Without it, compilation stops at the first error.
struct match_errors {
    struct heap *heap;
    term list;    // newest first
};

// NULL: not a match specification. An empty list compiles, and matches nothing.
struct match_program *match_compile(term spec, enum match_dialect dialect, struct match_errors *errors);
void match_free(struct match_program *m);

// The value of the last expression of the first clause that matches, NONE if none does. It is on p's heap, which grows all
// the same when nothing matched: see match_mark. With `copied` nothing in it points into the subject.
term match_run(struct match_program *m, struct proc *p, term subject, bool copied);

enum match_action { MATCH_RETURN_TRACE = 1, MATCH_EXCEPTION_TRACE = 2 };
unsigned match_actions(const struct match_program *m);    // what the last run asked for

// To give back what a native's intermediate terms took of a heap: everything built since the mark.
struct match_mark {
    term *top, *shared;
    struct fragment *fragments;
    uint32_t used;
    size_t shared_bytes;
};
void match_mark(const struct heap *h, struct match_mark *m);
void match_rewind(struct heap *h, const struct match_mark *m);

// A variable '$N', or '_'. Whether a term contains any.
bool match_is_variable(term t);
bool match_has_variable(term t);

// Whether a clause's body gives a tuple with the very key (element `position`) that its head matched.
bool match_keeps_key(term clause, uint32_t position);

#endif
