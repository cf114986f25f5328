// SPDX-License-Identifier: Apache-2.0
#include "dist/handshake.h"

#include "base/die.h"
#include "base/log.h"
#include "dist/host.h"
#include "dist/neighbours.h"
#include "dist/peer.h"
#include "term/atom.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

// Without these a term could not be said, or a signal would have no form.
#define NEEDED \
    (DIST_EXTENDED_REFERENCES | DIST_FUN_TAGS | DIST_NEW_FUN_TAGS | DIST_EXTENDED_PIDS_PORTS | DIST_EXPORT_TAG | \
     DIST_BIT_BINARIES | DIST_NEW_FLOATS | DIST_UTF8_ATOMS | DIST_MAP_TAG | DIST_BIG_CREATION | DIST_HANDSHAKE_23)
#define LATER (DIST_UNLINK_ID | DIST_V4_CONTAINERS)
#define OFFERED \
    (NEEDED | LATER | DIST_MONITOR | DIST_MONITOR_NAME | DIST_UNICODE_IO | DIST_SMALL_ATOM_TAGS | DIST_SEND_SENDER | \
     DIST_BIG_TRACE_LABELS | DIST_EXIT_PAYLOAD | DIST_FRAGMENTS | DIST_MANDATORY_25 | DIST_SPAWN | DIST_ALIAS)

// To the host's port messages go without headers.
static uint64_t offered(const struct peer *p)
{
    return p->kind == PEER_HOST ? OFFERED & ~DIST_FRAGMENTS : OFFERED;
}

static void digest(uint8_t result[MD5_SIZE], uint32_t challenge)
{
    char decimal[11];
    int digits = snprintf(decimal, sizeof decimal, "%u", challenge);
    struct md5 m;
    md5_init(&m);
    md5_update(&m, host_options.cookie, host_options.cookie_size);
    md5_update(&m, decimal, (size_t)digits);
    md5_final(&m, result);
}

// The other node's proof must be of our fresh number.
static uint32_t fresh_challenge(struct peer *p)
{
    uint32_t number;
    ENSURE(getrandom(&number, sizeof number, 0) == sizeof number);
    digest(p->handshake.expected, number);
    return number;
}

static void next_state(struct peer *p, enum handshake_state state)
{
    atomic_store_explicit(&p->state, state, memory_order_release);
}

static void add_own_name(struct packet *packet)
{
    struct atom_text name = atom_text(node_self()->name);
    writer_u16(&packet->body, name.size);
    writer_bytes(&packet->body, name.bytes, name.size);
}

static void send_text(struct peer *p, const char *text)
{
    struct packet *packet = packet_new();
    writer_bytes(&packet->body, text, strlen(text));
    peer_greet(p, packet);
}

void handshake_start(struct peer *p)
{
    struct packet *packet = packet_new();
    writer_u8(&packet->body, 'N');
    writer_u64(&packet->body, offered(p));
    writer_u32(&packet->body, node_self()->creation);
    add_own_name(packet);
    next_state(p, HANDSHAKE_STATUS);
    peer_greet(p, packet);
}

static bool text_is(struct reader *r, const char *text)
{
    size_t size = strlen(text);
    return reader_left(r) == size && memcmp(r->at, text, size) == 0;
}

// Both sides.

static void take_capabilities(struct peer *p, struct reader *r, uint64_t flags)
{
    if (flags & DIST_MANDATORY_25)
        flags |= NEEDED;
    if ((flags & (NEEDED | LATER)) != (NEEDED | LATER))
        reader_fail(r, "handshake: the other node lacks what we need");
    p->handshake.flags = flags & offered(p);
}

static void take_name(struct peer *p, struct reader *r)
{
    struct handshake *h = &p->handshake;
    h->creation = reader_u32(r);
    h->name_size = reader_u16(r);
    const uint8_t *name = reader_take(r, h->name_size);
    struct atom_text own = atom_text(node_self()->name);
    bool good = name && h->name_size <= sizeof h->name && atom_text_valid((const char *)name, h->name_size);
    if (!good || (h->name_size == own.size && memcmp(name, own.bytes, own.size) == 0))
        reader_fail(r, "handshake: malformed name");
    else
        memcpy(h->name, name, h->name_size);
}

static bool is_proof(const struct peer *p, const uint8_t *theirs, struct reader *r)
{
    unsigned different = 0;
    for (size_t i = 0; i < MD5_SIZE; i++)
        different |= p->handshake.expected[i] ^ theirs[i];
    if (!different)
        return true;
    log_line(LOG_WARNING, "node %.*s has another cookie: connection refused", (int)p->handshake.name_size,
             p->handshake.name);
    reader_fail(r, "handshake: wrong digest (another cookie?)");
    return false;
}

// From here on the other node is known.
static void become_up(struct peer *p, struct reader *r)
{
    struct handshake *h = &p->handshake;
    term name = atom_from_utf8(h->name, h->name_size);
    if (name == NONE) {
        reader_fail(r, "handshake: no room for another name");
    } else if (p->node && p->node->name != name) {
        reader_fail(r, "handshake: another node answers");
    } else {
        p->flags = h->flags;
        p->node = node_intern(name, h->creation);
        next_state(p, HANDSHAKE_UP);
    }
}

// The side that connects.

static void status(struct peer *p, struct reader *r)
{
    if (reader_u8(r) != 's') {
        reader_fail(r, "handshake: no status");
    } else if (text_is(r, "ok") || text_is(r, "ok_simultaneous")) {
        next_state(p, HANDSHAKE_CHALLENGE);
    } else if (text_is(r, "nok")) {
        next_state(p, HANDSHAKE_YIELDED);
    } else if (text_is(r, "alive")) {
        next_state(p, HANDSHAKE_CHALLENGE);
        send_text(p, "strue");
    } else {
        reader_fail(r, "handshake: the other node does not allow it");
    }
}

static void answer(struct peer *p, uint32_t challenge)
{
    uint8_t proof[MD5_SIZE];
    uint32_t ours = fresh_challenge(p);
    digest(proof, challenge);
    struct packet *packet = packet_new();
    writer_u8(&packet->body, 'r');
    writer_u32(&packet->body, ours);
    writer_bytes(&packet->body, proof, sizeof proof);
    next_state(p, HANDSHAKE_DIGEST);
    peer_greet(p, packet);
}

static void challenge(struct peer *p, struct reader *r)
{
    uint8_t tag = reader_u8(r);
    uint64_t flags = reader_u64(r);
    uint32_t number = reader_u32(r);
    take_name(p, r);
    if (reader_ok(r) && (tag != 'N' || reader_left(r) != 0))
        reader_fail(r, "handshake: no challenge");
    take_capabilities(p, r, flags);
    if (reader_ok(r))
        answer(p, number);
}

static void proof(struct peer *p, struct reader *r)
{
    uint8_t tag = reader_u8(r);
    const uint8_t *theirs = reader_take(r, MD5_SIZE);
    if (!theirs || tag != 'a' || reader_left(r) != 0)
        reader_fail(r, "handshake: no digest");
    else if (is_proof(p, theirs, r))
        become_up(p, r);
}

// The side that is connected to.

static void send_challenge(struct peer *p)
{
    struct packet *packet = packet_new();
    writer_u8(&packet->body, 'N');
    writer_u64(&packet->body, offered(p));
    writer_u32(&packet->body, fresh_challenge(p));
    writer_u32(&packet->body, node_self()->creation);
    add_own_name(packet);
    next_state(p, HANDSHAKE_REPLY);
    peer_greet(p, packet);
}

static void send_status(struct peer *p)
{
    switch (neighbour_asked(p->handshake.name, p->handshake.name_size)) {
    case NEIGHBOUR_OK:
        send_text(p, "sok");
        send_challenge(p);
        return;
    case NEIGHBOUR_OK_SIMULTANEOUS:
        send_text(p, "sok_simultaneous");
        send_challenge(p);
        return;
    case NEIGHBOUR_NOK:
        send_text(p, "snok");
        next_state(p, HANDSHAKE_REFUSED);
        return;
    case NEIGHBOUR_ALIVE:
        next_state(p, HANDSHAKE_SURE);
        send_text(p, "salive");
        return;
    }
}

static void name(struct peer *p, struct reader *r)
{
    if (reader_u8(r) != 'N') {
        reader_fail(r, "handshake: no name in the form of version 6 (is the other node older than OTP 23?)");
        return;
    }
    uint64_t flags = reader_u64(r);
    take_name(p, r);
    take_capabilities(p, r, flags);
    if (!reader_ok(r))
        return;
    if (flags & DIST_NAME_ME) {    // it wants a name from us
        send_text(p, "snot_allowed");
        next_state(p, HANDSHAKE_REFUSED);
    } else {
        send_status(p);
    }
}

static void sure(struct peer *p, struct reader *r)
{
    if (!text_is(r, "strue")) {
        reader_fail(r, "handshake: the other node keeps the connection that there is");
        return;
    }
    neighbour_replace(p->handshake.name, p->handshake.name_size);
    send_challenge(p);
}

static void reply(struct peer *p, struct reader *r)
{
    uint8_t tag = reader_u8(r), proof_of_ours[MD5_SIZE];
    uint32_t number = reader_u32(r);
    const uint8_t *theirs = reader_take(r, MD5_SIZE);
    if (!theirs || tag != 'r' || reader_left(r) != 0) {
        reader_fail(r, "handshake: no reply to our challenge");
        return;
    }
    if (!is_proof(p, theirs, r))
        return;
    digest(proof_of_ours, number);
    struct packet *packet = packet_new();
    writer_u8(&packet->body, 'a');
    writer_bytes(&packet->body, proof_of_ours, sizeof proof_of_ours);
    peer_greet(p, packet);
    become_up(p, r);
}

void handshake_receive(struct peer *p, struct reader *r)
{
    switch ((enum handshake_state)p->state) {
    case HANDSHAKE_OPTIONS:
        host_options_receive(r);
        if (!reader_ok(r))
            return;
        node_set_self(host_options.node, host_options.creation);
        p->window = host_options.window;
        handshake_start(p);
        return;
    case HANDSHAKE_STATUS:
        status(p, r);
        return;
    case HANDSHAKE_CHALLENGE:
        challenge(p, r);
        return;
    case HANDSHAKE_DIGEST:
        proof(p, r);
        return;
    case HANDSHAKE_NAME:
        name(p, r);
        return;
    case HANDSHAKE_SURE:
        sure(p, r);
        return;
    case HANDSHAKE_REPLY:
        reply(p, r);
        return;
    case HANDSHAKE_DIALING:
    case HANDSHAKE_YIELDED:
    case HANDSHAKE_REFUSED:
    case HANDSHAKE_UP:
    case HANDSHAKE_CLOSED:
        reader_fail(r, "handshake: it is over");
        return;
    }
}
