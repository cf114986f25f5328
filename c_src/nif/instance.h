// SPDX-License-Identifier: Apache-2.0
// An engine that is a guest of this VM: its border (carrier/border.h), the thread that it lives on, and whoever of the VM holds it.
// The thread makes the engine's image, runs it, unloads it, tells the owner {Ref, {exit_status, Status}}, or {Ref, {unloadable, Text}},
// and drops the instance.
// The owner also gets {Ref, {data, Frame}} and {Ref, {several, [Frame]}}; the process whose frame found too many bytes on their way
// gets {Ref, room} once there are few.
#ifndef TANDEM_NIF_INSTANCE_H
#define TANDEM_NIF_INSTANCE_H

#include "carrier/border.h"

#include <erl_nif.h>

struct instance;

// Held by the caller, and by its thread. NULL: why, in errno.
struct instance *instance_open(const char *file, ErlNifPid owner, ERL_NIF_TERM ref);

// The engine is to end, soon; and the caller holds it no longer. Any thread, without waiting.
void instance_close(struct instance *i);
void instance_drop(struct instance *i);

enum put_result {
    PUT_TAKEN,
    PUT_FULL,       // taken, but the sender is to wait for room
    PUT_CLOSED,     // the engine has ended, or is about to
    PUT_REFUSED,    // neither a list of binaries nor a binary
};

enum put_result instance_put(struct instance *i, ErlNifEnv *env, ERL_NIF_TERM bytes);

#endif
