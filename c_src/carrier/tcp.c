// SPDX-License-Identifier: Apache-2.0
#include "carrier/tcp.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "base/memory.h"
#include "carrier/dial.h"
#include "carrier/epmd.h"
#include "carrier/listener.h"
#include "carrier/stream.h"
#include "dist/neighbours.h"
#include "term/atom.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    SETUP_MS = 7000,        // to connect, handshake included, as on the BEAM
    AGAIN_MS = 2000,        // between two tries to register
    REGISTER_MS = 5000,     // that epmd may take to answer
    REGISTER_TRIES = 10,    // of a name that is taken
    REGISTER_PAUSE_MS = 30,
    CLOSE_MS = 200,         // that what is under way may take when the engine ends
    TICKS = 4,              // in a tick time
    MAX_STRANGERS = 256,    // connections that others have begun and that aren't up
    MAX_EVENTS = 64,
    ROUNDS = 4,              // of reading, before others have their turn
    LOOK_AROUND = 8,         // polls, in a conversation on one connection, before others are looked at
    LOOK_AROUND_IDLE = 4,    // and while nothing comes there
    ONE_WAY = 8,             // reads, without anything written since: nobody waits for answers to each
    FEW_BYTES = 4096,
    PAUSE_NS = 20000,
};

#define CONNECTION_EVENTS ((uint32_t)(EPOLLIN | EPOLLRDHUP | EPOLLET))

#define SECOND_NS 1000000000LL
#define MS_NS 1000000LL

struct connection {
    struct stream stream;
    struct retired retired;
    struct list member, ready;    // ready: there may be something to read
    struct connection *next_asked, *next_flagged, *next_forgotten;
    int fd;               // -1: none
    struct dial *dial;    // under way, or NULL
    bool hung_up;
    bool awaits_room;         // and epoll is to tell when it can be written to
    int64_t deadline;         // to be up
    unsigned one_way;         // reads since something was written
    int64_t next_read;        // of few bytes one way
    size_t received, sent;    // when it was last looked
    unsigned silent;          // ticks without anything received
    _Atomic bool flagged, to_close;
};

// Descriptors that aren't connections are named in epoll by these.
enum source { SOURCE_WAKE = 1, SOURCE_LISTENER, SOURCE_OWNER, SOURCE_EPMD, SOURCES };

// `asked`: connections to be opened. `flagged`: those that have something to write, or to be looked at. `forgotten`: those that
// have ended, and that no other thread can flag any more. All three are filled by any thread.
static struct {
    struct tcp_options options;
    struct listener listener;
    int epoll, wake, epmd;
    bool registering, acceptable;
    bool unsettled;    // a connection is not up
    struct list connections, ready;
    struct connection *hot;    // the last one on which something came, or NULL
    unsigned looks;
    size_t strangers;
    int64_t next_look, next_tick, next_registration;
    _Atomic(struct connection *) asked, flagged, forgotten;
    _Atomic bool waiting;
    size_t left;
} tcp;

uint16_t tcp_port(void)
{
    return tcp.listener.port;
}

static void wake(void)
{
    uint64_t one = 1;
    if (write(tcp.wake, &one, sizeof one) < 0 && errno != EAGAIN)
        die("eventfd: %s", strerror(errno));
}

// Whoever brings something looks at `waiting` afterwards, and who is about to wait looks for it after setting that: none is missed.
static void wake_if_waiting(void)
{
    if (atomic_load(&tcp.waiting))
        wake();
}

static void flag(struct connection *c)
{
    if (atomic_exchange(&c->flagged, true))
        return;
    c->next_flagged = atomic_load(&tcp.flagged);
    while (!atomic_compare_exchange_weak(&tcp.flagged, &c->next_flagged, c)) {
    }
    wake_if_waiting();
}

static struct connection *connection_of(struct carrier *c)
{
    return CONTAINER_OF(c, struct connection, stream.carrier);
}

static void on_output(struct carrier *carrier)
{
    struct connection *c = connection_of(carrier);
    atomic_store(&c->stream.out.pending, true);
    if (!atomic_load(&tcp.waiting))
        flag(c);
    else if (stream_flush(&c->stream) != STREAM_EMPTY)
        flag(c);
}

static void on_input(struct carrier *c, bool wanted)
{
    atomic_store(&connection_of(c)->stream.in.wanted, wanted);
}

static void on_close(struct carrier *c)
{
    atomic_store(&connection_of(c)->to_close, true);
    flag(connection_of(c));
}

static struct connection *connection_new(struct peer *p)
{
    static const struct carrier_operations operations = {on_output, on_input, on_close};
    struct connection *c = mem_zero_alloc(sizeof *c);
    stream_init(&c->stream, &operations, p);
    list_init(&c->member);
    list_init(&c->ready);
    c->fd = -1;
    c->deadline = clock_monotonic() + SETUP_MS * MS_NS;
    return c;
}

// Any thread.
static void ask(struct peer *p)
{
    struct connection *c = connection_new(p);
    c->next_asked = atomic_load(&tcp.asked);
    while (!atomic_compare_exchange_weak(&tcp.asked, &c->next_asked, c)) {
    }
    wake_if_waiting();
}

// From here on: the thread that polls.

static bool watch(int fd, uint32_t events, void *what)
{
    struct epoll_event e = {.events = events, .data.ptr = what};
    return epoll_ctl(tcp.epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static bool watch_source(int fd, enum source source)
{
    return watch(fd, EPOLLIN | (source == SOURCE_LISTENER ? EPOLLET : 0), (void *)(uintptr_t)source);
}

static void adopt(struct connection *c, int fd)
{
    int one = 1;
    c->fd = c->stream.in.fd = c->stream.out.fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (watch(fd, CONNECTION_EVENTS, c))
        peer_start(c->stream.peer, &c->stream.carrier);
    else
        stream_end(&c->stream, strerror(errno));
}

static void forget(struct retired *r)
{
    struct connection *c = CONTAINER_OF(r, struct connection, retired);
    c->next_forgotten = atomic_load(&tcp.forgotten);
    while (!atomic_compare_exchange_weak(&tcp.forgotten, &c->next_forgotten, c)) {
    }
}

// Another thread may be writing: nobody will after it.
static void close_socket(struct connection *c)
{
    if (c->fd < 0)
        return;
    while (stream_flush(&c->stream) == STREAM_MORE)
        continue;
    while (atomic_flag_test_and_set(&c->stream.out.taken))
        sched_yield();
    atomic_store(&c->stream.ended, true);
    close(c->fd);
    c->fd = -1;
    list_remove(&c->ready);
}

static void remove_connection(struct connection *c, const char *why)
{
    struct peer *p = c->stream.peer;
    if (tcp.hot == c)
        tcp.hot = NULL;
    if (c->dial)
        c->dial->owner = NULL;
    close_socket(c);
    peer_expired(p, why);
    list_remove(&c->member);
    peer_retire(p);
    c->retired.release = forget;
    epoch_retire(&c->retired);
}

static bool is_yielded(const struct connection *c)
{
    return c->stream.peer->state == HANDSHAKE_YIELDED;
}

// True: it is gone. One that was given up in favour of the other node's waits for that.
static bool look(struct connection *c, int64_t now)
{
    struct stream *s = &c->stream;
    bool up = peer_is_up(s->peer);
    if (is_yielded(c))
        close_socket(c);
    if (s->peer->state == HANDSHAKE_CLOSED || (stream_ended(s) && !is_yielded(c)))
        remove_connection(c, NULL);
    else if (atomic_load(&s->failed) && !is_yielded(c))
        remove_connection(c, s->failure);
    else if (atomic_load(&c->to_close) && !is_yielded(c))
        remove_connection(c, NULL);
    else if (!up && now > c->deadline)
        remove_connection(c, "the other node took too long");
    else
        return false;
    return true;
}

// While epoll looks for room, too, what was read already would still wake us: room is there nearly always.
static void await_room(struct connection *c, bool wanted)
{
    struct epoll_event e = {.events = CONNECTION_EVENTS | (wanted ? EPOLLOUT : 0), .data.ptr = c};
    c->awaits_room = wanted;
    if (epoll_ctl(tcp.epoll, EPOLL_CTL_MOD, c->fd, &e) < 0)
        die("epoll: %s", strerror(errno));
}

static void flush(struct connection *c)
{
    if (c->fd >= 0 && stream_flush(&c->stream) == STREAM_MORE)
        flag(c);
    if (c->fd >= 0 && !c->awaits_room && atomic_load(&c->stream.out.stuck))
        await_room(c, true);
    size_t left = atomic_exchange_explicit(&c->stream.out.left, 0, memory_order_relaxed);
    if (left)
        c->one_way = 0;
    tcp.left += left;
}

static void dial(struct connection *c)
{
    struct peer *p = c->stream.peer;
    list_add(&tcp.connections, &c->member);
    tcp.unsettled = true;
    c->dial = dial_node(atom_text(p->node->name).bytes, SETUP_MS, tcp.wake, c);
    if (!c->dial)
        remove_connection(c, "no thread to connect with");
}

static void take_asked(void)
{
    struct connection *c = atomic_exchange(&tcp.asked, NULL);
    while (c) {
        struct connection *next = c->next_asked;
        dial(c);
        c = next;
    }
}

static void connection_free(struct connection *c)
{
    stream_done(&c->stream);
    mem_free(c, sizeof *c);
}

// Those that are forgotten were flagged before, if at all: so that list is taken first.
static void take_flagged(int64_t now)
{
    struct connection *forgotten = atomic_exchange(&tcp.forgotten, NULL);
    struct connection *c = atomic_exchange(&tcp.flagged, NULL);
    while (c) {
        struct connection *next = c->next_flagged;
        atomic_store(&c->flagged, false);
        if (!list_empty(&c->member)) {
            flush(c);
            look(c, now);
        }
        c = next;
    }
    while (forgotten) {
        struct connection *next = forgotten->next_forgotten;
        connection_free(forgotten);
        forgotten = next;
    }
}

static void dialed(struct dial *d, int64_t now)
{
    struct connection *c = d->owner;
    c->dial = NULL;
    bool wanted = c->stream.peer->state == HANDSHAKE_DIALING;
    if (wanted && d->fd >= 0)
        adopt(c, d->fd);
    else if (d->fd >= 0)
        close(d->fd);
    if (wanted && d->fd < 0)
        remove_connection(c, d->why);
    else
        look(c, now);
}

static void registered(struct dial *d, int64_t now)
{
    tcp.registering = false;
    tcp.epmd = d->fd;
    tcp.next_registration = now + AGAIN_MS * MS_NS;
    if (d->fd >= 0 && watch_source(d->fd, SOURCE_EPMD))
        log_line(LOG_INFO, "registered with epmd again");
    else
        log_line(LOG_INFO, "not registered with epmd: %s", d->why);
}

static void take_dials(int64_t now)
{
    for (struct dial *d = dial_finished(); d; d = dial_finished()) {
        if (d->port)
            registered(d, now);
        else if (d->owner)
            dialed(d, now);
        else if (d->fd >= 0)
            close(d->fd);
        dial_free(d);
    }
}

static void accept_some(void)
{
    for (int i = 0; tcp.acceptable && i < MAX_EVENTS; i++) {
        int fd = listener_accept(&tcp.listener);
        if (fd < 0) {
            if (errno != EAGAIN)
                log_line(LOG_WARNING, "cannot accept a connection: %s", strerror(errno));
            tcp.acceptable = false;    // at the latest the next look tries again
        } else if (++tcp.strangers > MAX_STRANGERS) {
            close(fd);
        } else {
            struct connection *c = connection_new(peer_new(tcp.options.events, PEER_ACCEPTED));
            list_add(&tcp.connections, &c->member);
            tcp.unsettled = true;
            adopt(c, fd);
            look(c, clock_monotonic());
        }
    }
}

// erl_interface leaves a part of epmd's answer unread; otherwise nothing comes but the end.
static void epmd_ready(int64_t now)
{
    uint8_t rest[16];
    ssize_t n = recv(tcp.epmd, rest, sizeof rest, MSG_DONTWAIT);
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    log_line(LOG_WARNING, "epmd has gone: other nodes cannot find this one until it is back");
    close(tcp.epmd);
    tcp.epmd = -1;
    tcp.next_registration = now + AGAIN_MS * MS_NS;
}

static void source_ready(enum source source, int64_t now)
{
    uint64_t wakes;
    switch (source) {
    case SOURCE_WAKE:
        if (read(tcp.wake, &wakes, sizeof wakes) < 0 && errno != EAGAIN)
            die("eventfd: %s", strerror(errno));
        return;
    case SOURCE_LISTENER:
        tcp.acceptable = true;
        return;
    case SOURCE_OWNER:
        epoll_ctl(tcp.epoll, EPOLL_CTL_DEL, tcp.options.owner, NULL);
        tcp.options.owner_gone();
        return;
    case SOURCE_EPMD:
        epmd_ready(now);
        return;
    case SOURCES:
        return;
    }
}

static void connection_ready(struct connection *c, uint32_t events)
{
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        c->hung_up = true;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR) && list_empty(&c->ready))
        list_add(&tcp.ready, &c->ready);
    if (events & EPOLLOUT) {
        atomic_store(&c->stream.out.stuck, false);
        await_room(c, false);
        flush(c);
    }
}

// A connection that ends while the events are worked off stays in memory for longer than that.
static void take_events(int64_t now)
{
    struct epoll_event events[MAX_EVENTS];
    int n = epoll_wait(tcp.epoll, events, MAX_EVENTS, 0);
    for (int i = 0; i < n; i++) {
        uintptr_t what = (uintptr_t)events[i].data.ptr;
        struct connection *c = events[i].data.ptr;
        if (what < SOURCES)
            source_ready((enum source)what, now);
        else if (c->fd >= 0)
            connection_ready(c, events[i].events);
    }
}

// A short read has emptied the socket: an event tells of what comes later. Not of the end, if that has come already.
static void read_ready(int64_t now)
{
    struct list *last = tcp.ready.prev;
    for (bool done = list_empty(&tcp.ready); !done;) {
        struct connection *c = CONTAINER_OF(tcp.ready.next, struct connection, ready);
        done = &c->ready == last;
        list_remove(&c->ready);
        bool more = true;
        tcp.hot = c;
        for (int i = 0; more && i < ROUNDS; i++)
            more = stream_read(&c->stream) || (c->hung_up && !stream_ended(&c->stream));
        if (look(c, now))
            continue;
        if (more && c->fd >= 0)
            list_add(&tcp.ready, &c->ready);
    }
}

// Where many messages come, none of which is answered, fewer reads take more of them at once, and the sender has its time. Measured with
// small messages from a VM: 0.7 of what they cost to a second BEAM, and 1.4 without.
static bool pauses(int64_t now)
{
    return tcp.hot && now < tcp.hot->next_read;
}

// In a conversation the next message comes where the last one came: one system call instead of two. True: something came.
static bool read_hot(int64_t now)
{
    struct connection *c = tcp.hot;
    if (!c || c->fd < 0 || !list_empty(&c->ready))
        return false;
    size_t before = c->stream.in.received;
    if (stream_read(&c->stream))
        list_add(&tcp.ready, &c->ready);
    if (look(c, now))
        return false;
    size_t bytes = c->stream.in.received - before;
    if (bytes != 0 && bytes < FEW_BYTES && ++c->one_way > ONE_WAY)
        c->next_read = now + PAUSE_NS;
    return bytes != 0;
}

static void tick(struct connection *c)
{
    struct stream *s = &c->stream;
    size_t sent = atomic_load_explicit(&s->out.sent, memory_order_relaxed);
    c->silent = s->in.received == c->received ? c->silent + 1 : 0;
    c->received = s->in.received;
    if (c->silent >= TICKS)
        remove_connection(c, "net tick time-out: nothing has come from there");
    else if (sent == c->sent)
        peer_tick(s->peer);
    c->sent = sent;
}

static void look_at_all(int64_t now, bool ticks)
{
    tcp.strangers = 0;
    tcp.unsettled = false;
    for (struct list *l = tcp.connections.next, *next = l->next; l != &tcp.connections; l = next, next = l->next) {
        struct connection *c = CONTAINER_OF(l, struct connection, member);
        if (look(c, now))
            continue;
        bool up = peer_is_up(c->stream.peer);
        tcp.unsettled |= !up;
        tcp.strangers += !up && c->stream.peer->kind == PEER_ACCEPTED;
        if (ticks && up)
            tick(c);
    }
}

static void timers(int64_t now)
{
    bool ticks = now >= tcp.next_tick;
    if (ticks)
        tcp.next_tick = now + tcp.options.tick_time * SECOND_NS / TICKS;
    if (ticks || now >= tcp.next_look) {
        look_at_all(now, ticks);
        tcp.next_look = now + SECOND_NS;
        tcp.acceptable = true;
    }
    if (tcp.epmd < 0 && !tcp.registering && now >= tcp.next_registration) {
        tcp.next_registration = now + AGAIN_MS * MS_NS;
        tcp.registering =
            dial_epmd(atom_text(node_self()->name).bytes, tcp.listener.port, REGISTER_MS, tcp.wake, NULL) != NULL;
    }
}

// How long nothing is to be done unless something comes. A look is due soon only while a connection isn't up.
static int64_t until_timer(int64_t now)
{
    bool soon = tcp.unsettled || (tcp.epmd < 0 && !tcp.registering);
    int64_t next = soon && tcp.next_look < tcp.next_tick ? tcp.next_look : tcp.next_tick;
    return next > now ? next - now : 0;
}

static bool something_to_do(void)
{
    return !list_empty(&tcp.ready) || atomic_load(&tcp.flagged) || atomic_load(&tcp.asked) ||
           atomic_load(&tcp.forgotten);
}

static void wait_for_events(int64_t wait_ns, int wake_fd)
{
    struct pollfd fds[] = {{tcp.epoll, POLLIN, 0}, {wake_fd, POLLIN, 0}};
    struct timespec limit = {wait_ns / SECOND_NS, wait_ns % SECOND_NS};
    atomic_store(&tcp.waiting, true);
    bool something = something_to_do();
    epoch_park();
    if (!something)
        ppoll(fds, COUNT_OF(fds), &limit, NULL);
    epoch_unpark();
    atomic_store(&tcp.waiting, false);
}

static void sleep_for(int64_t wait_ns, int64_t now, int wake_fd)
{
    int64_t timer = until_timer(now);
    wait_ns = wait_ns < 0 || wait_ns > timer ? timer : wait_ns;
    if (wait_ns > 0)
        wait_for_events(wait_ns, wake_fd);
}

static void look_around(int64_t now)
{
    take_events(now);
    read_ready(now);
    accept_some();
    take_dials(now);
    timers(now);
}

// `came`: on the hot connection. If something else has ended the waiting, it is with the others.
static bool others_turn(bool came, bool waited)
{
    if (!tcp.hot || !list_empty(&tcp.ready) || (waited && !came))
        return true;
    return ++tcp.looks % (came ? LOOK_AROUND : LOOK_AROUND_IDLE) == 0;
}

size_t tcp_poll(int64_t wait_ns, int wake_fd)
{
    bool parked = epoch_enter();
    int64_t now = clock_monotonic();
    take_asked();
    take_flagged(now);
    if (wait_ns != 0) {
        sleep_for(wait_ns, now, wake_fd);
        now = clock_monotonic();
    }
    if (pauses(now))
        sched_yield();
    else if (others_turn(read_hot(now), wait_ns != 0))
        look_around(now);
    take_flagged(now);
    epoch_exit(parked);
    size_t left = tcp.left;
    tcp.left = 0;
    return left;
}

// Begin and end.

static enum tcp_started refuse(char *why, enum tcp_started result, const char *format, const char *what, int number)
{
    snprintf(why, TCP_WHY_BYTES, format, what, number);
    return result;
}

// Whoever had the name may just have left, and epmd not yet have noticed.
static enum epmd_result register_patiently(const char *name)
{
    enum epmd_result result = epmd_register(name, tcp.listener.port, REGISTER_MS, &tcp.epmd);
    for (int i = 0; result == EPMD_REFUSED && i < REGISTER_TRIES; i++) {
        poll(NULL, 0, REGISTER_PAUSE_MS);
        result = epmd_register(name, tcp.listener.port, REGISTER_MS, &tcp.epmd);
    }
    return result;
}

static enum tcp_started register_name(char *why)
{
    struct atom_text own = atom_text(node_self()->name);
    char name[EPMD_MAX_NAME + 1];
    size_t size = (size_t)(strchr(own.bytes, '@') - own.bytes);
    if (size > EPMD_MAX_NAME)
        return refuse(why, TCP_NAME_TAKEN, "the name %s is too long for epmd: it takes %d characters before the @",
                      own.bytes, EPMD_MAX_NAME);
    memcpy(name, own.bytes, size);
    name[size] = 0;
    switch (register_patiently(name)) {
    case EPMD_OK:
        watch_source(tcp.epmd, SOURCE_EPMD);
        return TCP_STARTED;
    case EPMD_MISSING:
        return refuse(why, TCP_NO_EPMD,
                      "no epmd answers on this machine%s (port %d): start it with `epmd -daemon`, or start any VM with "
                      "-sname or -name",
                      "", epmd_port());
    case EPMD_REFUSED:
        return refuse(
            why, TCP_NAME_TAKEN,
            "epmd has a node %s on this machine already: choose another name, or stop that node (`epmd -names` "
            "lists them)",
            name, 0);
    }
    return TCP_NAME_TAKEN;
}

static void open_descriptors(void)
{
    tcp.epoll = epoll_create1(EPOLL_CLOEXEC);
    tcp.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (tcp.epoll < 0 || tcp.wake < 0 || !watch_source(tcp.wake, SOURCE_WAKE))
        die("epoll: %s", strerror(errno));
}

enum tcp_started tcp_open(const struct tcp_options *o, char why[TCP_WHY_BYTES])
{
    const char *at = strchr(atom_text(node_self()->name).bytes, '@');
    memset(&tcp, 0, sizeof tcp);
    tcp.options = *o;
    tcp.epmd = -1;
    list_init(&tcp.connections);
    list_init(&tcp.ready);
    open_descriptors();
    if (!listener_open(&tcp.listener, o->listen, at ? at + 1 : "localhost"))
        return refuse(why, TCP_CANNOT_LISTEN, "%s", tcp.listener.why, 0);
    watch_source(tcp.listener.fd, SOURCE_LISTENER);
    if (o->owner >= 0)
        watch_source(o->owner, SOURCE_OWNER);
    tcp.next_tick = clock_monotonic() + o->tick_time * SECOND_NS / TICKS;
    neighbour_hooks.connect = ask;
    neighbour_hooks.events = o->events;
    return register_name(why);
}

// The name goes first: who sees that this node is down may use it.
void tcp_close(void)
{
    bool parked = epoch_enter();
    neighbour_hooks.connect = NULL;
    if (tcp.epmd >= 0)
        close(tcp.epmd);
    take_asked();
    dials_close(CLOSE_MS);
    while (!list_empty(&tcp.connections))
        remove_connection(CONTAINER_OF(tcp.connections.next, struct connection, member), NULL);
    epoch_exit(parked);
    epoch_quiet();
    take_flagged(clock_monotonic());
    listener_close(&tcp.listener);
    close(tcp.wake);
    close(tcp.epoll);
}
