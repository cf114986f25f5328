// SPDX-License-Identifier: Apache-2.0
// What is known at one point of a function (code/verify.h), and how two such states meet.
// A value is a kind, flags, and a number: the least number of elements of a tuple, the handler's label of a catch. Kinds between HELD_TERM and HELD_MAP are terms.
#ifndef TANDEM_CODE_VERIFY_STATE_H
#define TANDEM_CODE_VERIFY_STATE_H

#include "base/config.h"
#include "base/types.h"

enum held {
    HELD_NOTHING,    // not to be read
    HELD_TERM,
    HELD_TUPLE,
    HELD_CELL,
    HELD_MAP,
    HELD_CONTEXT,    // a match context
    HELD_MIXED,      // a term or a match context
    HELD_NONE,       // the NONE that a handler starts with in x0
    HELD_RESULT,     // at a catch_end: a term or that NONE
    HELD_CATCH,      // y only: an open catch
};

enum {
    HELD_KIND = 0xF,
    HELD_FRAGILE = 0x10,    // refers to the message under look, which is not on the process's heap yet
    HELD_FRESH = 0x20,      // a tuple made by the setelement just before
    HELD_NUMBER = 8,        // the number stands above
    HELD_MAX_NUMBER = (1 << 24) - 1,
    NO_FRAME = -1,
};

struct verify_state {
    bool reachable;
    bool building;    // a bit string is under construction: nothing has collected or run since it was begun
    bool looking;     // a message is under look
    bool fresh;       // values with HELD_FRESH are
    bool loose;    // the frame's size differs by path: what both have can be read, and all that may follow is to raise
    int frame;     // y registers, or NO_FRAME
    unsigned catches;    // y registers that hold an open catch
    unsigned x_count;    // x registers from here on hold nothing
    uint32_t x[CONFIG_X_REGISTERS], y[CONFIG_X_REGISTERS];
};

// A state at a label: only the registers in use. The y values stand behind room for the x values that there were at first.
struct saved_state {
    bool building, looking, loose;
    int frame;
    unsigned catches, x_count, x_room;
    uint32_t values[];
};

static inline enum held held_kind(uint32_t value)
{
    return (enum held)(value & HELD_KIND);
}

static inline bool held_is_term(uint32_t value)
{
    return held_kind(value) >= HELD_TERM && held_kind(value) <= HELD_MAP;
}

static inline bool held_is_movable(uint32_t value)
{
    return held_kind(value) >= HELD_TERM && held_kind(value) <= HELD_MIXED;
}

static inline bool held_is_context(uint32_t value)
{
    return held_kind(value) == HELD_CONTEXT || held_kind(value) == HELD_MIXED;
}

static inline uint32_t held_tuple(word elements)
{
    return HELD_TUPLE | (uint32_t)elements << HELD_NUMBER;
}

static inline uint32_t held_catch(word label)
{
    return HELD_CATCH | (uint32_t)label << HELD_NUMBER;
}

static inline word held_number(uint32_t value)
{
    return value >> HELD_NUMBER;
}

void state_start(struct verify_state *s, unsigned arguments);
void state_set_x(struct verify_state *s, word number, uint32_t value);
void state_clear_flag(struct verify_state *s, uint32_t flag);
bool state_has_flag(const struct verify_state *s, uint32_t flag);

size_t saved_size(const struct verify_state *s);    // bytes
void state_save(struct saved_state *to, const struct verify_state *s);
void state_load(struct verify_state *s, const struct saved_state *from);

// What holds in both; HELD_NOTHING if nothing does. `coarse`: tuples that differ become plain terms, so that loops end soon.
uint32_t held_join(uint32_t a, uint32_t b, bool coarse);

// What holds in both becomes the saved state. True: that is less than before.
bool state_join(struct saved_state *to, const struct verify_state *s, bool coarse);

#endif
