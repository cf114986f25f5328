// SPDX-License-Identifier: Apache-2.0
// The verifier on bs_match, the matching of OTP 26 and later, and on sizes of match contexts.
#include "hand_code.h"

static void begin_match(unsigned arity)
{
    begin(arity);
    DO(bs_start_match3, L(1), X(0), N(arity), X(arity));
}

#define INTEGER(live, size, to) T(ATOM_integer), N(live), T(NIL), N(size), N(1), to
#define EQUAL(bits, value) T(ATOM_exactly_equal), T(NIL), N(bits), N(value)

START_TEST(match_commands)
{
    begin_match(1);
    DO(bs_match, L(1), X(1), LIST(19), T(ATOM_ensure_at_least), N(24), N(8), INTEGER(2, 8, X(2)), EQUAL(8, 7),
       T(ATOM_skip), N(8), T(ATOM_get_tail), N(3), N(8), X(0));
    PLAIN(return );
    accepted();

    begin_match(1);    // the context has to survive until the last command
    DO(bs_match, L(1), X(1), LIST(12), INTEGER(2, 8, X(1)), INTEGER(2, 8, X(0)));
    refused("something else");

    begin_match(1);
    DO(bs_match, L(1), X(1), LIST(6), INTEGER(1, 8, X(0)));
    refused("holds no term");

    begin_match(1);
    DO(bs_match, L(1), X(0), LIST(2), T(ATOM_skip), N(8));
    refused("something else");

    begin_match(1);    // what dies before a field that fits is there no more afterwards
    DO(move, X(0), X(2));
    DO(bs_match, L(1), X(1), LIST(8), T(ATOM_ensure_exactly), N(8), INTEGER(2, 8, X(0)));
    DO(move, X(2), X(0));
    PLAIN(return );
    refused("holds no term");
}
END_TEST

// A field that an ensure covers doesn't fail, so what only the failure needs may die before it; any other does.
START_TEST(ensured_fields)
{
    for (unsigned ensured = 7; ensured <= 8; ensured++) {
        begin_match(1);
        DO(bs_get_position, X(1), X(2), N(2));
        DO(bs_match, L(5), X(1), LIST(9), T(ATOM_ensure_at_least), N(ensured), N(1), INTEGER(2, 8, X(0)));
        PLAIN(return );
        DO(label, N(5));
        DO(bs_set_position, X(1), X(2));
        DO(bs_get_tail, X(1), X(0), N(2));
        PLAIN(return );
        if (ensured == 8)
            accepted();
        else
            refused("holds no term");
    }
    begin_match(1);    // only once
    DO(bs_get_position, X(1), X(2), N(2));
    DO(bs_match, L(5), X(1), LIST(15), T(ATOM_ensure_at_least), N(8), N(1), INTEGER(3, 8, X(0)), INTEGER(2, 8, X(0)));
    PLAIN(return );
    DO(label, N(5));
    DO(bs_set_position, X(1), X(2));
    DO(bs_get_tail, X(1), X(0), N(2));
    PLAIN(return );
    refused("holds no term");
}
END_TEST

static void match_refused(const struct beam_arg *list, size_t count)
{
    struct beam_arg with[16] = {L(1), X(1), LIST(count)};
    begin_match(1);
    memcpy(with + 3, list, count * sizeof *list);
    add(GENERIC_bs_match, with, 3 + count);
    DO(move, T(NIL), X(0));
    PLAIN(return );
    refused("operands");
}

#define MATCH_REFUSED(...) \
    match_refused((const struct beam_arg[]){__VA_ARGS__}, COUNT((const struct beam_arg[]){__VA_ARGS__}))

START_TEST(bad_match_commands)
{
    MATCH_REFUSED(T(ATOM_ok));
    MATCH_REFUSED(N(8));
    MATCH_REFUSED(T(ATOM_skip));
    MATCH_REFUSED(T(ATOM_ensure_exactly), N(8), T(ATOM_ensure_at_least), N(8));
    MATCH_REFUSED(T(ATOM_ensure_at_least), N(8), N(257));
    MATCH_REFUSED(T(ATOM_skip), X(0));
    MATCH_REFUSED(T(ATOM_integer), N(2), T(NIL), N(8), N(1));
    MATCH_REFUSED(T(ATOM_integer), N(2), T(NIL), N(8), N(1), T(NIL));
    MATCH_REFUSED(T(ATOM_integer), N(1024), T(NIL), N(8), N(1), X(0));
    MATCH_REFUSED(T(ATOM_integer), N(2), X(0), N(8), N(1), X(0));
    MATCH_REFUSED(T(ATOM_binary), N(2), T(NIL), X(0), N(1), X(0));
    MATCH_REFUSED(EQUAL(65, 1));
    MATCH_REFUSED(EQUAL(4, 16));
    MATCH_REFUSED(EQUAL(64, BEAM_TOO_LARGE));
    MATCH_REFUSED(T(ATOM_get_tail), N(2), N(8));
}
END_TEST

// They match nothing, which is known when they run.
START_TEST(more_bits_than_there_are)
{
    const word bits[] = {SMALL_MAX_VALUE, (word)1 << 62, BEAM_TOO_LARGE};
    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        begin_match(1);
        DO(bs_match, L(1), X(1), LIST(11), T(ATOM_ensure_exactly), N(bits[i]), T(ATOM_skip), N(bits[i]), T(ATOM_skip),
           N(8), T(ATOM_get_tail), N(2), N(8), X(0), T(NIL));
        refused("operands");

        begin_match(1);
        DO(bs_match, L(1), X(1), LIST(6), T(ATOM_ensure_exactly), N(bits[i]), T(ATOM_skip), N(bits[i]), T(ATOM_skip),
           N(8));
        DO(move, T(NIL), X(0));
        PLAIN(return );
        accepted();
    }
}
END_TEST

START_TEST(sizes_of_contexts)
{
    begin_match(1);
    DO(gc_bif1, L(0), N(2), N(IMPORT_BYTE_SIZE), X(1), X(0));
    PLAIN(return );
    accepted();

    begin_match(1);
    DO(gc_bif1, L(0), N(2), N(IMPORT_LENGTH), X(1), X(0));
    PLAIN(return );
    refused("as a term");
}
END_TEST

Suite *verify_match_suite(void)
{
    Suite *s = suite_create("verify_match");
    TCase *c = tcase_create("code");
    tcase_add_test(c, match_commands);
    tcase_add_test(c, ensured_fields);
    tcase_add_test(c, bad_match_commands);
    tcase_add_test(c, more_bits_than_there_are);
    tcase_add_test(c, sizes_of_contexts);
    suite_add_tcase(s, c);
    return s;
}
