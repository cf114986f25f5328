// SPDX-License-Identifier: Apache-2.0
#include "bif/re_options.h"

#include <limits.h>

enum taker { BOTH, COMPILE, RUN };

static const struct plain {
    term name;
    uint32_t compile, match;
    enum taker taker;
} plain[] = {
#define RE_OPTION(name, compile, match, taker) {ATOM_##name, compile, match, taker},
#include "bif/re_options.def"
#undef RE_OPTION
};

const uint32_t re_compile_bits =
#define RE_OPTION(name, compile, match, taker) compile |
#include "bif/re_options.def"
#undef RE_OPTION
    0;

bool re_int(term t, uint32_t *value)
{
    if (!is_small(t) || (word)small_value(t) > INT_MAX)
        return false;
    *value = (uint32_t)small_value(t);
    return true;
}

static bool read_newline(term t, struct re_options *o)
{
    static const struct {
        term name;
        enum re_newline bits;
    } newlines[] = {
        {ATOM_cr, RE_CR}, {ATOM_lf, RE_LF}, {ATOM_crlf, RE_CRLF}, {ATOM_any, RE_ANY}, {ATOM_anycrlf, RE_ANYCRLF},
    };
    for (size_t i = 0; i < COUNT_OF(newlines); i++) {
        if (newlines[i].name == t) {
            o->newline |= (uint8_t)newlines[i].bits;
            return true;
        }
    }
    return false;
}

static bool read_atom(term t, struct re_options *o)
{
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        if (plain[i].name == t) {
            o->compile |= plain[i].compile;
            o->match |= plain[i].match;
            o->for_compile_only |= plain[i].taker == COMPILE;
            o->for_run_only |= plain[i].taker == RUN;
            return true;
        }
    }
    if (t == ATOM_bsr_anycrlf)
        o->bsr |= RE_BSR_ANYCRLF;
    else if (t == ATOM_bsr_unicode)
        o->bsr |= RE_BSR_UNICODE;
    else if (t == ATOM_global)
        o->global = o->for_run_only = true;
    else if (t == ATOM_report_errors)
        o->report_errors = o->for_run_only = true;
    else
        return false;
    return true;
}

static bool read_number(term value, uint32_t *number, struct re_options *o)
{
    o->for_run_only = true;
    return re_int(value, number);
}

static bool read_pair(term name, term value, struct re_options *o)
{
    if (name == ATOM_newline)
        return read_newline(value, o);
    if (name == ATOM_offset)
        return read_number(value, &o->offset, o);
    if (name == ATOM_match_limit) {
        o->has_match_limit = true;
        return read_number(value, &o->match_limit, o);
    }
    if (name == ATOM_match_limit_recursion) {
        o->has_depth_limit = true;
        return read_number(value, &o->depth_limit, o);
    }
    return name == ATOM_re_from && read_number(value, o->from ? &(uint32_t){0} : &o->from, o);
}

static bool read_option(term t, struct re_options *o)
{
    if (is_atom(t))
        return read_atom(t, o);
    if (!is_tuple(t))
        return false;
    size_t arity = tuple_arity(t);
    if ((arity == 2 || arity == 3) && element(t, 0) == ATOM_capture) {
        o->capture = element(t, 1);
        o->capture_type = arity == 3 ? element(t, 2) : ATOM_index;
        o->for_run_only = true;
        return true;
    }
    return arity == 2 && read_pair(element(t, 0), element(t, 1), o);
}

bool re_options_read(term list, struct re_options *o)
{
    *o = (struct re_options){.capture = NONE, .capture_type = NONE};
    for (; is_list(list); list = tail(list))
        if (!read_option(head(list), o))
            return false;
    return is_nil(list);
}
