// SPDX-License-Identifier: Apache-2.0
// The atom table: texts and numbers, limits, malformed texts, and threads that make the same atoms.
#include "term/atom.h"

#include "base/config.h"
#include "support.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static bool has_text(term t, const char *text, size_t size, size_t chars)
{
    struct atom_text found = atom_text(t);
    return found.size == size && found.chars == chars && memcmp(found.bytes, text, size) == 0 && !found.bytes[size];
}

START_TEST(test_known)
{
    ck_assert(atom_from_c("ok") == ATOM_ok);
    ck_assert(atom_from_c("true") == ATOM_true && bool_term(true) == ATOM_true && bool_term(false) == ATOM_false);
    ck_assert(is_bool(ATOM_false) && is_bool(ATOM_true) && !is_bool(ATOM_ok) && !is_bool(small(1)));
    ck_assert(has_text(ATOM_error, "error", 5, 5));
    ck_assert_uint_ge(atom_count(), ATOM_INDEX_COUNT);
#define ATOM(name, text) ck_assert(atom_existing(text, strlen(text)) == ATOM_##name && is_atom(ATOM_##name));
#include "term/atoms.def"
#undef ATOM
}
END_TEST

START_TEST(test_new)
{
    uint32_t before = atom_count();
    ck_assert(atom_existing("never seen before", 17) == NONE);
    ck_assert_uint_eq(atom_count(), before);
    term t = atom_from_utf8("never seen before, and more", 17);
    ck_assert(is_atom(t) && atom_number(t) == before && atom_count() == before + 1);
    ck_assert(has_text(t, "never seen before", 17, 17));
    ck_assert(atom_from_c("never seen before") == t && atom_existing("never seen before", 17) == t);
    ck_assert(atom_from_latin1("never seen before", 17) == t);
    ck_assert(atom_from_c("never seen befor") != t);
    ck_assert(has_text(atom_from_c(""), "", 0, 0));
    ck_assert(has_text(atom_from_utf8("a\0b", 3), "a\0b", 3, 3));
    ck_assert(atom_from_utf8("a\0b", 3) != atom_from_c("a"));
}
END_TEST

START_TEST(test_characters)
{
    ck_assert(has_text(atom_from_latin1("\xE5\xE4\xF6", 3), "\xC3\xA5\xC3\xA4\xC3\xB6", 6, 3));
    ck_assert(atom_from_latin1("\xE5", 1) == atom_from_utf8("\xC3\xA5", 2));
    ck_assert(has_text(atom_from_utf8("\xE2\x82\xAC\xF0\x9F\x98\x80x", 8), "\xE2\x82\xAC\xF0\x9F\x98\x80x", 8, 3));
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)(i + 1);
    term t = atom_from_latin1(all, 255);
    ck_assert(is_atom(t) && atom_text(t).size == 127 + 2 * 128 && atom_text(t).chars == 255);
}
END_TEST

START_TEST(test_too_long)
{
    char text[4 * (CONFIG_MAX_ATOM_CHARS + 1)];
    for (size_t i = 0; i < sizeof text; i += 4)
        memcpy(text + i, "\xF0\x9F\x98\x80", 4);
    uint32_t before = atom_count();
    ck_assert(atom_from_utf8(text, sizeof text) == NONE && !atom_text_valid(text, sizeof text));
    term t = atom_from_utf8(text, sizeof text - 4);
    ck_assert(is_atom(t) && atom_text(t).chars == 255 && atom_text(t).size == 1020);
    memset(text, 'x', sizeof text);
    ck_assert(atom_from_utf8(text, 256) == NONE && atom_from_latin1(text, 256) == NONE);
    ck_assert(atom_from_latin1(text, 255) != NONE && atom_from_latin1(text, 1000) == NONE);
    ck_assert_uint_eq(atom_count(), before + 2);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
} malformed[] = {
    {"\x80", 1},    // a continuation alone
    {"a\xBF", 2},
    {"\xC3", 1},    // cut short
    {"\xE2\x82", 2},
    {"\xF0\x9F\x98", 3},
    {"\xC3(", 2},    // no continuation
    {"\xE2(\xAC", 3},
    {"\xC0\x80", 2},    // overlong
    {"\xC1\xBF", 2},
    {"\xE0\x9F\xBF", 3},
    {"\xF0\x8F\xBF\xBF", 4},
    {"\xED\xA0\x80", 3},    // surrogates
    {"\xED\xBF\xBF", 3},
    {"\xF4\x90\x80\x80", 4},    // above 10FFFF
    {"\xF5\x80\x80\x80", 4},
    {"\xFF", 1},
};

START_TEST(test_malformed)
{
    uint32_t before = atom_count();
    ck_assert(!atom_text_valid(malformed[_i].bytes, malformed[_i].size));
    ck_assert(atom_from_utf8(malformed[_i].bytes, malformed[_i].size) == NONE);
    ck_assert(atom_existing(malformed[_i].bytes, malformed[_i].size) == NONE);
    ck_assert_uint_eq(atom_count(), before);
}
END_TEST

START_TEST(test_valid)
{
    ck_assert(atom_text_valid("", 0) && atom_text_valid("abc", 3));
    ck_assert(atom_text_valid("\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80", 14));
    ck_assert(atom_text_valid("\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 11));
}
END_TEST

enum { THREADS = 4, TEXTS = 3000 };

static void *make_atoms(void *argument)
{
    term *made = argument;
    for (int i = 0; i < TEXTS; i++) {
        char text[32];
        snprintf(text, sizeof text, "made by threads %d", i);
        made[i] = atom_from_c(text);
        struct atom_text back = atom_text(made[i]);
        if (back.size != strlen(text) || strcmp(back.bytes, text) != 0)
            made[i] = NONE;
    }
    return NULL;
}

START_TEST(test_threads)
{
    static term made[THREADS][TEXTS];
    pthread_t thread[THREADS];
    uint32_t before = atom_count();
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, make_atoms, made[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    ck_assert_uint_eq(atom_count(), before + TEXTS);
    for (int i = 0; i < THREADS; i++)
        ck_assert_mem_eq(made[i], made[0], sizeof made[0]);
    ck_assert(made[0][0] != NONE && made[0][0] != made[0][1]);
}
END_TEST

// The table fills up: NONE, and nothing breaks.
START_TEST(test_full)
{
    char text[32];
    for (uint32_t i = 0; atom_count() < CONFIG_MAX_ATOMS; i++) {
        snprintf(text, sizeof text, "filler %u", i);
        if (atom_from_c(text) == NONE)
            ck_abort_msg("no atom after %u", atom_count());
    }
    ck_assert(atom_from_c("one too many") == NONE && atom_existing("one too many", 12) == NONE);
    ck_assert(atom_from_c("filler 0") != NONE && atom_from_c("ok") == ATOM_ok);
    ck_assert_uint_eq(atom_count(), CONFIG_MAX_ATOMS);
}
END_TEST

Suite *atom_suite(void)
{
    Suite *s = suite_create("atom");
    TCase *c = tcase_create("atoms");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, support_open, NULL);
    tcase_add_test(c, test_known);
    tcase_add_test(c, test_new);
    tcase_add_test(c, test_characters);
    tcase_add_test(c, test_too_long);
    tcase_add_loop_test(c, test_malformed, 0, COUNT_OF(malformed));
    tcase_add_test(c, test_valid);
    tcase_add_test(c, test_threads);
    tcase_add_test(c, test_full);
    suite_add_tcase(s, c);
    return s;
}
