// SPDX-License-Identifier: Apache-2.0
// The process dictionary: keys and values on the process's heap, in a small hash table of its own. All entries are roots.
#ifndef TANDEM_PROC_DICTIONARY_H
#define TANDEM_PROC_DICTIONARY_H

#include "proc/proc.h"
#include "term/collect.h"

term dictionary_get(const struct proc *p, term key);          // NONE: absent
term dictionary_put(struct proc *p, term key, term value);    // the value before, or NONE
bool dictionary_grows_long(const struct proc *p);             // by the next new key
term dictionary_erase(struct proc *p, term key);              // the value before, or NONE
void dictionary_clear(struct proc *p);

term dictionary_pairs(const struct proc *p, struct heap *h);    // [{Key, Value}]
term dictionary_keys(const struct proc *p, struct heap *h);
term dictionary_keys_of(const struct proc *p, struct heap *h, term value);

struct root dictionary_root(const struct proc *p);

#endif
