// SPDX-License-Identifier: Apache-2.0
// Any object code that is accepted is run: every export, in processes of their own with arguments of all kinds, for so many
// reductions. What it does is its own business; what it does to the engine is not.
// Bytes are changed where they matter most, inside the code chunk: operations exchanged, repeated, operands altered.
#include "main/engine.h"

#include "base/log.h"
#include "base/memory.h"
#include "code/export_hooks.h"
#include "code/module.h"
#include "proc/proc.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_EXPORTS = 24,
    MAX_REDUCTIONS = CONFIG_STRESS ? 1000 : 20000,
    MAX_HEAP_WORDS = CONFIG_STRESS ? 1 << 12 : 1 << 20,
    MAX_ASKED = 64,
    MIN_ROUNDS = 3,    // of idleness: messages are sent after the first ones
    CHUNK_HEADER = 8,
    CODE_HEADER = 20,
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max_size);

static struct {
    term modules[MAX_ASKED];
    size_t count;
} asked;

static uint64_t reductions_before;
static unsigned idle_rounds;

static void ask(term name)
{
    if (asked.count < MAX_ASKED)
        asked.modules[asked.count++] = name;
}

// Nobody has any other module.
static bool answer(void)
{
    bool any = asked.count > 0;
    while (asked.count > 0)
        module_arrived(asked.modules[--asked.count], NULL, 0);
    return any;
}

static term some_term(struct heap *h, unsigned which)
{
    switch (which % 12) {
    case 0:
        return small((sword)which - 6);
    case 1:
        return ATOM_error;
    case 2:
        return NIL;
    case 3:
        return list_of(h, 3, (term[]){small(1), ATOM_ok, small(3)}, NIL);
    case 4:
        return tuple2(h, ATOM_ok, small((sword)which));
    case 5:
        return tuple3(h, ATOM_error, small(1), cons(h, small(2), NIL));
    case 6:
        return binary_from(h, "fuzz\xE2\x82\xAC and more", 16);
    case 7:
        return float_term(h, 2.5);
    case 8:
        return map_from_pairs(h, (term[]){ATOM_ok, small(1), ATOM_error, NIL}, 2);
    case 9:
        return export_make(h, export_get(ATOM_erlang, ATOM_element, 2));
    case 10:
        return list_of(h, 2, (term[]){tuple2(h, ATOM_ok, NIL), tuple2(h, ATOM_error, NIL)}, NIL);
    }
    return tuple_of(h, 5, (term[]){ATOM_error, NIL, ATOM_true, NIL, binary_from(h, "address!address!", 16)});
}

static void send_all(void)
{
    struct heap h;
    uint32_t at = 0;
    heap_init(&h, 512);
    for (term pid = proc_next(&at); pid != NONE; pid = proc_next(&at))
        for (unsigned i = 0; i < 6; i++)
            signal_message(pid, some_term(&h, i + 2 * pid_number(pid)));
    heap_done(&h);
}

static struct traffic poll(int64_t wait_ns)
{
    bool idle = wait_ns != 0 && !answer();
    if (idle && idle_rounds++ < MIN_ROUNDS)
        send_all();
    else if (idle || proc_total_reductions() - reductions_before > MAX_REDUCTIONS)
        sched_stop();
    return (struct traffic){0};
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    log_set_level(LOG_ERROR);
    engine_open();
    mem_set_limit((size_t)1 << 30);    // what asks for more dies, and the fuzzer doesn't take it for a leak
    module_hooks.ask = ask;
    sched_hooks.poll = poll;
    return 0;
}

static void spawn_call(const struct module *m, const struct beam_export *e, unsigned which)
{
    struct heap h;
    struct spawn s;
    term arguments[CONFIG_MAX_ARITY];
    heap_init(&h, 4096);
    for (uint32_t i = 0; i < e->arity; i++)
        arguments[i] = some_term(&h, which + 5 * i);
    spawn_init(&s, NULL);
    s.module = m->name;
    s.function = e->function;
    s.arguments = list_of(&h, e->arity, arguments, NIL);
    s.max_heap = (struct max_heap){.words = MAX_HEAP_WORDS, .kill = true};
    s.sensitive = true;
    proc_spawn(NULL, &s);
    heap_done(&h);
}

static void run(const struct module *m, unsigned which)
{
    enum { CALLS = 4 };
    idle_rounds = 0;
    reductions_before = proc_total_reductions();
    sched_start(1);
    for (uint32_t i = 0; i < m->export_count && i < MAX_EXPORTS; i++)
        for (unsigned n = 0; n < CALLS; n++)
            spawn_call(m, &m->exports[i], which + 7 * n + i);
    sched_run();
}

// All that could still run it has ended; it is freed in one of the next runs.
static void forget(const struct module *m)
{
    term name = m->name;
    module_delete(name);
    module_purge(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *why = NULL;
    unsigned which = 0;
    for (size_t i = 0; i < size; i++)
        which = which * 31 + bytes[i];
    struct module *m = module_load(bytes, size, &why);
    if (!m)
        return -1;
    run(m, which);
    forget(m);
    return 0;
}

static uint32_t random_number(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

// The operations inside a file; NULL: it has none.
static uint8_t *operations(uint8_t *bytes, size_t size, size_t *length)
{
    size_t chunk;
    static const uint8_t name[4] = {'C', 'o', 'd', 'e'};
    const uint8_t *code = beam_chunk(bytes, size, name, &chunk);
    if (!code || chunk <= CODE_HEADER)
        return NULL;
    *length = chunk - CODE_HEADER;
    return bytes + (code - bytes) + CODE_HEADER;
}

static void change_one(uint8_t *code, size_t length, uint32_t *state)
{
    enum { SPAN = 12 };
    size_t at = random_number(state) % length, other = random_number(state) % length;
    size_t room = length - (at > other ? at : other), span = 1 + random_number(state) % SPAN;
    switch (random_number(state) % 6) {
    case 0:
        code[at] = (uint8_t)random_number(state);
        return;
    case 1:
        code[at] = (uint8_t)(code[at] + 16);    // the next register, label, number
        return;
    case 2:
        code[at] = (uint8_t)(code[at] - 16);
        return;
    case 3:
        code[at] ^= (uint8_t)(1u << random_number(state) % 8);
        return;
    case 4:
        memmove(code + at, code + other, span < room ? span : room);
        return;
    }
    uint8_t kept = code[at];
    code[at] = code[other];
    code[other] = kept;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned seed)
{
    uint32_t state = seed * 2654435761u | 1;
    size_t length;
    uint8_t *code = random_number(&state) % 16 ? operations(bytes, size, &length) : NULL;
    if (!code)
        return LLVMFuzzerMutate(bytes, size, max_size);
    for (unsigned left = 1 + random_number(&state) % 4; left > 0; left--)
        change_one(code, length, &state);
    return size;
}
