// SPDX-License-Identifier: Apache-2.0
// Giving much memory back to the system takes long: 5 to 20 ms for 200 MB, during which a worker's other processes would wait. So such
// blocks are freed by a thread, which is started for them and ends soon after the last. Only so much waits for it: beyond that who frees
// does it himself, so that memory isn't asked for faster than it is given back.
#ifndef TANDEM_BASE_UNMAP_H
#define TANDEM_BASE_UNMAP_H

#include "base/types.h"

enum { UNMAP_LEAST = 4 << 20 };    // smaller blocks are not worth a thread

// malloc's, of at least UNMAP_LEAST bytes. Any thread.
void unmap_later(void *block, size_t bytes);

void unmap_close(void);    // when all are freed: ends the thread

#endif
