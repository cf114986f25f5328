// SPDX-License-Identifier: Apache-2.0
// Limits of memory that control groups have, in made-up trees of both versions.
#include "base/machine.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/tandem-machine-XXXXXX";

static void folder_make(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s%s", folder, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void file_write(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s%s", folder, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static size_t limit_for(const char *groups)
{
    char path[200];
    file_write("/groups", groups);
    snprintf(path, sizeof path, "%s/groups", folder);
    return machine_group_limit(path, folder);
}

START_TEST(test_limits)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    folder_make("/a");
    folder_make("/a/b");
    folder_make("/memory");
    folder_make("/memory/c");
    ck_assert_uint_eq(limit_for("0::/a/b\n"), SIZE_MAX);
    file_write("/a/memory.max", "max\n");
    file_write("/a/b/memory.max", "5000000000\n");
    ck_assert_uint_eq(limit_for("0::/a/b\n"), 5000000000);
    ck_assert_uint_eq(limit_for("0::/a\n"), SIZE_MAX);
    ck_assert_uint_eq(limit_for("0::/a/b/not/here\n"), 5000000000);
    file_write("/a/memory.max", "3000\n");
    ck_assert_uint_eq(limit_for("0::/a/b\n"), 3000);
    file_write("/memory/c/memory.limit_in_bytes", "2000\n");
    file_write("/memory/memory.limit_in_bytes", "9223372036854771712\n");
    ck_assert_uint_eq(limit_for("4:cpu,memory:/c\n0::/a/b\n"), 2000);
    ck_assert_uint_eq(limit_for("4:memory:/elsewhere\n"), 9223372036854771712u);
    ck_assert_uint_eq(limit_for("4:memory2,cpu:/c\n"), SIZE_MAX);
    ck_assert_uint_eq(limit_for("nonsense\n\n:\n::\n"), SIZE_MAX);
    ck_assert_uint_eq(machine_group_limit("/nowhere", folder), SIZE_MAX);
    ck_assert_uint_gt(machine_memory(), 1 << 20);
}
END_TEST

Suite *machine_suite(void)
{
    Suite *s = suite_create("machine");
    TCase *c = tcase_create("machine");
    tcase_add_test(c, test_limits);
    suite_add_tcase(s, c);
    return s;
}
