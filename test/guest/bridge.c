// SPDX-License-Identifier: Apache-2.0
// Takes the place of priv/tandem: an engine that is a guest of this program, which passes frames on between it and a port. So every
// test that starts an engine's program can run on the shared object, and a sanitizer sees what is left when that is unloaded.
#include "nif/image.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { FROM_HOST = 3, TO_HOST = 4, LENGTH_BYTES = 4, MAX_PARTS = 70, EXIT_UNLOADABLE = 127 };

static struct border border;
static int status;

static void wake(void)
{
    uint64_t one = 1;
    if (border_wakes(&border) && write(border.wake_fd, &one, sizeof one) < 0)
        perror("eventfd");
}

static void release(struct border *b, struct frame *f)
{
    (void)b;
    free(f);
}

// The port is read as long as there is a host, so waiting for room in the pipe is no harm.
static void write_all(struct iovec *parts, size_t count)
{
    while (count > 0) {
        ssize_t n = writev(TO_HOST, parts, (int)count);
        if (n < 0 && errno != EINTR)
            return;
        for (; count > 0 && n >= (ssize_t)parts->iov_len; parts++, count--)
            n -= (ssize_t)parts->iov_len;
        if (count > 0 && n > 0) {
            parts->iov_base = (uint8_t *)parts->iov_base + n;
            parts->iov_len -= (size_t)n;
        }
    }
}

static void give(struct border *b, const struct iovec *parts, size_t count, size_t size, bool more)
{
    (void)b, (void)more;
    uint8_t length[LENGTH_BYTES] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
    struct iovec all[MAX_PARTS] = {{length, sizeof length}};
    memcpy(all + 1, parts, count * sizeof *parts);
    write_all(all, count + 1);
}

static void say(struct border *b, const char *text, size_t size)
{
    give(b, (struct iovec[]){{"E", 1}, {(void *)(uintptr_t)text, size}}, 2, size + 1, false);
}

static bool read_all(void *to, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t n = read(FROM_HOST, (uint8_t *)to + at, size - at);
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        at += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static struct frame *next_frame(void)
{
    uint8_t l[LENGTH_BYTES];
    if (!read_all(l, sizeof l))
        return NULL;
    size_t size = (size_t)l[0] << 24 | (size_t)l[1] << 16 | (size_t)l[2] << 8 | l[3];
    struct frame *f = malloc(sizeof *f + sizeof(struct iovec) + size);
    struct iovec *part = (struct iovec *)(f + 1);
    *part = (struct iovec){part + 1, size};
    *f = (struct frame){.size = size, .count = 1, .parts = part};
    if (read_all(part->iov_base, size))
        return f;
    free(f);
    return NULL;
}

static void *bring_frames(void *unused)
{
    for (struct frame *f; (f = next_frame()) != NULL;) {
        border_put(&border, f);
        wake();
    }
    atomic_store(&border.closed, true);
    wake();
    return unused;
}

static void *run(void *unused)
{
    struct image image;
    char why[IMAGE_WHY_BYTES];
    status = EXIT_UNLOADABLE;
    if (image_open(&image, SHARED_OBJECT, why)) {
        status = image.run(&border);
        image_close(&image);
    } else {
        fprintf(stderr, "%s\n", why);
    }
    return unused;
}

int main(void)
{
    pthread_t reader, engine;
    border.release = release;
    border.give = give;
    border.say = say;
    border.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_create(&reader, NULL, bring_frames, NULL);
    pthread_create(&engine, NULL, run, NULL);
    pthread_join(engine, NULL);
    for (struct frame *f = atomic_exchange(&border.arrived, NULL), *next; f; f = next) {
        next = f->next;
        free(f);
    }
    pthread_cancel(reader);
    pthread_join(reader, NULL);
    return status;
}
