// SPDX-License-Identifier: Apache-2.0
#include "bif/re_compile.h"

#include "base/die.h"
#include "bif/re_edit.h"

#include <pthread.h>
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
static bool skips_too_far(const pcre2_code *code, const struct writer *text)
{
    uint32_t options = 0;
    const uint8_t *starts = NULL;
    pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
    pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &starts);
    if (options & PCRE2_NO_START_OPTIMIZE)
        return false;
    return (options & PCRE2_FIRSTLINE) ||
           ((options & PCRE2_UTF) && starts && memmem(text->bytes, text->size, "\\w", 2));
}

static pcre2_code *compile(struct re_edit *edit, uint32_t options, pcre2_compile_context *context, struct re_error *e)
{
    pcre2_code *code;
    int error;
    size_t at;
    do {
        const uint8_t *text = edit->text.bytes ? edit->text.bytes : (const uint8_t *)"";
        code = pcre2_compile(text, edit->text.size, options | PCRE2_USE_OFFSET_LIMIT, &error, &at, context);
    } while (!code && re_edit_repair(edit, error, at));
    if (!code) {
        re_error_tell(e, error, edit->text.bytes, edit->text.size, at);
        e->at = re_edit_source(edit, e->at);
    }
    return code;
}

pcre2_code *re_compile(const struct re_source *s, struct re_error *e)
{
    if (s->newline > RE_ANYCRLF || s->bsr > RE_BSR_UNICODE) {
        re_error_tell(e, RE_BAD_NEWLINE, s->text, s->size, 0);
        return NULL;
    }
    struct re_edit edit;
    pcre2_compile_context *context = context_of(s);
    re_edit_init(&edit, s->text, s->size);
    pcre2_code *code = compile(&edit, s->options, context, e);
    if (code && skips_too_far(code, &edit.text)) {
        pcre2_code_free(code);
        code = compile(&edit, s->options | PCRE2_NO_START_OPTIMIZE, context, e);
    }
    re_edit_done(&edit);
    pcre2_compile_context_free(context);
    return code;
}
