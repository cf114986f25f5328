// SPDX-License-Identifier: Apache-2.0
// The growing buffer, read back with the reader and against a plain array.
#include "base/writer.h"

#include "base/memory.h"
#include "base/reader.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_values)
{
    static const uint8_t expected[] = {0x12, 0xAB, 0xCD, 0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3, 4, 5, 6, 7, 8, 'x', 'y'};
    struct writer w;
    writer_init(&w);
    writer_u8(&w, 0x12);
    writer_u16(&w, 0xABCD);
    writer_u32(&w, 0xDEADBEEF);
    writer_u64(&w, 0x0102030405060708);
    writer_bytes(&w, "xy", 2);
    writer_bytes(&w, NULL, 0);
    ck_assert_uint_eq(w.size, sizeof expected);
    ck_assert_mem_eq(w.bytes, expected, sizeof expected);
    writer_patch_u32(&w, 3, 0x01020304);
    ck_assert_mem_eq(w.bytes, "\x12\xAB\xCD\x01\x02\x03\x04\x01", 8);
    ck_assert_uint_eq(w.size, sizeof expected);
    writer_done(&w);
}
END_TEST

START_TEST(test_empty)
{
    struct writer w;
    size_t before = mem_in_use();
    writer_init(&w);
    writer_done(&w);
    writer_room(&w, 0);
    ck_assert_uint_eq(w.size, 0);
    writer_done(&w);
    ck_assert_ptr_null(w.bytes);
    ck_assert_uint_eq(mem_in_use(), before);
}
END_TEST

// Random writes, the same into an array.
START_TEST(test_growing)
{
    enum { MOST = 200000 };
    uint8_t *model = malloc(MOST);
    unsigned seed = (unsigned)_i + 1;
    size_t size = 0, before = mem_in_use();
    struct writer w;
    writer_init(&w);
    for (;;) {
        size_t n = (size_t)rand_r(&seed) % (rand_r(&seed) % 50 == 0 ? 9000 : 20);
        if (size + n > MOST)
            break;
        for (size_t i = 0; i < n; i++)
            model[size + i] = (uint8_t)rand_r(&seed);
        if (n % 2)
            writer_bytes(&w, model + size, n);
        else
            memcpy(writer_room(&w, n), model + size, n);
        size += n;
        ck_assert_uint_eq(w.size, size);
        ck_assert_uint_ge(w.capacity, size);
    }
    ck_assert_mem_eq(w.bytes, model, size);
    ck_assert_uint_eq(mem_in_use(), before + w.capacity);
    ck_assert_uint_le(w.capacity, 4 * size);
    writer_done(&w);
    ck_assert_uint_eq(mem_in_use(), before);
    free(model);
}
END_TEST

START_TEST(test_one_large_room)
{
    struct writer w;
    writer_init(&w);
    writer_u8(&w, 7);
    memset(writer_room(&w, 1000000), 9, 1000000);
    writer_u8(&w, 8);
    ck_assert_uint_eq(w.size, 1000002);
    ck_assert_uint_eq(w.bytes[0], 7);
    ck_assert_uint_eq(w.bytes[1000000], 9);
    ck_assert_uint_eq(w.bytes[1000001], 8);
    writer_done(&w);
}
END_TEST

START_TEST(test_read_back)
{
    struct writer w;
    struct reader r;
    writer_init(&w);
    for (uint64_t i = 0; i < 64; i++) {
        writer_u64(&w, (uint64_t)1 << i);
        writer_u32(&w, (uint32_t)1 << i % 32);
        writer_u16(&w, (uint16_t)(1 << i % 16));
        writer_u8(&w, (uint8_t)(1 << i % 8));
    }
    reader_init(&r, w.bytes, w.size);
    for (uint64_t i = 0; i < 64; i++) {
        ck_assert(reader_u64(&r) == (uint64_t)1 << i);
        ck_assert(reader_u32(&r) == (uint32_t)1 << i % 32);
        ck_assert(reader_u16(&r) == 1 << i % 16);
        ck_assert(reader_u8(&r) == 1 << i % 8);
    }
    ck_assert(reader_ok(&r) && reader_left(&r) == 0);
    writer_done(&w);
}
END_TEST

Suite *writer_suite(void)
{
    Suite *s = suite_create("writer");
    TCase *c = tcase_create("writer");
    tcase_add_test(c, test_values);
    tcase_add_test(c, test_empty);
    tcase_add_loop_test(c, test_growing, 0, 5);
    tcase_add_test(c, test_one_large_room);
    tcase_add_test(c, test_read_back);
    suite_add_tcase(s, c);
    return s;
}
