// SPDX-License-Identifier: Apache-2.0
#include "processes.h"

#include "proc/names.h"
#include "proc/signal.h"
#include "term/compare.h"
#include "term/ident.h"

#include <check.h>
#include <stdio.h>

START_TEST(a_name_belongs_to_one_process)
{
    processes_open(1);
    term a = process_new(NULL, process_idle, 0), b = process_new(NULL, process_idle, 0);
    term name = atom_from_c("name_a");
    ck_assert(names_register(name, a));
    ck_assert(!names_register(name, b));
    ck_assert(!names_register(atom_from_c("name_b"), a));
    ck_assert(!names_register(ATOM_undefined, b));
    ck_assert_uint_eq(names_find_local(name), a);
    ck_assert_uint_eq(names_of(proc_find(a)), name);
    ck_assert_uint_eq(names_of(proc_find(b)), NONE);
    ck_assert(names_unregister(name));
    ck_assert(!names_unregister(name));
    ck_assert_uint_eq(names_find_local(name), NONE);
    ck_assert(names_register(name, b));
    processes_close();
}
END_TEST

START_TEST(exit_forgets_the_name)
{
    processes_open(1);
    term a = process_new(NULL, process_idle, 0), name = atom_from_c("name_c");
    ck_assert(names_register(name, a));
    proc_exit(proc_find(a), ATOM_normal);
    ck_assert_uint_eq(names_find_local(name), NONE);
    ck_assert(!names_register(name, a));
    processes_close();
}
END_TEST

START_TEST(foreign_names_give_way)
{
    processes_open(1);
    struct heap h;
    heap_init(&h, 64);
    term name = atom_from_c("name_d");
    term foreign = pid_make(&h, node_intern(atom_from_c("host@here"), 7), 5, 6);
    names_set_foreign(name, foreign);
    ck_assert(term_equal(names_find(&h, name), foreign));
    ck_assert_uint_eq(names_find_local(name), NONE);
    term a = process_new(NULL, process_idle, 0);
    ck_assert(names_register(name, a));
    ck_assert_uint_eq(names_find(&h, name), a);
    ck_assert(names_unregister(name));
    ck_assert(term_equal(names_find(&h, name), foreign));
    names_set_foreign(name, NONE);
    ck_assert_uint_eq(names_find(&h, name), NONE);
    heap_done(&h);
    processes_close();
}
END_TEST

START_TEST(foreign_names_hide)
{
    processes_open(1);
    struct heap h;
    heap_init(&h, 64);
    term name = atom_from_c("name_f"), a = process_new(NULL, process_idle, 0);
    term foreign = pid_make(&h, node_intern(atom_from_c("host@here"), 7), 5, 6);
    term other = pid_make(&h, node_intern(atom_from_c("host@here"), 7), 5, 7);
    names_set_foreign(name, foreign);
    ck_assert(!names_restore(name, foreign));
    ck_assert(names_unregister(name));
    ck_assert(!names_unregister(name));
    ck_assert_uint_eq(names_find(&h, name), NONE);
    ck_assert(term_equal(names_find_foreign(&h, name), foreign));
    ck_assert(names_register(name, a));
    ck_assert(!names_restore(name, foreign));
    ck_assert(names_unregister(name));
    ck_assert_uint_eq(names_find(&h, name), NONE);
    names_set_foreign(name, foreign);
    ck_assert_uint_eq(names_find(&h, name), NONE);
    ck_assert(!names_restore(name, other));
    ck_assert(names_restore(name, foreign));
    ck_assert(term_equal(names_find(&h, name), foreign));
    ck_assert(names_unregister(name));
    names_set_foreign(name, other);
    ck_assert(term_equal(names_find(&h, name), other));
    heap_done(&h);
    processes_close();
}
END_TEST

START_TEST(many_names)
{
    processes_open(1);
    enum { MANY = 2000 };
    static term pids[MANY];
    char text[32];
    for (int i = 0; i < MANY; i++) {
        pids[i] = process_new(NULL, process_idle, 0);
        snprintf(text, sizeof text, "many_%d", i);
        ck_assert(names_register(atom_from_c(text), pids[i]));
    }
    struct heap h;
    heap_init(&h, 64);
    ck_assert_int_eq(list_length(names_list(&h)), MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "many_%d", i);
        ck_assert_uint_eq(names_find_local(atom_from_c(text)), pids[i]);
        proc_exit(proc_find(pids[i]), ATOM_normal);
    }
    ck_assert(is_nil(names_list(&h)));
    heap_done(&h);
    processes_close();
}
END_TEST

START_TEST(messages_to_names)
{
    processes_open(1);
    term a = process_new(NULL, process_idle, 0), name = atom_from_c("name_e");
    ck_assert(!signal_name_message(name, small(1)));
    names_register(name, a);
    ck_assert(signal_name_message(name, small(2)));
    ck_assert_uint_eq(process_receive(proc_find(a)), small(2));
    processes_close();
}
END_TEST

Suite *names_suite(void)
{
    Suite *s = suite_create("names");
    TCase *c = tcase_create("names");
    tcase_add_test(c, a_name_belongs_to_one_process);
    tcase_add_test(c, exit_forgets_the_name);
    tcase_add_test(c, foreign_names_give_way);
    tcase_add_test(c, foreign_names_hide);
    tcase_add_test(c, many_names);
    tcase_add_test(c, messages_to_names);
    suite_add_tcase(s, c);
    return s;
}
