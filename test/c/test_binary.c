// SPDX-License-Identifier: Apache-2.0
#include "heap_tests.h"

#include "base/memory.h"
#include "term/binary.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 64, ROUNDS = 20000 };

static int bit(const uint8_t *base, size_t at)
{
    return base[at / 8] >> (7 - at % 8) & 1;
}

static void set_bit(uint8_t *base, size_t at, int value)
{
    uint8_t mask = (uint8_t)(0x80 >> at % 8);
    base[at / 8] = (uint8_t)((base[at / 8] & ~mask) | (value ? mask : 0));
}

static void fill(uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)random();
}

static size_t below(size_t limit)
{
    return (size_t)random() % limit;
}

// The source is a block of just its bytes, so that a read beyond them is seen by the sanitizer.
START_TEST(copies_every_bit_and_no_other)
{
    for (int round = 0; round < ROUNDS; round++) {
        size_t n = below(ROOM * 8 - 16), from_offset = below(9), to_offset = below(9);
        size_t from_size = (from_offset + n + 7) / 8;
        uint8_t *from = malloc(from_size + 1), to[ROOM], expected[ROOM];
        fill(from, from_size);
        fill(to, ROOM);
        memcpy(expected, to, ROOM);
        for (size_t i = 0; i < n; i++)
            set_bit(expected, to_offset + i, bit(from, from_offset + i));
        uint8_t *exact = malloc(from_size);
        memcpy(exact, from, from_size);
        bits_copy(to, to_offset, exact, from_offset, n);
        ck_assert_mem_eq(to, expected, ROOM);
        free(exact);
        free(from);
    }
}
END_TEST

static int naive_compare(struct bits a, struct bits b)
{
    for (size_t i = 0; i < a.size && i < b.size; i++) {
        int order = bit(a.base, a.offset + i) - bit(b.base, b.offset + i);
        if (order)
            return order;
    }
    return (a.size > b.size) - (a.size < b.size);
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

START_TEST(compares_as_bit_by_bit)
{
    uint8_t x[ROOM], y[ROOM];
    for (int round = 0; round < ROUNDS; round++) {
        struct bits a = {x, below(9), below(200)}, b = {y, below(9), below(200)};
        fill(x, ROOM);
        fill(y, ROOM);
        if (round % 2)
            bits_copy(y, b.offset, x, a.offset, 200 - below(100));
        ck_assert_int_eq(sign(bits_compare(a, b)), naive_compare(a, b));
    }
}
END_TEST

START_TEST(small_binaries_stand_in_the_heap)
{
    uint8_t bytes[200];
    fill(bytes, sizeof bytes);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        term t = binary_from(&heap, bytes, n);
        ck_assert(is_kind(t, n <= CONFIG_HEAP_BINARY_MAX ? KIND_HEAP_BIN : KIND_REFC_BIN));
        ck_assert(is_binary(t));
        ck_assert_uint_eq(bit_size(t), n * 8);
        ck_assert_uint_eq(binary_words(n), 1 + header_size(*boxed_ptr(t)));
        ck_assert_mem_eq(bits_of(t).base, bytes, n);
    }
}
END_TEST

START_TEST(a_heap_frees_its_shared_binaries)
{
    size_t before = mem_in_use();
    struct heap h;
    heap_init(&h, 32);
    uint8_t *bytes;
    for (int i = 0; i < 50; i++)
        binary_alloc(&h, 1000, &bytes);
    ck_assert_uint_ge(h.shared_bytes, 50000);
    struct shared *kept = shared_new(100, 100);
    shared_hold(kept);
    binary_share(&h, kept);
    heap_done(&h);
    ck_assert_int_eq(atomic_load(&kept->count), 1);
    shared_drop(kept);
    ck_assert_uint_eq(mem_in_use(), before);
}
END_TEST

// Parts of binaries and of parts, against a copy of the bits.
START_TEST(parts_are_the_bits_asked_for)
{
    uint8_t bytes[100];
    fill(bytes, sizeof bytes);
    for (int round = 0; round < ROUNDS / 10; round++) {
        term whole = binary_from(&heap, bytes, round % 2 ? sizeof bytes : 40);
        size_t size = bit_size(whole), at = below(size + 1), n = below(size - at + 1);
        term part = binary_part_bits(&heap, whole, at, n);
        size_t inner_at = below(n + 1), inner_n = below(n - inner_at + 1);
        term inner = binary_part_bits(&heap, part, inner_at, inner_n);
        ck_assert_uint_eq(bit_size(part), n);
        ck_assert_int_eq(bits_compare(bits_of(part), (struct bits){bytes, at, n}), 0);
        ck_assert_uint_eq(bit_size(inner), inner_n);
        ck_assert_int_eq(bits_compare(bits_of(inner), (struct bits){bytes, at + inner_at, inner_n}), 0);
        if (is_kind(inner, KIND_SUB_BIN))
            ck_assert(!is_kind(boxed_ptr(inner)[1], KIND_SUB_BIN));
    }
}
END_TEST

START_TEST(a_part_that_is_all_is_the_binary_itself)
{
    term t = binary_from(&heap, "0123456789", 10);
    ck_assert_uint_eq(binary_part_bits(&heap, t, 0, 80), t);
    ck_assert(is_kind(binary_part_bits(&heap, t, 0, 0), KIND_HEAP_BIN));
}
END_TEST

START_TEST(bytes_that_start_inside_a_byte_are_copied)
{
    uint8_t bytes[100];
    fill(bytes, sizeof bytes);
    term whole = binary_from(&heap, bytes, sizeof bytes);
    size_t n;
    uint8_t *copy;
    ck_assert_ptr_eq(binary_bytes(binary_part_bits(&heap, whole, 16, 320), &n, &copy), bits_of(whole).base + 2);
    ck_assert_uint_eq(n, 40);
    ck_assert_ptr_null(copy);
    const uint8_t *moved = binary_bytes(binary_part_bits(&heap, whole, 3, 320), &n, &copy);
    ck_assert_ptr_eq(moved, copy);
    ck_assert_int_eq(bits_compare((struct bits){moved, 0, 320}, (struct bits){bytes, 3, 320}), 0);
    mem_free(copy, n);
}
END_TEST

Suite *binary_suite(void)
{
    Suite *s = suite_create("binary");
    TCase *c = heap_tests(s, "binary");
    tcase_add_test(c, copies_every_bit_and_no_other);
    tcase_add_test(c, compares_as_bit_by_bit);
    tcase_add_test(c, small_binaries_stand_in_the_heap);
    tcase_add_test(c, a_heap_frees_its_shared_binaries);
    tcase_add_test(c, parts_are_the_bits_asked_for);
    tcase_add_test(c, a_part_that_is_all_is_the_binary_itself);
    tcase_add_test(c, bytes_that_start_inside_a_byte_are_copied);
    return s;
}
