// SPDX-License-Identifier: Apache-2.0
// Natives whose answer is the same whatever they are given: several tables have rows for what an engine lacks.
#ifndef TANDEM_BIF_ALWAYS_H
#define TANDEM_BIF_ALWAYS_H

#include "bif/bif.h"

term always_fail_badarg(struct proc *p, term *args);
term always_fail_notsup(struct proc *p, term *args);
term always_badarg(struct proc *p, term *args);    // the atom: wrappers in erlang.beam raise it
term always_false(struct proc *p, term *args);
term always_nil(struct proc *p, term *args);

#endif
