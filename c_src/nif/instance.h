// SPDX-License-Identifier: Apache-2.0
// An engine that is a guest of this VM: its border (carrier/border.h), the thread that it lives on, and whoever of the VM holds it.
// The thread makes the engine's image, runs it, unloads it, tells the owner {Ref, {exit_status, Status}}, or {Ref, {unloadable, Text}},
// and drops the instance.
// Frames from the engine wait to be taken by the owner, who gets {Ref, frames} if none were there the last time. The process whose
// frame found too many bytes on their way gets {Ref, room} once there are few.
// While answers come at once the owner looks for the next one for some microseconds instead of being told: its scheduler would
// have gone to sleep. Measured on two cores, a round trip: 4.5 us, and 7 to 25 us without, depending on which scheduler slept.
#ifndef TANDEM_NIF_INSTANCE_H
#define TANDEM_NIF_INSTANCE_H

#include "carrier/border.h"

#include <erl_nif.h>

struct instance;

// Held by the caller, and by its thread. NULL: why, in errno.
struct instance *instance_open(const char *file, ErlNifPid owner, ERL_NIF_TERM ref);

void instance_close(
    struct instance *i);    // the engine is to end, soon; any thread, any number of times, without waiting
void instance_drop(struct instance *i);    // the caller holds it no longer

enum put_result {
    PUT_TAKEN,
    PUT_FULL,       // taken, but the sender is to wait for room
    PUT_CLOSED,     // the engine has ended, or is about to
    PUT_REFUSED,    // neither a list of binaries nor a binary
};

enum put_result instance_put(struct instance *i, ErlNifEnv *env, ERL_NIF_TERM bytes);

// A list of frames, oldest first; empty: the owner will be told. After a frame was put it may look for an answer first.
ERL_NIF_TERM instance_take(struct instance *i, ErlNifEnv *env);

#endif
