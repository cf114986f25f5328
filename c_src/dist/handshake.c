// SPDX-License-Identifier: Apache-2.0
#include "dist/handshake.h"

#include "base/die.h"
#include "base/log.h"
#include "dist/host.h"
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
     DIST_BIG_TRACE_LABELS | DIST_EXIT_PAYLOAD | DIST_MANDATORY_25 | DIST_SPAWN | DIST_ALIAS)

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

static void next_state(struct peer *p, enum handshake_state state)
{
    atomic_store_explicit(&p->state, state, memory_order_release);
}

void handshake_start(struct peer *p)
{
    struct atom_text name = atom_text(host_options.node);
    struct packet *packet = packet_new();
    writer_u8(&packet->body, 'N');
    writer_u64(&packet->body, OFFERED);
    writer_u32(&packet->body, host_options.creation);
    writer_u16(&packet->body, name.size);
    writer_bytes(&packet->body, name.bytes, name.size);
    next_state(p, HANDSHAKE_STATUS);
    peer_send(p, packet, NONE);
}

static bool text_is(struct reader *r, const char *text)
{
    size_t size = strlen(text);
    return reader_left(r) == size && memcmp(r->at, text, size) == 0;
}

static void status(struct peer *p, struct reader *r)
{
    if (reader_u8(r) != 's') {
        reader_fail(r, "handshake: no status");
    } else if (text_is(r, "ok") || text_is(r, "ok_simultaneous")) {
        next_state(p, HANDSHAKE_CHALLENGE);
    } else if (text_is(r, "alive")) {
        struct packet *packet = packet_new();
        writer_bytes(&packet->body, "strue", 5);
        next_state(p, HANDSHAKE_CHALLENGE);
        peer_send(p, packet, NONE);
    } else {
        reader_fail(r, "handshake: the other node does not allow it");
    }
}

static void answer(struct peer *p, uint32_t challenge)
{
    uint8_t proof[MD5_SIZE];
    uint32_t ours;
    ENSURE(getrandom(&ours, sizeof ours, 0) == sizeof ours);
    digest(proof, challenge);
    digest(p->handshake.expected, ours);
    struct packet *packet = packet_new();
    writer_u8(&packet->body, 'r');
    writer_u32(&packet->body, ours);
    writer_bytes(&packet->body, proof, sizeof proof);
    next_state(p, HANDSHAKE_DIGEST);
    peer_send(p, packet, NONE);
}

static void challenge(struct peer *p, struct reader *r)
{
    uint8_t tag = reader_u8(r);
    uint64_t flags = reader_u64(r);
    uint32_t number = reader_u32(r), creation = reader_u32(r);
    uint16_t size = reader_u16(r);
    const uint8_t *name = reader_take(r, size);
    if (reader_ok(r) && (tag != 'N' || reader_left(r) != 0))
        reader_fail(r, "handshake: no challenge");
    if (flags & DIST_MANDATORY_25)
        flags |= NEEDED;
    if ((flags & (NEEDED | LATER)) != (NEEDED | LATER))
        reader_fail(r, "handshake: the other node lacks what we need");
    term node = reader_ok(r) ? atom_from_utf8((const char *)name, size) : NONE;
    if (node == NONE || node == host_options.node)
        reader_fail(r, "handshake: malformed name");
    if (!reader_ok(r))
        return;
    p->flags = flags & OFFERED;
    p->node = node_intern(node, creation);
    answer(p, number);
}

static void proof(struct peer *p, struct reader *r)
{
    uint8_t tag = reader_u8(r);
    const uint8_t *theirs = reader_take(r, MD5_SIZE);
    if (!theirs || tag != 'a' || reader_left(r) != 0)
        reader_fail(r, "handshake: no digest");
    else if (memcmp(theirs, p->handshake.expected, MD5_SIZE) != 0)
        reader_fail(r, "handshake: wrong digest (another cookie?)");
    else
        next_state(p, HANDSHAKE_UP);
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
    case HANDSHAKE_UP:
    case HANDSHAKE_CLOSED:
        reader_fail(r, "handshake: it is over");
        return;
    }
}
