// SPDX-License-Identifier: Apache-2.0
// The engine's shared object, loaded, run and unloaded many times in one process. A sanitizer sees what an engine leaves behind, as
// its globals are gone by then; the rest is counted here.
#include "nif/image.h"
#include "support.h"

#include "base/md5.h"
#include "base/writer.h"
#include "proc/system.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/external.h"
#include "term/ident.h"
#include "term/map.h"

#include <check.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LIVES = 100, TOGETHER = 5, ENGINE_THREADS = 3 };

// What the engine has sent, oldest first.
struct said {
    struct said *next;
    size_t size;
    uint8_t bytes[];
};

struct host {
    struct border border;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t more;
    struct said *first, **last;
    int status;
};

static void release(struct border *b, struct frame *f)
{
    (void)b;
    free(f);
}

static void give(struct border *b, const struct iovec *parts, size_t count, size_t size, bool more)
{
    (void)more;
    struct host *h = CONTAINER_OF(b, struct host, border);
    struct said *s = malloc(sizeof *s + size);
    size_t at = 0;
    for (size_t i = 0; i < count; at += parts[i++].iov_len)
        memcpy(s->bytes + at, parts[i].iov_base, parts[i].iov_len);
    s->next = NULL;
    s->size = size;
    pthread_mutex_lock(&h->mutex);
    *h->last = s;
    h->last = &s->next;
    pthread_cond_signal(&h->more);
    pthread_mutex_unlock(&h->mutex);
}

static void say(struct border *b, const char *text, size_t size)
{
    (void)b;
    fprintf(stderr, "%.*s", (int)size, text);
}

static void wake(struct host *h)
{
    uint64_t one = 1;
    if (border_wakes(&h->border))
        ck_assert_int_eq(write(h->border.wake_fd, &one, sizeof one), sizeof one);
}

static void put(struct host *h, const void *bytes, size_t size)
{
    struct frame *f = malloc(sizeof *f + sizeof(struct iovec) + size);
    struct iovec *part = (struct iovec *)(f + 1);
    *part = (struct iovec){part + 1, size};
    *f = (struct frame){.size = size, .count = 1, .parts = part};
    memcpy(part->iov_base, bytes, size);
    border_put(&h->border, f);
    wake(h);
}

static void put_written(struct host *h, struct writer *w)
{
    put(h, w->bytes, w->size);
    w->size = 0;
}

// The next frame of the engine; the caller frees it.
static struct said *next_said(struct host *h)
{
    pthread_mutex_lock(&h->mutex);
    while (!h->first)
        pthread_cond_wait(&h->more, &h->mutex);
    struct said *s = h->first;
    h->first = s->next;
    if (!h->first)
        h->last = &h->first;
    pthread_mutex_unlock(&h->mutex);
    return s;
}

static void expect(struct host *h, const char *start, size_t size)
{
    struct said *s = next_said(h);
    ck_assert(s->size >= size && memcmp(s->bytes, start, size) == 0);
    free(s);
}

static void send_options(struct host *host, struct writer *w)
{
    struct heap h;
    heap_init(&h, 200);
    term pairs[] = {
        ATOM_node,       atom_from_c("engine@here"),
        ATOM_cookie,     binary_from(&h, "secret", 6),
        ATOM_host,       pid_make(&h, node_intern(atom_from_c("host@here"), 77), 7, 8),
        ATOM_flags,      small(0),
        ATOM_creation,   small(1234567),
        ATOM_schedulers, small(ENGINE_THREADS),
        ATOM_window,     small(10000),
        ATOM_log,        ATOM_error,
    };
    external_encode_dist(w, map_from_pairs(&h, pairs, COUNT_OF(pairs) / 2));
    heap_done(&h);
    put_written(host, w);
}

static void send_digest(struct host *h, struct writer *w)
{
    char text[40];
    uint8_t proof[MD5_SIZE];
    struct said *s = next_said(h);
    ck_assert(s->size == 5 + MD5_SIZE && s->bytes[0] == 'r');
    uint32_t challenge =
        (uint32_t)s->bytes[1] << 24 | (uint32_t)s->bytes[2] << 16 | (uint32_t)s->bytes[3] << 8 | s->bytes[4];
    free(s);
    md5(text, (size_t)snprintf(text, sizeof text, "secret%u", challenge), proof);
    writer_u8(w, 'a');
    writer_bytes(w, proof, sizeof proof);
    put_written(h, w);
}

static void connect_to(struct host *h)
{
    struct writer w;
    writer_init(&w);
    send_options(h, &w);
    expect(h, "N", 1);
    put(h, "sok", 3);
    writer_u8(&w, 'N');
    writer_u64(&w, ~(uint64_t)0);
    writer_u32(&w, 4000000000u);
    writer_u32(&w, 77);
    writer_u16(&w, 9);
    writer_bytes(&w, "host@here", 9);
    put_written(h, &w);
    send_digest(h, &w);
    writer_done(&w);
}

static void *run(void *host)
{
    struct host *h = host;
    struct image image;
    char why[IMAGE_WHY_BYTES];
    ck_assert_msg(image_open(&image, SHARED_OBJECT, why), "%s", why);
    h->status = image.run(&h->border);
    image_close(&image);
    return NULL;
}

static void start(struct host *h)
{
    *h = (struct host){
        .border = {.release = release, .give = give, .say = say, .wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)}};
    h->last = &h->first;
    pthread_mutex_init(&h->mutex, NULL);
    pthread_cond_init(&h->more, NULL);
    ck_assert_int_eq(pthread_create(&h->thread, NULL, run, h), 0);
}

static void stop(struct host *h)
{
    atomic_store(&h->border.closed, true);
    wake(h);
    pthread_join(h->thread, NULL);
    for (struct frame *f = atomic_load(&h->border.arrived), *next; f; f = next) {
        next = f->next;
        free(f);
    }
    while (h->first)
        free(next_said(h));
    close(h->border.wake_fd);
    ck_assert_int_eq(h->status, 0);
}

// A tick is answered when the engine's schedulers run.
static void life(struct host *h)
{
    connect_to(h);
    put(h, "", 0);
    struct said *s = next_said(h);
    ck_assert_uint_eq(s->size, 0);
    free(s);
}

static size_t entries(const char *folder)
{
    size_t n = 0;
    DIR *d = opendir(folder);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static size_t mappings(void)
{
    size_t n = 0;
    FILE *f = fopen("/proc/self/maps", "re");
    for (int c; (c = getc(f)) != EOF;)
        n += c == '\n';
    fclose(f);
    return n;
}

START_TEST(test_many_lives)
{
    struct host h;
    size_t threads = 0, files = 0, maps = 0;
    for (int i = 0; i < LIVES; i++) {
        start(&h);
        life(&h);
        stop(&h);
        if (i == LIVES / 10) {
            threads = entries("/proc/self/task");
            files = entries("/proc/self/fd");
            maps = mappings();
        }
    }
    ck_assert_uint_le(entries("/proc/self/task"), threads);
    ck_assert_uint_le(entries("/proc/self/fd"), files);
    if (!CONFIG_PLAIN_MEMORY)
        ck_assert_uint_le(mappings(), maps + 4);
}
END_TEST

START_TEST(test_several_at_once)
{
    struct host h[TOGETHER];
    for (int i = 0; i < TOGETHER; i++)
        start(&h[i]);
    for (int i = 0; i < TOGETHER; i++)
        life(&h[i]);
    for (int i = 0; i < TOGETHER; i++)
        stop(&h[i]);
}
END_TEST

// Before its handshake, in the middle of it, and with frames that it has not taken.
START_TEST(test_closed_early)
{
    struct host h;
    for (int i = 0; i < 20; i++) {
        struct writer w;
        writer_init(&w);
        start(&h);
        if (i % 4 > 0)
            send_options(&h, &w);
        if (i % 4 > 1)
            expect(&h, "N", 1);
        if (i % 4 > 2)
            put(&h, "sok", 3);
        stop(&h);
        writer_done(&w);
    }
}
END_TEST

START_TEST(test_no_such_object)
{
    struct image image;
    char why[IMAGE_WHY_BYTES];
    ck_assert(!image_open(&image, "/no/such/file", why));
    ck_assert_str_eq(why, "No such file or directory");
    ck_assert(!image_open(&image, "/proc/self/status", why));
    ck_assert(!image_open(&image, "/lib64/ld-linux-x86-64.so.2", why));
}
END_TEST

Suite *guest_suite(void)
{
    Suite *s = suite_create("guest");
    TCase *c = tcase_create("lives");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, support_open, NULL);
    tcase_add_test(c, test_many_lives);
    tcase_add_test(c, test_several_at_once);
    tcase_add_test(c, test_closed_early);
    tcase_add_test(c, test_no_such_object);
    suite_add_tcase(s, c);
    return s;
}
