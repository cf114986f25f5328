// SPDX-License-Identifier: Apache-2.0
#include "code/beam.h"

#include "base/md5.h"
#include "base/memory.h"
#include "base/reader.h"
#include "base/utf8.h"
#include "code/beam_code.h"
#include "code/compact.h"
#include "code/inflate.h"
#include "term/atom.h"
#include "term/external.h"

#include <string.h>

enum chunk_name {
    CHUNK_AtU8,
    CHUNK_Atom,
    CHUNK_Code,
    CHUNK_StrT,
    CHUNK_ImpT,
    CHUNK_ExpT,
    CHUNK_FunT,
    CHUNK_LitT,
    CHUNK_Attr,
    CHUNK_CInf,
    CHUNK_Line,
    CHUNK_Meta,
    CHUNK_COUNT,
};

static const char chunk_names[CHUNK_COUNT][5] = {
    "AtU8", "Atom", "Code", "StrT", "ImpT", "ExpT", "FunT", "LitT", "Attr", "CInf", "Line", "Meta",
};

enum {
    FUN_ROW_BYTES = 24,
    LITERALS_MAX_WORDS = 1 << 28,
    LOCATION_FILES = 256,    // a location is a file and a line in 32 bits on the BEAM; beyond, there is none
    LOCATION_LINES = (1 << 24) - 1,
};

struct chunk {
    const uint8_t *bytes;    // NULL: absent
    size_t size;
};

// What is needed only while the file is read. External terms are found and measured first, and built when the area for
// all of them stands.
struct parse {
    struct beam_file *b;
    struct chunk chunks[CHUNK_COUNT];
    uint8_t *inflated;    // the literals' bytes, if they were compressed
    size_t inflated_size;
    struct external *literals;    // literal_count of them
    uint32_t literals_scanned;
    struct external attributes, compile_info;
    struct chunk *names;    // file_count; of the line chunk, [0] unused
    struct beam_code code;
    size_t words;
    const char *why;
};

// Ends the reading of a part: false, with the reason, if it went wrong.
static bool well_read(struct parse *p, const struct reader *r, const char *why)
{
    if (reader_ok(r))
        return true;
    p->why = strcmp(r->failure, "cut short") == 0 ? why : r->failure;
    return false;
}

static bool refuse(struct parse *p, const char *why)
{
    p->why = why;
    return false;
}

static void chunk_reader(struct reader *r, const struct parse *p, enum chunk_name name)
{
    static const uint8_t nothing;
    const struct chunk *c = &p->chunks[name];
    reader_init(r, c->bytes ? c->bytes : &nothing, c->size);
}

// A number of entries that take at least `each` bytes: so it cannot ask for more memory than the file is large.
static uint32_t read_count(struct reader *r, size_t each)
{
    uint32_t count = reader_u32(r);
    if (count <= reader_left(r) / each)
        return count;
    reader_fail(r, "a count that is too large");
    return 0;
}

// The container.

// Leaves the chunks in `form`.
static bool container_open(struct reader *form, const uint8_t *bytes, size_t size)
{
    struct reader file;
    reader_init(&file, bytes, size);
    const uint8_t *magic = reader_take(&file, 4);
    size_t form_size = reader_u32(&file);
    const uint8_t *form_bytes = reader_take(&file, form_size);
    if (!reader_ok(&file) || memcmp(magic, "FOR1", 4) != 0)
        return false;
    reader_init(form, form_bytes, form_size);
    const uint8_t *kind = reader_take(form, 4);
    return kind && memcmp(kind, "BEAM", 4) == 0;
}

// The name of the next chunk, or NULL: no more, or malformed. Chunks are padded to 4 bytes.
static const uint8_t *container_next(struct reader *form, struct chunk *chunk)
{
    if (reader_left(form) == 0)
        return NULL;
    const uint8_t *name = reader_take(form, 4);
    chunk->size = reader_u32(form);
    chunk->bytes = reader_take(form, chunk->size);
    reader_take(form, -chunk->size & 3);
    return reader_ok(form) ? name : NULL;
}

static bool read_container(struct parse *p, const uint8_t *bytes, size_t size)
{
    struct reader form;
    struct chunk chunk;
    if (!container_open(&form, bytes, size))
        return refuse(p, "not a BEAM file");
    for (const uint8_t *name; (name = container_next(&form, &chunk));)
        for (int i = 0; i < CHUNK_COUNT; i++)
            if (memcmp(name, chunk_names[i], 4) == 0)
                p->chunks[i] = chunk;
    return reader_ok(&form) || refuse(p, "corrupt file header");
}

const uint8_t *beam_chunk(const uint8_t *bytes, size_t size, const uint8_t name[4], size_t *chunk_size)
{
    struct reader form;
    struct chunk chunk, found = {NULL, 0};
    if (!container_open(&form, bytes, size))
        return NULL;
    for (const uint8_t *next; (next = container_next(&form, &chunk));)
        if (memcmp(next, name, 4) == 0)
            found = chunk;
    *chunk_size = found.size;
    return reader_ok(&form) ? found.bytes : NULL;
}

// Atoms. OTP 28 marks its form, where sizes are in the compact encoding, by a negative count.

static term read_atom(struct reader *r, bool utf8, bool compact_sizes)
{
    size_t size = compact_sizes ? compact_number(r, UINT16_MAX) : reader_u8(r);
    const char *text = (const char *)reader_take(r, size);
    if (!text)
        return NONE;
    term t = utf8 ? atom_from_utf8(text, size) : atom_from_latin1(text, size);
    if (t == NONE)
        reader_fail(r, "bad atom");
    return t;
}

static bool read_atoms(struct parse *p)
{
    struct beam_file *b = p->b;
    struct reader r;
    bool utf8 = p->chunks[CHUNK_AtU8].size > 0;
    chunk_reader(&r, p, utf8 ? CHUNK_AtU8 : CHUNK_Atom);
    sword count = (int32_t)reader_u32(&r);
    bool compact_sizes = count < 0;
    if (compact_sizes)
        count = -count;
    if (count == 0 || (size_t)count > reader_left(&r))
        return refuse(p, "bad atom table");
    b->atom_count = (uint32_t)count + 1;
    b->atoms = mem_zero_alloc(b->atom_count * sizeof *b->atoms);
    for (uint32_t i = 1; i < b->atom_count && reader_ok(&r); i++)
        b->atoms[i] = read_atom(&r, utf8, compact_sizes);
    b->name = b->atoms[1];
    return well_read(p, &r, "bad atom table");
}

static term indexed_atom(struct parse *p, struct reader *r)
{
    uint32_t index = reader_u32(r);
    if (index > 0 && index < p->b->atom_count)
        return p->b->atoms[index];
    reader_fail(r, "no such atom");
    return NONE;
}

static uint32_t read_bounded(struct reader *r, uint32_t max, const char *why)
{
    uint32_t value = reader_u32(r);
    if (value <= max)
        return value;
    reader_fail(r, why);
    return 0;
}

// Tables of functions. Their labels are checked to be defined when the code is read.

static bool read_imports(struct parse *p)
{
    struct beam_file *b = p->b;
    struct reader r;
    chunk_reader(&r, p, CHUNK_ImpT);
    b->import_count = read_count(&r, 12);
    b->imports = mem_alloc(b->import_count * sizeof *b->imports);
    for (uint32_t i = 0; i < b->import_count && reader_ok(&r); i++) {
        struct beam_import *import = &b->imports[i];
        import->module = indexed_atom(p, &r);
        import->function = indexed_atom(p, &r);
        import->arity = read_bounded(&r, CONFIG_MAX_ARITY, "bad arity");
    }
    return well_read(p, &r, "bad import table");
}

static uint32_t read_label(struct parse *p, struct reader *r)
{
    uint32_t label = reader_u32(r);
    if (label > 0 && label < p->b->label_count)
        return label;
    reader_fail(r, "no such label");
    return 0;
}

static bool read_exports(struct parse *p)
{
    struct beam_file *b = p->b;
    struct reader r;
    chunk_reader(&r, p, CHUNK_ExpT);
    b->export_count = read_count(&r, 12);
    b->exports = mem_alloc(b->export_count * sizeof *b->exports);
    for (uint32_t i = 0; i < b->export_count && reader_ok(&r); i++) {
        struct beam_export *export = &b->exports[i];
        export->function = indexed_atom(p, &r);
        export->arity = read_bounded(&r, CONFIG_MAX_ARITY, "bad arity");
        export->label = read_label(p, &r);
    }
    return well_read(p, &r, "bad export table");
}

static bool read_lambdas(struct parse *p)
{
    struct beam_file *b = p->b;
    struct reader r;
    if (p->chunks[CHUNK_FunT].size == 0)
        return true;
    chunk_reader(&r, p, CHUNK_FunT);
    b->lambda_count = read_count(&r, FUN_ROW_BYTES);
    b->lambdas = mem_alloc(b->lambda_count * sizeof *b->lambdas);
    for (uint32_t i = 0; i < b->lambda_count && reader_ok(&r); i++) {
        struct beam_lambda *lambda = &b->lambdas[i];
        lambda->function = indexed_atom(p, &r);
        lambda->arity = read_bounded(&r, CONFIG_MAX_ARITY, "bad arity");
        lambda->label = read_label(p, &r);
        lambda->index = reader_u32(&r);
        lambda->free = read_bounded(&r, lambda->arity, "bad number of free variables");
        lambda->old_unique = reader_u32(&r);
    }
    if (reader_left(&r) > 0)
        reader_fail(&r, "bad fun table");
    return well_read(p, &r, "bad fun table");
}

// Lines.

static void read_line_items(struct parse *p, struct reader *r)
{
    struct beam_file *b = p->b;
    word file = 0;
    for (uint32_t i = 1; i < b->line_count && reader_ok(r);) {
        struct compact n = compact_read(r);
        if (n.tag == COMPACT_ATOM && !n.bytes && n.value < b->file_count) {
            file = n.value;
        } else if (n.tag == COMPACT_INTEGER && !n.bytes && (sword)n.value >= 0) {
            if (file < LOCATION_FILES && n.value < LOCATION_LINES)
                b->lines[i] = (struct beam_line){(uint32_t)file, (uint32_t)n.value};
            i++;
        } else {
            reader_fail(r, "bad line table");
        }
    }
}

static uint32_t next_character(struct reader *r)
{
    uint32_t c = 0;
    int size = reader_left(r) > 0 ? utf8_decode(r->at, reader_left(r), &c) : UTF8_BAD;
    if (size > 0)
        reader_take(r, (size_t)size);
    else
        reader_fail(r, "bad file name");
    return c;
}

static void read_file_names(struct parse *p, struct reader *r)
{
    for (uint32_t i = 1; i < p->b->file_count && reader_ok(r); i++) {
        size_t size = reader_u16(r);
        const uint8_t *bytes = reader_take(r, size);
        if (!bytes)
            return;
        struct reader text;
        reader_init(&text, bytes, size);
        for (; reader_left(&text) > 0; p->words += 2)
            next_character(&text);
        if (!reader_ok(&text))
            reader_fail(r, text.failure);
        p->names[i] = (struct chunk){bytes, size};
    }
}

static bool read_lines(struct parse *p)
{
    struct beam_file *b = p->b;
    struct reader r;
    uint32_t items = 0, names = 0;
    chunk_reader(&r, p, CHUNK_Line);
    bool known = p->chunks[CHUNK_Line].size > 0 && reader_u32(&r) == 0;
    if (known) {
        reader_u32(&r);    // flags, unused
        reader_u32(&r);    // number of line instructions
        items = reader_u32(&r);
        names = reader_u32(&r);
        if (items > reader_left(&r) || names > reader_left(&r) / 2)
            return refuse(p, "bad line table");
    }
    b->line_count = items + 1;
    b->lines = mem_zero_alloc(b->line_count * sizeof *b->lines);
    b->file_count = names + 1;
    b->files = mem_alloc(b->file_count * sizeof *b->files);
    for (uint32_t i = 0; i < b->file_count; i++)
        b->files[i] = NIL;
    p->names = mem_zero_alloc(b->file_count * sizeof *p->names);
    p->words += 2 * (atom_text(b->name).chars + strlen(".erl"));
    if (known) {
        read_line_items(p, &r);
        read_file_names(p, &r);
    }
    return well_read(p, &r, "bad line table");
}

// Literals, attributes and compile information: measured.

static bool add_words(struct parse *p, size_t words, const char *why)
{
    p->words += words;
    return p->words <= LITERALS_MAX_WORDS || refuse(p, why);
}

static bool scan_literals(struct parse *p, struct reader *r)
{
    struct beam_file *b = p->b;
    b->literal_count = read_count(r, 4);
    b->literals = mem_alloc(b->literal_count * sizeof *b->literals);
    p->literals = mem_alloc(b->literal_count * sizeof *p->literals);
    for (uint32_t i = 0; i < b->literal_count && reader_ok(r); i++) {
        struct reader one;
        size_t size = reader_u32(r);
        const uint8_t *bytes = reader_take(r, size);
        if (!bytes)
            break;
        reader_init(&one, bytes, size);
        if (!external_scan(&p->literals[i], &one, EXTERNAL_NO_COMPRESSION))
            return refuse(p, "bad literal");
        p->literals_scanned++;
        if (!add_words(p, p->literals[i].words, "literals too large"))
            return false;
    }
    return well_read(p, r, "bad literal table");
}

// From OTP 28 on a size of 0 says that the literals are not compressed.
static bool read_literals(struct parse *p)
{
    struct reader r;
    if (p->chunks[CHUNK_LitT].size == 0)
        return true;
    chunk_reader(&r, p, CHUNK_LitT);
    size_t claimed = reader_u32(&r);
    if (claimed > 0) {
        size_t left = reader_left(&r);
        p->inflated = inflate_sized(reader_take(&r, left), left, claimed);
        if (!p->inflated)
            return refuse(p, "bad literal table");
        p->inflated_size = claimed;
        reader_init(&r, p->inflated, claimed);
    }
    return scan_literals(p, &r);
}

static bool scan_term(struct parse *p, enum chunk_name name, struct external *e, const char *why)
{
    struct reader r;
    if (p->chunks[name].size == 0)
        return true;
    chunk_reader(&r, p, name);
    if (!external_scan(e, &r, EXTERNAL_NO_COMPRESSION)) {
        memset(e, 0, sizeof *e);
        return refuse(p, why);
    }
    return add_words(p, e->words, why);
}

// Built on the area.

static term text_list(struct heap *h, const uint8_t *bytes, size_t size)
{
    struct reader r;
    term list = NIL, *last = &list;
    reader_init(&r, bytes, size);
    while (reader_left(&r) > 0) {
        term *cell = heap_alloc(h, 2);
        cell[0] = small((sword)next_character(&r));
        cell[1] = NIL;
        *last = list_term(cell);
        last = &cell[1];
    }
    return list;
}

static void build_file_names(struct parse *p, struct heap *h)
{
    struct beam_file *b = p->b;
    struct atom_text name = atom_text(b->name);
    char source[sizeof(uint32_t) * CONFIG_MAX_ATOM_CHARS + sizeof ".erl"];
    memcpy(source, name.bytes, name.size);
    memcpy(source + name.size, ".erl", sizeof ".erl");
    b->files[0] = text_list(h, (const uint8_t *)source, name.size + strlen(".erl"));
    for (uint32_t i = 1; i < b->file_count; i++)
        b->files[i] = p->names[i].size ? text_list(h, p->names[i].bytes, p->names[i].size) : b->files[0];
}

static bool build_terms(struct parse *p, struct heap *h)
{
    struct beam_file *b = p->b;
    for (uint32_t i = 0; i < b->literal_count; i++) {
        b->literals[i] = external_decode(h, &p->literals[i]);
        if (b->literals[i] == NONE)
            return refuse(p, "bad literal");
    }
    b->attributes = p->chunks[CHUNK_Attr].size ? external_decode(h, &p->attributes) : NIL;
    b->compile_info = p->chunks[CHUNK_CInf].size ? external_decode(h, &p->compile_info) : NIL;
    if (b->attributes == NONE || b->compile_info == NONE)
        return refuse(p, "bad attributes");
    build_file_names(p, h);
    return beam_code_finish(&p->code, b, h) || refuse(p, "integer too large");
}

static bool build_area(struct parse *p)
{
    struct heap h;
    p->b->literal_area = literals_new(p->words);
    if (!p->b->literal_area)
        return refuse(p, "no room for literals");
    heap_over_fragment(&h, p->b->literal_area);
    bool built = build_terms(p, &h);
    heap_close_fragment(&h, p->b->literal_area);
    return built;
}

// The checksum of what determines the module's behaviour; funs carry it. Of the fun table the old hashes count as zero.

static void digest_lambdas(struct md5 *m, const struct chunk *c)
{
    static const uint8_t zero[4];
    if (c->size < 4)
        return;
    md5_update(m, c->bytes, 4);
    for (size_t at = 4; at + FUN_ROW_BYTES <= c->size; at += FUN_ROW_BYTES) {
        md5_update(m, c->bytes + at, FUN_ROW_BYTES - sizeof zero);
        md5_update(m, zero, sizeof zero);
    }
}

static void digest(struct parse *p)
{
    static const enum chunk_name plain[] = {CHUNK_Code, CHUNK_StrT, CHUNK_ImpT, CHUNK_ExpT};
    const struct chunk *atoms = &p->chunks[p->chunks[CHUNK_AtU8].size ? CHUNK_AtU8 : CHUNK_Atom];
    struct md5 m;
    md5_init(&m);
    md5_update(&m, atoms->bytes, atoms->size);
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (p->chunks[plain[i]].size)
            md5_update(&m, p->chunks[plain[i]].bytes, p->chunks[plain[i]].size);
    digest_lambdas(&m, &p->chunks[CHUNK_FunT]);
    if (p->chunks[CHUNK_LitT].size)
        md5_update(&m, p->chunks[CHUNK_LitT].bytes, p->chunks[CHUNK_LitT].size);
    if (p->chunks[CHUNK_Meta].size)
        md5_update(&m, p->chunks[CHUNK_Meta].bytes, p->chunks[CHUNK_Meta].size);
    md5_final(&m, p->b->md5);
}

static bool read_code(struct parse *p)
{
    struct reader r;
    chunk_reader(&r, p, CHUNK_Code);
    beam_code_read(&p->code, p->b, &r);
    return well_read(p, &r, "bad code") && add_words(p, p->code.big_words, "literals too large");
}

// The label count stands in the code's header, while the code's operands refer to all the tables.
static bool peek_label_count(struct parse *p)
{
    struct reader r;
    chunk_reader(&r, p, CHUNK_Code);
    reader_take(&r, 12);
    p->b->label_count = reader_u32(&r);
    return well_read(p, &r, "no code");
}

static bool read_file(struct parse *p, const uint8_t *bytes, size_t size)
{
    if (!read_container(p, bytes, size) || !peek_label_count(p) || !read_atoms(p) || !read_imports(p) ||
        !read_exports(p) || !read_lambdas(p) || !read_lines(p) || !read_literals(p))
        return false;
    if (!scan_term(p, CHUNK_Attr, &p->attributes, "bad attributes") ||
        !scan_term(p, CHUNK_CInf, &p->compile_info, "bad compile information"))
        return false;
    p->b->strings = p->chunks[CHUNK_StrT].bytes;
    p->b->string_size = p->chunks[CHUNK_StrT].size;
    if (!read_code(p) || !build_area(p))
        return false;
    digest(p);
    return true;
}

static void parse_done(struct parse *p)
{
    for (uint32_t i = 0; i < p->literals_scanned; i++)
        external_done(&p->literals[i]);
    external_done(&p->attributes);
    external_done(&p->compile_info);
    mem_free(p->literals, p->b->literal_count * sizeof *p->literals);
    mem_free(p->names, p->b->file_count * sizeof *p->names);
    mem_free(p->inflated, p->inflated_size);
    beam_code_done(&p->code);
}

struct beam_file *beam_file_new(const uint8_t *bytes, size_t size, const char **why)
{
    struct parse p = {.b = mem_zero_alloc(sizeof *p.b)};
    bool read = read_file(&p, bytes, size);
    parse_done(&p);
    if (read)
        return p.b;
    beam_file_free(p.b);
    *why = p.why;
    return NULL;
}

void beam_file_free(struct beam_file *b)
{
    mem_free(b->atoms, b->atom_count * sizeof *b->atoms);
    mem_free(b->ops, b->op_capacity * sizeof *b->ops);
    mem_free(b->args, b->arg_capacity * sizeof *b->args);
    mem_free(b->imports, b->import_count * sizeof *b->imports);
    mem_free(b->exports, b->export_count * sizeof *b->exports);
    mem_free(b->lambdas, b->lambda_count * sizeof *b->lambdas);
    mem_free(b->lines, b->line_count * sizeof *b->lines);
    mem_free(b->files, b->file_count * sizeof *b->files);
    mem_free(b->literals, b->literal_count * sizeof *b->literals);
    if (b->literal_area)
        literals_free(b->literal_area);
    mem_free(b, sizeof *b);
}
