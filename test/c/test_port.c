// SPDX-License-Identifier: Apache-2.0
#include "dist_support.h"

#include "base/clock.h"
#include "base/memory.h"
#include "carrier/port.h"
#include "proc/signal.h"
#include "term/atom.h"
#include "term/binary.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct other other;
static struct port *port;
static int to_engine, from_engine;

// The port of a peer whose handshake was done over a loop: from here on its carrier is the port.
static void setup(void)
{
    int in[2], out[2];
    other_open_engine();
    other_open(&other);
    ck_assert(other_connect(&other));
    ck_assert(pipe(in) == 0 && pipe(out) == 0);
    signal(SIGPIPE, SIG_IGN);
    port = port_open(in[0], out[1], other.peer);
    ck_assert_ptr_nonnull(port);
    to_engine = in[1];
    from_engine = out[0];
    fcntl(from_engine, F_SETFL, O_NONBLOCK);
}

static void teardown(void)
{
    other.loop.ended = true;
    if (port)
        port_close(port);
    close(to_engine);
    close(from_engine);
    other_close_engine();
}

static void give(const void *bytes, size_t size)
{
    ck_assert_int_eq(write(to_engine, bytes, size), (ssize_t)size);
}

static void poll_some(void)
{
    for (int i = 0; i < 10; i++)
        port_poll(port, 0, -1);
}

// All that the engine has written by now.
static size_t received(uint8_t *bytes, size_t room)
{
    ssize_t n = read(from_engine, bytes, room);
    return n > 0 ? (size_t)n : 0;
}

static void send_filled(size_t size, uint8_t fill)
{
    struct heap h;
    heap_init(&h, 10);
    uint8_t *bytes;
    term message = binary_alloc(&h, size, &bytes), to = pid_make(&h, other.peer->node, 1, 1);
    memset(bytes, fill, size);
    struct remote_signal s = {.kind = REMOTE_SEND, .node = other.peer->node, .to = to, .value = message};
    remote_hooks.signal(NULL, &s);
    heap_done(&h);
}

static void send(size_t size)
{
    send_filled(size, 5);
}

static bool is_filled(const uint8_t *bytes, size_t size, uint8_t fill)
{
    size_t same = 0;
    while (same < size && bytes[same] == fill)
        same++;
    return same == size;
}

START_TEST(test_packets_in_any_pieces)
{
    static const uint8_t ticks[] = {0, 0, 0, 0, 0, 0, 0, 9, 'C', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    uint8_t bytes[100];
    for (size_t i = 0; i < sizeof ticks; i++) {
        give(ticks + i, 1);
        port_poll(port, 0, -1);
    }
    ck_assert_uint_eq(received(bytes, sizeof bytes), 8);
    ck_assert(!port_ended(port));
    for (int i = 0; i < 100; i++)
        give(ticks, sizeof ticks);
    poll_some();
    ck_assert(!port_ended(port));
}
END_TEST

START_TEST(test_end_of_stream)
{
    close(to_engine);
    to_engine = -1;
    port_poll(port, -1, -1);
    ck_assert(port_ended(port));
    ck_assert_uint_eq(other.closes, 1);
    ck_assert_ptr_null(other.why);
}
END_TEST

START_TEST(test_end_inside_a_packet)
{
    give("\0\0\0\5ab", 6);
    close(to_engine);
    to_engine = -1;
    poll_some();
    ck_assert(port_ended(port));
    ck_assert_ptr_nonnull(other.why);
}
END_TEST

START_TEST(test_length_of_4_gb)
{
    give("\377\377\377\377abc", 7);
    poll_some();
    ck_assert(port_ended(port));
    ck_assert_ptr_nonnull(other.why);
}
END_TEST

START_TEST(test_garbage)
{
    give("\0\0\0\3xyz", 7);
    poll_some();
    ck_assert(port_ended(port));
    ck_assert_ptr_nonnull(other.why);
    ck_assert(!peer_is_up(other.peer));
}
END_TEST

START_TEST(test_reader_gone)
{
    close(from_engine);
    from_engine = -1;
    send(10);
    poll_some();
    ck_assert(port_ended(port));
    ck_assert_ptr_null(other.why);
}
END_TEST

// REG_SEND to the engine, up to the length of a binary.
static const char start[] =
    "\x70\x83\x68\x04\x61\x06\x58\x77\x09host@here\0\0\0\1\0\0\0\0\0\0\0\x4D\x77\0\x77\7$tandem\x83\x6D";

static void *write_large(void *unused)
{
    static uint8_t block[1 << 16];
    uint32_t left = 3 << 20;
    struct writer w;
    writer_init(&w);
    writer_u32(&w, left);
    writer_bytes(&w, start, sizeof start - 1);
    left -= sizeof start - 1 + 4;
    writer_u32(&w, left);
    ck_assert_int_eq(write(to_engine, w.bytes, w.size), (ssize_t)w.size);
    writer_done(&w);
    while (left > 0) {
        ssize_t n = write(to_engine, block, left < sizeof block ? left : sizeof block);
        ck_assert_int_gt(n, 0);
        left -= (uint32_t)n;
    }
    return unused;
}

START_TEST(test_packet_larger_than_the_buffer)
{
    pthread_t thread;
    pthread_create(&thread, NULL, write_large, NULL);
    for (int i = 0; i < 10000 && !other.system_messages && !port_ended(port); i++)
        port_poll(port, 10000000, -1);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(other.system_messages, 1);
    give("\0\0\0\0", 4);
    poll_some();
    ck_assert(!port_ended(port));
}
END_TEST

static void write_all(const struct writer *w)
{
    for (size_t at = 0; at < w->size;) {
        size_t step = w->size - at < 70001 ? w->size - at : 70001;
        ck_assert_int_eq(write(to_engine, w->bytes + at, step), (ssize_t)step);
        at += step;
    }
}

// Two messages of 2 MB in pieces, a tick between them. Their bytes come whenever they come.
static void *write_pieces(void *unused)
{
    static uint8_t block[1 << 16];
    uint32_t left = 2 << 20;
    struct writer w;
    writer_init(&w);
    writer_u32(&w, 5 + sizeof start - 1 + 4);
    writer_u8(&w, 'B');
    writer_u32(&w, left);
    writer_bytes(&w, start, sizeof start - 1);
    left -= sizeof start - 1 + 4;
    writer_u32(&w, left);
    for (uint32_t piece; left > 0; left -= piece) {
        piece = left < sizeof block ? left : sizeof block;
        writer_u32(&w, piece + 1);
        writer_u8(&w, 'P');
        writer_bytes(&w, block, piece);
    }
    writer_u32(&w, 0);
    write_all(&w);
    write_all(&w);
    writer_done(&w);
    return unused;
}

START_TEST(test_pieces)
{
    pthread_t thread;
    pthread_create(&thread, NULL, write_pieces, NULL);
    for (int i = 0; i < 10000 && other.system_messages < 2 && !port_ended(port); i++)
        port_poll(port, 10000000, -1);
    pthread_join(thread, NULL);
    poll_some();
    ck_assert_uint_eq(other.system_messages, 2);
    ck_assert(!port_ended(port));
    uint8_t ticks[9];
    ck_assert_uint_eq(received(ticks, sizeof ticks), 8);
    give("\0\0\0\6P12345", 10);
    poll_some();
    ck_assert(port_ended(port));
}
END_TEST

// The window is smaller than the pipe here, so it is credit that lets the rest through; nothing is lost, reordered, or overwritten
// while it waits to be read.
START_TEST(test_output_beyond_the_pipe)
{
    static uint8_t bytes[1 << 20];
    size_t total = 0, packets = 0, sent = 40;
    for (size_t i = 0; i < sent; i++)
        send_filled(100000, (uint8_t)i);
    for (int i = 0; i < 1000 && packets < sent; i++) {
        port_poll(port, 0, -1);
        total += received(bytes + total, sizeof bytes - total);
        while (total >= 4) {
            size_t size = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
            if (total < 4 + size)
                break;
            ck_assert_uint_eq(bytes[4], 112);
            ck_assert(is_filled(bytes + 4 + size - 100000, 100000, (uint8_t)packets));
            memmove(bytes, bytes + 4 + size, total - 4 - size);
            total -= 4 + size;
            packets++;
            uint8_t credit[] = {
                0, 0, 0, 9, 'C', 0, 0, 0, 0, 0, (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
            give(credit, sizeof credit);
        }
    }
    ck_assert_uint_eq(packets, sent);
    ck_assert_uint_eq(total, 0);
}
END_TEST

// Large packets aren't copied into the pipe; their memory is free when they have been read, whoever looks.
START_TEST(test_lent_to_the_pipe)
{
    static uint8_t bytes[1 << 19];
    size_t before = mem_in_use();
    send(400000);
    poll_some();
    ck_assert_uint_gt(mem_in_use(), before + 400000);
    ck_assert_uint_gt(received(bytes, 300000), 0);
    port_poll(port, 1, -1);
    ck_assert_uint_gt(mem_in_use(), before + 400000);
    while (received(bytes, sizeof bytes)) {
    }
    port_poll(port, 1, -1);
    ck_assert_uint_lt(mem_in_use(), before + 100000);
}
END_TEST

// What was written before the engine's end can still be read.
START_TEST(test_lent_at_the_end)
{
    static uint8_t bytes[1 << 19];
    size_t total = 0, n;
    send_filled(40000, 7);
    poll_some();
    port_close(port);
    struct shared *reused = shared_new(40000, 40000);
    memset(reused->bytes, 9, 40000);
    while ((n = received(bytes + total, sizeof bytes - total)) > 0)
        total += n;
    ck_assert_uint_gt(total, 40000);
    ck_assert(is_filled(bytes + total - 40000, 40000, 7));
    shared_drop(reused);
    port = NULL;
}
END_TEST

static void *wake_later(void *fd)
{
    uint64_t one = 1;
    usleep(20000);
    ck_assert(write(*(int *)fd, &one, sizeof one) == sizeof one);
    return NULL;
}

START_TEST(test_waiting_ends)
{
    pthread_t thread;
    int fd = eventfd(0, 0);
    int64_t before = clock_monotonic();
    port_poll(port, 30000000, -1);
    ck_assert_int_ge(clock_monotonic() - before, 29000000);
    pthread_create(&thread, NULL, wake_later, &fd);
    before = clock_monotonic();
    port_poll(port, -1, fd);
    pthread_join(thread, NULL);
    ck_assert_int_ge(clock_monotonic() - before, 10000000);
    close(fd);
}
END_TEST

static void *send_later(void *unused)
{
    usleep(20000);
    send(10);
    return unused;
}

// Output of another thread isn't left lying while one waits for input.
START_TEST(test_output_while_waiting)
{
    pthread_t thread;
    uint8_t bytes[100];
    pthread_create(&thread, NULL, send_later, NULL);
    port_poll(port, 100000000, -1);
    pthread_join(thread, NULL);
    ck_assert_uint_gt(received(bytes, sizeof bytes), 10);
}
END_TEST

Suite *port_suite(void)
{
    Suite *s = suite_create("port");
    TCase *c = tcase_create("port");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_packets_in_any_pieces);
    tcase_add_test(c, test_end_of_stream);
    tcase_add_test(c, test_end_inside_a_packet);
    tcase_add_test(c, test_length_of_4_gb);
    tcase_add_test(c, test_garbage);
    tcase_add_test(c, test_reader_gone);
    tcase_add_test(c, test_packet_larger_than_the_buffer);
    tcase_add_test(c, test_pieces);
    tcase_add_test(c, test_output_beyond_the_pipe);
    tcase_add_test(c, test_lent_to_the_pipe);
    tcase_add_test(c, test_lent_at_the_end);
    tcase_add_test(c, test_waiting_ends);
    tcase_add_test(c, test_output_while_waiting);
    suite_add_tcase(s, c);
    return s;
}
