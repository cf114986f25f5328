// SPDX-License-Identifier: Apache-2.0
#include "base/thread.h"

#include <check.h>
#include <signal.h>
#include <unistd.h>

enum { STACK_BYTES = 256 * 1024 };

struct seen {
    sigset_t held;
    size_t stack_bytes;
    int detached;
};

static struct seen look(void)
{
    struct seen seen;
    pthread_attr_t attributes;
    pthread_sigmask(SIG_BLOCK, NULL, &seen.held);
    ck_assert_int_eq(pthread_getattr_np(pthread_self(), &attributes), 0);
    pthread_attr_getstacksize(&attributes, &seen.stack_bytes);
    pthread_attr_getdetachstate(&attributes, &seen.detached);
    pthread_attr_destroy(&attributes);
    return seen;
}

static void *look_and_end(void *seen)
{
    *(struct seen *)seen = look();
    return seen;
}

static void *look_and_tell(void *fd)
{
    struct seen seen = look();
    ck_assert_int_eq(write(*(int *)fd, &seen, sizeof seen), sizeof seen);
    return NULL;
}

static void expect_signals_held(const sigset_t *held)
{
    ck_assert(sigismember(held, SIGTERM) && sigismember(held, SIGINT) && sigismember(held, SIGUSR1) &&
              sigismember(held, SIGCHLD));
    ck_assert(!sigismember(held, SIGSEGV) && !sigismember(held, SIGBUS) && !sigismember(held, SIGABRT));
}

static void expect_nothing_held(void)
{
    sigset_t held;
    pthread_sigmask(SIG_BLOCK, NULL, &held);
    ck_assert(!sigismember(&held, SIGTERM) && !sigismember(&held, SIGUSR1));
}

START_TEST(a_thread_takes_no_signals_but_its_faults)
{
    pthread_t thread;
    struct seen seen;
    void *result;
    ck_assert_int_eq(thread_start(&thread, look_and_end, &seen), 0);
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    ck_assert_ptr_eq(result, &seen);
    expect_signals_held(&seen.held);
    expect_nothing_held();
}
END_TEST

START_TEST(a_detached_one_has_the_stack_that_was_asked_for)
{
    struct seen seen;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(thread_start_detached(STACK_BYTES, look_and_tell, &ends[1]), 0);
    ck_assert_int_eq(read(ends[0], &seen, sizeof seen), sizeof seen);
    ck_assert_int_eq(seen.detached, PTHREAD_CREATE_DETACHED);
    ck_assert_uint_ge(seen.stack_bytes, STACK_BYTES);
    ck_assert_uint_lt(seen.stack_bytes, 2 * STACK_BYTES);
    expect_signals_held(&seen.held);
    expect_nothing_held();
}
END_TEST

START_TEST(one_that_cannot_be_started_is_told_of)
{
    struct seen seen;
    ck_assert_int_ne(thread_start_detached(1, look_and_end, &seen), 0);
    ck_assert_int_ne(thread_start_detached((size_t)1 << 60, look_and_end, &seen), 0);
    expect_nothing_held();
}
END_TEST

Suite *thread_suite(void)
{
    TCase *c = tcase_create("thread");
    tcase_add_test(c, a_thread_takes_no_signals_but_its_faults);
    tcase_add_test(c, a_detached_one_has_the_stack_that_was_asked_for);
    tcase_add_test(c, one_that_cannot_be_started_is_told_of);
    Suite *s = suite_create("thread");
    suite_add_tcase(s, c);
    return s;
}
