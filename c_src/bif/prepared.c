// SPDX-License-Identifier: Apache-2.0
#include "bif/prepared.h"

#include "base/lock.h"
#include "base/memory.h"

#include <string.h>

enum { STEP = 64 };

struct prepared {
    struct ref_ids ids;
    struct module *module;
};

static struct {
    struct lock lock;
    struct prepared *all;    // oldest first
    unsigned count, room;
} prepared;

// With the lock held, as are the next three.
static void make_room(void)
{
    prepared.all =
        mem_resize(prepared.all, prepared.room * sizeof *prepared.all, (prepared.room + STEP) * sizeof *prepared.all);
    prepared.room += STEP;
}

static void take_out(struct prepared *p)
{
    memmove(p, p + 1, (size_t)(prepared.all + prepared.count - (p + 1)) * sizeof *p);
    prepared.count--;
}

static void give_back(void)
{
    mem_free(prepared.all, prepared.room * sizeof *prepared.all);
    prepared.all = NULL;
    prepared.count = 0;
    prepared.room = 0;
}

static struct prepared *find(term ref)
{
    for (unsigned i = 0; is_kind(ref, KIND_REF) && i < prepared.count; i++)
        if (memcmp(&prepared.all[i].ids, ref_ids(ref), sizeof(struct ref_ids)) == 0)
            return &prepared.all[i];
    return NULL;
}

void prepared_add(const struct ref_ids *ids, struct module *m)
{
    struct module *forgotten = NULL;
    lock_take(&prepared.lock);
    if (prepared.count == PREPARED_MAX) {
        forgotten = prepared.all[0].module;
        take_out(&prepared.all[0]);
    } else if (prepared.count == prepared.room) {
        make_room();
    }
    prepared.all[prepared.count++] = (struct prepared){*ids, m};
    lock_give(&prepared.lock);
    if (forgotten)
        module_free(forgotten);
}

struct module *prepared_take(term ref)
{
    lock_take(&prepared.lock);
    struct prepared *found = find(ref);
    struct module *m = found ? found->module : NULL;
    if (found)
        take_out(found);
    if (prepared.count == 0)
        give_back();
    lock_give(&prepared.lock);
    return m;
}

bool prepared_has_on_load(term ref, bool *has)
{
    lock_take(&prepared.lock);
    const struct prepared *found = find(ref);
    if (found)
        *has = found->module->on_load != NULL;
    lock_give(&prepared.lock);
    return found != NULL;
}

void prepared_close(void)
{
    give_back();
}
