// SPDX-License-Identifier: Apache-2.0
#include "nif/image.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static bool copy_all(int to, int from)
{
    struct stat s;
    if (fstat(from, &s) != 0)
        return false;
    for (off_t left = s.st_size; left > 0;) {
        ssize_t n = sendfile(to, from, NULL, (size_t)left);
        if (n <= 0 && errno != EINTR)
            return false;
        left -= n > 0 ? n : 0;
    }
    return true;
}

// A file in memory that ends with its descriptor and mappings; -1: errno.
static int copy_of(const char *file)
{
    int from = open(file, O_RDONLY | O_CLOEXEC);
    int to = from < 0 ? -1 : memfd_create("tandem", MFD_CLOEXEC);
    int wrong = errno;
    if (to >= 0 && !copy_all(to, from)) {
        wrong = errno;
        close(to);
        to = -1;
    }
    if (from >= 0)
        close(from);
    errno = wrong;
    return to;
}

// The loader puts the name that it was given in front.
static void say_why(const char *path, char why[IMAGE_WHY_BYTES])
{
    const char *said = dlerror();
    size_t length = strlen(path);
    if (said && strncmp(said, path, length) == 0 && said[length] == ':')
        said += length + 1 + strspn(said + length + 1, " ");
    snprintf(why, IMAGE_WHY_BYTES, "%s", said ? said : "no shared object");
}

// The loader goes by the name first, and descriptors are used again: so it holds the number of the thread, too.
bool image_open(struct image *i, const char *file, char why[IMAGE_WHY_BYTES])
{
    char path[60];
    int fd = copy_of(file);
    if (fd < 0) {
        snprintf(why, IMAGE_WHY_BYTES, "%s", strerror(errno));
        return false;
    }
    snprintf(path, sizeof path, "/proc/self/task/%ld/fd/%d", (long)gettid(), fd);
    i->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    i->run = i->object ? (guest_main_function *)dlsym(i->object, GUEST_MAIN) : NULL;
    if (!i->run)
        say_why(path, why);
    if (i->object && !i->run)
        dlclose(i->object);
    close(fd);
    return i->run != NULL;
}

void image_close(struct image *i)
{
    dlclose(i->object);
}
