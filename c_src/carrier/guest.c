// SPDX-License-Identifier: Apache-2.0
#include "carrier/guest.h"

#include "base/die.h"
#include "base/memory.h"
#include "proc/epoch.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_PARTS = 64,             // of a frame that is given without being gathered first
    INPUT_BYTES = 64 * 1024,    // worked off by one guest_poll, or one frame
    INPUT_FRAMES = 64,
};

// Frames that were taken but not worked off; used only by the thread that polls.
struct input {
    struct frame *first, **last;
    _Atomic bool wanted;
};

// `pending`: the peer may have packets.
struct output {
    atomic_flag taken;
    _Atomic bool pending;
    _Atomic size_t left;    // packets given since guest_poll returned
};

struct guest {
    struct carrier carrier;
    struct peer *peer;
    struct border *border;
    struct input in;
    struct output out;
    _Atomic bool ended;
};

static void end(struct guest *g, const char *why)
{
    if (!atomic_exchange(&g->ended, true))
        peer_closed(g->peer, why);
}

bool guest_ended(const struct guest *g)
{
    return atomic_load(&g->ended);
}

static void wake(struct guest *g)
{
    uint64_t one = 1;
    if (border_wakes(g->border) && write(g->border->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        die("eventfd: %s", strerror(errno));
}

// Output.

static void give_gathered(struct border *b, const struct packet *p, bool more)
{
    struct writer w;
    struct iovec parts[MAX_PARTS];
    writer_init(&w);
    for (size_t n; (n = packet_parts(p, PACKET_PREFIX + w.size, parts, MAX_PARTS)) != 0;)
        for (size_t i = 0; i < n; i++)
            writer_bytes(&w, parts[i].iov_base, parts[i].iov_len);
    b->give(b, &(struct iovec){w.bytes, w.size}, 1, w.size, more);
    writer_done(&w);
}

static void give(struct border *b, const struct packet *p, bool more)
{
    struct iovec parts[MAX_PARTS];
    size_t count = packet_parts(p, PACKET_PREFIX, parts, MAX_PARTS);
    if (count < MAX_PARTS)
        b->give(b, parts, count, packet_size(p), more);
    else
        give_gathered(b, p, more);
}

static void give_all(struct guest *g)
{
    struct packet *p = peer_output(g->peer), *next;
    for (; p; p = next) {
        next = peer_output(g->peer);
        give(g->border, p, next != NULL);
        packet_free(p);
        atomic_fetch_add_explicit(&g->out.left, 1, memory_order_relaxed);
    }
}

// Who adds output while another thread gives has set `pending` before trying the flag; so one of both sees it.
static void flush(struct guest *g)
{
    struct output *o = &g->out;
    while (atomic_load(&o->pending) && !guest_ended(g) && !atomic_flag_test_and_set(&o->taken)) {
        atomic_store(&o->pending, false);
        give_all(g);
        atomic_flag_clear(&o->taken);
    }
}

// Input.

static void take_arrived(struct guest *g)
{
    struct input *in = &g->in;
    if (!atomic_load_explicit(&g->border->arrived, memory_order_relaxed))
        return;
    struct frame *newest = atomic_exchange(&g->border->arrived, NULL), *oldest = NULL, **last = in->last;
    if (newest)
        in->last = &newest->next;
    while (newest) {
        struct frame *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    *last = oldest;
}

static const char *receive(struct guest *g, const struct frame *f)
{
    if (f->size > CONFIG_MAX_FRAME)
        return ASSEMBLY_TOO_LARGE;
    if (f->count <= 1)
        return peer_receive(g->peer, f->count ? f->parts->iov_base : NULL, f->size, NULL);
    struct shared *all = shared_new(f->size, f->size);
    size_t at = 0;
    for (size_t i = 0; i < f->count; i++) {
        memcpy(all->bytes + at, f->parts[i].iov_base, f->parts[i].iov_len);
        at += f->parts[i].iov_len;
    }
    const char *wrong = peer_receive(g->peer, all->bytes, f->size, all);
    shared_drop(all);
    return wrong;
}

static struct frame *next_frame(struct input *in)
{
    struct frame *f = in->first;
    if (f && !(in->first = f->next))
        in->last = &in->first;
    return f;
}

static void receive_some(struct guest *g)
{
    struct input *in = &g->in;
    size_t bytes = 0;
    take_arrived(g);
    for (int i = 0; i < INPUT_FRAMES && bytes < INPUT_BYTES && !guest_ended(g) && atomic_load(&in->wanted); i++) {
        struct frame *f = next_frame(in);
        if (!f)
            break;
        const char *wrong = receive(g, f);
        bytes += f->size;
        g->border->release(g->border, f);
        if (wrong)
            end(g, wrong);
    }
    if (atomic_load(&g->border->closed))
        end(g, NULL);
}

static bool input_waits(struct guest *g)
{
    return atomic_load(&g->border->closed) ||
           (atomic_load(&g->in.wanted) && (g->in.first || atomic_load(&g->border->arrived)));
}

// Who puts a frame or adds output looks at `waiting` afterwards, and we look at both after setting it: none is missed.
static void wait_for_events(struct guest *g, int64_t wait_ns, int wake_fd)
{
    struct pollfd fds[] = {{g->border->wake_fd, POLLIN, 0}, {wake_fd, POLLIN, 0}};
    struct timespec limit = {wait_ns / 1000000000, wait_ns % 1000000000};
    atomic_store(&g->border->waiting, true);
    bool something = guest_ended(g) || atomic_load(&g->out.pending) || input_waits(g);
    epoch_park();
    int ready = something ? 0 : ppoll(fds, COUNT_OF(fds), wait_ns < 0 ? NULL : &limit, NULL);
    epoch_unpark();
    atomic_store(&g->border->waiting, false);
    uint64_t wakes;
    if (ready > 0 && fds[0].revents && read(g->border->wake_fd, &wakes, sizeof wakes) < 0 && errno != EAGAIN)
        die("eventfd: %s", strerror(errno));
}

static void tell_core(struct border *b)
{
    int core = sched_getcpu();
    if (core != atomic_load_explicit(&b->core, memory_order_relaxed))
        atomic_store_explicit(&b->core, core, memory_order_relaxed);
}

size_t guest_poll(struct guest *g, int64_t wait_ns, int wake_fd)
{
    if (guest_ended(g))
        return 0;
    bool parked = epoch_enter();
    tell_core(g->border);
    flush(g);
    if (wait_ns != 0)
        wait_for_events(g, wait_ns, wake_fd);
    receive_some(g);
    flush(g);
    epoch_exit(parked);
    return atomic_exchange_explicit(&g->out.left, 0, memory_order_relaxed);
}

static void on_output(struct carrier *c)
{
    struct guest *g = CONTAINER_OF(c, struct guest, carrier);
    atomic_store(&g->out.pending, true);
    if (atomic_load(&g->border->waiting))
        flush(g);
}

static void on_input(struct carrier *c, bool wanted)
{
    struct guest *g = CONTAINER_OF(c, struct guest, carrier);
    atomic_store(&g->in.wanted, wanted);
    if (wanted)
        wake(g);
}

static void on_close(struct carrier *c)
{
    struct guest *g = CONTAINER_OF(c, struct guest, carrier);
    end(g, "closed by this node");
    wake(g);
}

struct guest *guest_open(struct border *b, struct peer *peer)
{
    static const struct carrier_operations operations = {on_output, on_input, on_close};
    struct guest *g = mem_zero_alloc(sizeof *g);
    g->carrier.operations = &operations;
    g->peer = peer;
    g->border = b;
    g->in.last = &g->in.first;
    g->in.wanted = true;
    peer_start(peer, &g->carrier);
    return g;
}

void guest_close(struct guest *g)
{
    end(g, "closed by this node");
    take_arrived(g);
    for (struct frame *f; (f = next_frame(&g->in)) != NULL;)
        g->border->release(g->border, f);
    mem_free(g, sizeof *g);
}
