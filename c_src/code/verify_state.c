// SPDX-License-Identifier: Apache-2.0
#include "code/verify_state.h"

#include <string.h>

void state_start(struct verify_state *s, unsigned arguments)
{
    s->reachable = true;
    s->building = s->looking = s->fresh = s->loose = false;
    s->frame = NO_FRAME;
    s->catches = 0;
    s->x_count = arguments;
    for (unsigned i = 0; i < arguments; i++)
        s->x[i] = HELD_TERM;
}

void state_set_x(struct verify_state *s, word number, uint32_t value)
{
    while (s->x_count <= number)
        s->x[s->x_count++] = HELD_NOTHING;
    s->x[number] = value;
}

void state_clear_flag(struct verify_state *s, uint32_t flag)
{
    for (unsigned i = 0; i < s->x_count; i++)
        s->x[i] &= ~flag;
    for (int i = 0; i < s->frame; i++)
        s->y[i] &= ~flag;
}

bool state_has_flag(const struct verify_state *s, uint32_t flag)
{
    uint32_t all = 0;
    for (unsigned i = 0; i < s->x_count; i++)
        all |= s->x[i];
    for (int i = 0; i < s->frame; i++)
        all |= s->y[i];
    return all & flag;
}

static size_t y_count(int frame)
{
    return frame > 0 ? (size_t)frame : 0;
}

size_t saved_size(const struct verify_state *s)
{
    return sizeof(struct saved_state) + (s->x_count + y_count(s->frame)) * sizeof(uint32_t);
}

void state_save(struct saved_state *to, const struct verify_state *s)
{
    to->building = s->building;
    to->looking = s->looking;
    to->loose = s->loose;
    to->frame = s->frame;
    to->catches = s->catches;
    to->x_count = to->x_room = s->x_count;
    for (unsigned i = 0; i < s->x_count; i++)
        to->values[i] = s->x[i] & ~(uint32_t)HELD_FRESH;
    for (int i = 0; i < s->frame; i++)
        to->values[to->x_room + (unsigned)i] = s->y[i] & ~(uint32_t)HELD_FRESH;
}

void state_load(struct verify_state *s, const struct saved_state *from)
{
    s->reachable = true;
    s->building = from->building;
    s->looking = from->looking;
    s->fresh = false;
    s->loose = from->loose;
    s->frame = from->frame;
    s->catches = from->catches;
    s->x_count = from->x_count;
    memcpy(s->x, from->values, from->x_count * sizeof *s->x);
    memcpy(s->y, from->values + from->x_room, y_count(from->frame) * sizeof *s->y);
}

static bool is_result(uint32_t value)
{
    return held_is_term(value) || held_kind(value) == HELD_NONE || held_kind(value) == HELD_RESULT;
}

static uint32_t join_kinds(uint32_t a, uint32_t b, bool coarse)
{
    if (held_kind(a) == HELD_TUPLE && held_kind(b) == HELD_TUPLE && !coarse)
        return held_tuple(held_number(a) < held_number(b) ? held_number(a) : held_number(b));
    if (held_kind(a) == held_kind(b) && held_kind(a) != HELD_TUPLE && held_kind(a) != HELD_CATCH)
        return held_kind(a);
    if (held_is_term(a) && held_is_term(b))
        return HELD_TERM;
    if (held_is_movable(a) && held_is_movable(b))
        return HELD_MIXED;
    return is_result(a) && is_result(b) ? HELD_RESULT : HELD_NOTHING;
}

uint32_t held_join(uint32_t a, uint32_t b, bool coarse)
{
    if (a == b)
        return a;
    uint32_t kind = join_kinds(a, b, coarse);
    return kind == HELD_NOTHING ? kind : kind | ((a | b) & HELD_FRAGILE);
}

// With a message under look on one side only, what refers to it cannot be used any more.
static uint32_t without_fragile(uint32_t value)
{
    return value & HELD_FRAGILE ? HELD_NOTHING : value;
}

static bool join_x(struct saved_state *to, const struct verify_state *s, bool differs, bool coarse)
{
    bool changed = to->x_count > s->x_count;
    if (changed)
        to->x_count = s->x_count;
    for (unsigned i = 0; i < to->x_count; i++) {
        uint32_t value = held_join(to->values[i], s->x[i] & ~(uint32_t)HELD_FRESH, coarse);
        if (differs)
            value = without_fragile(value);
        changed = changed || value != to->values[i];
        to->values[i] = value;
    }
    return changed;
}

static bool join_y(struct saved_state *to, const struct verify_state *s, bool differs, bool coarse)
{
    bool changed = false;
    for (int i = 0; i < to->frame; i++) {
        uint32_t *kept = &to->values[to->x_room + (unsigned)i];
        uint32_t value = held_join(*kept, s->y[i] & ~(uint32_t)HELD_FRESH, coarse);
        if (differs)
            value = without_fragile(value);
        to->loose = to->loose || value == HELD_NOTHING;
        changed = changed || value != *kept;
        *kept = value;
    }
    return changed;
}

static bool join_flag(bool *to, bool value)
{
    bool changed = *to != value;
    *to = value;
    return changed;
}

bool state_join(struct saved_state *to, const struct verify_state *s, bool coarse)
{
    bool differs = to->looking != s->looking;
    bool changed = join_flag(&to->loose, to->loose || s->loose || to->frame != s->frame);
    changed |= join_flag(&to->looking, to->looking && s->looking);
    changed |= join_flag(&to->building, to->building && s->building);
    if (to->frame > s->frame) {
        to->frame = s->frame;
        changed = true;
    }
    changed |= join_x(to, s, differs, coarse);
    return join_y(to, s, differs, coarse) || changed;
}
