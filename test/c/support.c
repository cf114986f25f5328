// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "base/types.h"
#include "term/atom.h"
#include "term/fun.h"
#include "term/heap.h"
#include "term/ident.h"

#include <check.h>
#include <pthread.h>

static void no_export(struct export *e)
{
    e->code = e->trampoline;
}

static void no_fun(struct fun_entry *f)
{
    f->code = f->trampoline;
}

void support_open(void)
{
    static bool open;
    if (open)
        return;
    open = true;
    literals_open();
    atoms_open();
    nodes_open();
    funs_set_hooks((struct fun_hooks){no_export, no_fun});
    funs_open();
}

void support_threads(size_t count, void *(*body)(void *number))
{
    enum { MOST = 16 };
    pthread_t thread[MOST];
    ck_assert_uint_le(count, MOST);
    for (uintptr_t i = 0; i < count; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, body, (void *)(i + 1)), 0);
    for (size_t i = 0; i < count; i++) {
        void *result;
        pthread_join(thread[i], &result);
        ck_assert_ptr_nonnull(result);
    }
}
