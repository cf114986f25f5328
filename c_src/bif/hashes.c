// SPDX-License-Identifier: Apache-2.0
// Hashes that programs can see.
#include "bif/bif.h"
#include "proc/errand.h"
#include "term/hash.h"
#include "term/little.h"

enum { PHASH2_BITS = 27 };    // of the result of phash2/1

// 1 to 2^32.
static bool take_range(term t, uint64_t *range)
{
    if (!is_small(t) || small_value(t) < 1 || small_value(t) > (sword)1 << 32)
        return false;
    *range = (uint64_t)small_value(t);
    return true;
}

static term phash2_1(struct proc *p, term *args)
{
    (void)p;
    return small(term_phash2(args[0]) & ((1u << PHASH2_BITS) - 1));
}

static term phash2_2(struct proc *p, term *args)
{
    uint64_t range;
    if (!take_range(args[1], &range))
        return fail_badarg(p);
    return small((sword)(term_phash2(args[0]) % range));
}

static term phash(struct proc *p, term *args)
{
    uint64_t range;
    if (!take_range(args[1], &range))
        return fail_badarg(p);
    return small((sword)(term_phash(args[0]) % range + 1));
}

static term bif_phash2_1(struct proc *p, term *args)
{
    return term_is_little(args[0]) ? phash2_1(p, args) : errand_pure(p, args, 1, phash2_1);
}

static term bif_phash2_2(struct proc *p, term *args)
{
    return term_is_little(args[0]) ? phash2_2(p, args) : errand_pure(p, args, 2, phash2_2);
}

ERRAND_PURE(bif_phash, 2, phash)

static const struct native_row rows[] = {
    {"erlang", "phash", 2, bif_phash, 0},
    {"erlang", "phash2", 1, bif_phash2_1, 0},
    {"erlang", "phash2", 2, bif_phash2_2, 0},
};

const struct native_table natives_hashes = {rows, COUNT_OF(rows)};
