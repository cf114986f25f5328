// SPDX-License-Identifier: Apache-2.0
// The tables of native functions: one at the foot of each file of this folder; main/ registers them all.
#ifndef TANDEM_BIF_BIF_H
#define TANDEM_BIF_BIF_H

#include "proc/fail.h"
#include "proc/proc.h"
#include "term/atom.h"
#include "term/fun.h"

enum native_flag {
    NATIVE_GUARD = 1,    // allowed in guards
};

struct native_row {
    const char *module, *function;
    uint32_t arity;
    native_function *function_pointer;
    unsigned flags;    // enum native_flag
};

struct native_table {
    const struct native_row *rows;
    size_t count;
};

// Makes the functions callable, before any module is loaded.
void natives_register(const struct native_table *table);

extern const struct native_table natives_numbers, natives_numbers_text, natives_math;
extern const struct native_table natives_maps, natives_lists, natives_tuples, natives_hashes;
extern const struct native_table natives_binary, natives_binary_search, natives_unicode, natives_checksum,
    natives_atoms;

extern const struct native_table natives_external, natives_funs, natives_idents;
extern const struct native_table natives_engine, natives_code, natives_host;

#endif
