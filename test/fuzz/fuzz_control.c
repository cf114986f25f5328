// SPDX-License-Identifier: Apache-2.0
// Bytes from the other end of a connection: the same path that the packets of the port and of TCP take. The first byte of the input
// chooses where it begins: with the host's options, with the handshake or behind it on the port; between two nodes, as the side that
// connects, or is connected to, or behind the handshake, where messages have headers and come in fragments. Then come packets, each a
// length of 2 bytes and its bytes.
#include "dist_support.c"
#include "support.c"

#include "dist/neighbours.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void store_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * (3 - i));
}

// Pids of ours with the number 7 become that of a living process.
static void bring_home(uint8_t *bytes, size_t size, term pid)
{
    static const uint8_t form[] = "\x58\x77\x0B"
                                  "engine@here"
                                  "\0\0\0\7";
    const size_t length = sizeof form - 1;
    for (size_t i = 0; i + length + 4 <= size; i++)
        if (memcmp(bytes + i, form, length) == 0) {
            store_u32(bytes + i + length - 4, pid_number(pid));
            store_u32(bytes + i + length, pid_serial(pid));
        }
}

// Each packet stands in a block of its own, so that the sanitizer sees where it ends. Its last byte says how much of it comes first.
static void arrive_alone(struct other *o, const uint8_t *data, size_t size, term pid)
{
    uint8_t *bytes = malloc(size ? size : 1);
    memcpy(bytes, data, size);
    bring_home(bytes, size, pid);
    loop_arrive_late(&o->loop, bytes, size ? bytes[size - 1] % size : 0, size);
    free(bytes);
}

static void packets(struct other *o, const uint8_t *data, size_t size)
{
    struct reader r;
    struct writer sent;
    term pid = other_spawn();
    names_register(ATOM_link, pid);
    reader_init(&r, data, size);
    writer_init(&sent);
    while (reader_left(&r) > 0 && !o->loop.ended) {
        size_t length = reader_u16(&r);
        if (length > reader_left(&r))
            length = reader_left(&r);
        arrive_alone(o, r.at, length, pid);
        reader_take(&r, length);
        while (loop_sent(&o->loop, &sent)) {
        }
    }
    writer_done(&sent);
}

static bool start_on_port(struct other *o, uint8_t where)
{
    struct writer w;
    writer_init(&w);
    bool ready = where == 0 || (where == 1 ? send_options(o, &w) : other_connect(o));
    writer_done(&w);
    return ready;
}

// What the handshake settles is set by hand.
static void be_up(struct peer *p)
{
    p->flags = ~(uint64_t)0;
    p->node = node_intern(atom_from_c("host@here"), 77);
    atomic_store(&p->state, HANDSHAKE_UP);
    neighbour_up(p);
    atomic_store(&p->settled, true);
}

static void start_in_cluster(struct other *o, uint8_t where)
{
    static const struct peer_events events = {on_up, on_closed};
    struct host_options own = {
        .node = atom_from_c("engine@here"), .services = NONE, .names = NONE, .all = NONE, .environment = NONE};
    playing = o;
    *o = (struct other){.cookie = "secret"};
    host_options_done();
    host_options_set(&own, (const uint8_t *)"secret", 6);
    node_set_self(own.node, 1234567);
    o->peer = peer_new(&events, where == 4 ? PEER_DIALED : PEER_ACCEPTED);
    if (where == 4)
        o->peer->node = node_intern(atom_from_c("host@here"), 0);
    loop_open(&o->loop, o->peer);
    if (where > 5)
        be_up(o->peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct other o;
    if (size == 0)
        return 0;
    uint8_t where = data[0] % 8;
    bool ready = true;
    other_open_engine();
    if (where < 4) {
        other_open(&o);
        ready = start_on_port(&o, where);
    } else {
        start_in_cluster(&o, where);
    }
    if (ready)
        packets(&o, data + 1, size - 1);
    other_close(&o);
    other_close_engine();
    return 0;
}
