// SPDX-License-Identifier: Apache-2.0
#include "bif/re_capture.h"

#include "base/memory.h"
#include "term/binary.h"
#include "term/iolist.h"

#include <string.h>

#define NO_GROUP UINT32_MAX

static void add_pick(struct re_capture *c, uint32_t group, uint32_t names)
{
    struct re_pick pick = {group, names};
    memcpy(writer_room(&c->picks, sizeof pick), &pick, sizeof pick);
}

// How many entries, from this one on, have the same name.
static uint32_t same_name(const struct re_code *code, uint32_t name)
{
    uint32_t end = name + 1;
    while (end < code->names && re_name_repeats(code, end))
        end++;
    return end - name;
}

static void add_name(struct re_capture *c, const struct re_code *code, const char *text)
{
    for (uint32_t i = 0; i < code->names; i += same_name(code, i)) {
        if (strcmp(re_name_text(code, i), text) == 0) {
            add_pick(c, i, same_name(code, i));
            return;
        }
    }
    add_pick(c, NO_GROUP, 0);
}

static void add_all_names(struct re_capture *c, const struct re_code *code)
{
    if (code->names == 0)
        c->form = RE_NOTHING;
    for (uint32_t i = 0; i < code->names; i += same_name(code, i))
        add_pick(c, i, same_name(code, i));
}

// A name as text: up to its first zero byte.
static bool add_iolist(struct re_capture *c, const struct re_code *code, term t)
{
    size_t bits;
    if (!iolist_bits(t, 8, &bits) || bits == SIZE_MAX || !mem_allows(bits / 8))
        return false;
    size_t n = bits / 8;
    char *text = mem_alloc(n + 1);
    iolist_write(t, (uint8_t *)text);
    text[n] = 0;
    add_name(c, code, text);
    mem_free(text, n + 1);
    return true;
}

static bool add_value(struct re_capture *c, const struct re_code *code, term t)
{
    uint32_t group;
    if (re_int(t, &group))
        add_pick(c, group, 0);
    else if (is_atom(t))
        add_name(c, code, atom_text(t).bytes);
    else
        return (is_list(t) || is_bitstring(t)) && add_iolist(c, code, t);
    return true;
}

static bool add_values(struct re_capture *c, const struct re_code *code, term values)
{
    for (; is_list(values); values = tail(values))
        if (!add_value(c, code, head(values)))
            return false;
    return is_nil(values);
}

static bool read_form(struct re_capture *c, term type)
{
    if (type == ATOM_index)
        c->form = RE_INDEX;
    else if (type == ATOM_list)
        c->form = RE_LIST;
    else if (type == ATOM_binary)
        c->form = RE_BINARY;
    else
        return false;
    return true;
}

static bool read_values(struct re_capture *c, const struct re_code *code, term values)
{
    c->range = RE_PICKED;
    if (values == ATOM_all)
        c->range = RE_ALL;
    else if (values == ATOM_all_but_first)
        c->range = RE_ALL_BUT_FIRST;
    else if (values == ATOM_none || is_nil(values))
        c->form = RE_NOTHING;
    else if (values == ATOM_first)
        add_pick(c, 0, 0);
    else if (values == ATOM_all_names)
        add_all_names(c, code);
    else
        return is_list(values) && add_values(c, code, values);
    return true;
}

bool re_capture_read(struct re_capture *c, const struct re_options *o, const struct re_code *code)
{
    *c = (struct re_capture){.form = RE_INDEX, .range = RE_ALL};
    writer_init(&c->picks);
    return o->capture == NONE || (read_form(c, o->capture_type) && read_values(c, code, o->capture));
}

void re_capture_done(struct re_capture *c)
{
    writer_done(&c->picks);
}

// A group's place in the subject. A group that took no part has `from` < 0.
struct place {
    sword from, size;
};

struct result {
    struct heap *heap;
    const struct re_capture *capture;
    const struct re_code *code;
    const size_t *places;    // two a group
    uint32_t groups;
    const struct re_subject *subject;
    term subject_term;
};

static struct place place_of(const struct result *r, uint32_t group)
{
    if (group >= r->groups || r->places[2 * group] == PCRE2_UNSET)
        return (struct place){-1, 0};
    sword from = (sword)r->places[2 * group];
    return (struct place){from, (sword)r->places[2 * group + 1] - from};
}

static struct place picked(const struct result *r, struct re_pick pick)
{
    if (pick.names == 0)
        return place_of(r, pick.group);
    struct place place = {-1, 0};
    for (uint32_t i = 0; i < pick.names && place.from < 0; i++)
        place = place_of(r, re_name_group(r->code, pick.group + i));
    return place;
}

static term byte_list(struct heap *h, const uint8_t *bytes, size_t n)
{
    term list = NIL;
    while (n > 0)
        list = cons(h, small(bytes[--n]), list);
    return list;
}

// With \K in an assertion a match can end before it starts: it is empty then.
static term place_term(const struct result *r, struct place place)
{
    if (r->capture->form == RE_INDEX)
        return tuple2(r->heap, small(place.from), small(place.size));
    size_t from = place.from < 0 ? 0 : (size_t)place.from, size = place.size < 0 ? 0 : (size_t)place.size;
    if (r->capture->form == RE_LIST)
        return byte_list(r->heap, r->subject->bytes + from, size);
    if (r->subject_term != NONE)
        return binary_part_bits(r->heap, r->subject_term, from * 8, size * 8);
    return binary_from(r->heap, r->subject->bytes + from, size);
}

static term picks_term(const struct result *r)
{
    term list = NIL;
    const struct writer *picks = &r->capture->picks;
    for (size_t at = picks->size; at > 0; at -= sizeof(struct re_pick)) {
        struct re_pick pick;
        memcpy(&pick, picks->bytes + at - sizeof pick, sizeof pick);
        list = cons(r->heap, place_term(r, picked(r, pick)), list);
    }
    return list;
}

static term groups_term(const struct result *r)
{
    term list = NIL;
    uint32_t first = r->capture->range == RE_ALL_BUT_FIRST ? 1 : 0;
    for (uint32_t group = r->groups; group > first; group--)
        list = cons(r->heap, place_term(r, place_of(r, group - 1)), list);
    return list;
}

term re_capture_term(struct heap *h, const struct re_capture *c, const struct re_code *code, uint32_t groups,
                     const struct re_subject *s, term subject_term)
{
    if (c->form == RE_NOTHING)
        return ATOM_match;
    const size_t *places = pcre2_get_ovector_pointer(code->data);
    struct result r = {h, c, code, places, groups, s, subject_term};
    return tuple2(h, ATOM_match, c->range == RE_PICKED ? picks_term(&r) : groups_term(&r));
}
