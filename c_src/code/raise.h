// SPDX-License-Identifier: Apache-2.0
// Exceptions: from a recorded failure to the handler on the stack, and stack traces.
// While an exception is on its way its trace is raw: a tuple {Class, Top, Arguments, Info, Addresses, Time} that only catch and try
// instructions see; Addresses is a binary of return addresses, which are good for modules that were built by then: Time. trace_build makes the list that programs see. A raw trace may
// also be {Class, List}: a ready one.
#ifndef TANDEM_CODE_RAISE_H
#define TANDEM_CODE_RAISE_H

#include "proc/proc.h"

// Records a failure of the running instruction (its address is known to raise_find_handler).
void raise_error(term *x, term reason);
void raise_class(term *x, term class, term reason);
// As a failed call of a native with these arguments (at most 3). What an earlier failure has left behind doesn't count.
void raise_native(term *x, term reason, const struct export *blame, const term *arguments);
// A call of a function that does not exist, arguments in x.
void raise_undefined(term *x, const struct export *e);
// An exception goes on as it was: the reason with its raw trace.
void raise_again(term *x, term reason, term raw_trace);

// Finds the handler for the recorded failure; ip is the instruction that failed. Sets the stack to the handler's frame, x0 to
// NONE and x1 .. x3 to class, reason and raw trace. NULL: there is none, the process ends; the failure holds the exit reason.
const word *raise_find_handler(struct proc *p, const word *ip);

// The list of a raw trace; a list stays what it is.
term trace_build(struct heap *h, term raw_trace);
term trace_class(term raw_trace);

// The raw trace as erlang:raise/3 passes it on: what blames a clause's head keeps no location, as on the BEAM.
term trace_passed_on(struct heap *h, term raw_trace, term class);

// What `catch` gives for an exception: {'EXIT', {Reason, Trace}} and the like.
term raise_catch_value(struct heap *h, term class, term reason, term raw_trace);

// The calls on the stack of a process that does not run, for process_info.
term trace_of_stack(struct heap *h, struct proc *p, unsigned limit);

#endif
