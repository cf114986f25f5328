// SPDX-License-Identifier: Apache-2.0
// Where PCRE 8 is more lenient than PCRE2, the source is edited before PCRE2 reads it, and the places of errors are
// counted back: an escaped letter that means nothing stands for itself; the leading item (*UTF8) means (*UTF).
#include "bif/re_compile.h"

#include "base/die.h"
#include "base/memory.h"
#include "base/writer.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
    TABLES_BYTES = 1088,
    FOLD = 0,             // lower case, 256 bytes
    FLIP = 256,           // the other case, 256 bytes
    CLASSES = 512,        // bit maps of 32 bytes
    CLASS_COUNT = 10,
    TYPES = 832,          // 256 bytes of bits
    DEEPEST_GROUPS = 799, // nested; OTP's library gives up there, too
};

enum pcre2_error {
    UNKNOWN_ESCAPE = 103,
    UNSUPPORTED_ESCAPE = 137,
    BAD_NEWLINE = 156,
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint8_t tables[TABLES_BYTES];

// A character of Latin-1 above 127 belongs to the same classes as this one of ASCII.
static uint8_t prototype(unsigned character)
{
    if (character < 0xA0)
        return 1;
    if (character == 0xAA || character == 0xB5 || character == 0xBA || character == 0xDF || character == 0xFF)
        return 'z';
    if (character < 0xC0 || character == 0xD7 || character == 0xF7)
        return '!';
    return character < 0xE0 ? 'Z' : 'z';
}

// OTP's tables are those of Latin-1. They are made of PCRE2's own ones for ASCII, so that only their layout is known here.
static void tables_open(void)
{
    const uint8_t *ascii = pcre2_maketables(NULL);
    if (!ascii)
        die("no memory for character tables");
    memcpy(tables, ascii, TABLES_BYTES);
    pcre2_maketables_free(NULL, ascii);
    for (unsigned c = 128; c < 256; c++) {
        uint8_t like = prototype(c);
        bool cased = c >= 0xC0 && like != '!' && c != 0xDF && c != 0xFF;
        tables[FOLD + c] = (uint8_t)(cased ? c | 0x20 : c);
        tables[FLIP + c] = (uint8_t)(cased ? c ^ 0x20 : c);
        tables[TYPES + c] = tables[TYPES + like];
        for (uint8_t *map = tables + CLASSES; map < tables + CLASSES + CLASS_COUNT * 32; map += 32) {
            map[c / 8] &= (uint8_t)~(1u << c % 8);
            map[c / 8] |= (uint8_t)((map[like / 8] >> like % 8 & 1) << c % 8);
        }
    }
}

// An edit of the source: after `at`, in the edited text, there are `more` bytes more than in the source (or less).
struct edit {
    size_t at;
    sword more;
};

struct job {
    struct writer text;      // edited
    struct writer edits;     // struct edit, by place
};

static void replace(struct job *j, size_t at, size_t size, const char *by)
{
    struct edit edit = {at, (sword)strlen(by) - (sword)size};
    size_t old = j->text.size;
    if (edit.more > 0)
        writer_room(&j->text, (size_t)edit.more);
    memmove(j->text.bytes + at + strlen(by), j->text.bytes + at + size, old - at - size);
    j->text.size = (size_t)((sword)old + edit.more);
    memcpy(j->text.bytes + at, by, strlen(by));
    memcpy(writer_room(&j->edits, sizeof edit), &edit, sizeof edit);
}

static size_t place_in_source(const struct job *j, size_t at)
{
    sword place = (sword)at;
    for (size_t i = 0; i < j->edits.size; i += sizeof(struct edit)) {
        struct edit edit;
        memcpy(&edit, j->edits.bytes + i, sizeof edit);
        if (edit.at < at)
            place -= edit.more;
    }
    return (size_t)place;
}

// Leading items such as (*ANYCRLF) come before the pattern.
static void edit_leading_items(struct job *j)
{
    size_t at = 0;
    for (;;) {
        const uint8_t *item = j->text.bytes + at;
        size_t left = j->text.size - at, n = 2;
        if (left < 3 || memcmp(item, "(*", 2) != 0)
            return;
        while (n < left && (isupper(item[n]) || isdigit(item[n]) || item[n] == '_' || item[n] == '='))
            n++;
        if (n == left || item[n] != ')')
            return;
        if (n == 6 && memcmp(item, "(*UTF8)", 7) == 0) {
            replace(j, at, 7, "(*UTF)");
            n--;
        }
        at += n + 1;
    }
}

// An escaped letter that ends at the place of an error is written as its code, which means just that letter.
static bool edit_escape(struct job *j, int error, size_t end)
{
    if ((error != UNKNOWN_ESCAPE && error != UNSUPPORTED_ESCAPE) || end < 2 || end > j->text.size)
        return false;
    uint8_t letter = j->text.bytes[end - 1];
    if (!isalpha(letter) || j->text.bytes[end - 2] != '\\' || (error == UNSUPPORTED_ESCAPE && letter != 'F'))
        return false;
    char code[8];
    snprintf(code, sizeof code, "\\x%02x", letter);
    replace(j, end - 2, 2, code);
    return true;
}

static uint32_t pcre2_newline(uint8_t newline)
{
    static const uint32_t newlines[] = {PCRE2_NEWLINE_LF,   PCRE2_NEWLINE_CR,  PCRE2_NEWLINE_LF,
                                        PCRE2_NEWLINE_CRLF, PCRE2_NEWLINE_ANY, PCRE2_NEWLINE_ANYCRLF};
    return newlines[newline];
}

static pcre2_compile_context *context_of(const struct re_source *s)
{
    pcre2_compile_context *c = pcre2_compile_context_create(NULL);
    if (!c)
        die("no memory for a regular expression");
    pthread_once(&once, tables_open);
    pcre2_set_character_tables(c, tables);
    pcre2_set_newline(c, pcre2_newline(s->newline));
    pcre2_set_bsr(c, s->bsr == RE_BSR_ANYCRLF ? PCRE2_BSR_ANYCRLF : PCRE2_BSR_UNICODE);
    pcre2_set_parens_nest_limit(c, DEEPEST_GROUPS);
    pcre2_set_compile_extra_options(c, PCRE2_EXTRA_ALLOW_LOOKAROUND_BSK);
    return c;
}

static void tell(struct re_error *e, int error, size_t at)
{
    static const struct {
        int error;
        const char *text;
    } texts[] = {
#define RE_ERROR(number, text) {number, text},
#include "bif/re_errors.def"
#undef RE_ERROR
    };
    e->at = at;
    if (error < 0) {
        snprintf(e->text, sizeof e->text, "invalid UTF-8 string");
        return;
    }
    pcre2_get_error_message(error, (PCRE2_UCHAR *)e->text, sizeof e->text);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].error == error)
            snprintf(e->text, sizeof e->text, "%s", texts[i].text);
}

pcre2_code *re_compile(const struct re_source *s, struct re_error *e)
{
    if (s->newline > RE_ANYCRLF || s->bsr > RE_BSR_UNICODE) {
        tell(e, BAD_NEWLINE, 0);
        return NULL;
    }
    struct job j;
    pcre2_compile_context *context = context_of(s);
    writer_init(&j.text);
    writer_init(&j.edits);
    writer_bytes(&j.text, s->text, s->size);
    edit_leading_items(&j);
    pcre2_code *code;
    int error;
    size_t at;
    do
        code = pcre2_compile(j.text.bytes ? j.text.bytes : (const uint8_t *)"", j.text.size, s->options, &error, &at,
                             context);
    while (!code && edit_escape(&j, error, at));
    if (!code)
        tell(e, error, place_in_source(&j, at));
    writer_done(&j.text);
    writer_done(&j.edits);
    pcre2_compile_context_free(context);
    return code;
}
