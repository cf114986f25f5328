// SPDX-License-Identifier: Apache-2.0
#include "carrier/port.h"

#include "base/die.h"
#include "base/memory.h"
#include "proc/epoch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    LENGTH_BYTES = 4,
    BUFFER_BYTES = 64 * 1024,
    PIPE_BYTES = 1024 * 1024,
    BELIEVED_BYTES = 4 * 1024 * 1024,
    MAX_PARTS = 64,      // of one writev
    MAX_SENDING = 32,    // packets taken from the peer at once
};

struct input {
    int fd;
    uint8_t *buffer;
    size_t from, to, capacity;    // unread bytes are buffer[from .. to)
    _Atomic bool wanted;
};

// `pending`: the peer may have packets. `stuck`: the pipe is full; whoever waits in poll clears it.
struct output {
    atomic_flag taken;
    int fd;
    _Atomic bool pending, stuck;
    struct packet *sending[MAX_SENDING];
    size_t count;
    size_t written;         // of the first packet, its length included
    _Atomic size_t left;    // packets written whole since port_poll returned
};

struct port {
    struct carrier carrier;
    struct peer *peer;
    struct input in;
    struct output out;
    int wake;                // eventfd
    _Atomic bool waiting;    // a thread is in poll, or about to be
    _Atomic bool ended;
};

static void end(struct port *p, const char *why)
{
    if (!atomic_exchange(&p->ended, true))
        peer_closed(p->peer, why);
}

bool port_ended(const struct port *p)
{
    return atomic_load(&p->ended);
}

static void wake(struct port *p)
{
    uint64_t one = 1;
    if (write(p->wake, &one, sizeof one) < 0 && errno != EAGAIN)
        die("eventfd: %s", strerror(errno));
}

// Output.

static void length_prefix(struct packet *packet)
{
    size_t size = packet_size(packet);
    for (int i = 0; i < LENGTH_BYTES; i++)
        packet->body.bytes[i] = (uint8_t)(size >> 8 * (LENGTH_BYTES - 1 - i));
}

static void take_packets(struct port *p)
{
    struct output *o = &p->out;
    while (o->count < MAX_SENDING) {
        struct packet *packet = peer_output(p->peer);
        if (!packet)
            return;
        length_prefix(packet);
        o->sending[o->count++] = packet;
    }
}

static void written(struct output *o, size_t bytes)
{
    size_t done = 0;
    bytes += o->written;
    while (done < o->count && bytes >= packet_size(o->sending[done]) + LENGTH_BYTES) {
        bytes -= packet_size(o->sending[done]) + LENGTH_BYTES;
        packet_free(o->sending[done++]);
    }
    atomic_fetch_add_explicit(&o->left, done, memory_order_relaxed);
    memmove(o->sending, o->sending + done, (o->count - done) * sizeof *o->sending);
    o->count -= done;
    o->written = bytes;
}

// False: nothing more can be written now.
static bool write_once(struct port *p)
{
    struct output *o = &p->out;
    struct iovec parts[MAX_PARTS];
    size_t count = 0;
    take_packets(p);
    for (size_t i = 0; i < o->count && count < MAX_PARTS; i++)
        count += packet_parts(o->sending[i], i == 0 ? o->written : 0, parts + count, MAX_PARTS - count);
    if (count == 0)
        return false;
    ssize_t n = writev(o->fd, parts, (int)count);
    if (n >= 0) {
        written(o, (size_t)n);
        return true;
    }
    if (errno == EAGAIN) {
        atomic_store(&o->stuck, true);
        if (atomic_load(&p->waiting))
            wake(p);
        return false;
    }
    if (errno == EINTR)
        return true;
    end(p, errno == EPIPE ? NULL : strerror(errno));
    return false;
}

// Who adds output while another thread writes has set `pending` before trying the flag; so one of both sees it.
static void flush(struct port *p)
{
    struct output *o = &p->out;
    while (atomic_load(&o->pending) && !atomic_load(&o->stuck) && !port_ended(p) &&
           !atomic_flag_test_and_set(&o->taken)) {
        atomic_store(&o->pending, false);
        while (!port_ended(p) && write_once(p)) {
        }
        if (atomic_load(&o->stuck))
            atomic_store(&o->pending, true);
        atomic_flag_clear(&o->taken);
    }
}

// Input.

static size_t length_at(const uint8_t *b)
{
    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

static void set_capacity(struct input *in, size_t capacity)
{
    uint8_t *buffer = mem_alloc(capacity);
    memcpy(buffer, in->buffer + in->from, in->to - in->from);
    mem_free(in->buffer, in->capacity);
    in->to -= in->from;
    in->from = 0;
    in->buffer = buffer;
    in->capacity = capacity;
}

// What the packet that has begun needs in all, as far as a length is believed before its bytes are there.
static size_t wanted_capacity(const struct input *in)
{
    size_t size = in->to - in->from < LENGTH_BYTES ? 0 : LENGTH_BYTES + length_at(in->buffer + in->from);
    size = size < BELIEVED_BYTES ? size : BELIEVED_BYTES;
    return size > BUFFER_BYTES ? size : BUFFER_BYTES;
}

// Room for at least one byte more. The buffer is full only when a packet larger than it has begun.
static void make_room(struct input *in)
{
    size_t wanted = wanted_capacity(in);
    if (in->capacity < wanted || (in->from == in->to && in->capacity > BUFFER_BYTES)) {
        set_capacity(in, wanted);
    } else if (in->from > 0) {
        memmove(in->buffer, in->buffer + in->from, in->to - in->from);
        in->to -= in->from;
        in->from = 0;
    } else if (in->to == in->capacity) {
        set_capacity(in, in->capacity * 2);
    }
}

static void hand_over(struct port *p)
{
    struct input *in = &p->in;
    while (!port_ended(p) && atomic_load(&in->wanted) && in->to - in->from >= LENGTH_BYTES) {
        const uint8_t *at = in->buffer + in->from;
        size_t length = length_at(at);
        if (length > CONFIG_MAX_FRAME) {
            end(p, "a packet is too large");
            return;
        }
        if (in->to - in->from - LENGTH_BYTES < length)
            return;
        in->from += LENGTH_BYTES + length;
        const char *wrong = peer_receive(p->peer, at + LENGTH_BYTES, length);
        if (wrong)
            end(p, wrong);
    }
}

static void read_once(struct port *p)
{
    struct input *in = &p->in;
    if (port_ended(p) || !atomic_load(&in->wanted))
        return;
    if (in->from < in->to)
        hand_over(p);
    make_room(in);
    ssize_t n = read(in->fd, in->buffer + in->to, in->capacity - in->to);
    if (n > 0) {
        in->to += (size_t)n;
        hand_over(p);
    } else if (n == 0) {
        end(p, in->from < in->to ? "the stream ended inside a packet" : NULL);
    } else if (errno != EAGAIN && errno != EINTR) {
        end(p, strerror(errno));
    }
}

// Who adds output looks at `waiting` after setting `pending`, and we at `pending` after setting `waiting`: none is missed.
static void wait_for_events(struct port *p, int64_t wait_ns, int wake_fd)
{
    struct pollfd fds[] = {{p->wake, POLLIN, 0}, {p->in.fd, POLLIN, 0}, {p->out.fd, POLLOUT, 0}, {wake_fd, POLLIN, 0}};
    struct timespec limit = {wait_ns / 1000000000, wait_ns % 1000000000};
    atomic_store(&p->waiting, true);
    if (!atomic_load(&p->in.wanted))
        fds[1].fd = -1;
    if (!atomic_load(&p->out.stuck))
        fds[2].fd = -1;
    bool something = port_ended(p) || (atomic_load(&p->out.pending) && !atomic_load(&p->out.stuck));
    epoch_park();
    int ready = something ? 0 : ppoll(fds, COUNT_OF(fds), wait_ns < 0 ? NULL : &limit, NULL);
    epoch_unpark();
    atomic_store(&p->waiting, false);
    uint64_t wakes;
    if (ready > 0 && fds[0].revents && read(p->wake, &wakes, sizeof wakes) < 0 && errno != EAGAIN)
        die("eventfd: %s", strerror(errno));
    if (ready > 0 && fds[2].revents)
        atomic_store(&p->out.stuck, false);
}

size_t port_poll(struct port *p, int64_t wait_ns, int wake_fd)
{
    if (port_ended(p))
        return 0;
    bool parked = epoch_enter();
    flush(p);
    if (wait_ns != 0 || atomic_load(&p->out.stuck))
        wait_for_events(p, wait_ns, wake_fd);
    read_once(p);
    flush(p);
    epoch_exit(parked);
    return atomic_exchange_explicit(&p->out.left, 0, memory_order_relaxed);
}

// The flag stays taken: nothing follows.
void port_last_words(struct port *p, const char *text, size_t size)
{
    struct output *o = &p->out;
    size_t length = size + 1;
    uint8_t front[LENGTH_BYTES + 1] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                                       (uint8_t)length, 'E'};
    struct iovec parts[] = {{front, sizeof front}, {(void *)(uintptr_t)text, size}};
    if (!atomic_flag_test_and_set(&o->taken) && o->written == 0 && writev(o->fd, parts, COUNT_OF(parts)) < 0)
        return;
}

static void on_output(struct carrier *c)
{
    struct port *p = CONTAINER_OF(c, struct port, carrier);
    atomic_store(&p->out.pending, true);
    if (atomic_load(&p->waiting))
        flush(p);
}

static void on_input(struct carrier *c, bool wanted)
{
    struct port *p = CONTAINER_OF(c, struct port, carrier);
    atomic_store(&p->in.wanted, wanted);
    if (wanted)
        wake(p);
}

static void on_close(struct carrier *c)
{
    struct port *p = CONTAINER_OF(c, struct port, carrier);
    end(p, "closed by this node");
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
    p->carrier.operations = &operations;
    p->peer = peer;
    p->in.fd = in;
    p->in.wanted = true;
    p->in.capacity = BUFFER_BYTES;
    p->in.buffer = mem_alloc(BUFFER_BYTES);
    p->out.fd = out;
    p->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (p->wake < 0)
        die("eventfd: %s", strerror(errno));
    peer_start(peer, &p->carrier);
    return p;
}

void port_close(struct port *p)
{
    end(p, "closed by this node");
    for (size_t i = 0; i < p->out.count; i++)
        packet_free(p->out.sending[i]);
    close(p->in.fd);
    close(p->out.fd);
    close(p->wake);
    mem_free(p->in.buffer, p->in.capacity);
    mem_free(p, sizeof *p);
}
