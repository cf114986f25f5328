// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "code/beam.h"
#include "code/compact.h"
#include "code/delegate.h"
#include "code/demand.h"
#include "code/export_hooks.h"
#include "code/inflate.h"
#include "code/module.h"
#include "sample_beam.h"
#include "support.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/compare.h"
#include "term/map.h"
#include "term/number.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static term asked;

static void ask(term name)
{
    asked = name;
}

static void setup(void)
{
    static bool open;
    support_open();
    if (open)
        return;
    open = true;
    delegate_open();
    modules_open();
    demand_open();
    module_hooks.ask = ask;
}

static struct beam_file *sample(void)
{
    const char *why = NULL;
    struct beam_file *b = beam_file_new(sample_beam, sizeof sample_beam, &why);
    ck_assert_msg(b != NULL, "%s", why);
    return b;
}

// A copy of exactly this size on the C heap: a sanitizer sees every byte read beyond it.
static uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

static void expect_text(term list, const char *text)
{
    for (; *text; text++, list = tail(list)) {
        ck_assert(is_list(list));
        ck_assert(head(list) == small(*text));
    }
    ck_assert(is_nil(list));
}

START_TEST(tables)
{
    static const uint8_t md5[16] = {122, 148, 120, 1, 191, 40, 93, 114, 72, 39, 16, 222, 88, 30, 207, 106};
    struct beam_file *b = sample();
    ck_assert(b->name == atom_from_c("sample"));
    ck_assert_mem_eq(b->md5, md5, sizeof md5);
    ck_assert_uint_eq(b->export_count, 10);
    ck_assert_uint_eq(b->function_count, 11);
    ck_assert_uint_eq(b->lambda_count, 1);
    ck_assert_uint_eq(b->lambdas[0].arity, 2);
    ck_assert_uint_eq(b->lambdas[0].free, 1);
    ck_assert_uint_eq(b->lambdas[0].old_unique, 0x3D4A3C0);
    ck_assert_uint_eq(b->string_size, 7);
    ck_assert_uint_eq(b->file_count, 1);
    expect_text(b->files[0], "sample.erl");
    ck_assert_uint_eq(b->on_load_label, 0);
    term vsn = head(b->attributes);
    ck_assert(element(vsn, 0) == atom_from_c("vsn"));
    ck_assert(head(element(vsn, 1)) == small(7));
    beam_file_free(b);
}
END_TEST

START_TEST(operations)
{
    struct beam_file *b = sample();
    ck_assert_uint_eq(b->ops[0].opcode, GENERIC_label);
    ck_assert_uint_eq(b->ops[b->op_count - 1].opcode, GENERIC_int_code_end);
    size_t functions = 0, funs = 0, lines = 0;
    for (size_t i = 0; i < b->op_count; i++) {
        const struct beam_op *op = &b->ops[i];
        functions += op->opcode == GENERIC_func_info;
        funs += op->opcode == GENERIC_make_fun3;
        if (op->opcode == GENERIC_func_info)
            ck_assert(op->args[0].type == ARG_TERM && op->args[0].value == b->name);
        if (op->opcode == GENERIC_line)
            lines += op->args[0].value < b->line_count;
    }
    ck_assert_uint_eq(functions, 11);
    ck_assert_uint_eq(funs, 1);
    ck_assert_uint_ge(lines, 11);
    ck_assert_str_eq(beam_opcode_name(GENERIC_make_fun3), "make_fun3");
    ck_assert_ptr_null(beam_opcode_name(0));
    ck_assert_ptr_null(beam_opcode_name(255));
    beam_file_free(b);
}
END_TEST

// Literals are well-formed terms on the literals; a big integer in the code is one too.
START_TEST(literals)
{
    struct beam_file *b = sample();
    struct heap h;
    heap_init(&h, 16);
    static const char digits[] = "123456789012345678901234567890";
    term big = integer_from_text(&h, digits, sizeof digits - 1, 10);
    bool has_map = false, has_big = false;
    for (uint32_t i = 0; i < b->literal_count; i++) {
        term t = b->literals[i];
        if (is_map(t))
            has_map = map_get(t, atom_from_c("a")) != NONE && map_size(t) == 2;
    }
    for (size_t i = 0; i < b->arg_count; i++)
        if (b->args[i].type == ARG_TERM && is_boxed(b->args[i].value)) {
            ck_assert(is_literal_ptr(boxed_ptr(b->args[i].value)));
            has_big = has_big || term_equal(b->args[i].value, big);
        }
    ck_assert(has_map);
    ck_assert(has_big);
    heap_done(&h);
    beam_file_free(b);
}
END_TEST

START_TEST(on_load_label)
{
    const char *why;
    struct beam_file *b = beam_file_new(sample_on_load_beam, sizeof sample_on_load_beam, &why);
    ck_assert_ptr_nonnull(b);
    ck_assert_uint_gt(b->on_load_label, 0);
    beam_file_free(b);
}
END_TEST

START_TEST(truncated_everywhere)
{
    for (size_t size = 0; size < sizeof sample_beam; size++) {
        const char *why = NULL;
        uint8_t *copy = copy_of(sample_beam, size);
        ck_assert_ptr_null(module_build(copy, size, &why));
        ck_assert_ptr_nonnull(why);
        free(copy);
    }
}
END_TEST

// Whatever comes of it, it ends well. Code that differs only in what it does may load.
static void flipped(const uint8_t *bytes, size_t size, uint8_t mask)
{
    for (size_t at = 0; at < size; at++) {
        const char *why = NULL;
        uint8_t *copy = copy_of(bytes, size);
        copy[at] ^= mask;
        struct module *m = module_build(copy, size, &why);
        free(copy);
        if (m)
            module_free(m);
        else
            ck_assert_ptr_nonnull(why);
    }
}

START_TEST(flipped_everywhere)
{
    for (unsigned bit = 0; bit < 8; bit++) {
        flipped(sample_beam, sizeof sample_beam, (uint8_t)(1 << bit));
        flipped(sample_on_load_beam, sizeof sample_on_load_beam, (uint8_t)(1 << bit));
    }
    flipped(sample_beam, sizeof sample_beam, 0xFF);
}
END_TEST

// The chunks one after the other, with one left out or emptied.
static uint8_t *without_chunk(const char *name, size_t *size)
{
    uint8_t *copy = copy_of(sample_beam, sizeof sample_beam);
    uint8_t *end = copy + sizeof sample_beam;
    for (uint8_t *at = copy + 12; at < end;) {
        size_t chunk = (size_t)at[4] << 24 | (size_t)at[5] << 16 | (size_t)at[6] << 8 | at[7];
        if (memcmp(at, name, 4) == 0)
            memcpy(at, "Gone", 4);
        at += 8 + ((chunk + 3) & ~(size_t)3);
    }
    *size = sizeof sample_beam;
    return copy;
}

START_TEST(missing_chunks)
{
    static const char *const needed[] = {"AtU8", "Code", "ImpT", "ExpT", "FunT", "LitT", "StrT"};
    static const char *const optional[] = {"Attr", "CInf", "Line", "Meta", "Type", "Dbgi", "LocT"};
    size_t size;
    const char *why;
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        uint8_t *bytes = without_chunk(needed[i], &size);
        ck_assert_msg(beam_file_new(bytes, size, &why) == NULL, "loads without %s", needed[i]);
        free(bytes);
    }
    for (size_t i = 0; i < COUNT_OF(optional); i++) {
        uint8_t *bytes = without_chunk(optional[i], &size);
        struct beam_file *b = beam_file_new(bytes, size, &why);
        ck_assert_msg(b != NULL, "%s: %s", optional[i], why);
        beam_file_free(b);
        free(bytes);
    }
}
END_TEST

START_TEST(chunks_by_name)
{
    size_t size;
    const uint8_t *chunk = beam_chunk(sample_beam, sizeof sample_beam, (const uint8_t *)"StrT", &size);
    ck_assert_uint_eq(size, 7);
    ck_assert_mem_eq(chunk, "xyztail", 7);
    ck_assert_ptr_null(beam_chunk(sample_beam, sizeof sample_beam, (const uint8_t *)"None", &size));
    ck_assert_ptr_null(beam_chunk(sample_beam, 11, (const uint8_t *)"StrT", &size));
}
END_TEST

static struct compact compact_of(const uint8_t *bytes, size_t size, bool *ok)
{
    struct reader r;
    reader_init(&r, bytes, size);
    struct compact c = compact_read(&r);
    *ok = reader_ok(&r) && reader_left(&r) == 0;
    return c;
}

#define COMPACT(...) compact_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), &ok)

START_TEST(compact_numbers)
{
    bool ok;
    struct compact c = COMPACT(0xF0);
    ck_assert(ok && c.tag == COMPACT_NUMBER && c.value == 15);
    c = COMPACT(0x2A, 0x34);
    ck_assert(ok && c.tag == COMPACT_ATOM && c.value == 0x134);
    c = COMPACT(0x19, 0xFF, 0xFE);
    ck_assert(ok && c.tag == COMPACT_INTEGER && (sword)c.value == -2);
    c = COMPACT(0xD9, 0x80, 0, 0, 0, 0, 0, 0, 0);
    ck_assert(ok && c.tag == COMPACT_INTEGER && c.bytes && c.size == 8);
    c = COMPACT(0xF9, 0x00, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    ck_assert(ok && c.tag == COMPACT_INTEGER && c.size == 9 && c.bytes[8] == 9);
    COMPACT(0xF9);
    ck_assert(!ok);
    COMPACT(0xF9, 0xF9, 0xF9, 0xF9);
    ck_assert(!ok);
    COMPACT(0xF8, 0xD8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);
    ck_assert(!ok);
    COMPACT(0x18, 1);
    ck_assert(!ok);
}
END_TEST

START_TEST(inflating)
{
    uint8_t plain[1000] = {0}, packed[200];
    uLongf packed_size = sizeof packed;
    ck_assert_int_eq(compress(packed, &packed_size, plain, sizeof plain), Z_OK);
    uint8_t *back = inflate_sized(packed, packed_size, sizeof plain);
    ck_assert_mem_eq(back, plain, sizeof plain);
    mem_free(back, sizeof plain);
    ck_assert_ptr_null(inflate_sized(packed, packed_size, sizeof plain - 1));
    ck_assert_ptr_null(inflate_sized(packed, packed_size, sizeof plain + 1));
    ck_assert_ptr_null(inflate_sized(packed, packed_size, (size_t)UINT32_MAX));
    ck_assert_ptr_null(inflate_sized(packed, packed_size - 1, sizeof plain));
    ck_assert_ptr_null(inflate_sized(plain, sizeof plain, 10));
}
END_TEST

START_TEST(gzipped_module)
{
    uint8_t packed[4096];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)sample_beam,
                  .avail_in = sizeof sample_beam,
                  .next_out = packed,
                  .avail_out = sizeof packed};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t size = z.total_out;
    deflateEnd(&z);
    const char *why = NULL;
    struct module *m = module_build(packed, size, &why);
    ck_assert_msg(m != NULL, "%s", why);
    module_free(m);
    for (size_t cut = 2; cut < size; cut++)
        ck_assert_ptr_null(module_build(packed, cut, &why));
}
END_TEST

static const word *code_of(const char *function, uint32_t arity)
{
    return export_get(atom_from_c("sample"), atom_from_c(function), arity)->bytecode;
}

START_TEST(publish_replace_delete)
{
    const char *why = NULL;
    term name = atom_from_c("sample");
    ck_assert_ptr_null(module_find(name));
    size_t before = module_count();
    struct module *first = module_load(sample_beam, sizeof sample_beam, &why);
    ck_assert_msg(first != NULL, "%s", why);
    ck_assert_ptr_eq(module_find(name), first);
    ck_assert_uint_eq(module_count(), before + 1);
    ck_assert_ptr_nonnull(code_of("add", 2));
    ck_assert_ptr_null(code_of("add", 3));
    ck_assert_ptr_eq(first->lambdas[0]->bytecode, first->lambda_codes[0]);
    struct module *second = module_load(sample_beam, sizeof sample_beam, &why);
    ck_assert_ptr_eq(module_find(name), second);
    ck_assert_ptr_eq(module_old(name), first);
    ck_assert(code_of("add", 2) >= second->code && code_of("add", 2) < second->code + second->code_words);
    ck_assert(module_purge(name));
    ck_assert(!module_purge(name));
    ck_assert(module_delete(name));
    ck_assert(!module_delete(name));
    ck_assert_ptr_null(code_of("add", 2));
    ck_assert_ptr_null(module_find(name));
    ck_assert_uint_eq(module_count(), before);
}
END_TEST

START_TEST(places)
{
    const char *why;
    struct module *m = module_load(sample_beam, sizeof sample_beam, &why);
    struct code_place place;
    for (uint32_t i = 0; i < m->function_count; i++) {
        ck_assert(code_place(m->functions[i].start, &place));
        ck_assert_ptr_eq(place.module, m);
        ck_assert_ptr_eq(place.function, &m->functions[i]);
        if (m->functions[i].name == atom_from_c("caller")) {
            ck_assert_uint_eq(place.file_line, 13);
            expect_text(place.file, "sample.erl");
        }
        if (m->functions[i].name == ATOM_module_info)
            ck_assert(place.file == NONE);
    }
    ck_assert(!code_place(m->code + m->code_words, &place) || place.module != m);
    ck_assert(!code_place(NULL, &place));
    module_delete(m->name);
}
END_TEST

START_TEST(delegation)
{
    ck_assert(delegate_has(atom_from_c("file"), atom_from_c("read_file"), 1));
    ck_assert(delegate_has(atom_from_c("os"), atom_from_c("cmd"), 2));
    ck_assert(!delegate_has(atom_from_c("os"), atom_from_c("getenv"), 1));
    ck_assert(delegate_has(atom_from_c("init"), atom_from_c("get_argument"), 1));
    ck_assert(!delegate_has(atom_from_c("init"), atom_from_c("restart"), 0));
    ck_assert(!delegate_has(atom_from_c("lists"), atom_from_c("map"), 2));
    ck_assert(delegate_whole(atom_from_c("crypto")));
    ck_assert(!delegate_whole(atom_from_c("os")));
    term name = atom_from_c("test_beam_native");
    ck_assert(!delegate_has(name, ATOM_call, 1));
    delegate_module(name);
    ck_assert(delegate_has(name, ATOM_call, 1));
    ck_assert(delegate_whole(name));
}
END_TEST

// The host is asked once however many need the module; each who waited hears once that there is none.
START_TEST(demands)
{
    struct proc a = {.pid = local_pid(1000001, 0)}, b = {.pid = local_pid(1000002, 0)};
    term name = atom_from_c("test_beam_absent");
    asked = NONE;
    ck_assert(!module_demand(&a, name));
    ck_assert(asked == name);
    asked = NONE;
    ck_assert(!module_demand(&b, name));
    ck_assert(!module_demand(&b, name));
    ck_assert(asked == NONE);
    module_arrived(name, NULL, 0);
    ck_assert(module_failure(name) == ATOM_nofile);
    ck_assert(module_demand(&a, name));
    ck_assert(module_demand(&b, name));
    ck_assert(!module_demand(&a, name));
    ck_assert(asked == name);
    module_arrived(name, sample_beam, sizeof sample_beam);
    ck_assert(module_failure(name) == ATOM_badfile);
    ck_assert(module_demand(&a, name));
    ck_assert_ptr_null(module_find(name));
}
END_TEST

START_TEST(demand_of_a_newer_version)
{
    struct proc p = {.pid = local_pid(1000003, 0)};
    term name = atom_from_c("sample");
    ck_assert(!module_demand(&p, name));
    module_arrived(name, sample_beam, sizeof sample_beam);
    ck_assert(module_demand(&p, name));
    const struct module *m = module_find(name);
    ck_assert(module_demand_fun(&p, m->lambdas[0]));
    struct fun_entry other = *m->lambdas[0];
    other.unique[0] ^= 1;
    other.bytecode = NULL;
    asked = NONE;
    ck_assert(!module_demand_fun(&p, &other));
    ck_assert(asked == name);
    module_arrived(name, sample_beam, sizeof sample_beam);
    ck_assert_ptr_eq(module_find(name), m);
    ck_assert(module_demand_fun(&p, &other));
    module_refresh(&p, name);
    ck_assert(!module_refreshed(&p, name));
    module_arrived(name, sample_beam, sizeof sample_beam);
    ck_assert(module_refreshed(&p, name));
    ck_assert(!module_refreshed(&p, name));
    module_delete(name);
}
END_TEST

static struct module *awaiting(struct proc *p)
{
    const char *why = NULL;
    struct module *m = module_build(sample_on_load_beam, sizeof sample_on_load_beam, &why);
    ck_assert_msg(m != NULL, "%s", why);
    ck_assert_ptr_nonnull(m->on_load);
    ck_assert(module_await_on_load(m));
    ck_assert_ptr_null(module_find(m->name));
    ck_assert(!module_demand(p, m->name));
    return m;
}

START_TEST(on_load_of_a_module)
{
    struct proc p = {.pid = local_pid(1000004, 0)}, loader = {.pid = local_pid(1000005, 0)};
    struct module *m = awaiting(&p);
    ck_assert(!module_wants_native(&loader));
    ck_assert_ptr_eq(module_on_load(&loader, m->name), m->on_load);
    ck_assert_ptr_null(module_on_load(&p, m->name));
    ck_assert(module_on_load_done(m->name, true));
    ck_assert(!module_on_load_done(m->name, true));
    ck_assert_ptr_eq(module_find(m->name), m);
    ck_assert(module_delete(m->name) && module_purge(m->name));
}
END_TEST

START_TEST(on_load_that_wants_native_code)
{
    struct proc p = {.pid = local_pid(1000006, 0)}, loader = {.pid = local_pid(1000007, 0)};
    struct module *m = awaiting(&p);
    ck_assert_ptr_eq(module_on_load(&loader, m->name), m->on_load);
    ck_assert(module_wants_native(&loader));
    ck_assert(module_on_load_done(m->name, true));
    ck_assert_ptr_null(module_find(m->name));
    ck_assert(delegate_whole(m->name));
    ck_assert(module_demand(&p, m->name));
}
END_TEST

Suite *beam_suite(void)
{
    Suite *s = suite_create("beam");
    TCase *file = tcase_create("file"), *module = tcase_create("module");
    tcase_add_checked_fixture(file, setup, NULL);
    tcase_set_timeout(file, 120);
    tcase_add_test(file, tables);
    tcase_add_test(file, operations);
    tcase_add_test(file, literals);
    tcase_add_test(file, on_load_label);
    tcase_add_test(file, truncated_everywhere);
    tcase_add_test(file, flipped_everywhere);
    tcase_add_test(file, missing_chunks);
    tcase_add_test(file, chunks_by_name);
    tcase_add_test(file, compact_numbers);
    tcase_add_test(file, inflating);
    tcase_add_test(file, gzipped_module);
    suite_add_tcase(s, file);
    tcase_add_checked_fixture(module, setup, NULL);
    tcase_add_test(module, publish_replace_delete);
    tcase_add_test(module, places);
    tcase_add_test(module, delegation);
    tcase_add_test(module, demands);
    tcase_add_test(module, demand_of_a_newer_version);
    tcase_add_test(module, on_load_of_a_module);
    tcase_add_test(module, on_load_that_wants_native_code);
    suite_add_tcase(s, module);
    return s;
}
