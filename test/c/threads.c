// SPDX-License-Identifier: Apache-2.0
#include "threads.h"

#include <check.h>
#include <pthread.h>
#include <stdint.h>

void threads_run(size_t count, void *(*body)(void *number))
{
    enum { MOST = 16 };
    pthread_t thread[MOST];
    ck_assert_uint_le(count, MOST);
    for (uintptr_t i = 0; i < count; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, body, (void *)(i + 1)), 0);
    for (size_t i = 0; i < count; i++) {
        void *result;
        pthread_join(thread[i], &result);
        ck_assert_ptr_nonnull(result);
    }
}
