// SPDX-License-Identifier: Apache-2.0
#include "code/missing.h"

#include "base/lock.h"

enum { NAMES_MAX = 512 };    // distinct names that are kept: OTP has about as many natives

static struct {
    struct lock lock;
    size_t used;
    struct missing names[NAMES_MAX];
} table;

static size_t find(term module, term function, uint32_t arity)
{
    size_t i = 0;
    while (i < table.used &&
           !(table.names[i].module == module && table.names[i].function == function && table.names[i].arity == arity))
        i++;
    return i;
}

void missing_add(term module, term function, uint32_t arity)
{
    lock_take(&table.lock);
    size_t i = find(module, function, arity);
    if (i == table.used && i < NAMES_MAX)
        table.names[table.used++] = (struct missing){module, function, arity, 0};
    if (i < NAMES_MAX)
        table.names[i].count++;
    lock_give(&table.lock);
}

bool missing_next(size_t *at, struct missing *m)
{
    lock_take(&table.lock);
    bool more = *at < table.used;
    if (more)
        *m = table.names[(*at)++];
    lock_give(&table.lock);
    return more;
}
