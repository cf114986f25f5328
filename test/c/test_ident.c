// SPDX-License-Identifier: Apache-2.0
#include "term/ident.h"

#include "heap_tests.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/collect.h"
#include "term/copy.h"
#include "term/fun.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

START_TEST(nodes_are_interned)
{
    term name = atom_from_c("a@b");
    struct node *n = node_intern(name, 1);
    ck_assert_ptr_eq(node_intern(name, 1), n);
    ck_assert_ptr_ne(node_intern(name, 2), n);
    ck_assert_ptr_ne(node_intern(ATOM_true, 1), n);
    ck_assert(n->name == name && n->creation == 1 && n->peer == NULL);
    ck_assert(!node_is_self(n) && node_is_self(node_intern(ATOM_nonode_nohost, 0)));
}
END_TEST

START_TEST(channels_lead_back_to_nodes)
{
    struct node *a = node_intern(atom_from_c("c1@b"), 1), *b = node_intern(atom_from_c("c2@b"), 1);
    ck_assert_uint_ne(node_channel(a), node_channel(b));
    ck_assert_uint_ne(node_channel(a), 0);
    ck_assert_ptr_eq(node_of_channel(node_channel(a)), a);
    ck_assert_ptr_eq(node_of_channel(node_channel(b)), b);
    ck_assert_uint_eq(node_channel(node_self()), 0);
    ck_assert_ptr_eq(node_of_channel(0), node_self());
    ck_assert_ptr_null(node_of_channel(UINT32_MAX));
}
END_TEST

START_TEST(pids)
{
    struct node *n = node_intern(atom_from_c("a@b"), 3);
    term own = pid_make(&heap, node_self(), 77, UINT32_MAX), other = pid_make(&heap, n, UINT32_MAX, 5);
    ck_assert(own == local_pid(77, UINT32_MAX));
    ck_assert_uint_eq(any_pid_number(own), 77);
    ck_assert_uint_eq(any_pid_serial(own), UINT32_MAX);
    ck_assert(is_pid(other) && !is_local_pid(other));
    ck_assert_uint_eq(any_pid_number(other), UINT32_MAX);
    ck_assert_uint_eq(any_pid_serial(other), 5);
    ck_assert_ptr_eq(ident_node(other), n);
    ck_assert_ptr_eq(ident_node(own), node_self());
}
END_TEST

START_TEST(ports)
{
    struct node *n = node_intern(atom_from_c("a@b"), 3);
    term port = port_make(&heap, n, (uint64_t)1 << 40);
    ck_assert(is_port(port));
    ck_assert_uint_eq(port_number(port), (uint64_t)1 << 40);
    ck_assert_ptr_eq(ident_node(port), n);
    ck_assert_ptr_eq(ident_node(port_make(&heap, node_self(), 1)), node_self());
}
END_TEST

START_TEST(references)
{
    struct node *n = node_intern(atom_from_c("a@b"), 3);
    const struct ref_ids ids = {3, {1, 2, 3}}, longer = {5, {1, 2, 3, 4, 5}};
    term own = ref_make(&heap, node_self(), &ids), other = ref_make(&heap, n, &ids);
    ck_assert(is_kind(own, KIND_REF) && is_kind(other, KIND_FOREIGN_REF));
    ck_assert(!ref_equal(own, other));
    ck_assert(ref_equal(own, ref_make(&heap, node_self(), &ids)));
    ck_assert(ref_equal(other, ref_make(&heap, n, &ids)));
    ck_assert(!ref_equal(other, ref_make(&heap, n, &longer)));
    ck_assert_uint_eq(ref_hash(other), ref_hash(ref_make(&heap, n, &ids)));
    ck_assert_mem_eq(ref_ids(other), &ids, sizeof ids);
    ck_assert(ref_owner(own) == NONE && ref_owner(other) == NONE);
    ck_assert(ref_owner(ref_make(&heap, n, &longer)) == NONE);
}
END_TEST

START_TEST(references_with_an_owner)
{
    term owner = local_pid(123456, 789);
    term ref = ref_new_owned(&heap, owner);
    ck_assert_uint_eq(ref_ids(ref)->count, 5);
    ck_assert(ref_owner(ref) == owner);
    ck_assert(ref_owner(ref_new(&heap)) == NONE);
    ck_assert_uint_eq(ref_ids(ref_new(&heap))->count, 3);
}
END_TEST

enum { THREADS = 4, REFS = 20000 };

struct maker {
    pthread_t thread;
    struct heap heap;
    uint64_t made[REFS];
};

// The 64 bits that a fresh reference stands for; its first number stays within 18 bits.
static void *make_refs(void *argument)
{
    struct maker *m = argument;
    for (size_t i = 0; i < REFS; i++) {
        const uint32_t *id = ref_ids(ref_new(&m->heap))->id;
        if (id[0] >= 1 << 18)
            return m;
        m->made[i] = (uint64_t)id[2] << 50 | (uint64_t)id[1] << 18 | id[0];
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(a_handle_keeps_its_value)
{
    struct heap other;
    heap_init(&other, 64);
    heap_set_stack(&other, other.end);
    uint8_t *bytes;
    term value = tuple2(&heap, ATOM_true, binary_alloc(&heap, 100, &bytes));
    memset(bytes, 7, 100);
    term handle = handle_new(&heap, ATOM_atomics, value);
    ck_assert(is_ref(handle) && ref_ids(handle)->count == 3);
    ck_assert(handle_value(handle, ATOM_atomics) == value);
    ck_assert(handle_value(handle, ATOM_counters) == NONE);
    ck_assert(handle_value(ref_new(&heap), ATOM_atomics) == NONE && handle_value(NIL, ATOM_atomics) == NONE);
    term roots[] = {term_copy(&other, handle)};
    ck_assert(ref_equal(roots[0], handle));
    heap_collect(&other, &(struct root){roots, 1}, 1, 0, true);
    heap_collect(&other, &(struct root){roots, 1}, 1, 0, false);
    term kept = handle_value(roots[0], ATOM_atomics);
    ck_assert(is_tuple_of(kept, 2) && bits_of(element(kept, 1)).base[99] == 7);
    heap_verify(&other, &(struct root){roots, 1}, 1);
    heap_done(&other);
}
END_TEST

START_TEST(references_are_unique_among_threads)
{
    static struct maker makers[THREADS];
    static uint64_t all[THREADS * REFS];
    for (size_t i = 0; i < THREADS; i++) {
        heap_init(&makers[i].heap, REFS * REF_WORDS);
        ck_assert_int_eq(pthread_create(&makers[i].thread, NULL, make_refs, &makers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(makers[i].thread, &failed);
        ck_assert_ptr_null(failed);
        memcpy(all + i * REFS, makers[i].made, sizeof makers[i].made);
        heap_done(&makers[i].heap);
    }
    qsort(all, COUNT_OF(all), sizeof all[0], by_value);
    for (size_t i = 1; i < COUNT_OF(all); i++)
        ck_assert_uint_ne(all[i - 1], all[i]);
}
END_TEST

START_TEST(the_handshake_names_this_node)
{
    struct node *before = node_self();
    term own = local_pid(1, 2), ref = ref_new(&heap), name = atom_from_c("engine@host");
    node_set_self(name, 9);
    ck_assert(ident_node(own)->name == name && ident_node(ref)->creation == 9);
    ck_assert(is_local_pid(pid_make(&heap, node_intern(name, 9), 1, 2)));
    ck_assert(!is_local_pid(pid_make(&heap, node_intern(name, 8), 1, 2)));
    ck_assert_uint_eq(node_channel(before), before->channel);
    node_set_self(before->name, before->creation);
    ck_assert_ptr_eq(node_self(), before);
}
END_TEST

START_TEST(exports_are_interned)
{
    term m = atom_from_c("some_module"), f = atom_from_c("some_function");
    ck_assert_ptr_null(export_find(m, f, 2));
    struct export *e = export_get(m, f, 2);
    ck_assert_ptr_eq(export_get(m, f, 2), e);
    ck_assert_ptr_eq(export_find(m, f, 2), e);
    ck_assert_ptr_ne(export_get(m, f, 3), e);
    ck_assert_ptr_ne(export_get(f, m, 2), e);
    ck_assert(e->code == e->trampoline && !export_is_callable(e));
    term fun = export_make(&heap, e);
    ck_assert(is_fun(fun) && export_of(fun) == e);
    ck_assert_uint_eq(fun_arity(fun), 2);
}
END_TEST

START_TEST(a_walk_sees_every_export_once)
{
    enum { COUNT = 1000 };
    static uint8_t seen[COUNT];
    term m = atom_from_c("walked_module");
    for (uint32_t i = 0; i < COUNT; i++)
        export_get(m, ATOM_true, i);
    const struct export *e;
    for (size_t at = 0; (e = export_next(&at));)
        if (e->module == m)
            seen[e->arity]++;
    for (uint32_t i = 0; i < COUNT; i++)
        ck_assert_uint_eq(seen[i], 1);
}
END_TEST

START_TEST(fun_entries_are_interned)
{
    struct fun_entry like = {.module = ATOM_true, .index = 1, .old_unique = 5, .arity = 2, .free = 1, .unique = {1, 2}};
    struct fun_entry *f = fun_entry_get(&like);
    ck_assert_ptr_eq(fun_entry_get(&like), f);
    ck_assert(f->code == f->trampoline);
    term x = small(7);
    term fun = fun_make(&heap, f, local_pid(1, 0), &x);
    ck_assert(is_fun(fun) && fun_entry_of(fun) == f && fun_free(fun)[0] == x && fun_creator(fun) == local_pid(1, 0));
    ck_assert_uint_eq(fun_arity(fun), 2);
    like.free = 2;
    ck_assert_ptr_ne(fun_entry_get(&like), f);
    like.free = 1;
    like.unique[15] = 1;
    ck_assert_ptr_ne(fun_entry_get(&like), f);
}
END_TEST

Suite *ident_suite(void)
{
    Suite *s = suite_create("ident");
    TCase *c = heap_tests(s, "identifiers");
    tcase_add_test(c, nodes_are_interned);
    tcase_add_test(c, channels_lead_back_to_nodes);
    tcase_add_test(c, pids);
    tcase_add_test(c, ports);
    tcase_add_test(c, references);
    tcase_add_test(c, references_with_an_owner);
    tcase_add_test(c, a_handle_keeps_its_value);
    tcase_add_test(c, references_are_unique_among_threads);
    tcase_add_test(c, the_handshake_names_this_node);
    c = heap_tests(s, "funs");
    tcase_add_test(c, exports_are_interned);
    tcase_add_test(c, a_walk_sees_every_export_once);
    tcase_add_test(c, fun_entries_are_interned);
    return s;
}
