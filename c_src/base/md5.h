// SPDX-License-Identifier: Apache-2.0
// The MD5 digest (RFC 1321). The state holds no pointers: it may be copied and stored as bytes.
#ifndef TANDEM_BASE_MD5_H
#define TANDEM_BASE_MD5_H

#include "base/types.h"

enum { MD5_SIZE = 16, MD5_BLOCK = 64 };

struct md5 {
    uint32_t sums[4];
    uint64_t size;    // bytes so far; the last size % MD5_BLOCK of them wait in block
    uint8_t block[MD5_BLOCK];
};

void md5_init(struct md5 *m);
void md5_update(struct md5 *m, const void *bytes, size_t size);
void md5_final(struct md5 *m, uint8_t digest[MD5_SIZE]);    // m is used up

void md5(const void *bytes, size_t size, uint8_t digest[MD5_SIZE]);

#endif
