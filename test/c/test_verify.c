// SPDX-License-Identifier: Apache-2.0
// What must pass, what must be refused and why, and where a check must be added. That compilers' output passes is shown by
// loading all of OTP and Elixir (test/same, test/fuzz).
#include "hand_code.h"

// The checks of the first operation with that opcode.
static unsigned checks_of(unsigned opcode)
{
    for (size_t i = 0; i < file.op_count; i++)
        if (ops[i].opcode == opcode)
            return ops[i].checks;
    ck_abort_msg("no such operation");
    return 0;
}

START_TEST(registers)
{
    begin(1);
    DO(move, X(0), X(3));
    DO(move, X(3), X(0));
    PLAIN(return );
    accepted();

    begin(1);
    DO(move, X(1), X(0));
    PLAIN(return );
    refused("holds no term");

    begin(0);
    PLAIN(return );
    refused("holds no term");

    begin(2);    // what collects leaves the live registers
    DO(test_heap, N(2), N(1));
    DO(move, X(1), X(0));
    PLAIN(return );
    refused("holds no term");

    begin(1);    // all of which must be terms
    DO(test_heap, N(2), N(2));
    PLAIN(return );
    refused("live register");

    begin(2);    // a call leaves x0
    DO(allocate, N(0), N(2));
    DO(call_ext, N(1), N(IMPORT_FOREIGN));
    DO(move, X(1), X(0));
    DO(deallocate, N(0));
    PLAIN(return );
    refused("holds no term");

    begin(1);    // what one of two paths doesn't set
    DO(is_atom, L(5), X(0));
    DO(move, T(NIL), X(1));
    DO(label, N(5));
    DO(move, X(1), X(0));
    PLAIN(return );
    refused("holds no term");
}
END_TEST

// What a native of a guard would have given is read although it failed: compilers knew that it does not.
START_TEST(results_of_failed_guards)
{
    begin(1);
    DO(gc_bif1, L(5), N(1), N(IMPORT_LENGTH), X(0), X(1));
    DO(label, N(5));
    DO(move, X(1), X(0));
    PLAIN(return );
    accepted();
    ck_assert_uint_eq(checks_of(GENERIC_gc_bif1), CHECK_PRIME);

    begin(1);    // nobody reads it
    DO(gc_bif1, L(5), N(1), N(IMPORT_LENGTH), X(0), X(1));
    DO(move, X(1), X(0));
    DO(label, N(5));
    PLAIN(return );
    accepted();
    ck_assert_uint_eq(checks_of(GENERIC_gc_bif1), 0);

    begin(2);    // what was there is not overwritten
    DO(gc_bif1, L(5), N(1), N(IMPORT_LENGTH), X(1), X(1));
    DO(label, N(5));
    DO(move, X(1), X(0));
    PLAIN(return );
    refused("holds no term");
}
END_TEST

START_TEST(frames)
{
    begin(1);
    DO(allocate, N(2), N(1));
    DO(move, X(0), Y(1));
    DO(trim, N(1), N(1));
    DO(move, Y(0), X(0));
    DO(deallocate, N(1));
    PLAIN(return );
    accepted();

    begin(1);
    DO(move, X(0), Y(0));
    PLAIN(return );
    refused("stack slot");

    begin(1);
    DO(allocate, N(2), N(1));
    DO(move, X(0), Y(2));
    DO(deallocate, N(2));
    PLAIN(return );
    refused("stack slot");

    begin(1);
    DO(allocate, N(2), N(1));
    DO(deallocate, N(1));
    PLAIN(return );
    refused("another size");

    begin(1);
    DO(allocate, N(2), N(1));
    PLAIN(return );
    refused("left behind");

    begin(1);
    DO(allocate, N(2), N(1));
    DO(allocate, N(2), N(1));
    DO(deallocate, N(2));
    PLAIN(return );
    refused("second stack frame");

    begin(1);
    DO(call, N(1), L(2));
    PLAIN(return );
    refused("without a stack frame");

    begin(1);
    DO(allocate, N(1 << 20), N(1));
    DO(deallocate, N(1 << 20));
    PLAIN(return );
    refused("operands");

    begin(1);    // paths with different frames meet: what can only raise may follow, nothing else
    DO(is_atom, L(5), X(0));
    DO(allocate, N(1), N(1));
    DO(label, N(5));
    DO(badmatch, X(0));
    accepted();

    begin(1);
    DO(is_atom, L(5), X(0));
    DO(allocate, N(1), N(1));
    DO(label, N(5));
    DO(deallocate, N(1));
    PLAIN(return );
    refused("another size");
}
END_TEST

START_TEST(calls)
{
    begin(1);
    DO(call_only, N(1), L(2));
    accepted();

    begin(1);
    DO(call_only, N(0), L(2));
    refused("operands");

    begin(1);    // not where a function starts
    DO(move, X(0), X(1));
    DO(label, N(5));
    DO(call_only, N(1), L(5));
    refused("operands");

    begin(1);
    DO(move, X(0), X(0));
    function(5, 0);
    DO(move, T(NIL), X(0));
    PLAIN(return );
    refused("runs into the next");

    begin(1);
    DO(jump, L(7));
    function(5, 0);
    DO(label, N(7));
    DO(move, T(NIL), X(0));
    PLAIN(return );
    refused("operands");

    begin(1);    // nothing need follow a call that never returns
    DO(allocate, N(0), N(1));
    DO(call, N(1), L(6));
    function(5, 1);
    DO(call_ext_last, N(1), N(IMPORT_ERROR), N(7));
    accepted();
    ck_assert_uint_eq(checks_of(GENERIC_call), CHECK_NO_RETURN);
    ck_assert_uint_eq(checks_of(GENERIC_call_ext_last), CHECK_NO_RETURN);

    begin(0);    // no clause: the arguments are shown
    DO(jump, L(1));
    accepted();

    begin(1);
    DO(test_heap, N(1), N(0));
    DO(jump, L(1));
    refused("to be shown");
}
END_TEST

START_TEST(tables)
{
    static struct beam_export exports[1];
    begin(1);
    PLAIN(return );
    exports[0] = (struct beam_export){ATOM_ok, 1, 2};
    file.exports = exports;
    file.export_count = 1;
    accepted();

    begin(1);
    PLAIN(return );
    exports[0] = (struct beam_export){ATOM_ok, 2, 2};
    file.exports = exports;
    file.export_count = 1;
    refused("an export");

    begin(1);
    PLAIN(return );
    exports[0] = (struct beam_export){ATOM_ok, 1, 1};
    file.exports = exports;
    file.export_count = 1;
    refused("an export");

    begin(1);
    PLAIN(return );
    file.lambda_count = 1;
    refused("a fun");

    begin(2);
    DO(make_fun3, N(0), X(0), LIST(1), X(1));
    PLAIN(return );
    file.lambda_count = 1;
    accepted();

    begin(2);
    DO(make_fun3, N(0), X(0), LIST(2), X(0), X(1));
    PLAIN(return );
    file.lambda_count = 1;
    refused("operands");
}
END_TEST

START_TEST(types)
{
    begin(1);
    DO(is_nonempty_list, L(1), X(0));
    DO(get_list, X(0), X(1), X(0));
    PLAIN(return );
    accepted();
    ck_assert_uint_eq(checks_of(GENERIC_get_list), 0);

    begin(1);    // compilers may know: then it is checked
    DO(get_hd, X(0), X(0));
    PLAIN(return );
    accepted();
    ck_assert_uint_eq(checks_of(GENERIC_get_hd), CHECK_CELL);

    begin(1);
    DO(test_arity, L(1), X(0), N(3));
    DO(get_tuple_element, X(0), N(2), X(0));
    PLAIN(return );
    accepted();
    ck_assert_uint_eq(checks_of(GENERIC_get_tuple_element), 0);

    begin(1);
    DO(test_arity, L(1), X(0), N(3));
    DO(get_tuple_element, X(0), N(3), X(0));
    PLAIN(return );
    accepted();
    ck_assert_uint_eq(checks_of(GENERIC_get_tuple_element), CHECK_TUPLE);

    begin(1);    // of two sizes the smaller one is certain
    DO(select_tuple_arity, X(0), L(1), LIST(4), N(2), L(5), N(4), L(5));
    DO(label, N(5));
    DO(get_tuple_element, X(0), N(1), X(1));
    DO(get_tuple_element, X(0), N(2), X(2));
    PLAIN(return );
    accepted();
    ck_assert_uint_eq(ops[5].checks, 0);
    ck_assert_uint_eq(ops[6].checks, CHECK_TUPLE);

    begin(1);
    DO(get_map_elements, L(1), X(0), LIST(2), T(ATOM_ok), X(0));
    PLAIN(return );
    accepted();
    ck_assert_uint_eq(checks_of(GENERIC_get_map_elements), CHECK_MAP);

    begin(1);
    DO(move, X(0), X(3));
    DO(is_map, L(1), X(3));
    DO(get_map_elements, L(1), X(3), LIST(4), T(ATOM_ok), X(0), T(ATOM_error), X(1));
    PLAIN(return );
    accepted();
    ck_assert_uint_eq(checks_of(GENERIC_get_map_elements), 0);
}
END_TEST

START_TEST(one_check_serves_all)
{
    begin(1);
    DO(get_tuple_element, X(0), N(1), X(1));
    DO(get_tuple_element, X(0), N(4), X(2));
    DO(get_tuple_element, X(0), N(2), X(0));
    DO(get_tuple_element, X(0), N(9), X(0));
    PLAIN(return );
    accepted();
    ck_assert_uint_eq(ops[3].checks, CHECK_TUPLE);
    ck_assert_uint_eq(ops[4].checks, 0);
    ck_assert_uint_eq(ops[5].checks, 0);
    ck_assert_uint_eq(ops[6].checks, CHECK_TUPLE);
    ck_assert_uint_eq(verify_tuple_size(ops + 3, ops + file.op_count), 5);
}
END_TEST

START_TEST(changes_in_place)
{
    begin(3);
    DO(allocate, N(1), N(3));
    DO(call_ext, N(3), N(IMPORT_SETELEMENT));
    DO(set_tuple_element, T(ATOM_ok), X(0), N(2));
    DO(deallocate, N(1));
    PLAIN(return );
    accepted();

    begin(3);
    DO(allocate, N(1), N(3));
    DO(call_ext, N(3), N(IMPORT_SETELEMENT));
    DO(test_heap, N(1), N(1));
    DO(set_tuple_element, T(ATOM_ok), X(0), N(2));
    DO(deallocate, N(1));
    PLAIN(return );
    refused("changed in place");

    begin(1);
    DO(test_arity, L(1), X(0), N(3));
    DO(set_tuple_element, T(ATOM_ok), X(0), N(2));
    PLAIN(return );
    refused("changed in place");
}
END_TEST

START_TEST(catches)
{
    begin(1);
    DO(allocate, N(1), N(1));
    DO(catch, Y(0), L(5));
    DO(call, N(1), L(2));
    DO(label, N(5));
    DO(catch_end, Y(0));
    DO(deallocate, N(1));
    PLAIN(return );
    accepted();

    begin(1);
    DO(allocate, N(1), N(1));
    DO(try, Y(0), L(5));
    DO(call, N(1), L(2));
    DO(try_end, Y(0));
    DO(deallocate, N(1));
    PLAIN(return );
    DO(label, N(5));
    DO(try_case, Y(0));
    DO(raise, X(2), X(1));
    accepted();

    begin(1);
    DO(allocate, N(1), N(1));
    DO(catch, Y(0), L(5));
    DO(label, N(5));
    DO(move, X(0), X(1));
    DO(catch_end, Y(0));
    DO(deallocate, N(1));
    PLAIN(return );
    refused("a catch without");

    begin(1);
    DO(allocate, N(1), N(1));
    DO(catch, Y(0), L(5));
    DO(deallocate, N(1));
    PLAIN(return );
    DO(label, N(5));
    DO(catch_end, Y(0));
    DO(deallocate, N(1));
    PLAIN(return );
    refused("another size than it has");
}
END_TEST

START_TEST(catch_slots)
{
    begin(1);    // the tag is no term
    DO(allocate, N(1), N(1));
    DO(catch, Y(0), L(5));
    DO(move, Y(0), X(0));
    DO(label, N(5));
    DO(catch_end, Y(0));
    DO(deallocate, N(1));
    PLAIN(return );
    refused("holds no term");

    begin(1);    // nor may it be overwritten
    DO(allocate, N(1), N(1));
    DO(catch, Y(0), L(5));
    DO(move, X(0), Y(0));
    DO(label, N(5));
    DO(catch_end, Y(0));
    DO(deallocate, N(1));
    PLAIN(return );
    refused("in use");

    begin(1);    // the inner one has the lower slot
    DO(allocate, N(2), N(1));
    DO(catch, Y(0), L(6));
    DO(catch, Y(1), L(5));
    DO(label, N(5));
    DO(catch_end, Y(1));
    DO(label, N(6));
    DO(catch_end, Y(0));
    DO(deallocate, N(2));
    PLAIN(return );
    refused("innermost");

    begin(1);
    DO(allocate, N(1), N(1));
    DO(try_end, Y(0));
    DO(deallocate, N(1));
    PLAIN(return );
    refused("not open");
}
END_TEST

// A handler finds in each slot whatever was written there while its catch was open.
START_TEST(handlers_see_all_writes)
{
    begin(2);
    DO(bs_start_match3, L(1), X(1), N(2), X(1));
    DO(allocate, N(2), N(2));
    DO(try, Y(1), L(5));
    DO(move, X(1), Y(0));
    DO(call, N(2), L(2));
    DO(try_end, Y(1));
    DO(deallocate, N(2));
    PLAIN(return );
    DO(label, N(5));
    DO(try_case, Y(1));
    DO(move, Y(0), X(0));
    DO(deallocate, N(2));
    PLAIN(return );
    refused("as a term");
}
END_TEST

START_TEST(matches)
{
    begin(1);
    DO(bs_start_match3, L(1), X(0), N(1), X(0));
    DO(bs_get_integer2, L(5), X(0), N(1), T(small(8)), N(1), N(0), X(1));
    DO(move, X(1), X(0));
    PLAIN(return );
    DO(label, N(5));
    DO(bs_get_tail, X(0), X(0), N(1));
    PLAIN(return );
    accepted();

    begin(1);
    DO(bs_get_integer2, L(1), X(0), N(1), T(small(8)), N(1), N(0), X(1));
    PLAIN(return );
    refused("something else");

    begin(1);
    DO(bs_start_match3, L(1), X(0), N(1), X(0));
    PLAIN(return );
    refused("as a term");

    begin(1);
    DO(bs_start_match3, L(1), X(0), N(1), X(0));
    DO(put_list, X(0), T(NIL), X(0));
    PLAIN(return );
    refused("as a term");
}
END_TEST

// A context may be passed to a function that expects one, and to no other.
START_TEST(passed_contexts)
{
    begin(1);
    DO(bs_start_match3, L(1), X(0), N(1), X(0));
    DO(call_only, N(1), L(2));
    accepted();

    begin(1);
    DO(bs_start_match3, L(1), X(0), N(1), X(0));
    DO(call_only, N(1), L(6));
    function(5, 1);
    PLAIN(return );
    refused("as a term");

    begin(1);
    DO(bs_start_match3, L(1), X(0), N(1), X(0));
    DO(call_ext_only, N(1), N(IMPORT_FOREIGN));
    refused("as a term");
}
END_TEST

START_TEST(constructions)
{
    begin(1);
    DO(bs_init2, L(0), N(1), N(0), N(1), N(0), X(1));
    DO(bs_put_integer, L(0), T(small(8)), N(1), N(0), X(0));
    DO(move, X(1), X(0));
    PLAIN(return );
    accepted();

    begin(1);
    DO(bs_put_integer, L(0), T(small(8)), N(1), N(0), X(0));
    PLAIN(return );
    refused("no bit string");

    begin(1);    // a collection may move what is being filled
    DO(bs_init2, L(0), N(1), N(0), N(1), N(0), X(1));
    DO(test_heap, N(2), N(2));
    DO(bs_put_integer, L(0), T(small(8)), N(1), N(0), X(0));
    PLAIN(return );
    refused("no bit string");
}
END_TEST

START_TEST(receives)
{
    begin(0);
    DO(allocate, N(1), N(0));
    DO(label, N(5));
    DO(loop_rec, L(6), X(0));
    DO(is_atom, L(7), X(0));
    PLAIN(remove_message);
    DO(move, X(0), Y(0));
    DO(deallocate, N(1));
    PLAIN(return );
    DO(label, N(7));
    DO(loop_rec_end, L(5));
    DO(label, N(6));
    DO(wait, L(5));
    accepted();
    ck_assert_uint_eq(checks_of(GENERIC_loop_rec_end), 0);

    begin(0);    // the stack keeps part of a message that stays in the queue
    DO(allocate, N(1), N(0));
    DO(label, N(5));
    DO(loop_rec, L(6), X(0));
    DO(move, X(0), Y(0));
    DO(loop_rec_end, L(5));
    DO(label, N(6));
    DO(wait, L(5));
    accepted();
    ck_assert_uint_eq(checks_of(GENERIC_loop_rec_end), CHECK_DETACH);

    begin(1);    // what the time is kept in is looked at again
    DO(allocate, N(0), N(1));
    DO(label, N(5));
    DO(wait_timeout, L(5), X(0));
    PLAIN(timeout);
    DO(move, T(NIL), X(0));
    DO(deallocate, N(0));
    PLAIN(return );
    accepted();
}
END_TEST

START_TEST(loops)
{
    begin(1);
    DO(label, N(5));
    DO(move, X(0), X(1));
    DO(jump, L(5));
    refused("a loop");

    begin(1);    // an exception is a jump, too
    DO(allocate, N(1), N(1));
    DO(jump, L(6));
    DO(label, N(5));
    DO(try_case, Y(0));
    DO(label, N(6));
    DO(try, Y(0), L(5));
    DO(badmatch, T(NIL));
    refused("a loop");
}
END_TEST

START_TEST(shapes)
{
    begin(1);
    DO(move, N(3), X(0));
    PLAIN(return );
    refused("operands");

    begin(1);
    DO(is_atom, L(0), X(0));
    PLAIN(return );
    refused("operands");

    begin(1);    // also where nothing leads to
    PLAIN(return );
    DO(put_tuple2, X(0), LIST(1), N(5));
    refused("operands");

    begin(1);
    DO(select_val, X(0), L(1), LIST(1), T(NIL));
    refused("operands");

    begin(1);
    DO(get_map_elements, L(1), X(0), LIST(2), T(ATOM_ok), T(ATOM_ok));
    refused("operands");

    begin(1);
    DO(test_arity, L(1), X(0), N(((word)1 << 58) + 3));
    PLAIN(return );
    refused("operands");

    begin(2);
    DO(gc_bif2, L(0), N(2000), N(IMPORT_ADD), X(0), X(1), X(0));
    PLAIN(return );
    refused("operands");

    begin(1);
    DO(put_tuple, N(2), X(0));
    DO(put, X(0));
    PLAIN(return );
    refused("without its elements");

    begin(1);
    DO(move, X(0));
    PLAIN(return );
    refused("operands");

    begin(1);
    DO(fadd, L(0), F(0), X(0), F(1));
    PLAIN(return );
    refused("operands");
}
END_TEST

Suite *verify_suite(void)
{
    Suite *s = suite_create("verify");
    TCase *c = tcase_create("code");
    tcase_add_test(c, registers);
    tcase_add_test(c, results_of_failed_guards);
    tcase_add_test(c, frames);
    tcase_add_test(c, calls);
    tcase_add_test(c, tables);
    tcase_add_test(c, types);
    tcase_add_test(c, one_check_serves_all);
    tcase_add_test(c, changes_in_place);
    tcase_add_test(c, catches);
    tcase_add_test(c, catch_slots);
    tcase_add_test(c, handlers_see_all_writes);
    tcase_add_test(c, matches);
    tcase_add_test(c, passed_contexts);
    tcase_add_test(c, constructions);
    tcase_add_test(c, receives);
    tcase_add_test(c, loops);
    tcase_add_test(c, shapes);
    suite_add_tcase(s, c);
    return s;
}
