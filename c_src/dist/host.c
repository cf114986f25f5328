// SPDX-License-Identifier: Apache-2.0
#include "dist/host.h"

#include "base/log.h"
#include "base/memory.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/external.h"
#include "term/map.h"
#include "term/number.h"

#include <string.h>

struct host_options host_options;

static struct fragment *area;
static uint8_t *cookie_copy;

static uint64_t number_option(struct reader *r, term key, uint64_t least, uint64_t most, const char *wrong)
{
    uint64_t value = 0;
    term t = map_get(host_options.all, key);
    if (t == NONE || !integer_to_u64(t, &value) || value < least || value > most)
        reader_fail(r, wrong);
    return value;
}

static void log_option(struct reader *r)
{
    term level = map_get(host_options.all, ATOM_log);
    if (level == ATOM_error)
        log_set_level(LOG_ERROR);
    else if (level == ATOM_info)
        log_set_level(LOG_INFO);
    else if (level == ATOM_debug)
        log_set_level(LOG_DEBUG);
    else if (level != ATOM_warning && level != NONE)
        reader_fail(r, "option log: not a level");
}

static void cookie_option(struct reader *r)
{
    term t = map_get(host_options.all, ATOM_cookie);
    if (t == NONE || !is_binary(t)) {
        reader_fail(r, "option cookie: not a binary");
        return;
    }
    host_options.cookie = binary_bytes(t, &host_options.cookie_size, &cookie_copy);
}

static void memory_option(struct reader *r)
{
    uint64_t bytes = 0;
    term t = map_get(host_options.all, ATOM_memory);
    if (t != NONE && t != ATOM_infinity && !integer_to_u64(t, &bytes))
        reader_fail(r, "option memory: no number of bytes");
    mem_set_limit(bytes);
}

static void options_take(struct reader *r)
{
    struct host_options *o = &host_options;
    if (!is_map(o->all)) {
        reader_fail(r, "the options are not a map");
        return;
    }
    o->node = map_get(o->all, ATOM_node);
    if (o->node == NONE || !is_atom(o->node))
        reader_fail(r, "option node: not an atom");
    o->services = map_get(o->all, ATOM_host);
    if (o->services == NONE || !is_kind(o->services, KIND_FOREIGN_PID))
        reader_fail(r, "option host: not a pid of the host");
    o->names = map_get(o->all, ATOM_names);
    if (o->names != NONE && !is_map(o->names))
        reader_fail(r, "option names: not a map");
    o->environment = map_get(o->all, ATOM_environment);
    if (o->environment != NONE && !is_binary(o->environment))
        reader_fail(r, "option environment: not a binary");
    cookie_option(r);
    log_option(r);
    memory_option(r);
    o->creation = (uint32_t)number_option(r, ATOM_creation, 4, UINT32_MAX, "option creation: not in 4 .. 2^32-1");
    o->flags = number_option(r, ATOM_flags, 0, UINT64_MAX, "option flags: not an integer");
    o->schedulers =
        (unsigned)number_option(r, ATOM_schedulers, 1, CONFIG_MAX_WORKERS, "option schedulers: out of range");
    o->window = number_option(r, ATOM_window, 1, SIZE_MAX, "option window: not a positive integer");
}

void host_options_receive(struct reader *r)
{
    struct external e;
    if (external_scan(&e, r, EXTERNAL_NO_COMPRESSION) && reader_left(r) == 0) {
        struct heap h;
        area = fragment_new(e.words);
        heap_over_fragment(&h, area);
        host_options.all = external_decode(&h, &e);
        heap_close_fragment(&h, area);
        if (host_options.all == NONE)
            reader_fail(r, "the options cannot be decoded");
        else
            options_take(r);
    } else {
        reader_fail(r, "the options are malformed");
    }
    external_done(&e);
}

void host_options_set(const struct host_options *o, const uint8_t *cookie, size_t size)
{
    host_options = *o;
    cookie_copy = mem_alloc(size);
    memcpy(cookie_copy, cookie, size);
    host_options.cookie = cookie_copy;
    host_options.cookie_size = size;
}

void host_options_done(void)
{
    mem_free(cookie_copy, cookie_copy ? host_options.cookie_size : 0);
    cookie_copy = NULL;
    if (area)
        fragment_free(area);
    area = NULL;
    host_options = (struct host_options){0};
}
