// SPDX-License-Identifier: Apache-2.0
#include "bif/bif.h"

#include "base/die.h"
#include "code/export_hooks.h"

// A function has one native: that it stands in two tables is a mistake of ours.
void natives_register(const struct native_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct native_row *row = &table->rows[i];
        struct export *e = export_get(atom_from_c(row->module), atom_from_c(row->function), row->arity);
        if (e->native)
            die("two natives for %s:%s/%u", row->module, row->function, row->arity);
        export_set_native(e, row->function_pointer, row->flags & NATIVE_GUARD ? EXPORT_GUARD : 0);
    }
}
