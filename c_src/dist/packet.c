// SPDX-License-Identifier: Apache-2.0
#include "dist/packet.h"

#include "base/memory.h"
#include "term/binary.h"

#include <string.h>

enum { VERSION = 131, HEADER = 68 };

struct packet *packet_new(void)
{
    struct packet *p = mem_zero_alloc(sizeof *p);
    p->prefix = PACKET_PREFIX;
    p->sender = NONE;
    writer_init(&p->body);
    writer_room(&p->body, PACKET_PREFIX);
    return p;
}

static struct shared *cut_shared(const struct external_cut *c)
{
    return (struct shared *)(uintptr_t)c->binary;
}

void packet_free(struct packet *p)
{
    for (size_t i = 0; i < p->cuts.count; i++)
        shared_drop(cut_shared(&p->cuts.cuts[i]));
    external_cuts_done(&p->cuts);
    writer_done(&p->body);
    mem_free(p, sizeof *p);
}

// The term that a cut names belongs to the sender's heap; the packet outlives it and holds the bytes themselves.
bool packet_term(struct packet *p, term t)
{
    static const struct external_options options = {.compress = 0, .minor_version = 2, .deterministic = false};
    size_t before = p->cuts.count;
    bool said = external_encode_cut(&p->body, t, &options, &p->cuts);
    for (size_t i = before; i < p->cuts.count; i++) {
        struct shared *s = (struct shared *)(uintptr_t)boxed_ptr(p->cuts.cuts[i].binary)[2];
        shared_hold(s);
        p->cuts.cuts[i].binary = (term)(uintptr_t)s;
    }
    return said;
}

// `112, 131, Control, 131, Payload` becomes `131, 68, 0, Control, Payload`: only the control message moves.
void packet_use_header(struct packet *p)
{
    enum { OLD_FRONT = PACKET_PREFIX + 2 };
    size_t end = p->payload_at ? p->payload_at : p->body.size;
    if (!p->payload_at)
        writer_u8(&p->body, 0);
    uint8_t *bytes = p->body.bytes;
    memmove(bytes + OLD_FRONT + 1, bytes + OLD_FRONT, end - OLD_FRONT);
    memcpy(bytes + PACKET_PREFIX, (uint8_t[]){VERSION, HEADER, 0}, 3);
    for (size_t i = 0; i < p->cuts.count && p->cuts.cuts[i].at <= end; i++)
        p->cuts.cuts[i].at++;
    if (p->payload_at)
        p->payload_at++;
}

static void add_cut(struct packet *p, const struct external_cut *c, size_t from, size_t size)
{
    shared_hold(cut_shared(c));
    external_cuts_add(&p->cuts, (struct external_cut){p->body.size, c->binary, c->from + from, size});
}

// How much of a piece of `size` bytes belongs to the slice; *from and *left move on.
static size_t slice_part(size_t size, size_t *from, size_t *left, size_t *skipped)
{
    *skipped = *from < size ? *from : size;
    size_t rest = size - *skipped, part = rest < *left ? rest : *left;
    *from -= *skipped;
    *left -= part;
    return part;
}

void packet_add_slice(struct packet *p, const struct packet *whole, size_t from, size_t size)
{
    size_t at = PACKET_PREFIX, skipped, part;
    for (size_t i = 0; i < whole->cuts.count && size; i++) {
        const struct external_cut *c = &whole->cuts.cuts[i];
        part = slice_part(c->at - at, &from, &size, &skipped);
        writer_bytes(&p->body, whole->body.bytes + at + skipped, part);
        part = slice_part(c->size, &from, &size, &skipped);
        if (part)
            add_cut(p, c, skipped, part);
        at = c->at;
    }
    part = slice_part(whole->body.size - at, &from, &size, &skipped);
    writer_bytes(&p->body, whole->body.bytes + at + skipped, part);
}

size_t packet_size(const struct packet *p)
{
    size_t size = p->body.size - PACKET_PREFIX;
    for (size_t i = 0; i < p->cuts.count; i++)
        size += p->cuts.cuts[i].size;
    return size;
}

size_t packet_undivided(const struct packet *p)
{
    if (!p->payload_at)
        return packet_size(p);
    size_t size = p->payload_at - PACKET_PREFIX;
    for (size_t i = 0; i < p->cuts.count && p->cuts.cuts[i].at <= p->payload_at; i++)
        size += p->cuts.cuts[i].size;
    return size;
}

// A piece of which the first *skip bytes are not wanted.
static size_t part(struct iovec *to, uint8_t *bytes, size_t size, size_t *skip)
{
    if (*skip >= size) {
        *skip -= size;
        return 0;
    }
    *to = (struct iovec){bytes + *skip, size - *skip};
    *skip = 0;
    return 1;
}

size_t packet_parts(const struct packet *p, size_t from, struct iovec *parts, size_t room)
{
    size_t count = 0, at = 0;
    for (size_t i = 0; i < p->cuts.count && count < room; i++) {
        const struct external_cut *c = &p->cuts.cuts[i];
        count += part(&parts[count], p->body.bytes + at, c->at - at, &from);
        at = c->at;
        if (count < room)
            count += part(&parts[count], cut_shared(c)->bytes + c->from, c->size, &from);
        else
            return count;
    }
    if (count < room)
        count += part(&parts[count], p->body.bytes + at, p->body.size - at, &from);
    return count;
}

void packet_queue_init(struct packet_queue *q)
{
    *q = (struct packet_queue){NULL, &q->first};
}

void packet_queue_done(struct packet_queue *q)
{
    for (struct packet *p = packet_queue_take(q); p; p = packet_queue_take(q))
        packet_free(p);
}

void packet_queue_add(struct packet_queue *q, struct packet *p)
{
    p->next = NULL;
    *q->last = p;
    q->last = &p->next;
}

void packet_queue_put_first(struct packet_queue *q, struct packet_queue *more)
{
    if (!more->first)
        return;
    *more->last = q->first;
    if (!q->first)
        q->last = more->last;
    q->first = more->first;
    packet_queue_init(more);
}

struct packet *packet_queue_take(struct packet_queue *q)
{
    struct packet *p = q->first;
    if (!p)
        return NULL;
    q->first = p->next;
    if (!q->first)
        q->last = &q->first;
    return p;
}
