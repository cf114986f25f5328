// SPDX-License-Identifier: Apache-2.0
// The proof that a module's code can do no harm. Our instructions trust what a compiler promises: that a register holds a
// term, that get_hd is given a cons cell, that a frame has the slot. Bytes from outside promise nothing, so before code is
// lowered, every path through every function is walked with what is known at each point in place of values:
//   x registers  which hold terms; what may collect leaves those below its live count, a call only x0
//   frame        none or its size; a frame is left as large as it was made, and no call is made without one
//   types        tuple of at least n elements, cons cell, map, match context: where an instruction trusts them
//   catches      which y registers hold an open catch: innermost in the lowest, closed in order, none open at the end
//   the rest     a message under look, a bit string under construction, a tuple that may still be changed in place
// States meet at labels; what differs is forgotten; functions are walked until nothing changes. Functions know of each
// other: the number of arguments, which of them may be match contexts, and whether a call ever returns.
// What compilers know from types that object code does not carry is not refused: the operation is marked, and lowering puts
// a check in front of it (enum beam_check). All else is refused.
#ifndef TANDEM_CODE_VERIFY_H
#define TANDEM_CODE_VERIFY_H

#include "code/beam.h"

// Sets the checks of b's operations. False: lowering or running the code could break the engine, *why tells how.
bool verify_code(struct beam_file *b, const char **why);

// How many elements the tuple must have that an operation marked CHECK_TUPLE reads: those that the following operations
// read from the same register included, so that one check serves all.
word verify_tuple_size(const struct beam_op *op, const struct beam_op *end);

#endif
