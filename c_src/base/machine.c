// SPDX-License-Identifier: Apache-2.0
#include "base/machine.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// The second version of control groups has one tree, the first one a tree for each controller, where no limit is a number
// larger than any memory.
static const struct hierarchy {
    const char *controller, *folder, *file;
} hierarchies[] = {{"", "", "memory.max"}, {"memory", "/memory", "memory.limit_in_bytes"}};

static size_t number_in(const char *file)
{
    size_t number = SIZE_MAX;
    FILE *f = fopen(file, "re");
    if (!f)
        return SIZE_MAX;
    if (fscanf(f, "%zu", &number) != 1)
        number = SIZE_MAX;
    fclose(f);
    return number;
}

// Of a group and of those above it; inside of a container only the uppermost may be there.
static size_t least_limit(const struct hierarchy *h, const char *tree, char *group)
{
    size_t least = SIZE_MAX;
    for (char *cut = group; cut;) {
        char file[PATH_MAX];
        if (snprintf(file, sizeof file, "%s%s%s/%s", tree, h->folder, group, h->file) < (int)sizeof file) {
            size_t limit = number_in(file);
            least = limit < least ? limit : least;
        }
        cut = strrchr(group, '/');
        if (cut)
            *cut = 0;
    }
    return least;
}

static bool is_among(const char *controllers, const char *wanted)
{
    size_t length = strlen(wanted);
    if (!length)
        return !*controllers;
    for (const char *at = controllers; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, wanted, length) == 0 && (at[length] == ',' || !at[length]))
            return true;
    return false;
}

// A line is Number:Controllers:Group.
static size_t limit_of_line(char *line, const char *tree)
{
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    size_t least = SIZE_MAX;
    if (!group)
        return SIZE_MAX;
    *group++ = 0;
    group[strcspn(group, "\n")] = 0;
    for (size_t i = 0; i < COUNT_OF(hierarchies); i++)
        if (is_among(controllers + 1, hierarchies[i].controller)) {
            size_t limit = least_limit(&hierarchies[i], tree, group);
            least = limit < least ? limit : least;
        }
    return least;
}

size_t machine_group_limit(const char *groups, const char *tree)
{
    char line[PATH_MAX];
    size_t least = SIZE_MAX;
    FILE *f = fopen(groups, "re");
    while (f && fgets(line, sizeof line, f)) {
        size_t limit = limit_of_line(line, tree);
        least = limit < least ? limit : least;
    }
    if (f)
        fclose(f);
    return least;
}

size_t machine_memory(void)
{
    size_t built_in = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    size_t limit = machine_group_limit("/proc/self/cgroup", "/sys/fs/cgroup");
    return limit < built_in ? limit : built_in;
}
