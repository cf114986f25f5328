// SPDX-License-Identifier: Apache-2.0
#include "carrier/loop.h"

#include <string.h>

static void end(struct loop *l, const char *why)
{
    if (l->ended)
        return;
    l->ended = true;
    peer_closed(l->peer, why);
}

static void on_output(struct carrier *c)
{
    (void)c;    // packets are fetched by loop_sent
}

static void on_input(struct carrier *c, bool wanted)
{
    CONTAINER_OF(c, struct loop, carrier)->wanted = wanted;
}

static void on_close(struct carrier *c)
{
    end(CONTAINER_OF(c, struct loop, carrier), "closed by this node");
}

void loop_open(struct loop *l, struct peer *peer)
{
    static const struct carrier_operations operations = {on_output, on_input, on_close};
    *l = (struct loop){.carrier = {&operations}, .peer = peer, .wanted = true};
    peer_start(peer, &l->carrier);
}

const char *loop_arrive(struct loop *l, const void *bytes, size_t size)
{
    const char *why = peer_receive(l->peer, bytes, size, NULL);
    if (why)
        end(l, why);
    return why;
}

const char *loop_arrive_late(struct loop *l, const void *bytes, size_t there, size_t size)
{
    uint8_t *place = peer_place(l->peer, bytes, there, size - there);
    if (!place)
        return loop_arrive(l, bytes, size);
    memcpy(place, (const uint8_t *)bytes + there, size - there);
    const char *why = peer_placed(l->peer, size - there);
    if (why)
        end(l, why);
    return why;
}

bool loop_sent(struct loop *l, struct writer *w)
{
    struct iovec parts[16];
    struct packet *p = peer_output(l->peer);
    if (!p)
        return false;
    size_t from = PACKET_PREFIX;
    for (size_t n = packet_parts(p, from, parts, COUNT_OF(parts)); n; n = packet_parts(p, from, parts, COUNT_OF(parts)))
        for (size_t i = 0; i < n; i++) {
            writer_bytes(w, parts[i].iov_base, parts[i].iov_len);
            from += parts[i].iov_len;
        }
    packet_free(p);
    return true;
}
