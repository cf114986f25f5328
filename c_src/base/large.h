// SPDX-License-Identifier: Apache-2.0
// Large blocks, by malloc. In an OS process of our own malloc is told to keep what is freed (mem_open). A guest of its host must not
// tell it so: there, freed blocks of 128 KiB and more are kept here, in classes a fourth apart, until the keeper comes. Otherwise
// their pages would go back at once and come back one fault at a time.
#ifndef TANDEM_BASE_LARGE_H
#define TANDEM_BASE_LARGE_H

#include "base/types.h"

// NULL: no memory. Any thread.
void *large_take(size_t bytes);
void *large_resize(void *block, size_t bytes);
void large_put(void *block, size_t bytes);    // with the size it was last asked for

void large_release(void);    // what is kept goes back

#endif
