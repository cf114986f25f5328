// SPDX-License-Identifier: Apache-2.0
#include "dist_support.h"
#include "support.h"

#include "base/memory.h"
#include "dist/neighbours.h"
#include "proc/names.h"
#include "proc/relations.h"
#include "proc/signal.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/compare.h"
#include "term/map.h"

#include <check.h>
#include <stdarg.h>
#include <string.h>

static struct other other;
static struct heap heap;

static term host_pid(uint32_t number)
{
    return pid_make(&heap, node_intern(atom_from_c("host@here"), 77), number, 0);
}

static term host_ref(uint32_t number)
{
    struct ref_ids ids = {3, {number, 0, 0}};
    return ref_make(&heap, node_intern(atom_from_c("host@here"), 77), &ids);
}

static void setup(void)
{
    other_open_engine();
    heap_init(&heap, 1000);
    other_open(&other);
}

static void connected_setup(void)
{
    setup();
    ck_assert(other_connect(&other));
}

static void teardown(void)
{
    other_close(&other);
    heap_done(&heap);
    other_close_engine();
}

static term control(size_t n, ...)
{
    term elements[8];
    va_list a;
    va_start(a, n);
    for (size_t i = 0; i < n; i++)
        elements[i] = va_arg(a, term);
    va_end(a);
    return tuple_of(&heap, n, elements);
}

// The next packet is this control message, with this payload.
static void expect(term control_message, term payload)
{
    struct writer w, wanted;
    writer_init(&w);
    writer_init(&wanted);
    ck_assert(loop_sent(&other.loop, &w));
    writer_u8(&wanted, 112);
    external_encode_dist(&wanted, control_message);
    if (payload != NONE)
        external_encode_dist(&wanted, payload);
    ck_assert_uint_eq(w.size, wanted.size);
    ck_assert_int_eq(memcmp(w.bytes, wanted.bytes, w.size), 0);
    writer_done(&w);
    writer_done(&wanted);
}

static void expect_nothing(void)
{
    struct writer w;
    writer_init(&w);
    ck_assert(!loop_sent(&other.loop, &w));
}

START_TEST(test_handshake)
{
    ck_assert(other_connect(&other));
    ck_assert(peer_is_up(other.peer));
    ck_assert_uint_eq(other.ups, 1);
    ck_assert_ptr_eq(neighbour_find(other.peer->node), other.peer);
    ck_assert_ptr_eq(neighbour_find(node_intern(atom_from_c("host@here"), 0)), other.peer);
    ck_assert_ptr_eq(neighbour_find(node_intern(atom_from_c("host@here"), 76)), other.peer);
    ck_assert_ptr_null(neighbour_find(node_intern(atom_from_c("another@here"), 0)));
    ck_assert_uint_eq(node_self()->creation, 1234567);
}
END_TEST

START_TEST(test_wrong_cookie)
{
    other.cookie = "other";
    ck_assert(!other_connect(&other));
    ck_assert_ptr_nonnull(strstr(other.why, "digest"));
    ck_assert(!peer_is_up(other.peer));
}
END_TEST

START_TEST(test_refused)
{
    other.status = "snot_allowed";
    ck_assert(!other_connect(&other));
    ck_assert_ptr_nonnull(strstr(other.why, "allow"));
}
END_TEST

START_TEST(test_alive)
{
    other.status = "salive";
    ck_assert(other_connect(&other));
}
END_TEST

START_TEST(test_lacking_flags)
{
    other.flags = DIST_HANDSHAKE_23 | DIST_BIG_CREATION;
    ck_assert(!other_connect(&other));
    ck_assert_ptr_nonnull(strstr(other.why, "lacks"));
}
END_TEST

START_TEST(test_bad_options)
{
    static const uint8_t no_map[] = {131, 97, 1}, cut[] = {131, 116, 0, 0, 0, 9, 97};
    ck_assert_ptr_nonnull(loop_arrive(&other.loop, no_map, sizeof no_map));
    ck_assert_uint_eq(other.closes, 1);
    struct other second;
    other_open(&second);
    ck_assert_ptr_nonnull(loop_arrive(&second.loop, cut, sizeof cut));
    ck_assert_uint_eq(second.closes, 1);
    other_close(&second);
}
END_TEST

START_TEST(test_tick_is_answered)
{
    struct writer w;
    writer_init(&w);
    ck_assert_ptr_null(loop_arrive(&other.loop, "", 0));
    ck_assert(loop_sent(&other.loop, &w));
    ck_assert_uint_eq(w.size, 0);
    expect_nothing();
}
END_TEST

static enum remote_result send(term to, term message)
{
    struct remote_signal s = {.kind = REMOTE_SEND, .node = ident_node(to), .to = to, .value = message};
    return remote_hooks.signal(NULL, &s);
}

START_TEST(test_window)
{
    uint8_t *bytes;
    term half = binary_alloc(&heap, OTHER_WINDOW / 2, &bytes);
    struct writer w;
    writer_init(&w);
    memset(bytes, 7, OTHER_WINDOW / 2);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(send(host_pid(1), half), REMOTE_SENT);
    ck_assert(loop_sent(&other.loop, &w));
    ck_assert(loop_sent(&other.loop, &w));
    size_t handed_out = w.size;
    ck_assert_uint_gt(handed_out, OTHER_WINDOW);
    expect_nothing();
    loop_arrive(&other.loop, "", 0);
    ck_assert(loop_sent(&other.loop, &w));
    ck_assert_uint_eq(w.size, handed_out);
    uint8_t credit[] = {'C', 0, 0, 0, 0, 0, 0, (uint8_t)(handed_out >> 8), (uint8_t)handed_out};
    ck_assert_ptr_null(loop_arrive(&other.loop, credit, sizeof credit));
    ck_assert(loop_sent(&other.loop, &w));
    ck_assert(loop_sent(&other.loop, &w));
    expect_nothing();
    writer_done(&w);
    credit[1] = 1;
    ck_assert_ptr_nonnull(loop_arrive(&other.loop, credit, sizeof credit));
    ck_assert_uint_eq(other.closes, 1);
}
END_TEST

// More than 4 GiB, as arithmetic alone: of a window that large, and of binaries that stand in a message again and again.
START_TEST(test_large_credit)
{
    other.peer->unacknowledged = ((size_t)5 << 30) + 1;
    ck_assert_ptr_null(loop_arrive(&other.loop, "C\0\0\0\1\x40\0\0\0", 9));
    ck_assert_uint_eq(other.peer->unacknowledged, 1);
    ck_assert_ptr_nonnull(loop_arrive(&other.loop, "C\0\0\0\1\0\0\0\1", 9));
}
END_TEST

START_TEST(test_too_large)
{
    uint8_t *bytes;
    term large = support_repeated(&heap, binary_alloc(&heap, 1 << 26, &bytes), 64);
    struct remote_signal s = {
        .kind = REMOTE_EXIT2, .node = other.peer->node, .from = local_pid(5, 6), .to = host_pid(1), .value = large};
    ck_assert_int_eq(send(host_pid(1), large), REMOTE_TOO_LARGE);
    ck_assert_int_eq(remote_hooks.signal(NULL, &s), REMOTE_TOO_LARGE);
    expect_nothing();
    s.kind = REMOTE_EXIT;
    ck_assert_int_eq(remote_hooks.signal(NULL, &s), REMOTE_SENT);
    expect(control(3, small(24), s.from, s.to), ATOM_noconnection);
    s.kind = REMOTE_DOWN;
    s.ref = host_ref(1);
    ck_assert_int_eq(remote_hooks.signal(NULL, &s), REMOTE_SENT);
    expect(control(4, small(28), s.from, s.to, s.ref), ATOM_noconnection);
}
END_TEST

START_TEST(test_busy)
{
    uint8_t *bytes;
    term big = binary_alloc(&heap, CONFIG_BUSY_BYTES / 2, &bytes);
    memset(bytes, 1, CONFIG_BUSY_BYTES / 2);
    ck_assert_int_eq(send(host_pid(1), big), REMOTE_SENT);
    ck_assert_int_eq(send(host_pid(1), big), REMOTE_BUSY);
    ck_assert(remote_hooks.busy(other.peer->node));
    struct writer w;
    writer_init(&w);
    ck_assert(loop_sent(&other.loop, &w));
    expect_nothing();
    ck_assert_uint_eq(w.bytes[w.size - 1], 1);
    writer_done(&w);
    ck_assert(!remote_hooks.busy(other.peer->node));
}
END_TEST

START_TEST(test_outgoing_forms)
{
    struct node *n = other.peer->node;
    term from = local_pid(5, 6), to = host_pid(9), ref = ref_new(&heap), mine = ref_new_owned(&heap, from);
    term reason = tuple2(&heap, ATOM_badarg, NIL);
    remote_hooks.signal(
        NULL, &(struct remote_signal){.kind = REMOTE_SEND, .node = n, .from = from, .to = to, .value = reason});
    expect(control(3, small(22), from, to), reason);
    remote_hooks.signal(NULL, &(struct remote_signal){
                                  .kind = REMOTE_SEND, .node = n, .from = from, .name = ATOM_logger, .value = reason});
    expect(control(4, small(6), from, ATOM_empty, ATOM_logger), reason);
    remote_hooks.signal(NULL, &(struct remote_signal){
                                  .kind = REMOTE_SEND, .node = n, .from = from, .to = host_ref(3), .value = reason});
    expect(control(3, small(33), from, host_ref(3)), reason);
    remote_hooks.signal(NULL, &(struct remote_signal){.kind = REMOTE_LINK, .node = n, .from = from, .to = to});
    expect(control(3, small(1), from, to), NONE);
    remote_hooks.signal(
        NULL, &(struct remote_signal){.kind = REMOTE_UNLINK, .node = n, .from = from, .to = to, .id = UINT64_MAX});
    word big[] = {header(KIND_BIG, 1), UINT64_MAX};
    expect(control(4, small(35), boxed_term(big), from, to), NONE);
    remote_hooks.signal(NULL,
                        &(struct remote_signal){.kind = REMOTE_UNLINK_ACK, .node = n, .from = from, .to = to, .id = 4});
    expect(control(4, small(36), small(4), from, to), NONE);
    remote_hooks.signal(
        NULL, &(struct remote_signal){.kind = REMOTE_EXIT, .node = n, .from = from, .to = to, .value = reason});
    expect(control(3, small(24), from, to), reason);
    remote_hooks.signal(
        NULL, &(struct remote_signal){.kind = REMOTE_EXIT2, .node = n, .from = from, .to = to, .value = ATOM_kill});
    expect(control(3, small(26), from, to), ATOM_kill);
    remote_hooks.signal(NULL, &(struct remote_signal){
                                  .kind = REMOTE_MONITOR, .node = n, .from = from, .name = ATOM_logger, .ref = mine});
    expect(control(4, small(19), from, ATOM_logger, mine), NONE);
    remote_hooks.signal(
        NULL, &(struct remote_signal){.kind = REMOTE_DEMONITOR, .node = n, .from = from, .to = to, .ref = mine});
    expect(control(4, small(20), from, to, mine), NONE);
    remote_hooks.signal(
        NULL, &(struct remote_signal){
                  .kind = REMOTE_DOWN, .node = n, .from = from, .to = to, .ref = host_ref(1), .value = reason});
    expect(control(4, small(28), from, to, host_ref(1)), reason);
    remote_hooks.signal(
        NULL,
        &(struct remote_signal){.kind = REMOTE_GROUP_LEADER, .node = n, .from = from, .to = to, .value = host_pid(2)});
    expect(control(3, small(7), host_pid(2), to), NONE);
    term mfa = tuple3(&heap, ATOM_lists, ATOM_apply, small(0));
    remote_hooks.signal(NULL, &(struct remote_signal){.kind = REMOTE_SPAWN,
                                                      .node = n,
                                                      .from = from,
                                                      .ref = ref,
                                                      .value = mfa,
                                                      .leader = to,
                                                      .options = NIL,
                                                      .arguments = NIL});
    expect(control(6, small(29), ref, from, to, mfa, NIL), NIL);
    remote_hooks.signal(
        NULL, &(struct remote_signal){
                  .kind = REMOTE_SPAWN_REPLY, .node = n, .to = to, .ref = host_ref(8), .value = from, .id = 3});
    expect(control(5, small(31), host_ref(8), to, small(3), from), NONE);
}
END_TEST

static const char *arrive(term control_message, term payload)
{
    struct writer w;
    writer_init(&w);
    writer_u8(&w, 112);
    external_encode_dist(&w, control_message);
    if (payload != NONE)
        external_encode_dist(&w, payload);
    const char *why = loop_arrive(&other.loop, w.bytes, w.size);
    writer_done(&w);
    return why;
}

START_TEST(test_nobody_there)
{
    term gone = local_pid(1000, 3), me = host_pid(4), ref = host_ref(5);
    ck_assert_ptr_null(arrive(control(4, small(19), me, atom_from_c("nobody"), ref), NONE));
    expect(control(4, small(28), atom_from_c("nobody"), me, ref), ATOM_noproc);
    ck_assert_ptr_null(arrive(control(4, small(19), me, gone, ref), NONE));
    expect(control(4, small(28), gone, me, ref), ATOM_noproc);
    ck_assert_ptr_null(arrive(control(3, small(1), me, gone), NONE));
    expect(control(3, small(24), gone, me), ATOM_noproc);
    ck_assert_ptr_null(arrive(control(4, small(35), small(17), me, gone), NONE));
    expect(control(4, small(36), small(17), gone, me), NONE);
    ck_assert_ptr_null(arrive(control(3, small(22), me, gone), NIL));
    ck_assert_ptr_null(arrive(control(4, small(6), me, ATOM_empty, atom_from_c("nobody")), NIL));
    ck_assert_ptr_null(arrive(control(3, small(33), me, ref_new_owned(&heap, gone)), NIL));
    ck_assert_ptr_null(arrive(control(3, small(26), me, gone), ATOM_kill));
    ck_assert_ptr_null(arrive(control(4, small(20), me, gone, ref), NONE));
    expect_nothing();
}
END_TEST

START_TEST(test_earlier_life)
{
    term lost = pid_make(&heap, node_intern(node_self()->name, 5), 3, 3), me = host_pid(4), ref = host_ref(5);
    ck_assert_ptr_null(arrive(control(3, small(22), me, lost), NIL));
    ck_assert_ptr_null(arrive(control(3, small(1), me, lost), NONE));
    expect(control(3, small(24), lost, me), ATOM_noproc);
    ck_assert_ptr_null(arrive(control(4, small(19), me, lost, ref), NONE));
    expect(control(4, small(28), lost, me, ref), ATOM_noproc);
}
END_TEST

START_TEST(test_messages_arrive)
{
    term pid = other_spawn();
    term message =
        tuple2(&heap, ATOM_ok,
               binary_from(&heap, "0123456789012345678901234567890123456789012345678901234567890123456789", 70));
    ck_assert(names_register(atom_from_c("someone"), pid));
    ck_assert_ptr_null(arrive(control(3, small(22), host_pid(4), pid), message));
    ck_assert_ptr_null(arrive(control(4, small(6), host_pid(4), ATOM_empty, atom_from_c("someone")), ATOM_ok));
    ck_assert_ptr_null(arrive(control(3, small(2), ATOM_empty, pid), small(3)));
    term got[4];
    ck_assert_uint_eq(other_messages(pid, got, 4), 3);
    ck_assert(term_equal(got[0], message));
    ck_assert_uint_eq(got[1], ATOM_ok);
    ck_assert_uint_eq(got[2], small(3));
}
END_TEST

// What the host has mapped to one of its own processes is passed on to it, and counts as alive.
START_TEST(test_name_of_the_host)
{
    term name = atom_from_c("net_kernel"), to = host_pid(30), me = host_pid(4);
    names_set_foreign(name, to);
    ck_assert_ptr_null(arrive(control(4, small(19), me, name, host_ref(5)), NONE));
    expect_nothing();
    ck_assert_ptr_null(arrive(control(4, small(6), me, ATOM_empty, name), ATOM_ok));
    expect(control(3, small(2), ATOM_empty, to), ATOM_ok);
    ck_assert_ptr_null(arrive(control(4, small(20), me, name, host_ref(5)), NONE));
    expect_nothing();
}
END_TEST

START_TEST(test_system_message)
{
    ck_assert_ptr_null(arrive(control(4, small(6), host_pid(4), ATOM_empty, ATOM_dollar_tandem), ATOM_ok));
    ck_assert_uint_eq(other.system_messages, 1);
}
END_TEST

// Each of these ends the connection, with a reason.
START_TEST(test_malformed)
{
    term me = host_pid(4), pid = local_pid(1000, 3), ref = host_ref(5),
         stranger = pid_make(&heap, node_intern(ATOM_user, 9), 1, 1);
    term bad[][2] = {
        {ATOM_ok, NONE},
        {tuple_of(&heap, 0, NULL), NONE},
        {control(2, ATOM_ok, me), NONE},
        {control(3, small(5), me, pid), NONE},
        {control(3, small(37), me, pid), NONE},
        {control(3, small(-1), me, pid), NONE},
        {control(4, small(1), me, pid, pid), NONE},
        {control(3, small(1), pid, me), NONE},
        {control(3, small(1), stranger, pid), NONE},
        {control(3, small(1), me, pid), NIL},
        {control(3, small(22), me, pid), NONE},
        {control(3, small(22), me, me), NIL},
        {control(3, small(22), me, ATOM_ok), NIL},
        {control(4, small(6), ATOM_ok, ATOM_empty, ATOM_ok), NIL},
        {control(4, small(6), me, ATOM_empty, small(1)), NIL},
        {control(4, small(19), me, pid, pid), NONE},
        {control(4, small(19), me, small(1), ref), NONE},
        {control(3, small(4), me, pid), NONE},
        {control(4, small(35), small(0), me, pid), NONE},
        {control(4, small(35), small(-7), me, pid), NONE},
        {control(3, small(33), me, pid), NIL},
        {control(6, small(29), ref, me, me, ATOM_ok, NIL), NIL},
        {control(6, small(29), ref, me, me, tuple3(&heap, ATOM_ok, ATOM_ok, small(256)), NIL), NIL},
        {control(6, small(29), ref, me, me, tuple3(&heap, ATOM_ok, ATOM_ok, small(1)), NIL), NIL},
        {control(6, small(29), ref, me, me, tuple3(&heap, ATOM_ok, ATOM_ok, small(0)), cons(&heap, ATOM_ok, ATOM_ok)),
         NIL},
        {control(5, small(31), ref, pid, small(4), me), NONE},
        {control(5, small(31), ref, pid, small(1), small(1)), NONE},
        {control(3, small(7), ATOM_ok, pid), NONE},
    };
    ck_assert_ptr_nonnull(arrive(bad[_i][0], bad[_i][1]));
    ck_assert_uint_eq(other.closes, 1);
    ck_assert(!peer_is_up(other.peer));
}
END_TEST

START_TEST(test_malformed_bytes)
{
    static const struct {
        uint8_t bytes[12];
        size_t size;
    } bad[] = {
        {{113, 131, 106}, 3},    // unknown kind of packet
        {{112}, 1},              // nothing behind it
        {{112, 131}, 2},
        {{112, 130, 106}, 3},                               // another version
        {{112, 131, 104, 3, 97, 1}, 6},                     // cut short
        {{112, 131, 105, 255, 255, 255, 255, 97, 1}, 9},    // an arity that lies
        {{112, 131, 108, 127, 255, 255, 255, 106}, 8},      // a length that lies
        {{112, 131, 80, 0, 0, 0, 9, 120, 156}, 9},          // compressed
        {{'C', 0, 0, 0, 0, 0, 0, 0}, 8},
        {{'C', 0, 0, 0, 0, 0, 0, 0, 1}, 9},    // credit for nothing
        {{'C', 0, 0, 0, 0, 0, 0, 0, 0, 0}, 10},
        {{'S', 0, 0, 0}, 4},
        {{'S', 0, 0, 0, 0}, 5},              // one of them empty
        {{'S', 0, 0, 0, 9, 112, 131}, 7},    // longer than what is there
        {{'S', 255, 255, 255, 255, 112}, 6},
        {{'S', 0, 0, 0, 1, 'S'}, 6},
        {{'S', 0, 0, 0, 5, 'C', 0, 0, 0, 0}, 10},
        {{'P'}, 1},    // a piece of nothing
        {{'P', 112}, 2},
        {{'B', 0, 0, 1}, 4},
        {{'B', 0, 0, 0, 0}, 5},              // no bytes in all
        {{'B', 0, 0, 0, 1, 112, 131}, 7},    // more than was announced
        {{'B', 255, 255, 255, 255, 112}, 6},
        {{'B', 0, 0, 0, 2, 'B', 0}, 7},
    };
    ck_assert_ptr_nonnull(loop_arrive(&other.loop, bad[_i].bytes, bad[_i].size));
    ck_assert_uint_eq(other.closes, 1);
}
END_TEST

// A message to $tandem of these bytes.
static const char *arrive_payload(const struct writer *payload)
{
    struct writer w;
    writer_init(&w);
    writer_u8(&w, 112);
    external_encode_dist(&w, control(4, small(6), host_pid(4), ATOM_empty, ATOM_dollar_tandem));
    writer_bytes(&w, payload->bytes, payload->size);
    const char *why = loop_arrive(&other.loop, w.bytes, w.size);
    writer_done(&w);
    return why;
}

START_TEST(test_several_in_one)
{
    struct writer one, several;
    writer_init(&one);
    writer_u8(&one, 112);
    external_encode_dist(&one, control(4, small(6), host_pid(4), ATOM_empty, ATOM_dollar_tandem));
    external_encode_dist(&one, small(7));
    writer_init(&several);
    writer_u8(&several, 'S');
    for (int i = 0; i < 3; i++) {
        writer_u32(&several, (uint32_t)one.size);
        writer_bytes(&several, one.bytes, one.size);
    }
    ck_assert_ptr_null(loop_arrive(&other.loop, several.bytes, several.size));
    ck_assert_uint_eq(other.system_messages, 3);
    ck_assert_ptr_nonnull(loop_arrive(&other.loop, several.bytes, several.size - 1));
    ck_assert_uint_eq(other.system_messages, 5);
    writer_done(&one);
    writer_done(&several);
}
END_TEST

static const char *arrive_piece(struct writer *w, size_t *from, size_t size, uint8_t tag)
{
    struct writer piece;
    writer_init(&piece);
    writer_u8(&piece, tag);
    if (tag == 'B')
        writer_u32(&piece, (uint32_t)w->size);
    size = size < w->size - *from ? size : w->size - *from;
    writer_bytes(&piece, w->bytes + *from, size);
    *from += size;
    const char *why = loop_arrive_late(&other.loop, piece.bytes, piece.size / 2, piece.size);
    writer_done(&piece);
    return why;
}

// Credit may come in between.
START_TEST(test_in_pieces)
{
    struct writer w;
    uint8_t *bytes;
    writer_init(&w);
    writer_u8(&w, 112);
    external_encode_dist(&w, control(4, small(6), host_pid(4), ATOM_empty, ATOM_dollar_tandem));
    term payload = binary_alloc(&heap, 10000, &bytes);
    memset(bytes, 1, 10000);
    external_encode_dist(&w, payload);
    for (size_t size = 1; size < 20000; size *= 3) {
        size_t before = mem_in_use(), from = 0;
        size_t messages = other.system_messages;
        ck_assert_ptr_null(arrive_piece(&w, &from, size, 'B'));
        ck_assert_ptr_null(loop_arrive(&other.loop, "C\0\0\0\0\0\0\0\0", 9));
        while (from < w.size) {
            ck_assert_uint_eq(other.system_messages, messages);
            ck_assert_ptr_null(arrive_piece(&w, &from, size, 'P'));
        }
        ck_assert_uint_eq(other.system_messages, messages + 1);
        ck_assert_uint_le(mem_in_use(), before + 1000);
    }
    size_t from = 0;
    ck_assert_ptr_null(arrive_piece(&w, &from, 9000, 'B'));
    ck_assert_ptr_nonnull(arrive_piece(&w, &from, 10, 'B'));
    writer_done(&w);
}
END_TEST

START_TEST(test_a_million_deep)
{
    struct writer w;
    writer_init(&w);
    writer_u8(&w, 131);
    for (int i = 0; i < 1000000; i++)
        writer_bytes(&w, "h\1", 2);
    ck_assert_ptr_nonnull(strstr(arrive_payload(&w), "cut short"));
    ck_assert_uint_eq(other.system_messages, 0);
    other_close(&other);
    other_open(&other);
    ck_assert(other_connect(&other));
    writer_u8(&w, 'j');
    ck_assert_ptr_null(arrive_payload(&w));
    ck_assert_uint_eq(other.system_messages, 1);
    writer_done(&w);
}
END_TEST

START_TEST(test_long_atom)
{
    struct writer w;
    writer_init(&w);
    writer_bytes(&w, "\x83v\1\0", 4);
    for (int i = 0; i < 256; i++)
        writer_u8(&w, 'a');
    ck_assert_ptr_nonnull(arrive_payload(&w));
    writer_done(&w);
}
END_TEST

START_TEST(test_after_the_end)
{
    loop_arrive(&other.loop, "?", 1);
    ck_assert_int_eq(send(host_pid(1), ATOM_ok), REMOTE_UNCONNECTED);
    ck_assert(!remote_hooks.connected(node_intern(atom_from_c("host@here"), 77)));
    ck_assert_uint_eq(remote_hooks.nodes(&heap), NIL);
    expect_nothing();
}
END_TEST

// Large shared binaries stand in a packet by reference; what is sent is what the encoding says, whatever the pieces.
START_TEST(test_packet_parts)
{
    uint8_t *bytes;
    struct writer whole;
    struct iovec parts[3];
    term big = binary_alloc(&heap, 300000, &bytes);
    for (int i = 0; i < 300000; i++)
        bytes[i] = (uint8_t)(i * 7);
    term t = control(4, ATOM_ok, big, small(3), binary_part_bits(&heap, big, 800, 8 * 200000));
    writer_init(&whole);
    external_encode_dist(&whole, t);
    struct packet *p = packet_new();
    ck_assert(packet_term(p, t));
    ck_assert_uint_eq(packet_size(p), whole.size);
    size_t at = PACKET_PREFIX;
    for (size_t n = packet_parts(p, at, parts, 3); n; n = packet_parts(p, at, parts, 3)) {
        size_t take = parts[0].iov_len > 77777 ? 77777 : parts[0].iov_len;
        ck_assert_int_eq(memcmp(parts[0].iov_base, whole.bytes + at - PACKET_PREFIX, take), 0);
        at += take;
    }
    ck_assert_uint_eq(at, whole.size + PACKET_PREFIX);
    packet_free(p);
    writer_done(&whole);
}
END_TEST

Suite *dist_suite(void)
{
    Suite *s = suite_create("dist");
    TCase *handshake = tcase_create("handshake"), *up = tcase_create("connected");
    tcase_add_checked_fixture(handshake, setup, teardown);
    tcase_add_test(handshake, test_handshake);
    tcase_add_test(handshake, test_wrong_cookie);
    tcase_add_test(handshake, test_refused);
    tcase_add_test(handshake, test_alive);
    tcase_add_test(handshake, test_lacking_flags);
    tcase_add_test(handshake, test_bad_options);
    tcase_add_checked_fixture(up, connected_setup, teardown);
    tcase_add_test(up, test_tick_is_answered);
    tcase_add_test(up, test_window);
    tcase_add_test(up, test_busy);
    tcase_add_test(up, test_large_credit);
    tcase_add_test(up, test_too_large);
    tcase_add_test(up, test_outgoing_forms);
    tcase_add_test(up, test_nobody_there);
    tcase_add_test(up, test_earlier_life);
    tcase_add_test(up, test_messages_arrive);
    tcase_add_test(up, test_name_of_the_host);
    tcase_add_test(up, test_system_message);
    tcase_add_loop_test(up, test_malformed, 0, 28);
    tcase_add_loop_test(up, test_malformed_bytes, 0, 24);
    tcase_add_test(up, test_several_in_one);
    tcase_add_test(up, test_in_pieces);
    tcase_add_test(up, test_a_million_deep);
    tcase_add_test(up, test_long_atom);
    tcase_add_test(up, test_after_the_end);
    tcase_add_test(up, test_packet_parts);
    suite_add_tcase(s, handshake);
    suite_add_tcase(s, up);
    return s;
}
