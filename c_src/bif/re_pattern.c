// SPDX-License-Identifier: Apache-2.0
#include "bif/re_pattern.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/die.h"
#include "base/memory.h"
#include "base/table.h"
#include "base/writer.h"
#include "bif/re_compile.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    CACHE_SLOTS = 64,
    RUNS_BEFORE_JIT = 2,    // a pattern that runs again is worth machine code
    JIT_STACK_FIRST = 32 << 10,
    JIT_STACK_MOST = 4 << 20,       // bytes; a match that needs more is interpreted
    HEAP_LIMIT = 1 << 20,           // kilobytes that one match may use for going back
    FIRST_PART = 8,                 // places for a match to start, tried before the clock is looked at
    SLICE_NANOSECONDS = 1000000,    // before other processes get their turn
    LARGE_BLOCK = 256 << 10,        // a match's memory is kept for the next one only below this
    HEAD_BYTES = 14,
};

// What a binary of ours begins with; then the options (4 bytes), newline and bsr (1 byte each), the source.
static const uint8_t mark[8] = {'T', 'A', 'N', 'D', 'E', 'M', 'r', 1};

// One a thread, made at its first pattern, freed when it ends.
struct patterns {
    struct re_code *slots[CACHE_SLOTS];
    pcre2_general_context *memory;
    pcre2_match_context *match;
    pcre2_jit_stack *jit_stack;
    bool large;              // the match under way took a large block
    struct shared *valid;    // re_valid_remember; NULL: none
    const uint8_t *valid_from;
    size_t valid_size;
};

static _Thread_local struct patterns *own;
static pthread_key_t ending;
static bool has_ending;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void code_free(struct re_code *c)
{
    if (!c)
        return;
    pcre2_match_data_free(c->data);
    pcre2_code_free(c->code);
    mem_free(c->key, c->key_size);
    mem_free(c, sizeof *c);
}

static void patterns_free(void *state)
{
    struct patterns *p = state;
    if (p->valid)
        shared_drop(p->valid);
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        code_free(p->slots[i]);
    pcre2_jit_stack_free(p->jit_stack);
    pcre2_match_context_free(p->match);
    pcre2_general_context_free(p->memory);
    mem_free(p, sizeof *p);
    own = NULL;
}

static void ending_open(void)
{
    if (pthread_key_create(&ending, patterns_free) != 0)
        die("no key for the end of threads");
    has_ending = true;
}

void re_patterns_close(void)
{
    if (own)
        patterns_free(own);
    if (has_ending)
        pthread_key_delete(ending);
    has_ending = false;
    once = PTHREAD_ONCE_INIT;
    pcre2_jit_free_unused_memory(NULL);
}

static void *take_block(size_t size, void *state)
{
    struct patterns *p = state;
    p->large |= size > LARGE_BLOCK;
    return malloc(size);
}

static void give_block(void *block, void *state)
{
    (void)state;
    free(block);
}

static COLD struct patterns *patterns_open(void)
{
    struct patterns *p = mem_zero_alloc(sizeof *p);
    pthread_once(&once, ending_open);
    pthread_setspecific(ending, p);
    p->memory = pcre2_general_context_create(take_block, give_block, p);
    p->match = pcre2_match_context_create(NULL);
    p->jit_stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, NULL);
    if (!p->memory || !p->match)
        die("no memory for regular expressions");
    if (p->jit_stack)
        pcre2_jit_stack_assign(p->match, NULL, p->jit_stack);
    return own = p;
}

static struct patterns *patterns_own(void)
{
    return LIKELY(own != NULL) ? own : patterns_open();
}

static void put_binary(struct writer *w, const struct re_source *s)
{
    writer_bytes(w, mark, sizeof mark);
    writer_u32(w, s->options);
    writer_u8(w, s->newline);
    writer_u8(w, s->bsr);
    writer_bytes(w, s->text, s->size);
}

bool re_pattern_read(const uint8_t *bytes, size_t size, struct re_source *s)
{
    if (size < HEAD_BYTES || memcmp(bytes, mark, sizeof mark) != 0)
        return false;
    const uint8_t *o = bytes + sizeof mark;
    s->options = (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3];
    s->newline = o[4];
    s->bsr = o[5];
    s->text = bytes + HEAD_BYTES;
    s->size = size - HEAD_BYTES;
    return (s->options & ~re_compile_bits) == 0;
}

static void new_data(struct re_code *c, struct patterns *p)
{
    c->data = pcre2_match_data_create_from_pattern(c->code, p->memory);
    if (!c->data)
        die("no memory for a match");
}

// In UTF-8 without ucp, PCRE's interpreters take the first letters of \w+ and \W+ for ASCII only. Machine code doesn't.
static bool stays_interpreted(const struct re_code *c, uint32_t options)
{
    return (options & (PCRE2_UTF | PCRE2_UCP)) == PCRE2_UTF &&
           (memmem(c->key, c->key_size, "\\w", 2) || memmem(c->key, c->key_size, "\\W", 2));
}

// Whether a search may go on at a later place as if it started there.
static bool is_divisible(const struct re_code *c, uint32_t options)
{
    return (options & (PCRE2_ANCHORED | PCRE2_FIRSTLINE)) == 0 && !memmem(c->key, c->key_size, "\\G", 2) &&
           !memmem(c->key, c->key_size, "(*", 2);
}

static struct re_code *code_new(pcre2_code *compiled, struct writer *key, uint64_t hash, struct patterns *p)
{
    struct re_code *c = mem_zero_alloc(sizeof *c);
    c->code = compiled;
    c->hash = hash;
    c->key_size = key->size;
    c->key = mem_alloc(key->size);
    memcpy(c->key, key->bytes, key->size);
    uint32_t options = 0;
    pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &c->groups);
    pcre2_pattern_info(compiled, PCRE2_INFO_NAMECOUNT, &c->names);
    pcre2_pattern_info(compiled, PCRE2_INFO_NAMEENTRYSIZE, &c->name_size);
    pcre2_pattern_info(compiled, PCRE2_INFO_NAMETABLE, &c->name_table);
    pcre2_pattern_info(compiled, PCRE2_INFO_ALLOPTIONS, &options);
    c->utf = (options & PCRE2_UTF) != 0;
    c->interpreted = stays_interpreted(c, options);
    c->divisible = is_divisible(c, options);
    new_data(c, p);
    return c;
}

struct re_code *re_code_get(const struct re_source *s, struct re_error *e)
{
    struct patterns *p = patterns_own();
    struct writer key;
    writer_init(&key);
    put_binary(&key, s);
    uint64_t hash = table_hash_bytes(key.bytes, key.size);
    struct re_code **slot = &p->slots[hash % CACHE_SLOTS], *c = *slot;
    if (!c || c->hash != hash || c->key_size != key.size || memcmp(c->key, key.bytes, key.size) != 0) {
        pcre2_code *compiled = re_compile(s, e);
        c = compiled ? code_new(compiled, &key, hash, p) : NULL;
        if (c) {
            code_free(*slot);
            *slot = c;
        }
    }
    writer_done(&key);
    return c;
}

static bool is_crlf(const struct re_code *c)
{
    uint32_t newline = 0;
    pcre2_pattern_info(c->code, PCRE2_INFO_NEWLINE, &newline);
    return newline == PCRE2_NEWLINE_CRLF || newline == PCRE2_NEWLINE_ANY || newline == PCRE2_NEWLINE_ANYCRLF;
}

term re_pattern_term(struct heap *h, const struct re_source *s, const struct re_code *c)
{
    term binary = binary_from(h, c->key, c->key_size);
    term unicode = small((s->options & PCRE2_UTF) != 0);
    return tuple_of(h, 5, (term[]){ATOM_re_pattern, small(c->groups), unicode, small(is_crlf(c)), binary});
}

bool re_name_repeats(const struct re_code *c, uint32_t name)
{
    return name > 0 && strcmp(re_name_text(c, name - 1), re_name_text(c, name)) == 0;
}

// Limits given by the program count the interpreter's steps.
static uint32_t prepare(struct patterns *p, struct re_code *c, const struct re_options *o)
{
    uint32_t most = 0;
    pcre2_config(PCRE2_CONFIG_MATCHLIMIT, &most);
    pcre2_set_match_limit(p->match, o->has_match_limit ? o->match_limit : most);
    pcre2_set_depth_limit(p->match, o->has_depth_limit ? o->depth_limit : most);
    pcre2_set_heap_limit(p->match, HEAP_LIMIT);
    if (o->has_match_limit || o->has_depth_limit)
        return o->match | PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT;
    if (!c->interpreted && c->runs < RUNS_BEFORE_JIT && ++c->runs == RUNS_BEFORE_JIT)
        pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE);
    return o->match | PCRE2_NO_UTF_CHECK;
}

// A match that starts at `last` at the latest.
static int match_until(struct patterns *p, struct re_code *c, const struct re_subject *s, uint32_t options, size_t last)
{
    const uint8_t *bytes = s->bytes ? s->bytes : (const uint8_t *)"";
    pcre2_set_offset_limit(p->match, last);
    int rc = pcre2_match(c->code, bytes, s->size, s->offset, options, c->data, p->match);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(c->code, bytes, s->size, s->offset, options | PCRE2_NO_JIT, c->data, p->match);
    return rc;
}

// The last of `part` places from the offset on; neither a character nor CR LF is torn apart behind it.
static size_t part_end(const struct re_subject *s, size_t part)
{
    if (part >= s->size - s->offset)
        return PCRE2_UNSET;
    size_t next = s->offset + part;
    while (next < s->size && (s->bytes[next] & 0xC0) == 0x80)
        next++;
    if (next < s->size && s->bytes[next] == '\n' && s->bytes[next - 1] == '\r')
        next++;
    return next < s->size ? next - 1 : PCRE2_UNSET;
}

// The places where a match could start are tried part by part. After a slow part the next one is smaller.
static int match_parts(struct patterns *p, struct re_code *c, struct re_subject *s, uint32_t options, size_t part)
{
    int64_t begin = 0, before = 0;
    for (;;) {
        size_t last = part_end(s, part);
        int rc = match_until(p, c, s, options, last);
        if (rc != PCRE2_ERROR_NOMATCH || last == PCRE2_UNSET)
            return rc;
        s->offset = last + 1;
        int64_t now = clock_monotonic();
        if (begin == 0)
            begin = before = now;
        if (now - begin > SLICE_NANOSECONDS || CONFIG_STRESS)
            return RE_UNFINISHED;
        part = now - before < SLICE_NANOSECONDS / 16 ? part * 4 : part / 4 + 1;
        before = now;
    }
}

int re_match(struct re_code *c, struct re_subject *s, const struct re_options *o)
{
    struct patterns *p = patterns_own();
    uint32_t options = prepare(p, c, o);
    if (!c->divisible || s->offset > s->size || (options & (PCRE2_ANCHORED | PCRE2_NOTEMPTY_ATSTART)))
        return match_until(p, c, s, options, PCRE2_UNSET);
    return match_parts(p, c, s, options, o->from || CONFIG_STRESS ? 1 : FIRST_PART);
}

void re_match_done(struct re_code *c)
{
    struct patterns *p = patterns_own();
    if (!p->large)
        return;
    p->large = false;
    pcre2_match_data_free(c->data);
    new_data(c, p);
}

bool re_valid_known(const uint8_t *bytes, size_t size)
{
    const struct patterns *p = patterns_own();
    return p->valid && p->valid_from == bytes && p->valid_size == size;
}

void re_valid_remember(struct shared *s, const uint8_t *bytes, size_t size)
{
    struct patterns *p = patterns_own();
    re_valid_forget();
    shared_hold(s);
    p->valid = s;
    p->valid_from = bytes;
    p->valid_size = size;
}

void re_valid_forget(void)
{
    struct patterns *p = patterns_own();
    if (p->valid)
        shared_drop(p->valid);
    p->valid = NULL;
}
