// SPDX-License-Identifier: Apache-2.0
// Blocks: their contents, their count, and that what one thread frees another may take.
#include "base/memory.h"

#include "base/config.h"
#include "base/keeper.h"
#include "base/unmap.h"
#include "threads.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const size_t sizes[] = {1, 2, 15, 16, 17, 24, 31, 32, 33, 255, 1008, 1023, 1024, 1025, 1040, 4096, 100000};

static bool holds_only(const uint8_t *block, size_t bytes, uint8_t value)
{
    for (size_t i = 0; i < bytes; i++)
        if (block[i] != value)
            return false;
    return true;
}

START_TEST(test_blocks_are_apart)
{
    enum { EACH = 50 };
    uint8_t *block[COUNT_OF(sizes)][EACH];
    for (size_t s = 0; s < COUNT_OF(sizes); s++)
        for (size_t i = 0; i < EACH; i++) {
            block[s][i] = mem_alloc(sizes[s]);
            ck_assert_uint_eq((uintptr_t)block[s][i] % 8, 0);
            memset(block[s][i], (int)(s * EACH + i), sizes[s]);
        }
    for (size_t s = 0; s < COUNT_OF(sizes); s++)
        for (size_t i = 0; i < EACH; i++) {
            ck_assert(holds_only(block[s][i], sizes[s], (uint8_t)(s * EACH + i)));
            mem_free(block[s][i], sizes[s]);
        }
}
END_TEST

START_TEST(test_in_use)
{
    size_t before = mem_in_use();
    void *small_block = mem_alloc(40), *large = mem_alloc(5000), *none = mem_alloc(0);
    ck_assert_uint_eq(mem_in_use(), before + 5040);
    ck_assert_ptr_nonnull(none);
    mem_free(none, 0);
    mem_free(large, 5000);
    ck_assert_uint_eq(mem_in_use(), before + 40);
    mem_free(small_block, 40);
    mem_free(NULL, 0);
    ck_assert_uint_eq(mem_in_use(), before);
}
END_TEST

START_TEST(test_zero_alloc)
{
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        uint8_t *used = mem_alloc(sizes[s]);
        memset(used, 0xFF, sizes[s]);
        mem_free(used, sizes[s]);
        uint8_t *zero = mem_zero_alloc(sizes[s]);
        ck_assert(holds_only(zero, sizes[s], 0));
        mem_free(zero, sizes[s]);
    }
}
END_TEST

START_TEST(test_resize)
{
    size_t before = mem_in_use();
    for (size_t from = 0; from < COUNT_OF(sizes); from++)
        for (size_t to = 0; to < COUNT_OF(sizes); to++) {
            size_t kept = sizes[from] < sizes[to] ? sizes[from] : sizes[to];
            uint8_t *block = mem_alloc(sizes[from]);
            memset(block, 0x5A, sizes[from]);
            block = mem_resize(block, sizes[from], sizes[to]);
            ck_assert(holds_only(block, kept, 0x5A));
            memset(block, 0x11, sizes[to]);
            ck_assert_uint_eq(mem_in_use(), before + sizes[to]);
            mem_free(block, sizes[to]);
        }
    uint8_t *fresh = mem_resize(NULL, 0, 10);
    memset(fresh, 1, 10);
    mem_free(fresh, 10);
    ck_assert_uint_eq(mem_in_use(), before);
}
END_TEST

// A thread that only frees and one that only allocates: the blocks must find their way back. After half of the rounds
// they change places.
enum { ROUNDS = 800, BATCH = 100, BLOCK = 48 };

struct pipe {
    pthread_barrier_t full, empty;
    void *block[BATCH];
    void *seen[ROUNDS * BATCH];
};

static void take_turns(struct pipe *p, bool first)
{
    for (int round = 0; round < ROUNDS; round++) {
        bool allocates = first == (round < ROUNDS / 2);
        for (int i = 0; allocates && i < BATCH; i++) {
            mem_free(mem_alloc(BLOCK), BLOCK);
            p->seen[round * BATCH + i] = p->block[i] = mem_alloc(BLOCK);
            memset(p->block[i], round, BLOCK);
        }
        pthread_barrier_wait(&p->full);
        for (int i = 0; !allocates && i < BATCH; i++)
            mem_free(p->block[i], BLOCK);
        pthread_barrier_wait(&p->empty);
    }
}

static void *other_side(void *argument)
{
    take_turns(argument, false);
    return NULL;
}

static int compare_addresses(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t) * (void *const *)a, y = (uintptr_t) * (void *const *)b;
    return (x > y) - (x < y);
}

static size_t distinct(void **addresses, size_t n)
{
    size_t found = n > 0;
    qsort(addresses, n, sizeof *addresses, compare_addresses);
    for (size_t i = 1; i < n; i++)
        found += addresses[i] != addresses[i - 1];
    return found;
}

START_TEST(test_other_thread_frees)
{
    static struct pipe p;
    pthread_t thread;
    size_t before = mem_in_use();
    pthread_barrier_init(&p.full, NULL, 2);
    pthread_barrier_init(&p.empty, NULL, 2);
    ck_assert_int_eq(pthread_create(&thread, NULL, other_side, &p), 0);
    take_turns(&p, true);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&p.full);
    pthread_barrier_destroy(&p.empty);
    ck_assert_uint_eq(mem_in_use(), before);
    if (!CONFIG_PLAIN_MEMORY)
        ck_assert_uint_lt(distinct(p.seen, COUNT_OF(p.seen)), 2000);
}
END_TEST

// Many threads at once, each checking its own blocks.
static void *churn(void *argument)
{
    enum { LIVE = 300 };
    uint8_t *block[LIVE] = {NULL};
    unsigned seed = (unsigned)(uintptr_t)argument;
    bool good = true;
    for (int i = 0; i < 20000; i++) {
        unsigned at = (unsigned)rand_r(&seed) % LIVE;
        size_t bytes = 1 + at * 4;
        if (block[at])
            good = good && holds_only(block[at], bytes, (uint8_t)((uintptr_t)argument + at));
        mem_free(block[at], block[at] ? bytes : 0);
        block[at] = mem_alloc(bytes);
        memset(block[at], (int)((uintptr_t)argument + at), bytes);
    }
    for (unsigned at = 0; at < LIVE; at++)
        mem_free(block[at], block[at] ? 1 + at * 4 : 0);
    return good ? argument : NULL;
}

START_TEST(test_threads)
{
    size_t before = mem_in_use();
    threads_run(4, churn);
    ck_assert_uint_eq(mem_in_use(), before);
}
END_TEST

// After a peak of small blocks what is idle goes back, but for the few blocks that are still used.
enum { PEAK_BLOCKS = 200000, PEAK_BLOCK = 240 };

START_TEST(test_idle_memory_goes_back)
{
    static uint8_t *block[PEAK_BLOCKS];
    for (int i = 0; i < PEAK_BLOCKS; i++) {
        block[i] = mem_alloc(PEAK_BLOCK - 16u * (unsigned)(i % 3));
        memset(block[i], i, PEAK_BLOCK - 32);
    }
    size_t peak = memory_resident();
    for (int i = 0; i < PEAK_BLOCKS; i++)
        if (i % 50000)
            mem_free(block[i], PEAK_BLOCK - 16u * (unsigned)(i % 3));
    keeper_release();
    if (!CONFIG_PLAIN_MEMORY)
        ck_assert_uint_lt(memory_resident(), peak - (size_t)PEAK_BLOCKS * (PEAK_BLOCK - 32) / 10 * 9);
    for (int i = 0; i < PEAK_BLOCKS; i += 50000) {
        ck_assert(holds_only(block[i], PEAK_BLOCK - 32, (uint8_t)i));
        mem_free(block[i], PEAK_BLOCK - 16u * (unsigned)(i % 3));
    }
}
END_TEST

// The same of blocks by malloc, of a thread that isn't the first and may sleep meanwhile.
enum { PEAK_LARGE = 1000, LARGE_BLOCK = 40000 };

static void *peak_of_large_blocks(void *resident)
{
    static void *block[PEAK_LARGE];
    for (int i = 0; i < PEAK_LARGE; i++)
        block[i] = memset(mem_alloc(LARGE_BLOCK), i, LARGE_BLOCK);
    *(size_t *)resident = memory_resident();
    for (int i = 0; i < PEAK_LARGE; i++)
        mem_free(block[i], LARGE_BLOCK);
    return resident;
}

START_TEST(test_idle_memory_of_threads_goes_back)
{
    mem_open();
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        size_t peak;
        ck_assert_int_eq(pthread_create(&thread, NULL, peak_of_large_blocks, &peak), 0);
        pthread_join(thread, NULL);
        keeper_release();
        if (!CONFIG_PLAIN_MEMORY)
            ck_assert_uint_lt(memory_resident(), peak - (size_t)PEAK_LARGE * LARGE_BLOCK / 10 * 9);
    }
}
END_TEST

// Of huge blocks a thread gives back what threads that may go on meanwhile have freed.
enum { HUGE_ROUNDS = 10, HUGE_BLOCK = 40 << 20 };

static void *huge_blocks(void *argument)
{
    for (int i = 0; i < HUGE_ROUNDS; i++) {
        uint8_t *block = memset(mem_alloc(HUGE_BLOCK), i, HUGE_BLOCK);
        block = mem_resize(block, HUGE_BLOCK, HUGE_BLOCK + HUGE_BLOCK / 4);
        if (!holds_only(block, HUGE_BLOCK / 100, (uint8_t)i))
            return NULL;
        mem_free(block, HUGE_BLOCK + HUGE_BLOCK / 4);
    }
    return argument;
}

START_TEST(test_huge_blocks_go_back)
{
    mem_open();
    for (int round = 0; round < 2; round++) {
        size_t before = memory_resident();
        threads_run(2, huge_blocks);
        unmap_close();
        if (!CONFIG_PLAIN_MEMORY)
            ck_assert_uint_lt(memory_resident(), before + HUGE_BLOCK);
    }
}
END_TEST

// Blocks freed in any order are neighbours again when they are taken one after the other.
enum { SHUFFLED_BLOCKS = 20000, SHUFFLED_BLOCK = 80 };

START_TEST(test_order_comes_back)
{
    static uint8_t *block[SHUFFLED_BLOCKS];
    for (int i = 0; i < SHUFFLED_BLOCKS; i++)
        block[i] = mem_alloc(SHUFFLED_BLOCK);
    for (int i = 0; i < SHUFFLED_BLOCKS; i++)
        mem_free(block[(size_t)i * 7919 % SHUFFLED_BLOCKS], SHUFFLED_BLOCK);
    int neighbours = 0;
    for (int i = 0; i < SHUFFLED_BLOCKS; i++) {
        block[i] = mem_alloc(SHUFFLED_BLOCK);
        neighbours += i > 0 && block[i] == block[i - 1] + SHUFFLED_BLOCK;
    }
    if (!CONFIG_PLAIN_MEMORY)
        ck_assert_int_gt(neighbours, SHUFFLED_BLOCKS / 10 * 9);
    for (int i = 0; i < SHUFFLED_BLOCKS; i++)
        mem_free(block[i], SHUFFLED_BLOCK);
}
END_TEST

// Threads that take and free while another gives back: nothing is handed out twice (they look at what they wrote).
static void *release_meanwhile(void *ended)
{
    while (!atomic_load((const _Atomic bool *)ended))
        keeper_release();
    return NULL;
}

START_TEST(test_release_beside_others)
{
    pthread_t keeper;
    _Atomic bool ended = false;
    ck_assert_int_eq(pthread_create(&keeper, NULL, release_meanwhile, &ended), 0);
    threads_run(3, churn);
    atomic_store(&ended, true);
    pthread_join(keeper, NULL);
}
END_TEST

START_TEST(test_limit)
{
    size_t used = mem_in_use();
    mem_set_limit(used + (8 << 20));
    ck_assert(!mem_passed());
    ck_assert(mem_allows(4 << 20));
    ck_assert(!mem_allows(16 << 20));
    ck_assert(mem_passed() && !mem_passed());
    void *block[20];
    for (size_t i = 0; i < COUNT_OF(block); i++)
        block[i] = mem_alloc(1 << 20);
    ck_assert(mem_passed());
    for (size_t i = 0; i < COUNT_OF(block); i++)
        mem_free(block[i], 1 << 20);
    ck_assert(mem_allows(4 << 20) && !mem_passed());
    mem_set_limit(0);
    ck_assert(mem_allows(16 << 20));
    ck_assert(!mem_allows((size_t)1 << 50) && mem_passed());
}
END_TEST

Suite *memory_suite(void)
{
    Suite *s = suite_create("memory");
    TCase *c = tcase_create("blocks");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_blocks_are_apart);
    tcase_add_test(c, test_in_use);
    tcase_add_test(c, test_zero_alloc);
    tcase_add_test(c, test_resize);
    tcase_add_test(c, test_other_thread_frees);
    tcase_add_test(c, test_threads);
    tcase_add_test(c, test_idle_memory_goes_back);
    tcase_add_test(c, test_idle_memory_of_threads_goes_back);
    tcase_add_test(c, test_huge_blocks_go_back);
    tcase_add_test(c, test_order_comes_back);
    tcase_add_test(c, test_release_beside_others);
    tcase_add_test(c, test_limit);
    suite_add_tcase(s, c);
    return s;
}
