// SPDX-License-Identifier: Apache-2.0
#include "proc/comparing.h"

#include "proc/errand.h"

static term order(struct proc *p, term *args)
{
    (void)p;
    return small(term_compare(args[0], args[1]));
}

static term equality(struct proc *p, term *args)
{
    (void)p;
    return small(term_equal(args[0], args[1]));
}

static int in_turns(struct proc *p, term a, term b, native_function *body)
{
    term result = errand_pure(p, (term[]){a, b}, 2, body);
    return result ? (int)small_value(result) : COMPARE_LATER;
}

int comparing_long_order(struct proc *p, term a, term b)
{
    return in_turns(p, a, b, order);
}

int comparing_long_equality(struct proc *p, term a, term b)
{
    return in_turns(p, a, b, equality);
}
