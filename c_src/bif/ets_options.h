// SPDX-License-Identifier: Apache-2.0
// The options of ets:new and ets:setopts.
#ifndef TANDEM_BIF_ETS_OPTIONS_H
#define TANDEM_BIF_ETS_OPTIONS_H

#include "bif/ets_table.h"

struct ets_options {
    term type, protection;     // atoms
    term heir, gift;           // a pid or ATOM_none
    term write_concurrency;    // as in struct ets_table
    uint32_t position;
    bool named, compressed, read_concurrency, decentralized, decentralized_given, decentralized_wanted;
};

bool ets_options_read(term list, struct ets_options *o);    // false: not options
struct ets_table *ets_options_table(const struct ets_options *o, term name);

struct ets_changes {
    term heir, gift;    // heir NONE: as it is
    term protection;    // NONE: as it is
};

bool ets_changes_read(term list, struct ets_changes *c);    // a list or one option

#endif
