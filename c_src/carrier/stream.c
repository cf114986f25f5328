// SPDX-License-Identifier: Apache-2.0
#include "carrier/stream.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 68 * 1024,    // a fragment, or a piece, fits in
    PLACED_BYTES = 8 * 1024,     // of a packet that are worth a place of their own
    BESIDE_BYTES = 4 * 1024,     // read with them
    BELIEVED_BYTES = 4 * 1024 * 1024,
    MAX_PARTS = 64,                 // of one writev
    TOGETHER_BYTES = 256 * 1024,    // of packets taken from the peer: what comes later may be more urgent than the next
    ROUNDS = 4,                     // of writing, before others have their turn
    LENT_BYTES = 32 * 1024,         // of a packet that is lent to a pipe
};

void stream_init(struct stream *s, const struct carrier_operations *operations, struct peer *peer)
{
    s->carrier.operations = operations;
    s->peer = peer;
    s->in.fd = s->out.fd = -1;
    packet_queue_init(&s->out.lent);
    s->in.wanted = true;
    s->in.capacity = BUFFER_BYTES;
    s->in.buffer = mem_alloc(BUFFER_BYTES);
}

static void reclaim(struct stream_output *o)
{
    int unread;
    if (!o->lent.first || ioctl(o->fd, FIONREAD, &unread) < 0)
        return;
    size_t read = atomic_load_explicit(&o->sent, memory_order_relaxed) - (size_t)unread;
    while (o->lent.first && o->lent.first->end <= read)
        packet_free(packet_queue_take(&o->lent));
}

static bool has_reader(int fd)
{
    struct pollfd end = {fd, POLLOUT, 0};
    return poll(&end, 1, 0) != 1 || !(end.revents & POLLERR);
}

// What the other end may still read stays as it is, until the OS process ends.
static void leave_lent(struct stream_output *o)
{
    static _Atomic(struct packet *) left_behind;
    reclaim(o);
    bool read = o->lent.first && has_reader(o->fd);
    for (struct packet *p = packet_queue_take(&o->lent); p; p = packet_queue_take(&o->lent))
        if (read)
            p->next = atomic_exchange(&left_behind, p);
        else
            packet_free(p);
}

void stream_done(struct stream *s)
{
    leave_lent(&s->out);
    for (size_t i = 0; i < s->out.count; i++)
        packet_free(s->out.sending[i]);
    mem_free(s->in.buffer, s->in.capacity);
}

void stream_end(struct stream *s, const char *why)
{
    if (!atomic_exchange(&s->ended, true))
        peer_closed(s->peer, why);
}

bool stream_ended(const struct stream *s)
{
    return atomic_load(&s->ended);
}

// Output.

static void length_prefix(struct packet *packet)
{
    size_t size = packet_size(packet);
    for (int i = 0; i < packet->prefix; i++)
        packet->body.bytes[PACKET_PREFIX - 1 - i] = (uint8_t)(size >> 8 * i);
}

static void take_packets(struct stream *s)
{
    struct stream_output *o = &s->out;
    size_t bytes = 0;
    for (size_t i = 0; i < o->count; i++)
        bytes += packet_size(o->sending[i]);
    while (o->count < STREAM_MAX_SENDING && bytes < TOGETHER_BYTES) {
        struct packet *packet = peer_output(s->peer);
        if (!packet)
            return;
        bytes += packet_size(packet);
        length_prefix(packet);
        o->sending[o->count++] = packet;
    }
}

static bool is_lent(const struct stream_output *o, const struct packet *p)
{
    return o->lends && packet_size(p) >= LENT_BYTES;
}

static void leave(struct stream_output *o, struct packet *p, size_t end)
{
    p->end = end;
    if (is_lent(o, p))
        packet_queue_add(&o->lent, p);
    else
        packet_free(p);
}

static void written(struct stream_output *o, size_t bytes)
{
    size_t done = 0, sent = atomic_fetch_add_explicit(&o->sent, bytes, memory_order_relaxed) + bytes;
    bytes += o->written;
    while (done < o->count && bytes >= packet_size(o->sending[done]) + o->sending[done]->prefix) {
        bytes -= packet_size(o->sending[done]) + o->sending[done]->prefix;
        leave(o, o->sending[done++], sent - bytes);
    }
    o->left += done;
    memmove(o->sending, o->sending + done, (o->count - done) * sizeof *o->sending);
    o->count -= done;
    o->written = bytes;
}

// Packets, from where the first one was left. One that is lent goes alone.
static size_t gather(const struct stream_output *o, struct iovec *parts)
{
    size_t count = 0, packets = 1;
    while (packets < o->count && !is_lent(o, o->sending[packets - 1]) && !is_lent(o, o->sending[packets]))
        packets++;
    for (size_t i = 0; i < packets && i < o->count && count < MAX_PARTS; i++) {
        size_t from = PACKET_PREFIX - o->sending[i]->prefix + (i == 0 ? o->written : 0);
        count += packet_parts(o->sending[i], from, parts + count, MAX_PARTS - count);
    }
    return count;
}

static enum stream_flushed write_once(struct stream *s)
{
    struct iovec parts[MAX_PARTS];
    take_packets(s);
    size_t count = gather(&s->out, parts);
    if (count == 0)
        return STREAM_EMPTY;
    ssize_t n = is_lent(&s->out, s->out.sending[0]) ? vmsplice(s->out.fd, parts, count, SPLICE_F_NONBLOCK)
                                                    : writev(s->out.fd, parts, (int)count);
    if (n >= 0) {
        written(&s->out, (size_t)n);
        return STREAM_MORE;
    }
    if (errno == EINTR)
        return STREAM_MORE;
    if (errno == EAGAIN) {
        atomic_store(&s->out.stuck, true);
        return STREAM_STUCK;
    }
    s->failure = errno == EPIPE || errno == ECONNRESET ? NULL : strerror(errno);
    atomic_store(&s->failed, true);
    return STREAM_FAILED;
}

static enum stream_flushed write_some(struct stream *s)
{
    enum stream_flushed flushed = STREAM_MORE;
    reclaim(&s->out);
    atomic_store(&s->out.pending, false);
    for (int i = 0; i < ROUNDS && flushed == STREAM_MORE && !stream_ended(s); i++)
        flushed = write_once(s);
    if (flushed == STREAM_MORE || flushed == STREAM_STUCK)
        atomic_store(&s->out.pending, true);
    return flushed;
}

// Who adds output while another thread writes has set `pending` before trying the flag; so one of both sees it.
enum stream_flushed stream_flush(struct stream *s)
{
    struct stream_output *o = &s->out;
    enum stream_flushed flushed = STREAM_EMPTY;
    while (flushed == STREAM_EMPTY && atomic_load(&o->pending) && !atomic_load(&o->stuck) && !stream_ended(s) &&
           !atomic_load(&s->failed) && !atomic_flag_test_and_set(&o->taken)) {
        flushed = write_some(s);
        atomic_flag_clear(&o->taken);
    }
    return flushed;
}

bool stream_reclaim(struct stream *s)
{
    struct stream_output *o = &s->out;
    if (!o->lends || atomic_flag_test_and_set(&o->taken))
        return o->lends;
    reclaim(o);
    bool more = o->lent.first;
    atomic_flag_clear(&o->taken);
    return more;
}

// Input.

// Of the length in front of a packet: of 2 bytes while the connection begins, but on the host's port.
static size_t length_bytes(const struct stream *s)
{
    return s->peer->kind == PEER_HOST || peer_is_up(s->peer) ? PACKET_PREFIX : PACKET_PREFIX / 2;
}

static size_t length_at(const uint8_t *b, size_t bytes)
{
    size_t length = 0;
    for (size_t i = 0; i < bytes; i++)
        length = length << 8 | b[i];
    return length;
}

static void set_capacity(struct stream_input *in, size_t capacity)
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
static size_t wanted_capacity(const struct stream *s)
{
    const struct stream_input *in = &s->in;
    size_t front = length_bytes(s);
    size_t size = in->to - in->from < front ? 0 : front + length_at(in->buffer + in->from, front);
    size = size < BELIEVED_BYTES ? size : BELIEVED_BYTES;
    return size > BUFFER_BYTES ? size : BUFFER_BYTES;
}

// Room for at least one byte more. The buffer is full only when a packet larger than it has begun.
static void make_room(struct stream *s)
{
    struct stream_input *in = &s->in;
    size_t wanted = wanted_capacity(s);
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

static void hand_over(struct stream *s)
{
    struct stream_input *in = &s->in;
    while (!stream_ended(s) && atomic_load(&in->wanted)) {
        size_t front = length_bytes(s), there = in->to - in->from;
        if (there < front)
            return;
        const uint8_t *at = in->buffer + in->from;
        size_t length = length_at(at, front);
        if (length > CONFIG_MAX_FRAME) {
            stream_end(s, ASSEMBLY_TOO_LARGE);
            return;
        }
        if (there - front < length)
            return;
        in->from += front + length;
        const char *wrong = peer_receive(s->peer, at + front, length, NULL);
        if (wrong)
            stream_end(s, wrong);
    }
}

// The rest of a packet that has begun may be read to where it is needed.
static void find_place(struct stream *s)
{
    struct stream_input *in = &s->in;
    size_t front = length_bytes(s), there = in->to - in->from;
    size_t length = there < front ? 0 : length_at(in->buffer + in->from, front);
    if (there <= front || there - front + PLACED_BYTES > length)
        return;
    in->rest = length - (there - front);
    in->placed = 0;
    in->place = peer_place(s->peer, in->buffer + in->from + front, there - front, in->rest);
    if (in->place)
        in->from = in->to = 0;
}

static void came(struct stream *s, size_t bytes)
{
    struct stream_input *in = &s->in;
    in->received += bytes;
    if (in->place) {
        size_t more = in->rest - in->placed;
        more = more < bytes ? more : bytes;
        in->placed += more;
        bytes -= more;
    }
    in->to += bytes;
    if (in->place && in->placed == in->rest) {
        in->place = NULL;
        const char *wrong = peer_placed(s->peer, in->rest);
        if (wrong)
            stream_end(s, wrong);
    }
    if (!in->place)
        hand_over(s);
}

// The buffer takes what follows; little of it, for that may be such a packet, too.
static ssize_t read_some(struct stream_input *in, size_t *room)
{
    if (!in->place) {
        *room = in->capacity - in->to;
        return read(in->fd, in->buffer + in->to, *room);
    }
    struct iovec parts[] = {{in->place + in->placed, in->rest - in->placed}, {in->buffer, BESIDE_BYTES}};
    *room = parts[0].iov_len + parts[1].iov_len;
    return readv(in->fd, parts, COUNT_OF(parts));
}

bool stream_read(struct stream *s)
{
    struct stream_input *in = &s->in;
    if (stream_ended(s) || !atomic_load(&in->wanted))
        return false;
    if (in->from < in->to)
        hand_over(s);
    if (in->from < in->to)
        find_place(s);
    if (!in->place)
        make_room(s);
    size_t room;
    ssize_t n = read_some(in, &room);
    if (n > 0) {
        came(s, (size_t)n);
    } else if (n == 0) {
        stream_end(s, in->from < in->to || in->place ? "the stream ended inside a packet" : NULL);
    } else if (errno != EAGAIN && errno != EINTR) {
        stream_end(s, errno == ECONNRESET ? NULL : strerror(errno));
    }
    return n == (ssize_t)room || (n < 0 && errno == EINTR);
}
