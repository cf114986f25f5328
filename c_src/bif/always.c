// SPDX-License-Identifier: Apache-2.0
#include "bif/always.h"

term always_fail_badarg(struct proc *p, term *args)
{
    (void)args;
    return fail_badarg(p);
}

term always_fail_notsup(struct proc *p, term *args)
{
    (void)args;
    return fail_error(p, ATOM_notsup);
}

term always_badarg(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return ATOM_badarg;
}

term always_false(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return ATOM_false;
}

term always_nil(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return NIL;
}
