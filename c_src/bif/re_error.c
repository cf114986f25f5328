// SPDX-License-Identifier: Apache-2.0
// PCRE 8 checks several things later than PCRE2, at the end of a group or of the pattern, and tells that place.
#include "bif/re_error.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct text {
    const uint8_t *bytes;
    size_t size;
};

static bool stands(const struct text *t, size_t at, const char *what)
{
    size_t n = strlen(what);
    return at <= t->size && t->size - at >= n && memcmp(t->bytes + at, what, n) == 0;
}

static bool stands_before(const struct text *t, size_t at, const char *what)
{
    return at >= strlen(what) && stands(t, at - strlen(what), what);
}

static size_t class_end(const struct text *t, size_t at)
{
    at += stands(t, at, "[^") ? 2 : 1;
    if (stands(t, at, "]"))
        at++;
    for (; at < t->size && t->bytes[at] != ']'; at++) {
        if (t->bytes[at] == '\\')
            at++;
        else if (stands(t, at, "[:"))
            while (at + 1 < t->size && !stands(t, at, ":]"))
                at++;
    }
    return at;
}

// Where the parenthesis that opens at `at` is closed; the end of the text if it isn't.
static size_t group_end(const struct text *t, size_t at)
{
    for (size_t depth = 0; at < t->size; at++) {
        uint8_t c = t->bytes[at];
        if (c == '\\')
            at++;
        else if (c == '[')
            at = class_end(t, at);
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            break;
    }
    return at < t->size ? at : t->size;
}

static size_t find(const struct text *t, size_t at, const char *any)
{
    while (at < t->size && !strchr(any, t->bytes[at]))
        at++;
    return at;
}

// Whether `at` is inside of a group's condition: (?(1)...
static bool is_condition(const struct text *t, size_t at)
{
    for (size_t i = at + 1; i > 0 && at + 1 - i < 40; i--) {
        if (stands_before(t, i, "(?("))
            return true;
        if (i <= at && t->bytes[i - 1] == ')')
            return false;
    }
    return false;
}

// A reference to a group that isn't there: by number, it is found out at the pattern's end, else at the reference's.
static size_t no_group_place(const struct text *t, size_t at)
{
    if (at >= t->size)
        return at;
    if (is_condition(t, at))
        return find(t, at, ")") + 1;
    if (isalpha(t->bytes[at]) || t->bytes[at] == '_') {
        while (at < t->size && (isalnum(t->bytes[at]) || t->bytes[at] == '_'))
            at++;
        return at;
    }
    size_t start = at;
    while (start > 0 && t->bytes[start] != '\\' && t->bytes[start] != '(')
        start--;
    if (t->bytes[start] != '\\')
        return at;
    if (stands(t, start, "\\g<") || stands(t, start, "\\g'") || stands(t, start, "\\g{-"))
        return find(t, start + 3, "}>'");
    return t->size;
}

static size_t place(int number, const struct text *t, size_t at)
{
    switch (number) {
    case RE_NO_GROUP:
        return no_group_place(t, at);
    case RE_NOT_FIXED_LENGTH:
    case RE_TOO_MANY_BRANCHES:
        return group_end(t, at);
    case RE_TWO_DEFINITIONS:
        return at >= 3 ? group_end(t, at - 3) : at;
    case RE_NEVER_UTF:
        return 0;
    }
    return at;
}

// What PCRE 8 says of a pattern that ends too early, by what stands before the end.
static int cut_short(int number, const struct text *t, size_t at)
{
    static const struct {
        int number;
        const char *before;
        int instead;
    } rules[] = {
        {RE_MISSING_PARENTHESIS, "(?", RE_UNKNOWN_OPTION},
        {RE_MISSING_PARENTHESIS, "(?P", RE_AFTER_P},
        {RE_MISSING_PARENTHESIS, "(?(", RE_NO_ASSERTION},
        {RE_NO_NAME, "(?(", RE_NO_ASSERTION},
        {RE_NO_NAME, "(?P<", RE_NAME_OPEN},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (rules[i].number == number && stands_before(t, at, rules[i].before))
            return rules[i].instead;
    return number;
}

static const struct wording {
    int number;
    const char *text;
    int shift;
} wordings[] = {
#define RE_ERROR(number, text, shift) {number, text, shift},
#include "bif/re_errors.def"
#undef RE_ERROR
};

void re_error_tell(struct re_error *e, int number, const uint8_t *text, size_t size, size_t at)
{
    const struct text t = {text, size};
    e->at = place(number, &t, at);
    if (number < 0) {    // not UTF-8
        snprintf(e->text, sizeof e->text, "invalid UTF-8 string");
        return;
    }
    if (number == RE_NO_NAME && stands_before(&t, at, "(?<")) {
        snprintf(e->text, sizeof e->text, "unrecognized character after (?<");
        return;
    }
    number = cut_short(number, &t, at);
    pcre2_get_error_message(number, (PCRE2_UCHAR *)e->text, sizeof e->text);
    for (size_t i = 0; i < COUNT_OF(wordings); i++) {
        if (wordings[i].number != number)
            continue;
        if (wordings[i].text)
            snprintf(e->text, sizeof e->text, "%s", wordings[i].text);
        if (wordings[i].shift > 0 || e->at > 0)
            e->at += (size_t)(sword)wordings[i].shift;
    }
}
