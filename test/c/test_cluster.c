// SPDX-License-Identifier: Apache-2.0
#include "dist_support.h"
#include "support.h"

#include "base/md5.h"
#include "dist/fragments.h"
#include "dist/neighbours.h"
#include "proc/signal.h"
#include "term/atom.h"
#include "term/binary.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

// A connection whose other end is played here.
struct end {
    struct peer *peer;
    struct loop loop;
    struct writer sent;
};

static struct end ends[4];
static size_t end_count, ups, closes;
static struct peer *asked;
static struct heap heap;

static void on_up(struct peer *p)
{
    (void)p;
    ups++;
}

static void on_closed(struct peer *p, const char *why)
{
    (void)p, (void)why;
    closes++;
}

static const struct peer_events events = {on_up, on_closed};

static void connect(struct peer *p)
{
    asked = p;
}

static void setup(void)
{
    other_open_engine();
    heap_init(&heap, 1000);
    struct host_options own = {
        .node = atom_from_c("engine@here"), .services = NONE, .names = NONE, .all = NONE, .environment = NONE};
    host_options_set(&own, (const uint8_t *)"secret", 6);
    node_set_self(own.node, 1234567);
    neighbour_hooks = (struct neighbour_hooks){connect, &events};
    asked = NULL;
    end_count = ups = closes = 0;
}

static void teardown(void)
{
    for (size_t i = 0; i < end_count; i++) {
        if (!ends[i].loop.ended)
            peer_expired(ends[i].peer, "the test is over");
        writer_done(&ends[i].sent);
    }
    neighbour_hooks = (struct neighbour_hooks){NULL, NULL};
    heap_done(&heap);
    other_close_engine();
}

static struct end *end_of(struct peer *p)
{
    struct end *e = &ends[end_count++];
    *e = (struct end){.peer = p};
    writer_init(&e->sent);
    loop_open(&e->loop, p);
    return e;
}

static struct end *accepted(void)
{
    return end_of(peer_new(&events, PEER_ACCEPTED));
}

static const char *arrive(struct end *e, struct writer *w)
{
    const char *why = loop_arrive(&e->loop, w->bytes, w->size);
    w->size = 0;
    return why;
}

static const char *say(struct end *e, const char *text)
{
    return loop_arrive(&e->loop, text, strlen(text));
}

// The next packet, or "".
static const char *heard(struct end *e)
{
    e->sent.size = 0;
    if (!loop_sent(&e->loop, &e->sent))
        return "";
    writer_u8(&e->sent, 0);
    return (const char *)e->sent.bytes;
}

static const char *send_name(struct end *e, uint64_t flags, const char *name)
{
    struct writer w;
    writer_init(&w);
    writer_u8(&w, 'N');
    writer_u64(&w, flags);
    writer_u32(&w, 77);
    writer_u16(&w, (uint16_t)strlen(name));
    writer_bytes(&w, name, strlen(name));
    const char *why = arrive(e, &w);
    writer_done(&w);
    return why;
}

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void digest(const char *cookie, uint32_t challenge, uint8_t result[MD5_SIZE])
{
    char text[100];
    int size = snprintf(text, sizeof text, "%s%u", cookie, challenge);
    md5(text, (size_t)size, result);
}

// We have got the challenge: it stands in e->sent.
static const char *reply(struct end *e, const char *cookie)
{
    uint8_t proof[MD5_SIZE];
    struct writer w;
    digest(cookie, number_at(e->sent.bytes + 9), proof);
    writer_init(&w);
    writer_u8(&w, 'r');
    writer_u32(&w, 99);
    writer_bytes(&w, proof, sizeof proof);
    const char *why = arrive(e, &w);
    writer_done(&w);
    return why;
}

static const char *connect_to_us(struct end *e, const char *name)
{
    const char *why = send_name(e, ~DIST_NAME_ME, name);
    if (why)
        return why;
    ck_assert_str_eq(heard(e), "sok");
    ck_assert_int_eq(heard(e)[0], 'N');
    why = reply(e, "secret");
    if (!why)
        ck_assert_int_eq(heard(e)[0], 'a');
    return why;
}

// The other side of a handshake that we have begun, from the status on.
static const char *let_in(struct end *e, const char *status, uint64_t flags, const char *name)
{
    uint8_t proof[MD5_SIZE];
    struct writer w;
    ck_assert_int_eq(heard(e)[0], 'N');
    say(e, status);
    writer_init(&w);
    writer_u8(&w, 'N');
    writer_u64(&w, flags);
    writer_u32(&w, 4000000000u);
    writer_u32(&w, 78);
    writer_u16(&w, (uint16_t)strlen(name));
    writer_bytes(&w, name, strlen(name));
    const char *why = arrive(e, &w);
    if (!why) {
        ck_assert_int_eq(heard(e)[0], 'r');
        digest("secret", number_at(e->sent.bytes + 1), proof);
        writer_u8(&w, 'a');
        writer_bytes(&w, proof, sizeof proof);
        why = arrive(e, &w);
    }
    writer_done(&w);
    return why;
}

static struct node *node(const char *name)
{
    return node_intern(atom_from_c(name), 0);
}

static enum remote_result send_to(const char *name, term from, term message)
{
    struct remote_signal s = {
        .kind = REMOTE_SEND, .node = node(name), .from = from, .to = NONE, .name = ATOM_logger, .value = message};
    return remote_hooks.signal(NULL, &s);
}

START_TEST(test_accepted)
{
    struct end *e = accepted();
    ck_assert_ptr_null(connect_to_us(e, "other@there"));
    ck_assert(peer_is_up(e->peer));
    ck_assert_uint_eq(ups, 1);
    ck_assert_uint_eq(e->peer->node->creation, 77);
    ck_assert_ptr_eq(neighbour_find(node("other@there")), e->peer);
    peer_closed(e->peer, NULL);
    ck_assert_uint_eq(closes, 1);
    ck_assert_ptr_null(neighbour_find(node("other@there")));
}
END_TEST

START_TEST(test_refusals)
{
    ck_assert_ptr_nonnull(strstr(say(accepted(), "n\0\5aaaaa@b"), "version 6"));
    ck_assert_ptr_nonnull(strstr(send_name(accepted(), ~DIST_NAME_ME, "engine@here"), "name"));
    ck_assert_ptr_nonnull(strstr(send_name(accepted(), DIST_HANDSHAKE_23, "other@there"), "lacks"));
    struct end *e = accepted();
    ck_assert_ptr_null(send_name(e, ~(uint64_t)0, "other@there"));
    ck_assert_str_eq(heard(e), "snot_allowed");
    ck_assert_uint_eq(closes, 0);
}
END_TEST

START_TEST(test_wrong_cookie)
{
    struct end *e = accepted();
    term known = atom_existing("stranger@there", 14);
    ck_assert_uint_eq(known, NONE);
    send_name(e, ~DIST_NAME_ME, "stranger@there");
    heard(e);
    heard(e);
    ck_assert_ptr_nonnull(strstr(reply(e, "guessed"), "digest"));
    ck_assert_uint_eq(atom_existing("stranger@there", 14), NONE);
    ck_assert_uint_eq(closes, 0);
}
END_TEST

START_TEST(test_dialed)
{
    ck_assert_int_eq(send_to("other@there", local_pid(5, 6), ATOM_ok), REMOTE_SENT);
    ck_assert_ptr_nonnull(asked);
    ck_assert_ptr_eq(neighbour_get(node("other@there")), asked);
    ck_assert(!remote_hooks.connected(node("other@there")));
    struct end *e = end_of(asked);
    ck_assert_ptr_null(let_in(e, "sok", ~DIST_NAME_ME, "other@there"));
    ck_assert(peer_is_up(e->peer));
    heard(e);
    ck_assert_int_eq(e->sent.bytes[0], 131);
    ck_assert_int_eq(e->sent.bytes[1], 68);
    ck_assert_int_eq(e->sent.bytes[2], 0);
}
END_TEST

START_TEST(test_another_answers)
{
    send_to("other@there", NONE, ATOM_ok);
    struct end *e = end_of(asked);
    ck_assert_ptr_nonnull(strstr(let_in(e, "sok", ~DIST_NAME_ME, "third@there"), "another node"));
    ck_assert_uint_eq(closes, 1);
    ck_assert_ptr_null(neighbour_find(node("other@there")));
}
END_TEST

// Both have begun. Our name is the smaller one: the other's attempt goes on, and takes over what waits in ours.
START_TEST(test_both_and_we_yield)
{
    send_to("other@there", NONE, ATOM_ok);
    struct end *ours = end_of(asked), *theirs = accepted();
    ck_assert_ptr_null(send_name(theirs, ~DIST_NAME_ME, "other@there"));
    ck_assert_str_eq(heard(theirs), "sok_simultaneous");
    ck_assert_int_eq(ours->peer->state, HANDSHAKE_YIELDED);
    heard(theirs);
    ck_assert_ptr_null(reply(theirs, "secret"));
    ck_assert_int_eq(heard(theirs)[0], 'a');
    heard(theirs);
    ck_assert_uint_eq(theirs->sent.bytes[1], 68);
    ck_assert_ptr_eq(neighbour_find(node("other@there")), theirs->peer);
    ck_assert_uint_eq(closes, 0);
    ck_assert_uint_eq(ups, 1);
}
END_TEST

START_TEST(test_both_and_ours_goes_on)
{
    send_to("a@there", NONE, ATOM_ok);
    struct end *ours = end_of(asked), *theirs = accepted();
    ck_assert_ptr_null(send_name(theirs, ~DIST_NAME_ME, "a@there"));
    ck_assert_str_eq(heard(theirs), "snok");
    ck_assert_ptr_null(let_in(ours, "sok", ~DIST_NAME_ME, "a@there"));
    ck_assert(peer_is_up(ours->peer));
}
END_TEST

// We are told that the other's attempt goes on: ours waits for that, but not for ever.
START_TEST(test_told_to_yield)
{
    send_to("other@there", NONE, ATOM_ok);
    struct end *ours = end_of(asked);
    heard(ours);
    ck_assert_ptr_null(say(ours, "snok"));
    peer_closed(ours->peer, NULL);
    ck_assert_uint_eq(closes, 0);
    peer_expired(ours->peer, "it did not come");
    ck_assert_uint_eq(closes, 1);
}
END_TEST

START_TEST(test_alive)
{
    struct end *first = accepted(), *second = accepted(), *third = accepted();
    ck_assert_ptr_null(connect_to_us(first, "other@there"));
    ck_assert_ptr_null(send_name(second, ~DIST_NAME_ME, "other@there"));
    ck_assert_str_eq(heard(second), "salive");
    ck_assert_ptr_nonnull(say(second, "sfalse"));
    ck_assert(peer_is_up(first->peer));
    ck_assert_ptr_null(send_name(third, ~DIST_NAME_ME, "other@there"));
    ck_assert_str_eq(heard(third), "salive");
    ck_assert_ptr_null(say(third, "strue"));
    ck_assert_uint_eq(closes, 1);
    heard(third);
    ck_assert_ptr_null(reply(third, "secret"));
    ck_assert_ptr_eq(neighbour_find(node("other@there")), third->peer);
}
END_TEST

// A node without spawn requests: whoever has made one in the hope of more is told.
START_TEST(test_refused_packet)
{
    term parent = other_spawn();
    struct remote_signal s = {.kind = REMOTE_SPAWN,
                              .node = node("other@there"),
                              .from = parent,
                              .ref = ref_new(&heap),
                              .value = tuple3(&heap, ATOM_lists, ATOM_apply, small(0)),
                              .leader = parent,
                              .options = NIL,
                              .arguments = NIL};
    ck_assert_int_eq(remote_hooks.signal(NULL, &s), REMOTE_SENT);
    struct end *e = end_of(asked);
    ck_assert_ptr_null(let_in(e, "sok", ~(DIST_NAME_ME | DIST_SPAWN), "other@there"));
    ck_assert_str_eq(heard(e), "");
    ck_assert_ptr_nonnull(atomic_load(&proc_find(parent)->mailbox.outer));
    ck_assert_int_eq(remote_hooks.signal(NULL, &s), REMOTE_UNCONNECTED);
}
END_TEST

static struct packet *message(term sender, size_t size, uint8_t fill)
{
    uint8_t *bytes;
    struct packet *p = packet_new();
    term payload = binary_alloc(&heap, size, &bytes);
    memset(bytes, fill, size);
    p->sender = sender;
    writer_u8(&p->body, 112);
    packet_term(p, tuple2(&heap, small(2), sender));
    p->payload_at = p->body.size;
    packet_term(p, payload);
    return p;
}

static void take_bytes(const struct packet *p, struct writer *w)
{
    struct iovec parts[16];
    size_t count, from = PACKET_PREFIX;
    while ((count = packet_parts(p, from, parts, COUNT_OF(parts))) != 0)
        for (size_t i = 0; i < count; i++) {
            writer_bytes(w, parts[i].iov_base, parts[i].iov_len);
            from += parts[i].iov_len;
        }
}

// What comes out at the other end, in order: the fill of each payload.
static void pass(struct outflow *o, char *order, size_t *pieces)
{
    struct inflow in;
    struct packet *p;
    size_t count = 0;
    inflow_init(&in);
    for (*pieces = 0; (p = outflow_piece(o)) != NULL; ++*pieces) {
        struct writer bytes;
        struct shared *whole = NULL;
        struct reader r;
        writer_init(&bytes);
        take_bytes(p, &bytes);
        reader_init(&r, bytes.bytes, bytes.size);
        if (inflow_receive(&in, &r, &whole))
            order[count++] = (char)r.end[-1];
        ck_assert(reader_ok(&r));
        if (whole)
            shared_drop(whole);
        writer_done(&bytes);
        packet_free(p);
    }
    order[count] = 0;
    inflow_done(&in);
}

START_TEST(test_fragments)
{
    struct outflow o;
    char order[10];
    size_t pieces;
    term a = local_pid(1, 1), b = local_pid(2, 2);
    outflow_init(&o);
    outflow_add(&o, message(a, 3 * FRAGMENT_BYTES, 'A'));
    outflow_add(&o, message(a, 10, 'a'));
    outflow_add(&o, message(b, 10, 'b'));
    outflow_add(&o, message(b, 2 * FRAGMENT_BYTES, 'B'));
    outflow_add(&o, message(b, 10, 'c'));
    pass(&o, order, &pieces);
    ck_assert_uint_eq(strlen(order), 5);
    ck_assert_int_eq(order[0], 'b');
    ck_assert(strchr(order, 'A') < strchr(order, 'a'));
    ck_assert(strchr(order, 'B') < strchr(order, 'c'));
    ck_assert_uint_ge(pieces, 3 + 4 + 3);
    ck_assert_uint_eq(o.bytes, 0);
    ck_assert(outflow_empty(&o));
    outflow_add(&o, message(a, 3 * FRAGMENT_BYTES, 'A'));
    packet_free(outflow_piece(&o));
    outflow_done(&o);
}
END_TEST

static const char *fragment(struct inflow *f, uint8_t kind, uint64_t sequence, uint64_t number)
{
    struct writer w;
    struct shared *whole = NULL;
    struct reader r;
    writer_init(&w);
    writer_u8(&w, 131);
    writer_u8(&w, kind);
    writer_u64(&w, sequence);
    writer_u64(&w, number);
    writer_u8(&w, 0);
    writer_u8(&w, 1);
    reader_init(&r, w.bytes, w.size);
    inflow_receive(f, &r, &whole);
    writer_done(&w);
    if (whole)
        shared_drop(whole);
    return r.failure;
}

START_TEST(test_malformed_fragments)
{
    struct inflow f;
    inflow_init(&f);
    ck_assert_ptr_nonnull(fragment(&f, 70, 1, 3));
    ck_assert_ptr_nonnull(fragment(&f, 69, 1, 0));
    ck_assert_ptr_nonnull(fragment(&f, 71, 1, 1));
    ck_assert_ptr_null(fragment(&f, 69, 1, 3));
    ck_assert_ptr_nonnull(fragment(&f, 69, 1, 3));
    ck_assert_ptr_nonnull(fragment(&f, 70, 1, 1));
    ck_assert_ptr_null(fragment(&f, 70, 1, 2));
    ck_assert_ptr_null(fragment(&f, 69, 2, UINT64_MAX));
    ck_assert_ptr_null(fragment(&f, 70, 1, 1));
    ck_assert_ptr_nonnull(fragment(&f, 70, 1, 0));
    inflow_done(&f);
}
END_TEST

Suite *cluster_suite(void)
{
    Suite *s = suite_create("cluster");
    TCase *c = tcase_create("cluster");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_accepted);
    tcase_add_test(c, test_refusals);
    tcase_add_test(c, test_wrong_cookie);
    tcase_add_test(c, test_dialed);
    tcase_add_test(c, test_another_answers);
    tcase_add_test(c, test_both_and_we_yield);
    tcase_add_test(c, test_both_and_ours_goes_on);
    tcase_add_test(c, test_told_to_yield);
    tcase_add_test(c, test_alive);
    tcase_add_test(c, test_refused_packet);
    tcase_add_test(c, test_fragments);
    tcase_add_test(c, test_malformed_fragments);
    suite_add_tcase(s, c);
    return s;
}
