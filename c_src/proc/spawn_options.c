// SPDX-License-Identifier: Apache-2.0
#include "proc/spawn_options.h"

#include "term/atom.h"
#include "term/map.h"

struct spawn_defaults spawn_defaults = {
    .min_bin_vheap_words = 46422, .fullsweep_after = UINT16_MAX, .max_heap_kill = true, .max_heap_log = true};

bool words_of_option(term t, size_t *words)
{
    if (!is_small(t) || small_value(t) < 0)
        return false;
    *words = (size_t)small_value(t);
    return true;
}

static const term priorities[PRIORITY_COUNT] = {
    [PRIORITY_LOW] = ATOM_low, [PRIORITY_NORMAL] = ATOM_normal, [PRIORITY_HIGH] = ATOM_high, [PRIORITY_MAX] = ATOM_max};

bool priority_of(term t, enum priority *priority)
{
    for (int i = 0; i < PRIORITY_COUNT; i++)
        if (priorities[i] == t) {
            *priority = (enum priority)i;
            return true;
        }
    return false;
}

term priority_atom(enum priority priority)
{
    return priorities[priority];
}

bool queue_data_of(term t, bool *off_heap)
{
    *off_heap = t == ATOM_off_heap;
    return t == ATOM_off_heap || t == ATOM_on_heap;
}

static bool flag_of(term map, term key, bool *flag)
{
    term value = map_get(map, key);
    if (value == NONE)
        return true;
    *flag = value == ATOM_true;
    return is_bool(value);
}

bool max_heap_of(term t, struct max_heap *m)
{
    *m = (struct max_heap){0, spawn_defaults.max_heap_kill, spawn_defaults.max_heap_log, false};
    if (!is_map(t))
        return words_of_option(t, &m->words);
    term size = map_get(t, ATOM_size);
    return size != NONE && words_of_option(size, &m->words) && flag_of(t, ATOM_kill, &m->kill) &&
           flag_of(t, ATOM_error_logger, &m->log) && flag_of(t, ATOM_include_shared_binaries, &m->shared);
}

static bool alias_of(term t, enum alias_mode *alias)
{
    *alias = t == ATOM_explicit_unalias  ? ALIAS_EXPLICIT
             : t == ATOM_demonitor       ? ALIAS_DEMONITOR
             : t == ATOM_reply_demonitor ? ALIAS_REPLY
                                         : ALIAS_NO;
    return *alias != ALIAS_NO;
}

bool monitor_options_list(term list, enum alias_mode *alias, term *tag)
{
    for (; is_list(list); list = tail(list)) {
        term option = head(list);
        if (!is_tuple_of(option, 2))
            return false;
        if (element(option, 0) == ATOM_tag)
            *tag = element(option, 1);
        else if (element(option, 0) != ATOM_alias || !alias_of(element(option, 1), alias))
            return false;
    }
    return is_nil(list);
}

static bool max_heap_option(struct spawn *s, term value)
{
    struct max_heap m;
    if (!max_heap_of(value, &m))
        return false;
    s->max_heap = m;
    return true;
}

static bool pair_option(struct spawn *s, term name, term value)
{
    size_t number;
    if (name == ATOM_monitor) {
        s->monitor = true;
        return monitor_options_list(value, &s->monitor_alias, &s->monitor_tag);
    }
    if (name == ATOM_priority)
        return priority_of(value, &s->priority);
    if (name == ATOM_message_queue_data)
        return queue_data_of(value, &s->off_heap);
    if (name == ATOM_max_heap_size)
        return max_heap_option(s, value);
    if (name == ATOM_min_heap_size)
        return words_of_option(value, &s->min_heap_words);
    if (name == ATOM_fullsweep_after) {
        if (!words_of_option(value, &number))
            return false;
        s->fullsweep_after = (uint32_t)(number < UINT16_MAX ? number : UINT16_MAX);
        return true;
    }
    if (name == ATOM_min_bin_vheap_size)
        return words_of_option(value, &s->min_bin_vheap_words);
    return name == ATOM_scheduler && words_of_option(value, &number);
}

bool spawn_option(struct spawn *s, term option)
{
    if (option == ATOM_link)
        s->link = true;
    else if (option == ATOM_monitor)
        s->monitor = true;
    else
        return is_tuple_of(option, 2) && pair_option(s, element(option, 0), element(option, 1));
    return true;
}

bool spawn_options(struct spawn *s, term list)
{
    while (is_list(list) && spawn_option(s, head(list)))
        list = tail(list);
    return is_nil(list) && (!s->max_heap.words || s->max_heap.words >= s->min_heap_words);
}
