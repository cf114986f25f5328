// SPDX-License-Identifier: Apache-2.0
// The external term format against OTP 25's own bytes (made with term_to_binary/1, printed with erlang:display/1), and
// against ei as a second opinion.
#include "term/external.h"

#include "base/memory.h"
#include "heap_tests.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/external_tags.h"
#include "term/fun.h"
#include "term/hash.h"
#include "term/ident.h"
#include "term/map.h"
#include "term/print.h"

#include <check.h>
#include <ei.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const struct external_options plain = {.minor_version = 1};

// Terms whose bytes and text the BEAM gave.
static const struct {
    const char *hex, *text;
} known[] = {
    {"836100", "0"},
    {"8361ff", "255"},
    {"836200000100", "256"},
    {"8362ffffffff", "-1"},
    {"83627fffffff", "2147483647"},
    {"836e040000000080", "2147483648"},
    {"836280000000", "-2147483648"},
    {"836e040101000080", "-2147483649"},
    {"836e0800ffffffffffffff07", "576460752303423487"},
    {"836e08000000000000000008", "576460752303423488"},
    {"836e0900000000000000000040", "1180591620717411303424"},
    {"836e0901000000000000000001", "-18446744073709551616"},
    {"83463ff8000000000000", "1.500000e+00"},
    {"83468000000000000000", "-0.000000e+00"},
    {"83467e37e43c8800759c", "1.000000e+300"},
    {"836a", "[]"},
    {"836b000568656c6c6f", "\"hello\""},
    {"836b00046122620a", "\"a\\\"b\\n\""},
    {"836c000000026161620000012c6a", "[97,300]"},
    {"836c000000016400016164000162", "[a|b]"},
    {"836b000401027879", "[1,2,120,121]"},
    {"836c000000016a6a", "[[]]"},
    {"836800", "{}"},
    {"836803640001616801640001626c00000001640001636a", "{a,{b},[c]}"},
    {"837400000000", "#{}"},
    {"837400000004610164000179464000000000000000640001786400016161016b00016b6c00000001640001766a",
     "#{1=>y,2.000000e+00=>x,a=>1,\"k\"=>[v]}"},
    {"83740000000174000000016400016161017400000001640001627400000000", "#{#{a=>1}=>#{b=>#{}}}"},
    {"836d00000000", "<<>>"},
    {"836d000000020102", "<<1,2>>"},
    {"836d00000003616263", "<<\"abc\">>"},
    {"836d00000003612262", "<<\"a\\\"b\">>"},
    {"834d000000010180", "<<1:1>>"},
    {"834d0000000403616263a0", "<<97,98,99,5:3>>"},
    {"83640000", "''"},
    {"83640003412062", "'A b'"},
    {"8364000469742773", "'it\\'s'"},
    {"83640003614062", "'a@b'"},
    {"83640001e9", "\303\251"},
    {"837702ceb1", "'\316\261'"},
    {"83640003610a1b", "'a\\n\\033'"},
    {"8364000280a0", "'\\200\302\240'"},
    {"8364000261e9", "a\303\251"},
    {"83716400056c697374736400036d61706102", "fun lists:map/2"},
    {"8371640003412062640001436100", "fun 'A b':'C'/0"},
    {"836c000000036400047472756564000566616c7365640009756e646566696e65646a", "[true,false,undefined]"},
};

// #{1 => 1, ... 33 => 33}: a large map, in the BEAM's own order and with the option deterministic.
static const char large_map[] =
    "83740000002161216121610c610c61176117611d611d611e611e611a611a611f611f610b610b610961096120612061196119"
    "611c611c61066106610d610d61146114610f610f610e610e6102610261076107610161016108610861036103611161116116"
    "6116611561156104610461186118610a610a611b611b61136113610561056112611261106110";
static const char large_map_sorted[] =
    "837400000021610161016102610261036103610461046105610561066106610761076108610861096109610a610a610b610b"
    "610c610c610d610d610e610e610f610f61106110611161116112611261136113611461146115611561166116611761176118"
    "611861196119611a611a611b611b611c611c611d611d611e611e611f611f6120612061216121";

// Thirty times {abc, 1}.
static const char compressed[] = "835000000132789ccb61606090cb604a61604e4c4a4e641c6511626501004f904763";

struct bytes {
    uint8_t *at;
    size_t size;
};

static struct bytes from_hex(const char *hex)
{
    struct bytes b = {mem_alloc(strlen(hex) / 2), strlen(hex) / 2};
    ck_assert_msg(strlen(hex) % 2 == 0, "%s: half a byte", hex);
    for (size_t i = 0; i < b.size; i++)
        ck_assert_int_eq(sscanf(hex + 2 * i, "%2hhx", &b.at[i]), 1);
    return b;
}

// Copied, so that a sanitizer sees a read beyond the end. The term must fit the words that were asked for.
static term decode_bytes(const uint8_t *bytes, size_t size, unsigned flags)
{
    struct reader r;
    struct external e;
    struct heap h;
    term t = NONE;
    uint8_t *copy = mem_alloc(size);
    memcpy(copy, bytes, size);
    reader_init(&r, copy, size);
    if (external_scan(&e, &r, flags)) {
        struct fragment *f = fragment_new(e.words);
        heap_over_fragment(&h, f);
        t = external_decode(&h, &e);
        ck_assert_msg(!h.fragments, "decoding took more words than the scan said");
        heap_close_fragment(&h, f);
        heap_adopt(&heap, f);
    }
    external_done(&e);
    mem_free(copy, size);
    return t;
}

static term decode_hex(const char *hex)
{
    struct bytes b = from_hex(hex);
    term t = decode_bytes(b.at, b.size, 0);
    mem_free(b.at, b.size);
    return t;
}

static void expect_bytes(term t, const struct external_options *options, const char *hex)
{
    struct writer w;
    struct bytes b = from_hex(hex);
    writer_init(&w);
    ck_assert(external_encode(&w, t, options));
    ck_assert_msg(w.size == b.size, "%s: %zu bytes", hex, w.size);
    ck_assert_mem_eq(w.bytes, b.at, b.size);
    writer_done(&w);
    mem_free(b.at, b.size);
}

static void expect_text(term t, const char *text)
{
    struct writer w;
    writer_init(&w);
    term_print(&w, t, SIZE_MAX);
    ck_assert_msg(w.size == strlen(text) && memcmp(w.bytes, text, w.size) == 0, "%s: %.*s", text, (int)w.size,
                  (const char *)w.bytes);
    writer_done(&w);
}

START_TEST(known_terms_go_there_and_back)
{
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        term t = decode_hex(known[i].hex);
        ck_assert_msg(t != NONE, "%s", known[i].hex);
        expect_text(t, known[i].text);
        expect_bytes(t, &plain, known[i].hex);
        ck_assert_uint_eq(external_size(t, &plain), strlen(known[i].hex) / 2);
    }
}
END_TEST

START_TEST(large_maps_keep_the_order_of_the_beam)
{
    const struct external_options sorted = {.minor_version = 1, .deterministic = true};
    term from_own = decode_hex(large_map), from_sorted = decode_hex(large_map_sorted);
    ck_assert_uint_eq(map_size(from_own), 33);
    expect_bytes(from_own, &plain, large_map);
    expect_bytes(from_own, &sorted, large_map_sorted);
    expect_bytes(from_sorted, &plain, large_map);
}
END_TEST

struct hashed {
    uint32_t hash, key;
};

static int by_hash(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

// Keys with equal hashes make long chains of nodes: more words than the number of keys lets expect.
START_TEST(maps_of_colliding_keys_fit_their_words)
{
    enum { TRIED = 1 << 20 };
    struct hashed *all = mem_alloc(TRIED * sizeof *all);
    for (uint32_t i = 0; i < TRIED; i++)
        all[i] = (struct hashed){term_hash(small(i)), i};
    qsort(all, TRIED, sizeof *all, by_hash);
    term pairs[2 * 400];
    size_t n = 0;
    for (uint32_t i = 1; i < TRIED && n < 400; i++) {
        if (all[i - 1].hash != all[i].hash)
            continue;
        for (uint32_t j = i - 1; j <= i; j++, n++)
            pairs[2 * n] = pairs[2 * n + 1] = small(all[j].key);
    }
    mem_free(all, TRIED * sizeof *all);
    ck_assert_uint_gt(n, 100);
    struct writer w;
    writer_init(&w);
    external_encode(&w, map_from_pairs(&heap, pairs, n), &plain);
    term map = decode_bytes(w.bytes, w.size, 0);
    ck_assert_uint_eq(map_size(map), n);
    writer_done(&w);
}
END_TEST

START_TEST(options_choose_the_form)
{
    const struct external_options text_floats = {.minor_version = 0}, utf8 = {.minor_version = 2};
    const char *text = "8363312e3530303030303030303030303030303030303030652b30300000000000";
    expect_bytes(decode_hex(text), &plain, "83463ff8000000000000");
    expect_bytes(decode_hex("83463ff8000000000000"), &text_floats, text);
    expect_bytes(decode_hex("836c0000000264000161640001e96a"), &utf8, "836c000000027701617702c3a96a");
}
END_TEST

START_TEST(compression)
{
    const struct external_options level = {.minor_version = 1, .compress = 6};
    struct bytes b = from_hex(compressed);
    term t = decode_bytes(b.at, b.size, 0);
    ck_assert_int_eq(list_length(t), 30);
    expect_bytes(t, &level, compressed);
    ck_assert(decode_bytes(b.at, b.size, EXTERNAL_NO_COMPRESSION) == NONE);
    for (int change = -1; change <= 1; change += 2) {
        b.at[5] = (uint8_t)(b.at[5] + change);
        ck_assert_msg(decode_bytes(b.at, b.size, 0) == NONE, "a wrong size was believed");
        b.at[5] = (uint8_t)(b.at[5] - change);
    }
    expect_bytes(small(1), &level, "836101");    // no smaller when compressed
    mem_free(b.at, b.size);
}
END_TEST

// A few bytes that claim 4 GB, and a stream that inflates far beyond its claim.
START_TEST(compression_bombs_take_no_memory)
{
    size_t before = mem_in_use();
    uint8_t zeros[100000] = {0}, bomb[1000] = {EXT_VERSION, EXT_COMPRESSED, 0xFF, 0xFF, 0xFF, 0xFF};
    uLongf room = sizeof bomb - 6;
    ck_assert_int_eq(compress2(bomb + 6, &room, zeros, sizeof zeros, 9), Z_OK);
    struct reader r;
    struct external e;
    reader_init(&r, bomb, 6 + room);
    ck_assert(!external_scan(&e, &r, 0));
    ck_assert_ptr_null(e.uncompressed);
    bomb[2] = bomb[3] = bomb[4] = 0;
    reader_init(&r, bomb, 6 + room);
    ck_assert(!external_scan(&e, &r, 0));
    ck_assert_uint_le(e.uncompressed_size, 255);
    external_done(&e);
    ck_assert_uint_eq(mem_in_use(), before);
}
END_TEST

// What no longer is written but may arrive, and how it is written now.
START_TEST(old_tags_are_read)
{
    static const struct {
        const char *old, *now;
    } tags[] = {
        {"8367640003614062000000010000000203", "8358640003614062000000010000000200000003"},
        {"83666400036140620000000103", "83596400036140620000000100000003"},
        {"83656400036140620000000103", "835a0001640003614062"
                                       "00000003"
                                       "00000001"},
        {"837200026400036140620300000001"
         "00000002",
         "835a0002640003614062"
         "00000003"
         "00000001"
         "00000002"},
        {"83730161", "8364000161"},
        {"8376000161", "8364000161"},
        {"837701c3", NULL},
        {"836c00000000"
         "6c00000000"
         "6101",
         "836101"},
        {"836e03002a0000", "83612a"},
        {"836f00000001012a", "8362ffffffd6"},
        {"836e0000", "836100"},
        {"83780003", NULL},
        {"837864000361406200000100000000000000000"
         "3",
         "837864000361406200000100000000000000"
         "0003"},
    };
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        term t = decode_hex(tags[i].old);
        if (tags[i].now)
            expect_bytes(t, &plain, tags[i].now);
        else
            ck_assert_msg(t == NONE, "%s", tags[i].old);
    }
}
END_TEST

START_TEST(malformed_terms_are_refused)
{
    static const char *const bad[] = {
        "",
        "82",
        "83",
        "8300",
        "8361",
        "8350",
        "835000000000",
        "8383"
        "6101",
        "83640100",    // longer than an atom may be
        "837702c328",
        "837703eda080",
        "837702c080",    // malformed UTF-8
        "8369ffffffff6101",
        "836cffffffff6101",
        "8374ffffffff6101",
        "8374000000806101",
        "836dffffffff",
        "836fffffffff01",
        "834d0000000109ff",
        "834d0000000100ff",
        "834d0000000001",
        "837400000002610161026101"
        "6103",    // a key twice
        "83467ff0000000000000",
        "83467ff8000000000000",    // infinity, not a number
        "8363"
        "312e3578000000000000000000000000000000000000000000000000000000",
        "8375"
        "00000000",                              // funs of before OTP 23
        "8367640003614062000000010000000204",    // creation of more than two bits
        "835a0000640003614062"
        "00000003",
        "835a0006640003614062"
        "000000030000000100000001000000010000000100000001"
        "00000001",
        "837261"
        "02",
        "8358610100000001000000020000"
        "0003",
        "8371640001616400016162ffffffff",    // negative arity
        "83586400"
        "0d6e6f6e6f6465406e6f686f7374"
        "10000000"
        "00000000"
        "00000000",    // no pid of this node
        "8370000000000100000000000000000000000000000000000000000000010064000161610161016101",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(decode_hex(bad[i]) == NONE, "%s", bad[i]);
}
END_TEST

// Something of everything.
START_TEST(every_prefix_is_refused)
{
    static const char whole[] =
        "83680a6c00000002610162000003e86a74000000016400016b6b000261626d000000030102034d000000020380c058640003"
        "6140620000000100000002000000035964000361406200000001000000035a00026400036140620000000300000001000000"
        "02716400016d640001666101463ff80000000000006e05000000000001";
    struct bytes b = from_hex(whole);
    term t = decode_bytes(b.at, b.size, 0);
    ck_assert(t != NONE);
    expect_bytes(t, &plain, whole);
    for (size_t size = 0; size < b.size; size++)
        ck_assert_msg(decode_bytes(b.at, size, 0) == NONE, "the first %zu bytes", size);
    mem_free(b.at, b.size);
}
END_TEST

// The reader stands behind the term, whatever follows.
START_TEST(the_rest_is_left)
{
    static const uint8_t bytes[] = {EXT_VERSION, EXT_SMALL_INTEGER, 5, EXT_VERSION, EXT_NIL, 99};
    struct reader r;
    struct external e;
    reader_init(&r, bytes, sizeof bytes);
    ck_assert(external_scan(&e, &r, 0) && external_decode(&heap, &e) == small(5));
    ck_assert(external_scan(&e, &r, 0) && external_decode(&heap, &e) == NIL);
    ck_assert_uint_eq(reader_left(&r), 1);
}
END_TEST

START_TEST(safe_decoding_makes_nothing_new)
{
    struct bytes fresh = from_hex("837709"
                                  "66726573685f6f6e65"),
                 known_atom = from_hex("83770474727565");
    uint32_t atoms = atom_count();
    ck_assert(decode_bytes(fresh.at, fresh.size, EXTERNAL_SAFE) == NONE);
    ck_assert_uint_eq(atom_count(), atoms);
    ck_assert(decode_bytes(known_atom.at, known_atom.size, EXTERNAL_SAFE) == ATOM_true);
    ck_assert(decode_bytes(fresh.at, fresh.size, 0) != NONE);
    ck_assert(decode_bytes(fresh.at, fresh.size, EXTERNAL_SAFE) != NONE);
    mem_free(fresh.at, fresh.size);
    mem_free(known_atom.at, known_atom.size);
}
END_TEST

static term nested(size_t depth, bool maps)
{
    term t = NIL;
    while (depth-- > 0) {
        term pair[] = {small(1), t};
        t = maps && depth % 2 ? map_from_pairs(&heap, pair, 1) : tuple2(&heap, t, NIL);
    }
    return t;
}

START_TEST(depth_takes_no_c_stack)
{
    struct writer w;
    writer_init(&w);
    ck_assert(external_encode(&w, nested(300000, true), &plain));
    term t = decode_bytes(w.bytes, w.size, 0);
    ck_assert_uint_eq(external_size(t, &plain), w.size);
    writer_done(&w);
    writer_init(&w);
    term_print(&w, t, 100);
    ck_assert_uint_eq(w.size, 103);
    ck_assert_mem_eq(w.bytes + 100, "...", 3);
    writer_done(&w);
}
END_TEST

START_TEST(funs_go_there_and_back)
{
    const char *hex = "8370"
                      "0000004b"
                      "01"
                      "000102030405060708090a0b0c0d0e0f"
                      "00000002"
                      "00000002"
                      "6400016d"
                      "6102"
                      "6200003039"
                      "58640003614062"
                      "00000001"
                      "00000002"
                      "00000003"
                      "6107"
                      "6c000000016400017862000003e8";
    term t = decode_hex(hex);
    ck_assert(is_kind(t, KIND_FUN));
    ck_assert_uint_eq(fun_arity(t), 1);
    ck_assert(fun_free(t)[0] == small(7));
    expect_bytes(t, &plain, hex);
    expect_text(t, "#Fun<m.2.12345>");
    ck_assert_uint_ge(external_size(t, &plain), strlen(hex) / 2);
}
END_TEST

START_TEST(own_identifiers_become_local)
{
    static const char pid[] = "83586400"
                              "0d6e6f6e6f6465406e6f686f7374"
                              "00000021"
                              "00000003"
                              "00000000";
    static const char ref[] = "835a000364000d6e6f6e6f6465406e6f686f7374"
                              "00000000"
                              "00000001"
                              "00000002"
                              "00000003";
    term t = decode_hex(pid);
    ck_assert(t == local_pid(0x21, 3));
    expect_bytes(t, &plain, pid);
    ck_assert(is_kind(decode_hex(ref), KIND_REF));
    expect_bytes(decode_hex(ref), &plain, ref);
}
END_TEST

START_TEST(large_binaries_are_cut_out)
{
    uint8_t *bytes;
    term large = binary_alloc(&heap, 200, &bytes);
    memset(bytes, 7, 200);
    term part = binary_part_bits(&heap, large, 8, 100 * 8 + 3);
    term t = tuple3(&heap, large, binary_from(&heap, "abc", 3), part);
    struct writer w, copy;
    struct external_cuts cuts = {0};
    writer_init(&w);
    writer_init(&copy);
    ck_assert(external_encode_cut(&w, t, &plain, &cuts));
    ck_assert_uint_eq(cuts.count, 2);
    size_t from = 0;
    for (size_t i = 0; i < cuts.count; i++) {
        const struct external_cut *c = &cuts.cuts[i];
        writer_bytes(&copy, w.bytes + from, c->at - from);
        writer_bytes(&copy, bits_of(c->binary).base + c->from, c->size);
        from = c->at;
    }
    writer_bytes(&copy, w.bytes + from, w.size - from);
    writer_done(&w);
    writer_init(&w);
    ck_assert(external_encode(&w, t, &plain));
    ck_assert_uint_eq(copy.size, w.size);
    ck_assert_mem_eq(copy.bytes, w.bytes, w.size);
    writer_done(&w);
    writer_done(&copy);
    external_cuts_done(&cuts);
}
END_TEST

static void ei_sample(ei_x_buff *x)
{
    erlang_pid pid = {.node = "x@y", .num = 5, .serial = 6, .creation = 7};
    erlang_ref ref = {.node = "x@y", .len = 3, .n = {1, 2, 3}, .creation = 7};
    ei_x_new_with_version(x);
    ei_x_encode_tuple_header(x, 8);
    ei_x_encode_longlong(x, -123456789012345);
    ei_x_encode_ulong(x, 300);
    ei_x_encode_double(x, 0.1);
    ei_x_encode_string(x, "some text");
    ei_x_encode_binary(x, "\0\1\2", 3);
    ei_x_encode_pid(x, &pid);
    ei_x_encode_ref(x, &ref);
    ei_x_encode_list_header(x, 2);
    ei_x_encode_map_header(x, 1);
    ei_x_encode_atom(x, "key");
    ei_x_encode_atom(x, "value");
    ei_x_encode_empty_list(x);
    ei_x_encode_atom(x, "tail");
}

START_TEST(ei_agrees)
{
    ei_x_buff x;
    struct writer w;
    char *theirs = NULL, *ours = NULL;
    ei_sample(&x);
    term t = decode_bytes((const uint8_t *)x.buff, (size_t)x.index, 0);
    ck_assert(is_tuple_of(t, 8));
    writer_init(&w);
    ck_assert(external_encode_dist(&w, t));
    int at = 0, end = 0, version;
    ck_assert_int_eq(ei_decode_version((const char *)w.bytes, &end, &version), 0);
    ck_assert_int_eq(ei_skip_term((const char *)w.bytes, &end), 0);
    ck_assert_int_eq(end, (int)w.size);
    ei_decode_version(x.buff, &at, &version);
    ck_assert_int_gt(ei_s_print_term(&theirs, x.buff, &at), 0);
    end = 1;
    ck_assert_int_gt(ei_s_print_term(&ours, (const char *)w.bytes, &end), 0);
    ck_assert_str_eq(ours, theirs);
    free(ours);
    free(theirs);
    writer_done(&w);
    ei_x_free(&x);
}
END_TEST

Suite *external_suite(void)
{
    Suite *s = suite_create("external");
    TCase *c = heap_tests(s, "format");
    tcase_add_test(c, known_terms_go_there_and_back);
    tcase_add_test(c, large_maps_keep_the_order_of_the_beam);
    tcase_add_test(c, maps_of_colliding_keys_fit_their_words);
    tcase_add_test(c, options_choose_the_form);
    tcase_add_test(c, compression);
    tcase_add_test(c, compression_bombs_take_no_memory);
    tcase_add_test(c, old_tags_are_read);
    tcase_add_test(c, malformed_terms_are_refused);
    tcase_add_test(c, every_prefix_is_refused);
    tcase_add_test(c, the_rest_is_left);
    tcase_add_test(c, safe_decoding_makes_nothing_new);
    tcase_add_test(c, depth_takes_no_c_stack);
    tcase_add_test(c, funs_go_there_and_back);
    tcase_add_test(c, own_identifiers_become_local);
    tcase_add_test(c, large_binaries_are_cut_out);
    tcase_add_test(c, ei_agrees);
    return s;
}
