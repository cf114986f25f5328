// SPDX-License-Identifier: Apache-2.0
// The collector. A process-like heap is changed at random and collected; every root has a copy in another heap, made when
// it was set, that it must equal ever after. Then what the model can't see: sizes, generations, sharing, counts.
#include "term/collect.h"

#include "base/memory.h"
#include "random_term.h"
#include "support.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/build.h"
#include "term/compare.h"
#include "term/copy.h"
#include "term/layout.h"
#include "term/match.h"

#include <check.h>
#include <signal.h>
#include <string.h>

enum { SEEDS = 120, STEPS = 400, ROOTS = 12, STACK = 100, CONTEXTS = 3, MOST_WORDS = 1500, LOG_BYTES = 4000 };

// A match context's model: its binary and where it stands.
struct cursor {
    term whole;
    size_t at, end;
};

struct machine {
    struct random_terms random;
    struct heap heap, model;
    term x[ROOTS], want_x[ROOTS];
    term want_stack[STACK];    // of terms; other words on the stack are themselves
    size_t depth;
    term context[CONTEXTS];
    struct cursor want_context[CONTEXTS];
    term log;    // a bit string that its owner extends in place
    uint8_t want_log[LOG_BYTES];
    size_t log_size;
};

static struct machine m;
static size_t in_use;

static size_t below(size_t limit)
{
    return random_below(&m.random, limit);
}

static void machine_open(uint64_t seed)
{
    memset(&m, 0, sizeof m);
    random_open(&m.random, seed);
    heap_init(&m.heap, CONFIG_FIRST_HEAP);
    heap_set_stack(&m.heap, m.heap.end);
    heap_init(&m.model, 1000);
    m.log = NONE;
}

static void machine_close(void)
{
    heap_done(&m.heap);
    heap_done(&m.model);
    random_close(&m.random);
}

static void setup(void)
{
    support_open();
    machine_open(0);
    for (int i = 0; i < 500; i++)    // interns what all need
        random_term(&m.random, &m.heap, 2);
    machine_close();
    in_use = mem_in_use();
}

static void teardown(void)
{
    ck_assert_uint_eq(mem_in_use(), in_use);
}

static bool is_word_of_code(term t)
{
    return is_header(t) || is_catch(t);
}

static void expect_term(term is, term want, const char *where, size_t index)
{
    if (want == NONE || is_word_of_code(want) ? is != want : !term_equal(is, want))
        ck_abort_msg("%s %zu differs", where, index);
}

static void expect_context(size_t i)
{
    struct cursor *want = &m.want_context[i];
    if (m.context[i] == NONE)
        return;
    const term *object = boxed_ptr(m.context[i]);
    ck_assert(header_kind(object[0]) == KIND_MATCH && object[2] == want->at && object[3] == want->end);
    expect_term(object[1], want->whole, "context", i);
}

static void expect_model(void)
{
    for (size_t i = 0; i < ROOTS; i++)
        expect_term(m.x[i], m.want_x[i], "root", i);
    ck_assert_ptr_eq(heap_stack(&m.heap), m.heap.end - m.depth);
    for (size_t i = 0; i < m.depth; i++)
        expect_term(m.heap.end[-1 - (sword)i], m.want_stack[i], "stack", i);
    for (size_t i = 0; i < CONTEXTS; i++)
        expect_context(i);
    if (m.log == NONE)
        return;
    struct bits b = bits_of(m.log);
    ck_assert(b.size == m.log_size * 8 && b.offset == 0 && memcmp(b.base, m.want_log, m.log_size) == 0);
}

static void collect(size_t need, bool full)
{
    struct root roots[] = {{m.x, ROOTS}, {NULL, 0}, {m.context, CONTEXTS}, {&m.log, 1}};
    heap_collect(&m.heap, roots, COUNT_OF(roots), need, full);
    heap_verify(&m.heap, roots, COUNT_OF(roots));
    ck_assert(m.heap.limit >= m.heap.top && (size_t)(m.heap.limit - m.heap.top) >= need);
    ck_assert(!m.heap.fragments && m.heap.fragment_words == 0 && m.heap.shared_bytes == 0);
    ck_assert(!full || !m.heap.old);
    ck_assert(!full || m.heap.young_collections == 0);
    ck_assert_ptr_eq(m.heap.high, m.heap.top);
    expect_model();
}

// The model's heap is never collected: now and then all of it that counts moves to a new one.
static void renew_model(void)
{
    struct heap fresh;
    heap_init(&fresh, 1000);
    for (size_t i = 0; i < ROOTS; i++)
        m.want_x[i] = m.want_x[i] == NONE ? NONE : term_copy(&fresh, m.want_x[i]);
    for (size_t i = 0; i < m.depth; i++)
        if (!is_word_of_code(m.want_stack[i]))
            m.want_stack[i] = term_copy(&fresh, m.want_stack[i]);
    for (size_t i = 0; i < CONTEXTS; i++)
        if (m.context[i] != NONE)
            m.want_context[i].whole = term_copy(&fresh, m.want_context[i].whole);
    heap_done(&m.model);
    m.model = fresh;
}

static void set_root(size_t i, term t)
{
    if (t != NONE && term_words(t) > MOST_WORDS)
        t = ATOM_ok;
    m.x[i] = t;
    m.want_x[i] = t == NONE ? NONE : term_copy(&m.model, t);
}

static void step_build(void)
{
    m.random.parts = m.x;
    m.random.part_count = ROOTS;
    set_root(below(ROOTS), random_term(&m.random, &m.heap, 1 + (unsigned)below(3)));
}

static void step_receive(void)
{
    term t = m.x[below(ROOTS)], copy;
    struct fragment *f = t == NONE ? NULL : term_to_fragment(t, &copy);
    if (!f)
        return;
    heap_adopt(&m.heap, f);
    set_root(below(ROOTS), copy);
}

static void step_push(void)
{
    static const word code[16];
    size_t root = below(ROOTS);
    if (m.depth == STACK)
        return;
    if (m.heap.limit <= m.heap.top)
        collect(1, false);
    term t = m.x[root], want = m.want_x[root];
    switch (below(4)) {
    case 0:
        t = want = (term)(uintptr_t)&code[below(8) * 2];
        break;
    case 1:
        t = want = catch_of(&code[below(16)]);
        break;
    }
    term *stack = heap_stack(&m.heap) - 1;
    *stack = t;
    heap_set_stack(&m.heap, stack);
    m.want_stack[m.depth++] = want;
}

static void step_pop(void)
{
    size_t n = below(m.depth + 1);
    m.depth -= n;
    heap_set_stack(&m.heap, heap_stack(&m.heap) + n);
}

static void step_match(void)
{
    size_t i = below(CONTEXTS);
    if (m.context[i] == NONE || below(3) == 0) {
        m.context[i] = match_start(&m.heap, random_bits(&m.random, &m.heap), below(4));
        const term *object = boxed_ptr(m.context[i]);
        m.want_context[i] = (struct cursor){term_copy(&m.model, object[1]), object[2], object[3]};
        return;
    }
    size_t skip = below(match_left(m.context[i]) + 1);
    ck_assert(match_skip(m.context[i], skip));
    m.want_context[i].at += skip;
}

// Shared binaries whose last part is still growing.
static void step_append(void)
{
    term why, source = m.x[below(ROOTS)];
    struct build b;
    if (source == NONE || !is_bitstring(source))
        source = random_bits(&m.random, &m.heap);
    term t = build_append(&m.heap, &b, source, 24, 1, &why);
    ck_assert(t != NONE && build_string(&b, (const uint8_t *)"abc", 24));
    set_root(below(ROOTS), t);
}

static void step_log(void)
{
    term why;
    struct build b;
    size_t n = 1 + below(50);
    if (m.log == NONE || m.log_size + n > LOG_BYTES) {
        m.log = build_init_writable(&m.heap, small(below(2) ? 10 : 300));
        m.log_size = 0;
    }
    memset(m.want_log + m.log_size, (int)below(256), n);
    m.log = build_private_append(&m.heap, &b, m.log, n * 8, 8, &why);
    ck_assert(m.log != NONE && build_string(&b, m.want_log + m.log_size, n * 8));
    m.log_size += n;
}

static void step_garbage(void)
{
    for (size_t n = below(300); n > 0; n--)
        random_leaf(&m.random, &m.heap);
}

static void step(void)
{
    switch (below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
        step_build();
        break;
    case 4:
        step_receive();
        break;
    case 5:
        set_root(below(ROOTS), NONE);
        break;
    case 6:
        set_root(below(ROOTS), m.x[below(ROOTS)]);
        break;
    case 7:
    case 8:
        step_push();
        break;
    case 9:
        step_pop();
        break;
    case 10:
        step_match();
        break;
    case 11:
        step_append();
        break;
    case 12:
        step_log();
        break;
    case 13:
        step_garbage();
        break;
    case 14:
        collect(below(3) ? below(20) : below(3000), below(8) == 0);
        break;
    case 15:
        collect(0, false);
        break;
    }
}

START_TEST(test_model)
{
    machine_open((uint64_t)_i);
    for (int i = 1; i <= STEPS; i++) {
        step();
        if (i % 50 == 0)
            renew_model();
    }
    collect(0, true);
    machine_close();
}
END_TEST

// From here on a heap of its own, with a few roots.
static struct heap h;
static term roots[4];

static void simple_setup(void)
{
    support_open();
    in_use = mem_in_use();
    heap_init(&h, 200);
    heap_set_stack(&h, h.end);
    memset(roots, 0, sizeof roots);
}

static void simple_teardown(void)
{
    heap_done(&h);
    ck_assert_uint_eq(mem_in_use(), in_use);
}

static size_t run(size_t need, bool full)
{
    struct root r = {roots, COUNT_OF(roots)};
    size_t moved = heap_collect(&h, &r, 1, need, full);
    heap_verify(&h, &r, 1);
    return moved;
}

static bool in_young(term t)
{
    const term *at = is_list(t) ? list_ptr(t) : boxed_ptr(t);
    return at >= h.start && at < h.top;
}

static bool in_old(term t)
{
    const term *at = is_list(t) ? list_ptr(t) : boxed_ptr(t);
    return h.old && at >= h.old->start && at < h.old->top;
}

static term numbers(sword n)
{
    term list = NIL;
    for (; n > 0; n--)
        list = cons(&h, small(n), list);
    return list;
}

START_TEST(test_generations)
{
    roots[0] = numbers(10);
    ck_assert_uint_eq(run(0, false), 20);
    ck_assert(in_young(roots[0]) && !h.old && h.young_collections == 1);
    roots[1] = cons(&h, small(0), roots[0]);
    run(0, false);
    ck_assert(in_old(roots[0]) && in_young(roots[1]) && tail(roots[1]) == roots[0]);
    term settled = roots[0];
    roots[2] = tuple2(&h, roots[1], NIL);
    run(0, false);
    ck_assert(roots[0] == settled && in_old(roots[1]) && in_young(roots[2]) && element(roots[2], 0) == roots[1]);
    ck_assert_int_eq(list_length(roots[1]), 11);
    roots[1] = NONE;
    ck_assert_uint_eq(run(0, false), 3);
    ck_assert_uint_eq((size_t)(h.old->top - h.old->start), 20 + 2 + 3);    // what died while old stays
    roots[2] = NONE;
    ck_assert_uint_eq(run(0, true), 20);
    ck_assert(!h.old && in_young(roots[0]) && h.top - h.start == 20 && h.young_collections == 0);
    run(0, false);
    ck_assert(in_old(roots[0]) && h.top == h.start);
}
END_TEST

// When the old block has no room for what is mature, all is collected and the old block goes.
START_TEST(test_old_fills_up)
{
    bool was_old = false, went = false;
    for (sword i = 0; i < 200; i++) {
        roots[0] = cons(&h, numbers(20), roots[0] == NONE ? NIL : roots[0]);
        run(0, false);
        went = went || (was_old && !h.old);
        was_old = h.old != NULL;
        ck_assert(!h.old || h.old->top <= h.old->end);
    }
    ck_assert(went);
    ck_assert_int_eq(list_length(roots[0]), 200);
    run(0, true);
    ck_assert_int_eq(h.top - h.start, 200 * (20 * 2 + 2));
}
END_TEST

START_TEST(test_garbage_goes)
{
    numbers(1000);
    roots[0] = tuple2(&h, numbers(5), NIL);
    numbers(1000);
    run(0, _i);
    ck_assert_int_eq(h.top - h.start, 3 + 10);
    roots[0] = NONE;
    run(0, true);
    ck_assert_ptr_eq(h.top, h.start);
}
END_TEST

START_TEST(test_sharing_is_kept)
{
    term t = numbers(1);
    for (int i = 0; i < 60; i++)    // 2 to the 60th cells, if it were not
        t = cons(&h, t, t);
    roots[0] = t;
    roots[1] = tail(t);
    roots[2] = tuple2(&h, t, t);
    for (int round = 0; round < 4; round++) {
        run(0, round == 3);
        ck_assert(tail(roots[0]) == roots[1] && head(roots[0]) == roots[1]);
        ck_assert(element(roots[2], 0) == roots[0] && element(roots[2], 1) == roots[0]);
    }
    ck_assert_int_eq(h.top - h.start, 2 + 60 * 2 + 3);
}
END_TEST

START_TEST(test_need)
{
    static const size_t needs[] = {0, 1, 2, 10, 100, 1000, 100000, 5, 0};
    for (size_t i = 0; i < COUNT_OF(needs); i++) {
        roots[i % 4] = numbers((sword)i * 7);
        run(needs[i], i % 2);
        ck_assert_uint_ge((size_t)(h.limit - h.top), needs[i]);
        ck_assert_uint_le((size_t)(h.end - h.start), needs[i] * 3 + 1000);
        for (size_t n = 0; n < needs[i]; n++)
            *heap_alloc(&h, 1) = small(1);
        ck_assert(!h.fragments);
    }
}
END_TEST

START_TEST(test_shrinks)
{
    roots[0] = numbers(100000);
    run(0, true);
    ck_assert_uint_ge((size_t)(h.end - h.start), 200000);
    roots[0] = tail(roots[0]);
    roots[1] = numbers(3);
    roots[0] = NONE;
    run(0, true);
    ck_assert_uint_le((size_t)(h.end - h.start), 600);
    ck_assert_int_eq(list_length(roots[1]), 3);
}
END_TEST

START_TEST(test_stack_words)
{
    static const word code[4];
    h.end[-1] = numbers(3);
    h.end[-2] = (term)(uintptr_t)&code[1];
    h.end[-3] = catch_of(&code[2]);
    h.end[-4] = NONE;
    h.end[-5] = tuple2(&h, h.end[-1], NIL);
    heap_set_stack(&h, h.end - 5);
    for (int round = 0; round < 5; round++) {
        run(round * 200, round == 4);
        ck_assert_ptr_eq(heap_stack(&h), h.end - 5);
        ck_assert_int_eq(list_length(h.end[-1]), 3);
        ck_assert(element(h.end[-5], 0) == h.end[-1]);
        ck_assert(h.end[-2] == (term)(uintptr_t)&code[1] && catch_handler(h.end[-3]) == &code[2] && h.end[-4] == NONE);
    }
}
END_TEST

// A stack that has used up the reserve, and the block besides.
START_TEST(test_tight_stack)
{
    roots[0] = numbers(5);
    h.top = heap_alloc(&h, (size_t)(h.limit - h.top)) + 0;
    heap_set_stack(&h, heap_stack(&h) - CONFIG_STACK_RESERVE);
    for (term *at = heap_stack(&h); at < h.end; at++)
        *at = small(3);
    run(0, false);
    ck_assert(h.limit >= h.top && heap_stack(&h)[0] == small(3));
    ck_assert_ptr_eq(heap_stack(&h), h.end - CONFIG_STACK_RESERVE);
    ck_assert_int_eq(list_length(roots[0]), 5);
}
END_TEST

static term large_binary(struct shared *s)
{
    shared_hold(s);
    return binary_share(&h, s);
}

START_TEST(test_shared_binaries)
{
    struct shared *a = shared_new(100, 100), *b = shared_new(200, 200);
    memset(a->bytes, 1, 100);
    memset(b->bytes, 2, 200);
    roots[0] = large_binary(a);
    roots[1] = binary_part_bits(&h, large_binary(b), 5, 700);
    for (int i = 0; i < 100; i++) {
        large_binary(a);
        large_binary(b);
    }
    run(0, false);
    ck_assert(atomic_load(&a->count) == 2 && atomic_load(&b->count) == 2);
    large_binary(a);
    run(0, false);
    ck_assert(in_old(roots[0]) && in_old(roots[1]) && h.old->shared && !h.shared);
    ck_assert(atomic_load(&a->count) == 2 && atomic_load(&b->count) == 2);
    roots[0] = NONE;
    roots[2] = large_binary(b);
    run(1000, false);
    ck_assert(atomic_load(&a->count) == 2 && atomic_load(&b->count) == 3);
    run(0, true);
    ck_assert(atomic_load(&a->count) == 1 && atomic_load(&b->count) == 3);
    roots[1] = roots[2] = NONE;
    run(0, false);
    run(0, true);
    ck_assert(atomic_load(&b->count) == 1 && !h.shared);
    shared_drop(a);
    shared_drop(b);
}
END_TEST

START_TEST(test_literals_stay)
{
    struct fragment *f = literals_new(3);
    struct heap in;
    heap_over_fragment(&in, f);
    term literal = tuple2(&in, small(1), NIL);
    heap_close_fragment(&in, f);
    roots[0] = literal;
    roots[1] = cons(&h, literal, literal);
    for (int round = 0; round < 3; round++) {
        run(0, round == 2);
        ck_assert(roots[0] == literal && head(roots[1]) == literal && tail(roots[1]) == literal);
        ck_assert(element(literal, 0) == small(1));
    }
    ck_assert_int_eq(h.top - h.start, 2);
    literals_free(f);
}
END_TEST

START_TEST(test_deep)
{
    term t = NIL, u = NIL;
    for (sword i = 0; i < 500000; i++) {
        t = _i ? tuple2(&h, small(i), t) : cons(&h, t, small(i));
        if (i % 1000 == 0)
            u = cons(&h, t, u);
    }
    roots[0] = t;
    roots[1] = u;
    for (int round = 0; round < 3; round++)
        run(0, round == 2);
    for (sword i = 499999; i >= 0; i--) {
        ck_assert_msg((_i ? element(roots[0], 0) : tail(roots[0])) == small(i), "level %lld", (long long)i);
        roots[0] = _i ? element(roots[0], 1) : head(roots[0]);
    }
    ck_assert(roots[0] == NIL);
    ck_assert_int_eq(list_length(roots[1]), 500);
}
END_TEST

// Long runs don't cost memory: a loop that keeps little stays small.
START_TEST(test_stays_small)
{
    size_t most = 0;
    for (sword i = 0; i < 20000; i++) {
        if ((size_t)(h.limit - h.top) < 60)
            run(60, false);
        roots[0] = numbers(20);
        roots[1] = tuple2(&h, roots[1] == NONE || i % 100 == 0 ? NIL : roots[1], roots[0]);
        size_t words = (size_t)(h.end - h.start) + (h.old ? (size_t)(h.old->end - h.old->start) : 0);
        most = words > most ? words : most;
    }
    ck_assert_uint_le(most, 10 * 100 * 43);
}
END_TEST

// A block that is collected again and again gets room to work in; one that isn't stays as small as it was born.
START_TEST(test_busy_block_grows)
{
    heap_done(&h);
    heap_init(&h, CONFIG_FIRST_HEAP);
    heap_set_stack(&h, h.end);
    for (int i = 0; i < 8; i++) {
        roots[0] = numbers(2);
        run(0, false);
    }
    ck_assert_uint_le((size_t)(h.end - h.start), 2 * CONFIG_FIRST_HEAP);
    for (int i = 0; i < 8; i++)
        run(0, false);
    if (!CONFIG_STRESS)
        ck_assert_uint_ge((size_t)(h.limit - h.top), 200);
    ck_assert_uint_le((size_t)(h.end - h.start), 300);
}
END_TEST

// Fragments whose terms are dead when they are collected leave no trace in the size of the block.
START_TEST(test_dead_fragments)
{
    heap_done(&h);
    heap_init(&h, 40);
    heap_set_stack(&h, h.end);
    for (int i = 0; i < 10; i++) {
        roots[0] = tuple2(&h, numbers(3), numbers(2 + i));
        numbers(50000);
        run(0, i == 5);
        ck_assert_uint_le((size_t)(h.end - h.start), 100);
    }
}
END_TEST

START_TEST(test_verify_finds)
{
    static term elsewhere[] = {TAG_NIL, TAG_NIL};
    roots[0] = tuple2(&h, numbers(3), NIL);
    run(0, true);
    switch (_i) {
    case 0:
        roots[1] = list_term(elsewhere);
        break;
    case 1:
        tuple_elements(roots[0])[1] = list_term(elsewhere);
        break;
    case 2:
        roots[1] = boxed_term(list_ptr(element(roots[0], 0)));    // a boxed pointer to a cell
        break;
    case 3:
        roots[1] = list_term(boxed_ptr(roots[0]));    // a list pointer to an object
        break;
    case 4:
        boxed_ptr(roots[0])[0] = header(KIND_TUPLE, 1000);
        break;
    case 5:
        run(0, false);
        roots[1] = cons(&h, NIL, NIL);
        tuple_elements(roots[0])[1] = roots[1];    // from old to young
        break;
    case 6:
        heap_set_stack(&h, h.end - 1);
        h.end[-1] = list_term(elsewhere);
        break;
    }
    heap_verify(&h, &(struct root){roots, COUNT_OF(roots)}, 1);
}
END_TEST

START_TEST(test_layout)
{
    static const struct {
        enum kind kind;
        size_t words, first, count;
    } rows[] = {
        {KIND_TUPLE, 0, 1, 0},       {KIND_TUPLE, 5, 1, 5},        {KIND_MAP, 4, 1, 4},
        {KIND_TRIE, 4, 1, 4},        {KIND_FUN, 2, 2, 1},          {KIND_FUN, 5, 2, 4},
        {KIND_SUB_BIN, 3, 1, 1},     {KIND_MATCH, 7, 1, 1},        {KIND_BIG, 3, 1, 0},
        {KIND_BIG_NEG, 3, 1, 0},     {KIND_REF, 3, 1, 0},          {KIND_FLOAT, 1, 1, 0},
        {KIND_EXPORT, 1, 1, 0},      {KIND_REFC_BIN, 3, 1, 0},     {KIND_HEAP_BIN, 9, 1, 0},
        {KIND_FOREIGN_PID, 2, 1, 0}, {KIND_FOREIGN_PORT, 2, 1, 0}, {KIND_FOREIGN_REF, 4, 1, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct layout l = layout_of(header(rows[i].kind, rows[i].words));
        ck_assert_msg(l.first == rows[i].first && l.count == rows[i].count, "row %zu", i);
    }
}
END_TEST

Suite *collect_suite(void)
{
    Suite *s = suite_create("collect");
    TCase *c = tcase_create("model");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, test_model, 0, SEEDS);
    suite_add_tcase(s, c);
    c = tcase_create("collector");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, simple_setup, simple_teardown);
    tcase_add_test(c, test_generations);
    tcase_add_test(c, test_old_fills_up);
    tcase_add_loop_test(c, test_garbage_goes, 0, 2);
    tcase_add_test(c, test_sharing_is_kept);
    tcase_add_test(c, test_need);
    tcase_add_test(c, test_shrinks);
    tcase_add_test(c, test_stack_words);
    tcase_add_test(c, test_tight_stack);
    tcase_add_test(c, test_shared_binaries);
    tcase_add_test(c, test_literals_stay);
    tcase_add_loop_test(c, test_deep, 0, 2);
    tcase_add_test(c, test_stays_small);
    tcase_add_test(c, test_busy_block_grows);
    tcase_add_test(c, test_dead_fragments);
    tcase_add_loop_test_raise_signal(c, test_verify_finds, SIGABRT, 0, 7);
    tcase_add_test(c, test_layout);
    suite_add_tcase(s, c);
    return s;
}
