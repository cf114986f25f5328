// SPDX-License-Identifier: Apache-2.0
#include "dist/fragments.h"

#include "base/memory.h"

#include <string.h>

enum {
    VERSION = 131,
    WHOLE = 68,
    FIRST = 69,
    NEXT = 70,
    HEADER_BYTES = 3,    // 131, 68, number of atoms in the cache's part, which is always 0
};

// Outgoing.

struct large {
    struct list member;
    struct packet *packet;
    size_t sent;                // of its bytes, header not counted
    size_t first;               // bytes of the first piece
    uint64_t sequence, left;    // pieces
    struct packet_queue followers;
};

void outflow_init(struct outflow *o)
{
    *o = (struct outflow){.bytes = 0};
    packet_queue_init(&o->queue);
    list_init(&o->large);
}

static struct large *large_of(struct list *member)
{
    return CONTAINER_OF(member, struct large, member);
}

static void large_free(struct large *l)
{
    list_remove(&l->member);
    packet_queue_done(&l->followers);
    packet_free(l->packet);
    mem_free(l, sizeof *l);
}

void outflow_done(struct outflow *o)
{
    while (!list_empty(&o->large))
        large_free(large_of(o->large.next));
    packet_queue_done(&o->queue);
    o->bytes = 0;
}

void outflow_add(struct outflow *o, struct packet *p)
{
    o->bytes += packet_size(p);
    packet_queue_add(&o->queue, p);
}

bool outflow_empty(const struct outflow *o)
{
    return !o->queue.first && list_empty(&o->large);
}

struct packet *outflow_whole(struct outflow *o)
{
    struct packet *p = packet_queue_take(&o->queue);
    if (p)
        o->bytes -= packet_size(p);
    return p;
}

void outflow_take_over(struct outflow *o, struct outflow *other)
{
    for (struct packet *p = packet_queue_take(&other->queue); p; p = packet_queue_take(&other->queue))
        outflow_add(o, p);
    other->bytes = 0;
}

static struct large *large_by_sender(struct outflow *o, term sender)
{
    for (struct list *l = o->large.next; l != &o->large; l = l->next)
        if (large_of(l)->packet->sender == sender)
            return large_of(l);
    return NULL;
}

static size_t first_size(const struct packet *p)
{
    size_t control = packet_undivided(p) - HEADER_BYTES;
    return control > FRAGMENT_BYTES ? control : FRAGMENT_BYTES;
}

static bool is_large(const struct packet *p)
{
    return p->payload_at && packet_size(p) > HEADER_BYTES + FRAGMENT_BYTES &&
           packet_size(p) > HEADER_BYTES + first_size(p);
}

static void begin_large(struct outflow *o, struct packet *p)
{
    struct large *l = mem_zero_alloc(sizeof *l);
    l->packet = p;
    l->first = first_size(p);
    l->left = 1 + (packet_size(p) - HEADER_BYTES - l->first + FRAGMENT_BYTES - 1) / FRAGMENT_BYTES;
    l->sequence = ++o->sequence;
    o->bytes -= HEADER_BYTES;
    packet_queue_init(&l->followers);
    list_add(&o->large, &l->member);
}

// The first packet of the queue that may leave whole. Large ones in front of it have begun then, and their followers wait.
static struct packet *next_small(struct outflow *o)
{
    for (struct packet *p = packet_queue_take(&o->queue); p; p = packet_queue_take(&o->queue)) {
        struct large *before = large_by_sender(o, p->sender);
        if (before) {
            packet_queue_add(&before->followers, p);
            continue;
        }
        size_t size = packet_size(p);
        packet_use_header(p);
        if (!is_large(p)) {
            o->bytes -= size;
            return p;
        }
        begin_large(o, p);
    }
    return NULL;
}

static struct packet *piece(struct outflow *o, struct large *l)
{
    struct packet *p = packet_new();
    size_t rest = packet_size(l->packet) - HEADER_BYTES - l->sent;
    size_t size = l->sent == 0 ? l->first : rest < FRAGMENT_BYTES ? rest : FRAGMENT_BYTES;
    writer_u8(&p->body, VERSION);
    writer_u8(&p->body, l->sent == 0 ? FIRST : NEXT);
    writer_u64(&p->body, l->sequence);
    writer_u64(&p->body, l->left--);
    if (l->sent == 0)
        writer_u8(&p->body, 0);
    packet_add_slice(p, l->packet, HEADER_BYTES + l->sent, size);
    l->sent += size;
    o->bytes -= size;
    list_remove(&l->member);
    if (l->left > 0) {
        list_add(&o->large, &l->member);
        return p;
    }
    packet_queue_put_first(&o->queue, &l->followers);
    large_free(l);
    return p;
}

struct packet *outflow_piece(struct outflow *o)
{
    struct packet *p = o->since_piece < FRAGMENT_BYTES || list_empty(&o->large) ? next_small(o) : NULL;
    if (p) {
        o->since_piece += packet_size(p);
        return p;
    }
    o->since_piece = 0;
    return list_empty(&o->large) ? NULL : piece(o, large_of(o->large.next));
}

// Incoming.

struct partial {
    uint64_t sequence, next;    // number of the next piece; the last is 1
    struct assembly assembly;
};

static bool partial_is(const void *entry, const void *key)
{
    return ((const struct partial *)entry)->sequence == *(const uint64_t *)key;
}

void inflow_init(struct inflow *f)
{
    table_init(&f->partial, partial_is);
}

static void partial_free(struct partial *p)
{
    assembly_done(&p->assembly);
    mem_free(p, sizeof *p);
}

void inflow_done(struct inflow *f)
{
    size_t at = 0;
    for (struct partial *p; (p = table_next(&f->partial, &at)) != NULL;)
        partial_free(p);
    table_done(&f->partial);
}

// Pieces are of one size, but for the last one, and the first one's control message.
static void add_piece(struct partial *p, struct reader *r)
{
    size_t size = reader_left(r), most = CONFIG_MAX_FRAME / (size + 1);
    assembly_add(&p->assembly, r, p->assembly.size + size + (p->next < most ? p->next : most) * size);
}

static bool begin(struct inflow *f, struct reader *r, uint64_t sequence, uint64_t pieces)
{
    if (pieces == 1 || !reader_ok(r))
        return reader_ok(r);
    if (pieces == 0 || table_find(&f->partial, table_hash_word(sequence), &sequence)) {
        reader_fail(r, "a fragmented message that begins twice, or has no pieces");
        return false;
    }
    struct partial *p = mem_zero_alloc(sizeof *p);
    p->sequence = sequence;
    p->next = pieces - 1;
    table_add(&f->partial, table_hash_word(sequence), p);
    add_piece(p, r);
    return false;
}

// NULL: no such piece is expected.
static struct partial *partial_find(struct inflow *f, uint64_t sequence, uint64_t number)
{
    struct partial *p = table_find(&f->partial, table_hash_word(sequence), &sequence);
    return p && p->next == number ? p : NULL;
}

// A piece has been added.
static bool is_whole(struct inflow *f, struct partial *p, struct reader *r, struct shared **whole)
{
    if (--p->next > 0 || !reader_ok(r))
        return false;
    size_t size = p->assembly.size;
    table_remove(&f->partial, table_hash_word(p->sequence), &p->sequence);
    *whole = assembly_take(&p->assembly);
    partial_free(p);
    reader_init(r, (*whole)->bytes, size);
    return true;
}

static bool go_on(struct inflow *f, struct reader *r, uint64_t sequence, uint64_t number, struct shared **whole)
{
    struct partial *p = reader_ok(r) ? partial_find(f, sequence, number) : NULL;
    if (!p) {
        reader_fail(r, "a fragment that was not expected");
        return false;
    }
    add_piece(p, r);
    return is_whole(f, p, r, whole);
}

uint8_t *inflow_place(struct inflow *f, struct reader *r, size_t rest)
{
    uint8_t version = reader_u8(r), kind = reader_u8(r);
    uint64_t sequence = reader_u64(r), number = reader_u64(r);
    size_t there = reader_left(r);
    if (!reader_ok(r) || version != VERSION || kind != NEXT)
        return NULL;
    struct partial *p = f->placing = partial_find(f, sequence, number);
    if (!p || !assembly_room(&p->assembly, there + rest))
        return NULL;
    assembly_add(&p->assembly, r, 0);
    return assembly_room(&p->assembly, rest);
}

bool inflow_placed(struct inflow *f, struct reader *r, size_t rest, struct shared **whole)
{
    struct partial *p = f->placing;
    p->assembly.size += rest;
    return is_whole(f, p, r, whole);
}

// The atom cache was not agreed on.
static void no_atoms(struct reader *r)
{
    if (reader_u8(r) != 0)
        reader_fail(r, "a header with cached atoms");
}

bool inflow_receive(struct inflow *f, struct reader *r, struct shared **whole)
{
    uint8_t version = reader_u8(r), kind = reader_u8(r);
    bool cut = kind == FIRST || kind == NEXT;
    uint64_t sequence = cut ? reader_u64(r) : 0, number = cut ? reader_u64(r) : 1;
    if (version != VERSION || (kind != WHOLE && !cut))
        reader_fail(r, "unknown kind of packet");
    if (kind == NEXT)
        return go_on(f, r, sequence, number, whole);
    no_atoms(r);
    return begin(f, r, sequence, number);
}
