// SPDX-License-Identifier: Apache-2.0
// Heaps: where words come from, fragments, adoption, and that shared binaries go with their heap.
#include "term/heap.h"

#include "base/memory.h"
#include "support.h"
#include "term/atom.h"
#include "term/binary.h"

#include <check.h>
#include <string.h>

static struct heap heap;
static size_t in_use;

static void setup(void)
{
    support_open();
    in_use = mem_in_use();
    heap_init(&heap, 40);
}

static void teardown(void)
{
    heap_done(&heap);
    ck_assert_uint_eq(mem_in_use(), in_use);
}

static bool in_block(const term *at)
{
    return at >= heap.start && at < heap.end;
}

START_TEST(test_block_then_fragments)
{
    ck_assert_ptr_eq(heap_alloc(&heap, 39), heap.start);
    term *second = heap_alloc(&heap, 2);
    ck_assert(!in_block(second) && heap.fragments);
    ck_assert_ptr_eq(heap_alloc(&heap, 1), heap.start + 39);    // what fits still goes to the block
    ck_assert_ptr_eq(heap_alloc(&heap, 3), second + 2);
    ck_assert_ptr_eq(heap.top, heap.end);
    size_t words = heap.fragment_words;
    memset(heap_alloc(&heap, 100000), 1, 100000 * sizeof(term));
    ck_assert_uint_ge(heap.fragment_words, words + 100000);
    ck_assert_ptr_eq(heap_alloc(&heap, 0), heap.top);
}
END_TEST

// However many words are built, the sum of the fragments stays in proportion, and they are not many.
START_TEST(test_much_in_fragments)
{
    term list = NIL;
    for (sword i = 0; i < 100000; i++)
        list = cons(&heap, small(i), list);
    ck_assert_int_eq(list_length(list), 100000);
    for (sword i = 99999; i >= 0; i--, list = tail(list))
        ck_assert(head(list) == small(i));
    ck_assert_uint_ge(heap.fragment_words, 200000 - 40);
    ck_assert_uint_le(heap.fragment_words, 260000);
    size_t fragments = 0;
    for (const struct fragment *f = heap.fragments; f; f = f->next)
        fragments++;
    ck_assert_uint_le(fragments, CONFIG_STRESS ? 2000 : 60);
}
END_TEST

START_TEST(test_stack)
{
    heap_set_stack(&heap, heap.end - 3);
    ck_assert_ptr_eq(heap_stack(&heap), heap.end - 3);
    ck_assert_ptr_eq(heap.limit, heap.end - 3 - CONFIG_STACK_RESERVE);
    size_t room = (size_t)(heap.limit - heap.top);
    ck_assert(in_block(heap_alloc(&heap, room)));
    ck_assert(!in_block(heap_alloc(&heap, 1)));
    heap_set_stack(&heap, heap_stack(&heap) - 2);    // pushes into the reserve: the limit is below top
    ck_assert(!in_block(heap_alloc(&heap, 1)));
    ck_assert_ptr_eq(heap_alloc(&heap, 1) + 1, heap_alloc(&heap, 1));
}
END_TEST

START_TEST(test_builders)
{
    term parts[] = {small(1), ATOM_ok, NIL};
    term list = list_of(&heap, 3, parts, ATOM_error);
    ck_assert(head(list) == small(1) && head(tail(list)) == ATOM_ok && head(tail(tail(list))) == NIL);
    ck_assert(tail(tail(tail(list))) == ATOM_error);
    ck_assert_int_eq(list_length(list), -1);
    ck_assert_int_eq(list_length(list_of(&heap, 3, parts, NIL)), 3);
    ck_assert_int_eq(list_length(NIL), 0);
    ck_assert_int_eq(list_length(ATOM_ok), -1);
    ck_assert(list_of(&heap, 0, parts, small(7)) == small(7));
    term t = tuple_of(&heap, 3, parts);
    ck_assert(is_tuple_of(t, 3) && element(t, 0) == small(1) && element(t, 2) == NIL);
    ck_assert(is_tuple_of(tuple_of(&heap, 0, NULL), 0));
    ck_assert(element(tuple4(&heap, NIL, NIL, NIL, t), 3) == t && element(tuple3(&heap, NIL, NIL, t), 2) == t);
    ck_assert(float_value(float_term(&heap, -1.5)) == -1.5 && kind_of(float_term(&heap, 0.0)) == KIND_FLOAT);
}
END_TEST

static term large_binary(struct heap *h, size_t bytes, uint8_t fill)
{
    uint8_t *at;
    term t = binary_alloc(h, bytes, &at);
    memset(at, fill, bytes);
    return t;
}

START_TEST(test_shared_binaries_go)
{
    size_t before = mem_in_use();
    struct shared *s = shared_new(100, 100);
    memset(s->bytes, 1, 100);
    struct heap h;
    heap_init(&h, 5);
    for (int i = 0; i < 60; i++) {    // in the block and in fragments
        shared_hold(s);
        binary_share(&h, s);
        large_binary(&h, 65, 2);
    }
    ck_assert_uint_eq(h.shared_bytes, 60 * 165);
    ck_assert_int_eq(atomic_load(&s->count), 61);
    heap_done(&h);
    ck_assert_int_eq(atomic_load(&s->count), 1);
    shared_drop(s);
    ck_assert_uint_eq(mem_in_use(), before);
}
END_TEST

START_TEST(test_over_fragment)
{
    struct fragment *f = fragment_new(20);
    struct heap h;
    ck_assert(f->used == 0 && f->size == 20 && !f->shared);
    heap_over_fragment(&h, f);
    term a = tuple2(&h, small(1), large_binary(&h, 70, 3));
    heap_close_fragment(&h, f);
    ck_assert_ptr_eq(boxed_ptr(element(a, 1)), f->words);
    ck_assert_uint_eq(f->used, REFC_BIN_WORDS + 3);
    heap_over_fragment(&h, f);    // more of it, later
    term b = large_binary(&h, 80, 4);
    large_binary(&h, 90, 5);
    cons(&h, a, b);
    heap_close_fragment(&h, f);
    ck_assert_uint_eq(f->used, 3 * REFC_BIN_WORDS + 3 + 2);
    size_t chained = 0;
    for (term *at = f->shared; at; at = (term *)(uintptr_t)at[3])
        chained++;
    ck_assert_uint_eq(chained, 3);
    fragment_free(f);
}
END_TEST

static struct fragment *message(term *content, uint8_t fill)
{
    struct fragment *f = fragment_new(2 * REFC_BIN_WORDS + 3);
    struct heap h;
    heap_over_fragment(&h, f);
    term first = large_binary(&h, 100, fill);
    *content = tuple2(&h, first, large_binary(&h, 200, fill));
    heap_close_fragment(&h, f);
    return f;
}

START_TEST(test_adopt)
{
    term content[3];
    large_binary(&heap, 1000, 0);
    for (size_t i = 0; i < 3; i++) {
        heap_adopt(&heap, message(&content[i], (uint8_t)i));
        heap_alloc(&heap, 30);    // from the second on in a fragment of its own
    }
    ck_assert_uint_eq(heap.shared_bytes, 1000 + 3 * 300);
    for (size_t i = 0; i < 3; i++) {
        struct bits b = bits_of(element(content[i], 1));
        ck_assert(b.size == 1600 && b.base[0] == i && b.base[199] == i);
    }
}
END_TEST

// What still has room keeps it when a fragment is adopted; the adopted one is left alone.
START_TEST(test_adopt_keeps_room)
{
    term content;
    heap_alloc(&heap, 40);
    term *at = heap_alloc(&heap, 1);
    struct fragment *f = message(&content, 9);
    word first = f->words[0];
    heap_adopt(&heap, f);
    ck_assert_ptr_eq(heap_alloc(&heap, 1), at + 1);
    for (int i = 0; i < 500; i++)
        *heap_alloc(&heap, 1) = 0;
    ck_assert(f->words[0] == first && element(content, 0) == boxed_term(f->words));
}
END_TEST

Suite *heap_suite(void)
{
    Suite *s = suite_create("heap");
    TCase *c = tcase_create("heap");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_block_then_fragments);
    tcase_add_test(c, test_much_in_fragments);
    tcase_add_test(c, test_stack);
    tcase_add_test(c, test_builders);
    tcase_add_test(c, test_shared_binaries_go);
    tcase_add_test(c, test_over_fragment);
    tcase_add_test(c, test_adopt);
    tcase_add_test(c, test_adopt_keeps_room);
    suite_add_tcase(s, c);
    return s;
}
