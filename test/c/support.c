// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "term/atom.h"
#include "term/fun.h"
#include "term/heap.h"
#include "term/ident.h"

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

term support_repeated(struct heap *h, term t, size_t n)
{
    term list = NIL;
    while (n-- > 0)
        list = cons(h, t, list);
    return list;
}
