// SPDX-License-Identifier: Apache-2.0
// Where PCRE 8 is more lenient than PCRE2, the source is edited before PCRE2 reads it, and the places of errors are
// counted back: an escaped letter or digit that means nothing stands for itself, so does a hyphen after a class such as \w;
// the leading item (*UTF8) means (*UTF).
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
    FOLD = 0,         // lower case, 256 bytes
    FLIP = 256,       // the other case, 256 bytes
    CLASSES = 512,    // bit maps of 32 bytes
    CLASS_COUNT = 10,
    TYPES = 832,             // 256 bytes of bits
    DEEPEST_GROUPS = 799,    // nested; OTP's library gives up there, too
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
            map[c / 8] &= (uint8_t) ~(1u << c % 8);
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
    struct writer text;     // edited
    struct writer edits;    // struct edit, by place
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

// A letter after a backslash is written as its code, which means just that letter.
static bool edit_letter(struct job *j, size_t at)
{
    if (at == 0 || at >= j->text.size || j->text.bytes[at - 1] != '\\' || !isalnum(j->text.bytes[at]))
        return false;
    char code[8];
    snprintf(code, sizeof code, "\\x%02x", j->text.bytes[at]);
    replace(j, at - 1, 2, code);
    return true;
}

// \8 and \9 without such a group are digits. `at` is the number's last digit.
static bool edit_digit(struct job *j, size_t at)
{
    while (at > 0 && at < j->text.size && isdigit(j->text.bytes[at]))
        at--;
    return at + 1 < j->text.size && (j->text.bytes[at + 1] == '8' || j->text.bytes[at + 1] == '9') &&
           edit_letter(j, at + 1);
}

// Whether something was edited at the place of the error, so that compiling again may go further.
static bool edit(struct job *j, int error, size_t at)
{
    switch (error) {
    case RE_UNKNOWN_ESCAPE:
    case RE_ESCAPE_IN_CLASS:
        return edit_letter(j, at);
    case RE_UNSUPPORTED_ESCAPE:
        return at > 0 && j->text.bytes[at - 1] == 'F' && edit_letter(j, at - 1);
    case RE_NO_GROUP:
        return edit_digit(j, at);
    case RE_BAD_RANGE:    // [\w-.]
        if (at >= j->text.size || j->text.bytes[at] != '-')
            return false;
        replace(j, at, 1, "\\-");
        return true;
    }
    return false;
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

// PCRE2 goes wrong where it skips to places at which a match could begin: with firstline and an anchor, and with \w in
// UTF-8, where it overlooks the letters of Latin-1.
static bool skips_too_far(const pcre2_code *code, const struct job *j)
{
    uint32_t options = 0;
    const uint8_t *starts = NULL;
    pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
    pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &starts);
    if (options & PCRE2_NO_START_OPTIMIZE)
        return false;
    return (options & PCRE2_FIRSTLINE) ||
           ((options & PCRE2_UTF) && starts && memmem(j->text.bytes, j->text.size, "\\w", 2));
}

static pcre2_code *compile(struct job *j, uint32_t options, pcre2_compile_context *context, struct re_error *e)
{
    pcre2_code *code;
    int error;
    size_t at;
    do
        code = pcre2_compile(j->text.bytes ? j->text.bytes : (const uint8_t *)"", j->text.size, options, &error, &at,
                             context);
    while (!code && edit(j, error, at));
    if (!code) {
        re_error_tell(e, error, j->text.bytes, j->text.size, at);
        e->at = place_in_source(j, e->at);
    }
    return code;
}

pcre2_code *re_compile(const struct re_source *s, struct re_error *e)
{
    if (s->newline > RE_ANYCRLF || s->bsr > RE_BSR_UNICODE) {
        re_error_tell(e, RE_BAD_NEWLINE, s->text, s->size, 0);
        return NULL;
    }
    struct job j;
    pcre2_compile_context *context = context_of(s);
    writer_init(&j.text);
    writer_init(&j.edits);
    writer_bytes(&j.text, s->text, s->size);
    edit_leading_items(&j);
    pcre2_code *code = compile(&j, s->options, context, e);
    if (code && skips_too_far(code, &j)) {
        pcre2_code_free(code);
        code = compile(&j, s->options | PCRE2_NO_START_OPTIMIZE, context, e);
    }
    writer_done(&j.text);
    writer_done(&j.edits);
    pcre2_compile_context_free(context);
    return code;
}
