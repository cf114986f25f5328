// SPDX-License-Identifier: Apache-2.0
#include "code/module.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/table.h"
#include "code/export_hooks.h"
#include "code/inflate.h"
#include "code/verify.h"
#include "proc/proc.h"
#include "term/atom.h"
#include "term/copy.h"

#include <string.h>

// A name and its versions. Never freed.
struct slot {
    term name;
    struct module *current, *old;
};

static struct {
    struct lock lock;
    struct table table;
    struct slot **all;    // in the order they were made, so that a walk goes on while others add
    size_t count, capacity;
    size_t loaded;
} slots;

// Where code stands, in the order of addresses: built modules, whether published, old or purged.
static struct {
    struct lock lock;
    struct module **all;
    size_t count, capacity;
    _Atomic uint64_t built;    // modules, ever
} places;

// One module is published, deleted or purged at a time.
static struct lock publishing;

static bool slot_is(const void *entry, const void *key)
{
    return ((const struct slot *)entry)->name == *(const term *)key;
}

// Constants may hold funs.
static void watch_literals(struct reap *r)
{
    for (size_t i = 0; i < places.count; i++)
        if (places.all[i]->literal_area)
            reap_look(r, places.all[i]->literal_area->words, places.all[i]->literal_area->used);
}

void modules_open(void)
{
    lock_init(&slots.lock);
    lock_init(&places.lock);
    lock_init(&publishing);
    table_init(&slots.table, slot_is);
    reap_watch(watch_literals);
}

static void *grown(void *array, size_t count, size_t *capacity)
{
    enum { FIRST = 64 };
    if (count < *capacity)
        return array;
    size_t more = *capacity ? *capacity * 2 : FIRST;
    array = mem_resize(array, *capacity * sizeof(void *), more * sizeof(void *));
    *capacity = more;
    return array;
}

// Addresses.

// The number of modules whose code starts at or below the address. With the lock held.
static size_t places_below(const word *address)
{
    size_t low = 0, high = places.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (places.all[middle]->code <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void places_add(struct module *m)
{
    m->number = atomic_fetch_add(&places.built, 1);
    lock_take(&places.lock);
    places.all = grown(places.all, places.count, &places.capacity);
    size_t at = places_below(m->code);
    memmove(places.all + at + 1, places.all + at, (places.count - at) * sizeof *places.all);
    places.all[at] = m;
    places.count++;
    lock_give(&places.lock);
}

static void places_remove(const struct module *m)
{
    lock_take(&places.lock);
    size_t at = places_below(m->code);
    if (at > 0 && places.all[at - 1] == m) {
        places.count--;
        memmove(places.all + at - 1, places.all + at, (places.count - (at - 1)) * sizeof *places.all);
    }
    lock_give(&places.lock);
}

static const struct module *module_at(const word *address)
{
    lock_take(&places.lock);
    size_t below = places_below(address);
    const struct module *m = below ? places.all[below - 1] : NULL;
    if (m && address >= m->code + m->code_words)    // another's, which may be freed as soon as the lock is given
        m = NULL;
    lock_give(&places.lock);
    return m;
}

static const struct function *function_at(const struct module *m, const word *address)
{
    size_t low = 0, high = m->function_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (m->functions[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &m->functions[low - 1] : NULL;
}

static const struct line_mark *mark_at(const struct module *m, const word *address)
{
    size_t low = 0, high = m->mark_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (m->marks[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &m->marks[low - 1] : NULL;
}

bool code_place(const word *address, struct code_place *place)
{
    const struct module *m = module_at(address);
    const struct function *f = m ? function_at(m, address) : NULL;
    if (!f)
        return false;
    *place = (struct code_place){.module = m, .function = f};
    const struct line_mark *mark = mark_at(m, address);
    if (!mark || mark->address < f->start)
        return true;
    const struct beam_line *line = &m->lines[mark->line];
    if (line->file == 0 && line->line == 0)
        return true;
    place->file_line = line->line;
    place->file = m->files[line->file];
    return true;
}

uint64_t code_time(void)
{
    return atomic_load(&places.built);
}

bool code_place_at(const word *address, uint64_t time, struct code_place *place)
{
    return code_place(address, place) && place->module->number < time;
}

// Building.

// The parts that outlive the file. What b loses to m is not freed with b.
static void take_parts(struct module *m, struct beam_file *b)
{
    m->name = b->name;
    memcpy(m->md5, b->md5, sizeof m->md5);
    m->lines = b->lines;
    m->line_count = b->line_count;
    m->files = b->files;
    m->file_count = b->file_count;
    m->exports = b->exports;
    m->export_count = b->export_count;
    m->literal_area = b->literal_area;
    m->attributes = b->attributes;
    m->compile_info = b->compile_info;
    m->string_size = b->string_size;
    m->strings = mem_alloc(b->string_size);
    if (b->string_size)
        memcpy(m->strings, b->strings, b->string_size);
    m->label_count = b->label_count;
}

static void give_parts_up(struct beam_file *b)
{
    b->lines = NULL;
    b->files = NULL;
    b->exports = NULL;
    b->literal_area = NULL;
}

// Exports are named first, and in the file's order: module_info lists them as the table of exports has them.
static void name_functions(struct module *m, const struct beam_file *b)
{
    for (uint32_t i = 0; i < b->export_count; i++)
        export_get(b->name, b->exports[i].function, b->exports[i].arity);
    m->import_count = b->import_count;
    m->imports = mem_alloc(b->import_count * sizeof *m->imports);
    for (uint32_t i = 0; i < b->import_count; i++)
        m->imports[i] = export_get(b->imports[i].module, b->imports[i].function, b->imports[i].arity);
    m->lambda_count = b->lambda_count;
    m->lambdas = mem_alloc(b->lambda_count * sizeof *m->lambdas);
    for (uint32_t i = 0; i < b->lambda_count; i++) {
        const struct beam_lambda *l = &b->lambdas[i];
        struct fun_entry like = {
            .module = b->name,
            .index = l->index,
            .old_index = i,
            .old_unique = l->old_unique,
            .arity = l->arity - l->free,
            .free = l->free,
        };
        memcpy(like.unique, b->md5, sizeof like.unique);
        m->lambdas[i] = fun_entry_hold(&like);
    }
}

// Labels become addresses for good.
static void resolve_labels(struct module *m, const struct beam_file *b)
{
    m->export_codes = mem_alloc(m->export_count * sizeof *m->export_codes);
    for (uint32_t i = 0; i < m->export_count; i++)
        m->export_codes[i] = m->labels[m->exports[i].label];
    m->lambda_codes = mem_alloc(m->lambda_count * sizeof *m->lambda_codes);
    for (uint32_t i = 0; i < m->lambda_count; i++)
        m->lambda_codes[i] = m->labels[b->lambdas[i].label];
    m->on_load = b->on_load_label ? m->labels[b->on_load_label] : NULL;
}

static void free_loading_parts(struct module *m)
{
    mem_free(m->labels, m->labels ? m->label_count * sizeof *m->labels : 0);
    mem_free(m->imports, m->import_count * sizeof *m->imports);
    m->labels = NULL;
    m->imports = NULL;
}

static struct module *build(struct beam_file *b, const char **why)
{
    struct module *m = mem_zero_alloc(sizeof *m);
    take_parts(m, b);
    name_functions(m, b);
    bool lowered = lower_module(b, m, why);
    give_parts_up(b);
    if (!lowered) {
        module_free(m);
        return NULL;
    }
    resolve_labels(m, b);
    free_loading_parts(m);
    places_add(m);
    return m;
}

static struct module *build_plain(const uint8_t *bytes, size_t size, const char **why)
{
    struct beam_file *b = beam_file_new(bytes, size, why);
    if (!b)
        return NULL;
    struct module *m = verify_code(b, why) ? build(b, why) : NULL;
    beam_file_free(b);
    return m;
}

struct module *module_build(const uint8_t *bytes, size_t size, const char **why)
{
    if (size < 2 || bytes[0] != 0x1F || bytes[1] != 0x8B)
        return build_plain(bytes, size, why);
    size_t plain_size;
    uint8_t *plain = inflate_gzip(bytes, size, &plain_size);
    if (!plain) {
        *why = "bad compressed file";
        return NULL;
    }
    struct module *m = build_plain(plain, plain_size, why);
    mem_free(plain, plain_size);
    return m;
}

void module_set_file(struct module *m, term file)
{
    m->file = file;
    if (is_immediate(file))
        return;
    struct heap h;
    size_t words = term_words_flat(file);
    m->file_area = literals_new(words);
    heap_over_fragment(&h, m->file_area);
    m->file = term_copy_literals(&h, file, words);
    heap_close_fragment(&h, m->file_area);
}

// All but its literals, which others may refer to.
static void free_code(struct module *m)
{
    places_remove(m);
    free_loading_parts(m);
    for (uint32_t i = 0; i < m->lambda_count; i++)
        fun_entry_drop(m->lambdas[i]);
    mem_free(m->code, m->code_words * sizeof *m->code);
    mem_free(m->functions, m->function_count * sizeof *m->functions);
    mem_free(m->marks, m->mark_count * sizeof *m->marks);
    mem_free(m->lines, m->line_count * sizeof *m->lines);
    mem_free(m->files, m->file_count * sizeof *m->files);
    mem_free(m->strings, m->string_size);
    mem_free(m->lambdas, m->lambda_count * sizeof *m->lambdas);
    mem_free(m->exports, m->export_count * sizeof *m->exports);
    mem_free(m->lambda_codes, m->lambda_codes ? m->lambda_count * sizeof *m->lambda_codes : 0);
    mem_free(m->export_codes, m->export_codes ? m->export_count * sizeof *m->export_codes : 0);
    mem_free(m, sizeof *m);
}

void module_free(struct module *m)
{
    struct fragment *areas[] = {m->literal_area, m->file_area};
    free_code(m);
    for (size_t i = 0; i < COUNT_OF(areas); i++)
        if (areas[i])
            literals_free(areas[i]);
}

static void release_code(struct reap_code *c)
{
    struct module *m = CONTAINER_OF(c, struct module, reap);
    struct fragment *areas[] = {m->literal_area, m->file_area};
    free_code(m);
    for (size_t i = 0; i < COUNT_OF(areas); i++)
        if (areas[i])
            reap_literals(areas[i]);
}

void modules_close(void)
{
    while (places.count)
        module_free(places.all[places.count - 1]);
    for (size_t i = 0; i < slots.count; i++)
        mem_free(slots.all[i], sizeof *slots.all[i]);
    mem_free(slots.all, slots.capacity * sizeof *slots.all);
    mem_free(places.all, places.capacity * sizeof *places.all);
    table_done(&slots.table);
    memset(&slots, 0, sizeof slots);
    memset(&places, 0, sizeof places);
    reap_close();
}

// Versions.

static struct slot *slot_find(term name)
{
    lock_take(&slots.lock);
    struct slot *s = table_find(&slots.table, table_hash_word(name), &name);
    lock_give(&slots.lock);
    return s;
}

static struct slot *slot_get(term name)
{
    lock_take(&slots.lock);
    struct slot *s = table_find(&slots.table, table_hash_word(name), &name);
    if (!s) {
        s = mem_alloc(sizeof *s);
        *s = (struct slot){.name = name};
        table_add(&slots.table, table_hash_word(name), s);
        slots.all = grown(slots.all, slots.count, &slots.capacity);
        slots.all[slots.count++] = s;
    }
    lock_give(&slots.lock);
    return s;
}

static void slot_set(struct slot *s, struct module *current, struct module *old)
{
    lock_take(&slots.lock);
    slots.loaded += (current != NULL) - (size_t)(s->current != NULL);
    __atomic_store_n(&s->current, current, __ATOMIC_RELEASE);
    __atomic_store_n(&s->old, old, __ATOMIC_RELEASE);
    lock_give(&slots.lock);
}

static void enable_funs(struct module *m)
{
    for (uint32_t i = 0; i < m->lambda_count; i++)
        fun_set_bytecode(m->lambdas[i], m->lambda_codes[i]);
}

void module_enable_funs(struct module *m)
{
    lock_take(&publishing);
    enable_funs(m);
    lock_give(&publishing);
}

static bool is_code_of(const struct module *m, const word *code)
{
    return code >= m->code && code < m->code + m->code_words;
}

// What the version exported and no newer one does, is exported no longer.
static void withdraw_exports(const struct module *m)
{
    for (uint32_t i = 0; i < m->export_count; i++) {
        struct export *e = export_get(m->name, m->exports[i].function, m->exports[i].arity);
        const word *bytecode = export_bytecode(e);
        if (bytecode && is_code_of(m, bytecode))
            export_set_bytecode(e, NULL);
    }
}

// An entry may by now belong to another loading of the same code.
static void withdraw_funs(const struct module *m)
{
    for (uint32_t i = 0; i < m->lambda_count; i++)
        if (fun_entry_bytecode(m->lambdas[i]) == m->lambda_codes[i])
            fun_set_bytecode(m->lambdas[i], NULL);
}

// Nothing calls it any more. If another version has the same code, and so the same funs, they are that one's by now; or they are gone, as
// on the BEAM, after an on_load function that failed.
static void give_up(struct module *m)
{
    withdraw_funs(m);
    m->reap = (struct reap_code){.from = m->code, .to = m->code + m->code_words, .release = release_code};
    reap_code(&m->reap);
}

void module_give_up(struct module *m)
{
    lock_take(&publishing);
    give_up(m);
    lock_give(&publishing);
}

void module_publish(struct module *m)
{
    lock_take(&publishing);
    struct slot *s = slot_get(m->name);
    struct module *before = s->current;
    enable_funs(m);
    for (uint32_t i = 0; i < m->export_count; i++) {
        struct export *e = export_get(m->name, m->exports[i].function, m->exports[i].arity);
        export_set_bytecode(e, m->export_codes[i]);
    }
    struct module *lost = before ? s->old : NULL;
    if (before)
        withdraw_exports(before);
    slot_set(s, m, before ? before : s->old);
    if (lost)
        give_up(lost);
    lock_give(&publishing);
}

struct module *module_load(const uint8_t *bytes, size_t size, const char **why)
{
    struct module *m = module_build(bytes, size, why);
    if (m)
        module_publish(m);
    return m;
}

bool module_delete(term name)
{
    lock_take(&publishing);
    struct slot *s = slot_find(name);
    struct module *m = s ? s->current : NULL;
    if (m) {
        slot_set(s, NULL, m);
        withdraw_exports(m);
    }
    lock_give(&publishing);
    return m != NULL;
}

bool module_purge(term name)
{
    lock_take(&publishing);
    struct slot *s = slot_find(name);
    struct module *old = s ? s->old : NULL;
    if (old) {
        slot_set(s, s->current, NULL);
        give_up(old);
    }
    lock_give(&publishing);
    return old != NULL;
}

bool module_in_use(struct proc *p, term name)
{
    const struct module *m = module_old(name);
    if (!m)
        return false;
    if (is_code_of(m, p->ip))
        return true;
    for (const term *at = heap_stack(&p->heap); at < p->heap.end; at++)
        if ((is_header(*at) && is_code_of(m, (const word *)(uintptr_t)*at - 1)) ||
            (is_catch(*at) && is_code_of(m, catch_handler(*at))))
            return true;
    return false;
}

struct module *module_find(term name)
{
    struct slot *s = slot_find(name);
    return s ? __atomic_load_n(&s->current, __ATOMIC_ACQUIRE) : NULL;
}

struct module *module_old(term name)
{
    struct slot *s = slot_find(name);
    return s ? __atomic_load_n(&s->old, __ATOMIC_ACQUIRE) : NULL;
}

size_t module_count(void)
{
    lock_take(&slots.lock);
    size_t count = slots.loaded;
    lock_give(&slots.lock);
    return count;
}

term module_next(size_t *at)
{
    term name = NONE;
    lock_take(&slots.lock);
    while (name == NONE && *at < slots.count) {
        const struct slot *s = slots.all[(*at)++];
        if (s->current || s->old)
            name = s->name;
    }
    lock_give(&slots.lock);
    return name;
}
