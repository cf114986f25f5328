// SPDX-License-Identifier: Apache-2.0
// Comparisons for code: those that take long are errands (proc/errand.h), and are asked for again with the same terms until there is
// an answer. COMPARE_LATER: there is none yet.
#ifndef TANDEM_PROC_COMPARING_H
#define TANDEM_PROC_COMPARING_H

#include "proc/proc.h"
#include "term/compare.h"

// As term_compare and term_equal, of what term_compare_soon or term_equal_soon found to take long.
int comparing_long_order(struct proc *p, term a, term b);
int comparing_long_equality(struct proc *p, term a, term b);

static inline int comparing_order(struct proc *p, term a, term b)
{
    if (are_small(a, b))
        return a == b ? 0 : (sword)a < (sword)b ? -1 : 1;
    int order = term_compare_soon(a, b);
    return LIKELY(order != COMPARE_LATER) ? order : comparing_long_order(p, a, b);
}

static inline int comparing_equality(struct proc *p, term a, term b)
{
    int equal = a == b ? 1 : is_immediate(a) || is_immediate(b) ? 0 : term_equal_soon(a, b);
    return LIKELY(equal != COMPARE_LATER) ? equal : comparing_long_equality(p, a, b);
}

#endif
