// SPDX-License-Identifier: Apache-2.0
// Uncompressing bytes from outside, bounded: no more memory than the compressed bytes can possibly expand to.
#ifndef TANDEM_CODE_INFLATE_H
#define TANDEM_CODE_INFLATE_H

#include "base/types.h"

enum { INFLATE_MAX_BYTES = 1 << 28 };

// A zlib stream that says how large it is: exactly `claimed` bytes (mem_alloc of that size), or NULL.
uint8_t *inflate_sized(const uint8_t *bytes, size_t size, size_t claimed);

// A gzip file of unknown size: its contents and their size (mem_alloc of *out_size), or NULL.
uint8_t *inflate_gzip(const uint8_t *bytes, size_t size, size_t *out_size);

#endif
