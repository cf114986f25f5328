// SPDX-License-Identifier: Apache-2.0
// Modules that are built but not in use yet: a reference names each, until it is finished or forgotten. Any thread; prepared_close when
// the calling one alone is left.
#ifndef TANDEM_BIF_PREPARED_H
#define TANDEM_BIF_PREPARED_H

#include "code/module.h"
#include "term/ident.h"

enum { PREPARED_MAX = 1024 };    // at once; then the oldest is forgotten

void prepared_add(const struct ref_ids *ids, struct module *m);    // the module is taken over
struct module *prepared_take(term ref);                            // it becomes the caller's; NULL: there is none
bool prepared_has_on_load(term ref, bool *has);                    // false: there is none
void prepared_close(void);                                         // the modules go with all others

#endif
