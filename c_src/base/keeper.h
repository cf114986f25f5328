// SPDX-License-Identifier: Apache-2.0
// Gives memory back to the system after a peak: a thread that is started when much has been freed, looks twice a second how
// much more memory the engine has than it uses, gives back what stayed unused from one look to the next, and ends when there is no
// more. Where that is no help it looks ever more rarely, for a minute.
#ifndef TANDEM_BASE_KEEPER_H
#define TANDEM_BASE_KEEPER_H

#include "base/types.h"

// Any thread, with no lock held: so many bytes were freed, and may be idle now.
void keeper_note(size_t bytes);

void keeper_close(void);    // ends the thread

// Gives back now what is idle.
void keeper_release(void);

size_t memory_resident(void);    // bytes of the engine in physical memory; 0: not known

#endif
