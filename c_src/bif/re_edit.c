// SPDX-License-Identifier: Apache-2.0
#include "bif/re_edit.h"

#include "bif/re_error.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// From `at` on the text is ahead of the source by `more` bytes more than before.
struct step {
    size_t at;
    sword more;
};

static struct step step_at(const struct re_edit *e, size_t offset)
{
    struct step step;
    memcpy(&step, e->steps.bytes + offset, sizeof step);
    return step;
}

static void add_step(struct re_edit *e, size_t at, sword more)
{
    for (size_t i = 0; i < e->steps.size; i += sizeof(struct step)) {
        struct step step = step_at(e, i);
        if (step.at > at)
            step.at = (size_t)((sword)step.at + more);
        memcpy(e->steps.bytes + i, &step, sizeof step);
    }
    struct step step = {at, more};
    memcpy(writer_room(&e->steps, sizeof step), &step, sizeof step);
}

static void replace(struct re_edit *e, size_t at, size_t size, const char *by)
{
    size_t n = strlen(by), old = e->text.size;
    if (n > size)
        writer_room(&e->text, n - size);
    memmove(e->text.bytes + at + n, e->text.bytes + at + size, old - at - size);
    memcpy(e->text.bytes + at, by, n);
    e->text.size = old - size + n;
    add_step(e, at, (sword)n - (sword)size);
}

size_t re_edit_source(const struct re_edit *e, size_t at)
{
    sword place = (sword)at;
    for (size_t i = 0; i < e->steps.size; i += sizeof(struct step))
        if (step_at(e, i).at < at)
            place -= step_at(e, i).more;
    return place < 0 ? 0 : (size_t)place;
}

// The byte there, or 0 beyond the end.
static uint8_t byte(const struct re_edit *e, size_t at)
{
    return at < e->text.size ? e->text.bytes[at] : 0;
}

static bool stands(const struct re_edit *e, size_t at, const char *what)
{
    size_t n = strlen(what);
    return at <= e->text.size && e->text.size - at >= n && memcmp(e->text.bytes + at, what, n) == 0;
}

// After what stands there, or the end.
static size_t after(const struct re_edit *e, size_t at, const char *what)
{
    while (at < e->text.size && !stands(e, at, what))
        at++;
    return at < e->text.size ? at + strlen(what) : at;
}

// Items such as (*ANYCRLF), before the pattern.
static size_t edit_leading_items(struct re_edit *e)
{
    size_t at = 0;
    while (stands(e, at, "(*")) {
        if (stands(e, at, "(*UTF8)"))
            replace(e, at, strlen("(*UTF8)"), "(*UTF)");
        at = after(e, at, ")");
    }
    return at;
}

// \p{Greek} and the like. Names of one or two letters, and those with X, are no scripts.
static void edit_property(struct re_edit *e, size_t at)
{
    size_t name = at + (byte(e, at) == '^');
    if (isupper(byte(e, name)) && islower(byte(e, name + 1)) && islower(byte(e, name + 2)) && byte(e, name) != 'X' &&
        !stands(e, name, "Any}"))
        replace(e, name, 0, "sc:");
}

// The end of a call of a group that stands there, (?1) or \g<name> and their kin; else `at`.
static size_t call_end(const struct re_edit *e, size_t at)
{
    size_t i = at + 2;
    if (stands(e, at, "\\g<"))
        return after(e, at, ">");
    if (stands(e, at, "\\g'"))
        return after(e, at + 3, "'");
    if (!stands(e, at, "(?"))
        return at;
    if (stands(e, i, "&") || stands(e, i, "P>"))
        return after(e, i, ")");
    if (byte(e, i) == 'R')
        i++;
    else
        for (i += byte(e, i) == '+' || byte(e, i) == '-'; isdigit(byte(e, i)); i++)
            continue;
    return i > at + 2 && byte(e, i) == ')' && isalnum(byte(e, i - 1)) ? i + 1 : at;
}

static bool edit_call(struct re_edit *e, size_t *at)
{
    size_t end = call_end(e, *at);
    if (end == *at || (byte(e, end - 1) != ')' && byte(e, end - 1) != '>' && byte(e, end - 1) != '\''))
        return false;
    replace(e, end, 0, ")");
    replace(e, *at, 0, "(?>");
    *at = end + strlen("(?>)");
    return true;
}

static size_t edit_escape(struct re_edit *e, size_t at)
{
    uint8_t letter = byte(e, at + 1);
    if (letter == 'Q')
        return after(e, at, "\\E");
    if ((letter == 'p' || letter == 'P') && byte(e, at + 2) == '{')
        edit_property(e, at + 3);
    return at + 2;
}

static size_t edit_class(struct re_edit *e, size_t at)
{
    at += stands(e, at, "[^") ? 2 : 1;
    at += byte(e, at) == ']';
    while (at < e->text.size && e->text.bytes[at] != ']') {
        if (e->text.bytes[at] == '\\')
            at = edit_escape(e, at);
        else if (stands(e, at, "[:"))
            at = after(e, at, ":]");
        else
            at++;
    }
    return at + 1;
}

static void edit_ahead(struct re_edit *e)
{
    size_t at = edit_leading_items(e);
    while (at < e->text.size) {
        uint8_t c = e->text.bytes[at];
        if ((c == '\\' || c == '(') && edit_call(e, &at))
            continue;
        if (c == '\\')
            at = edit_escape(e, at);
        else if (c == '[')
            at = edit_class(e, at);
        else
            at = stands(e, at, "(?#") ? after(e, at, ")") : at + 1;
    }
}

void re_edit_init(struct re_edit *e, const uint8_t *source, size_t size)
{
    writer_init(&e->text);
    writer_init(&e->steps);
    writer_bytes(&e->text, source, size);
    edit_ahead(e);
}

void re_edit_done(struct re_edit *e)
{
    writer_done(&e->text);
    writer_done(&e->steps);
}

static void replace_by_code(struct re_edit *e, size_t at, size_t size, uint8_t code)
{
    char text[8];
    snprintf(text, sizeof text, "\\x%02x", code);
    replace(e, at, size, text);
}

// The letter or digit after a backslash is written as its code, which means just that.
static bool repair_letter(struct re_edit *e, size_t at)
{
    if (at == 0 || byte(e, at - 1) != '\\' || !isalnum(byte(e, at)))
        return false;
    replace_by_code(e, at - 1, 2, byte(e, at));
    return true;
}

// \8 and \9 without such a group are digits. `at` is the number's last digit.
static bool repair_digit(struct re_edit *e, size_t at)
{
    while (at > 0 && isdigit(byte(e, at)))
        at--;
    return (byte(e, at + 1) == '8' || byte(e, at + 1) == '9') && repair_letter(e, at + 1);
}

// `at` is the character after \c, or behind it.
static bool repair_control(struct re_edit *e, size_t at)
{
    size_t c = at >= 2 && stands(e, at - 2, "\\c") ? at : at - 1;
    if (c < 2 || !stands(e, c - 2, "\\c") || c >= e->text.size || byte(e, c) > 127)
        return false;
    replace_by_code(e, c - 2, 3, byte(e, c) ^ 0x40);
    return true;
}

bool re_edit_repair(struct re_edit *e, int error, size_t at)
{
    switch (error) {
    case RE_UNKNOWN_ESCAPE:
    case RE_ESCAPE_IN_CLASS:
        return repair_letter(e, at);
    case RE_UNSUPPORTED_ESCAPE:
        return at > 0 && byte(e, at - 1) == 'F' && repair_letter(e, at - 1);
    case RE_BAD_CONTROL:
        return repair_control(e, at);
    case RE_NO_GROUP:
        return repair_digit(e, at);
    case RE_BAD_RANGE:    // [\w-.]
        if (byte(e, at) != '-')
            return false;
        replace(e, at, 1, "\\-");
        return true;
    }
    return false;
}
