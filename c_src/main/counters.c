// SPDX-License-Identifier: Apache-2.0
#include "main/counters.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/memory.h"
#include "code/delegate.h"
#include "code/missing.h"
#include "code/module.h"
#include "dist/peer.h"
#include "main/engine.h"
#include "proc/doom.h"
#include "proc/sched.h"
#include "proc/system.h"
#include "term/atom.h"
#include "term/binary.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// The new value belongs to the object.
static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        die("no memory for a report");
}

static void put_number(json_t *object, const char *key, uint64_t value)
{
    put(object, key, json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

static json_t *atom_json(term name)
{
    struct atom_text text = atom_text(name);
    json_t *string = json_stringn(text.bytes, text.size);
    return string ? string : json_null();
}

// Natives that are neither ours nor the host's, with how often each was called.
static json_t *missing_json(void)
{
    struct missing m;
    json_t *list = json_array();
    for (size_t at = 0; missing_next(&at, &m);) {
        json_t *each = json_object();
        put(each, "module", atom_json(m.module));
        put(each, "function", atom_json(m.function));
        put_number(each, "arity", m.arity);
        put_number(each, "calls", m.count);
        json_array_append_new(list, each);
    }
    return list;
}

static json_t *memory_json(size_t in_use)
{
    json_t *memory = json_object();
    put_number(memory, "in_use", in_use);
    put_number(memory, "limit", mem_limit());
    put_number(memory, "binaries", mem_used_for(MEM_BINARIES));
    put_number(memory, "tables", mem_used_for(MEM_TABLES));
    put_number(memory, "processes_ended", doom_count());
    return memory;
}

static json_t *messages_json(uint64_t inside)
{
    json_t *messages = json_object();
    put_number(messages, "signals", inside);
    put_number(messages, "from_host", peer_messages_in);
    put_number(messages, "to_host", peer_messages_out);
    return messages;
}

static json_t *report(void)
{
    struct system_counts c = system_counts();
    json_t *all = json_object();
    put(all, "version", json_string(ENGINE_VERSION));
    put(all, "memory", memory_json(c.memory));
    put(all, "messages", messages_json(c.messages));
    put(all, "missing", missing_json());
    put_number(all, "up_ns", (uint64_t)(clock_monotonic() - system_started()));
    put_number(all, "cpu_ns", (uint64_t)clock_cpu());
    put_number(all, "schedulers", sched_workers());
    put_number(all, "processes", c.processes);
    put_number(all, "spawned", c.spawned);
    put_number(all, "reductions", c.reductions);
    put_number(all, "slices", c.slices);
    put_number(all, "collections", c.collections);
    put_number(all, "timers", c.timers);
    put_number(all, "modules", module_count());
    put_number(all, "delegated", delegated_count());
    return all;
}

term counters_json(struct heap *h)
{
    json_t *all = report();
    char *text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(all);
    if (!text)
        die("no memory for a report");
    term binary = binary_from(h, text, strlen(text));
    free(text);
    return binary;
}
