// SPDX-License-Identifier: Apache-2.0
#include "carrier/port.h"

#include "base/die.h"
#include "base/memory.h"
#include "carrier/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { LENGTH_BYTES = 4, PIPE_BYTES = 1024 * 1024, LENT_NS = 20 * 1000 * 1000 };

struct port {
    struct stream stream;
    int wake;                // eventfd
    _Atomic bool waiting;    // a thread is in poll, or about to be
};

bool port_ended(const struct port *p)
{
    return stream_ended(&p->stream);
}

static void wake(struct port *p)
{
    uint64_t one = 1;
    if (write(p->wake, &one, sizeof one) < 0 && errno != EAGAIN)
        die("eventfd: %s", strerror(errno));
}

static void flush(struct port *p)
{
    if (stream_flush(&p->stream) != STREAM_EMPTY && atomic_load(&p->waiting))
        wake(p);
}

// Who adds output looks at `waiting` after setting `pending`, and we at `pending` after setting `waiting`: none is missed.
static void wait_for_events(struct port *p, int64_t wait_ns, int wake_fd)
{
    struct pollfd fds[] = {
        {p->wake, POLLIN, 0}, {p->stream.in.fd, POLLIN, 0}, {p->stream.out.fd, POLLOUT, 0}, {wake_fd, POLLIN, 0}};
    struct timespec limit = {wait_ns / 1000000000, wait_ns % 1000000000};
    atomic_store(&p->waiting, true);
    if (!atomic_load(&p->stream.in.wanted))
        fds[1].fd = -1;
    if (!atomic_load(&p->stream.out.stuck))
        fds[2].fd = -1;
    bool something = port_ended(p) || atomic_load(&p->stream.failed) ||
                     (atomic_load(&p->stream.out.pending) && !atomic_load(&p->stream.out.stuck));
    epoch_park();
    int ready = something ? 0 : ppoll(fds, COUNT_OF(fds), wait_ns < 0 ? NULL : &limit, NULL);
    epoch_unpark();
    atomic_store(&p->waiting, false);
    uint64_t wakes;
    if (ready > 0 && fds[0].revents && read(p->wake, &wakes, sizeof wakes) < 0 && errno != EAGAIN)
        die("eventfd: %s", strerror(errno));
    if (ready > 0 && fds[2].revents)
        atomic_store(&p->stream.out.stuck, false);
}

size_t port_poll(struct port *p, int64_t wait_ns, int wake_fd)
{
    if (port_ended(p))
        return 0;
    bool parked = epoch_enter();
    flush(p);
    if (wait_ns != 0 && stream_reclaim(&p->stream) && (wait_ns < 0 || wait_ns > LENT_NS))
        wait_ns = LENT_NS;
    if (wait_ns != 0 || atomic_load(&p->stream.out.stuck))
        wait_for_events(p, wait_ns, wake_fd);
    stream_read(&p->stream);
    flush(p);
    if (atomic_load(&p->stream.failed))
        stream_end(&p->stream, p->stream.failure);
    epoch_exit(parked);
    return atomic_exchange_explicit(&p->stream.out.left, 0, memory_order_relaxed);
}

// The flag stays taken: nothing follows.
void port_last_words(struct port *p, const char *text, size_t size)
{
    struct stream_output *o = &p->stream.out;
    size_t length = size + 1;
    uint8_t front[LENGTH_BYTES + 1] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                                       (uint8_t)length, 'E'};
    struct iovec parts[] = {{front, sizeof front}, {(void *)(uintptr_t)text, size}};
    if (!atomic_flag_test_and_set(&o->taken) && o->written == 0 && writev(o->fd, parts, COUNT_OF(parts)) < 0)
        return;
}

static void on_output(struct carrier *c)
{
    struct port *p = CONTAINER_OF(c, struct port, stream.carrier);
    atomic_store(&p->stream.out.pending, true);
    if (atomic_load(&p->waiting))
        flush(p);
}

static void on_input(struct carrier *c, bool wanted)
{
    struct port *p = CONTAINER_OF(c, struct port, stream.carrier);
    atomic_store(&p->stream.in.wanted, wanted);
    if (wanted)
        wake(p);
}

static void on_close(struct carrier *c)
{
    struct port *p = CONTAINER_OF(c, struct port, stream.carrier);
    stream_end(&p->stream, "closed by this node");
    wake(p);
}

static const struct carrier_operations operations = {on_output, on_input, on_close};

static bool set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

// Best effort: an ordinary pipe holds 64 KiB, which costs large messages many changes between the two ends.
static void widen(int fd)
{
    int before = errno;
    if (fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES) < 0)
        errno = before;
}

struct port *port_open(int in, int out, struct peer *peer)
{
    if (!set_nonblocking(in) || !set_nonblocking(out))
        return NULL;
    widen(in);
    widen(out);
    struct port *p = mem_zero_alloc(sizeof *p);
    stream_init(&p->stream, &operations, peer);
    p->stream.in.fd = in;
    p->stream.out.fd = out;
    p->stream.out.lends = vmsplice(out, NULL, 0, 0) == 0;
    p->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (p->wake < 0)
        die("eventfd: %s", strerror(errno));
    peer_start(peer, &p->stream.carrier);
    return p;
}

void port_close(struct port *p)
{
    stream_end(&p->stream, "closed by this node");
    stream_done(&p->stream);
    close(p->stream.in.fd);
    close(p->stream.out.fd);
    close(p->wake);
    mem_free(p, sizeof *p);
}
