// SPDX-License-Identifier: Apache-2.0
#include "code/trace.h"

#include "code/interp.h"
#include "code/module.h"
#include "code/raise.h"
#include "proc/system.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/fun.h"
#include "term/map.h"

#include <string.h>

enum raw_field { RAW_CLASS, RAW_TOP, RAW_ARGUMENTS, RAW_INFO, RAW_ADDRESSES, RAW_TIME, RAW_FIELDS };

// Which module formats the errors of a module's natives; NONE: its natives have no error_info.
static term format_module(term module)
{
    static const struct {
        term module, errors;
    } rows[] = {
        {ATOM_erlang, ATOM_erl_erts_errors},          {ATOM_erts_internal, ATOM_erl_erts_errors},
        {ATOM_atomics, ATOM_erl_erts_errors},         {ATOM_counters, ATOM_erl_erts_errors},
        {ATOM_persistent_term, ATOM_erl_erts_errors}, {ATOM_os, ATOM_erl_kernel_errors},
        {ATOM_binary, ATOM_erl_stdlib_errors},        {ATOM_ets, ATOM_erl_stdlib_errors},
        {ATOM_lists, ATOM_erl_stdlib_errors},         {ATOM_maps, ATOM_erl_stdlib_errors},
        {ATOM_math, ATOM_erl_stdlib_errors},          {ATOM_re, ATOM_erl_stdlib_errors},
        {ATOM_unicode, ATOM_erl_stdlib_errors},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].module == module)
            return rows[i].errors;
    return NONE;
}

// [{error_info, Map}] or NIL.
static term info_list(struct heap *h, const struct trace_start *start)
{
    term info = start->info;
    if (start->blame && !start->undefined) {
        term errors = format_module(start->blame->module);
        if (!errors)
            return NIL;
        info = map_put(h, is_map(info) ? info : map_empty(h), ATOM_module, errors);
    }
    return is_map(info) ? cons(h, tuple2(h, ATOM_error_info, info), NIL) : NIL;
}

// Words tagged as headers on the stack are return addresses. Equal ones in a row count once, as on the BEAM.
// first: what is added to the first of them.
static size_t gather(const struct proc *p, word *addresses, size_t count, size_t limit, word first)
{
    word previous = count ? addresses[count - 1] : 0;
    for (const term *at = heap_stack(&p->heap); at < p->heap.end && count < limit; at++) {
        if (!is_header(*at) || *at == previous)
            continue;
        addresses[count++] = *at + first;
        previous = *at;
        first = 0;
    }
    return count;
}

static bool is_in_module(const word *address)
{
    struct code_place place;
    return code_place(address, &place);
}

// A native that was called through its export fails in the export's trampoline, which is no entry. Where it would have returned
// to then is looked up as it stands: the BEAM blames what follows a call if a line begins there.
static bool fails_in_trampoline(const struct trace_start *start)
{
    return *start->at == (word)(uintptr_t)op_native_body_plain;
}

// erlang:process_info is always called so.
static bool fails_behind(const struct trace_start *start)
{
    return start->blame && start->blame->module == ATOM_erlang && *start->at == (word)(uintptr_t)op_call_native_plain &&
           start->blame->function == atom_from_c("process_info");
}

// Locations are looked up just below an address, so the failed instruction counts by the word behind it.
term trace_gather(struct proc *p, const struct trace_start *start)
{
    struct heap *h = proc_heap(p);
    word addresses[BACKTRACE_DEPTH_MAX];
    size_t count = 0, limit = backtrace_depth > 1 ? backtrace_depth - (start->blame != NULL) : 1;
    term top = NIL;
    if (start->blame) {
        term function[3] = {start->blame->module, start->blame->function, start->arguments};
        top = tuple4(h, function[0], function[1], function[2], info_list(h, start));
    }
    bool in_trampoline = !start->undefined && fails_in_trampoline(start);
    if (!start->undefined && !in_trampoline && (!start->blame || is_in_module(start->at)))
        addresses[count++] = (word)(uintptr_t)(start->at + (fails_behind(start) ? 3 : 1));
    count = gather(p, addresses, count, limit, in_trampoline ? sizeof(word) : 0);
    term fields[RAW_FIELDS] = {
        [RAW_CLASS] = start->class,
        [RAW_TOP] = top,
        [RAW_ARGUMENTS] = start->arguments && !start->blame ? start->arguments : ATOM_true,
        [RAW_INFO] = start->blame ? NIL : info_list(h, start),
        [RAW_ADDRESSES] = binary_from(h, addresses, count * sizeof *addresses),
        [RAW_TIME] = small((sword)code_time()),
    };
    return tuple_of(h, RAW_FIELDS, fields);
}

static term location(struct heap *h, const struct code_place *place, term info)
{
    if (!place->file)
        return info;
    term line = tuple2(h, ATOM_line, small((sword)place->file_line));
    term file = tuple2(h, ATOM_file, place->file);
    return cons(h, file, cons(h, line, info));
}

// False: the address is none of a module's (the end of a process), or its module has gone since.
static bool entry(struct heap *h, word address, uint64_t time, term arguments, term info, term *item)
{
    struct code_place place;
    if (!code_place_at((const word *)(uintptr_t)address - 1, time, &place))
        return false;
    bool shown = is_list(arguments) || is_nil(arguments);
    *item = tuple4(h, place.module->name, place.function->name, shown ? arguments : small((sword)place.function->arity),
                   location(h, &place, info));
    return true;
}

// A tuple of that size may be anything: the instructions that bring it take any term.
static size_t addresses_of(term raw, word addresses[BACKTRACE_DEPTH_MAX])
{
    term t = element(raw, RAW_ADDRESSES);
    struct bits bytes = is_bitstring(t) ? bits_of(t) : (struct bits){.size = 0};
    size_t count = bytes.size / 64 < BACKTRACE_DEPTH_MAX ? bytes.size / 64 : BACKTRACE_DEPTH_MAX;
    if (count)
        bits_copy((uint8_t *)addresses, 0, bytes.base, bytes.offset, count * 64);
    return count;
}

static uint64_t time_of(term raw)
{
    term t = element(raw, RAW_TIME);
    return is_small(t) && small_value(t) >= 0 ? (uint64_t)small_value(t) : 0;
}

static term build_raw(struct heap *h, term raw)
{
    word addresses[BACKTRACE_DEPTH_MAX];
    uint64_t time = time_of(raw);
    size_t count = addresses_of(raw, addresses);
    term list = NIL, item;
    bool has_top = !is_nil(element(raw, RAW_TOP));
    size_t innermost = 0;    // of a module: a native that was called by its export stands before it
    struct code_place place;
    while (innermost < count && !code_place_at((const word *)(uintptr_t)addresses[innermost] - 1, time, &place))
        innermost++;
    for (size_t i = count; i-- > innermost;) {
        bool first = i == innermost && !has_top;
        term arguments = first ? element(raw, RAW_ARGUMENTS) : ATOM_true;
        if (entry(h, addresses[i], time, arguments, first ? element(raw, RAW_INFO) : NIL, &item))
            list = cons(h, item, list);
    }
    return has_top ? cons(h, element(raw, RAW_TOP), list) : list;
}

term trace_build(struct heap *h, term raw)
{
    if (is_tuple_of(raw, RAW_FIELDS))
        return build_raw(h, raw);
    return is_tuple_of(raw, 2) ? element(raw, 1) : raw;
}

// The class may be another one than the trace was made with: whoever raises it once more looks there.
static term with_class(struct heap *h, term raw, term class)
{
    bool known = is_tuple_of(raw, RAW_FIELDS) || is_tuple_of(raw, 2);
    if (!known || element(raw, RAW_CLASS) == class)
        return raw;
    term copy = tuple_of(h, tuple_arity(raw), tuple_elements(raw));
    tuple_elements(copy)[RAW_CLASS] = class;
    return copy;
}

term trace_passed_on(struct heap *h, term raw, term class)
{
    word addresses[BACKTRACE_DEPTH_MAX];
    struct code_place place;
    if (!is_tuple_of(raw, RAW_FIELDS) || !is_nil(element(raw, RAW_TOP)))
        return with_class(h, raw, class);
    size_t count = addresses_of(raw, addresses);
    const word *at = count ? (const word *)(uintptr_t)addresses[0] - 1 : NULL;
    if (!at || !code_place_at(at, time_of(raw), &place) || *at != (word)(uintptr_t)op_func_info_plain)
        return with_class(h, raw, class);
    term top = tuple4(h, place.module->name, place.function->name, element(raw, RAW_ARGUMENTS), NIL);
    term fields[RAW_FIELDS] = {
        [RAW_CLASS] = class,
        [RAW_TOP] = top,
        [RAW_ARGUMENTS] = ATOM_true,
        [RAW_INFO] = NIL,
        [RAW_ADDRESSES] = binary_from(h, addresses + 1, (count - 1) * sizeof *addresses),
        [RAW_TIME] = element(raw, RAW_TIME),
    };
    return tuple_of(h, RAW_FIELDS, fields);
}

term trace_class(term raw)
{
    return is_tuple(raw) && tuple_arity(raw) > 0 ? element(raw, RAW_CLASS) : ATOM_error;
}

// What was called through its export and has not begun: a native that is to be called again, or what waits for its module.
static const struct export *called_export(const struct proc *p)
{
    bool waits = *p->ip == (word)(uintptr_t)op_native_body_plain || *p->ip == (word)(uintptr_t)op_call_undefined_plain;
    return waits ? (const struct export *)(uintptr_t)p->ip[1] : NULL;
}

term trace_of_stack(struct heap *h, struct proc *p, unsigned limit)
{
    word addresses[BACKTRACE_DEPTH_MAX];
    size_t most = limit < BACKTRACE_DEPTH_MAX ? limit : BACKTRACE_DEPTH_MAX;
    size_t count = 0;
    const struct export *called = called_export(p);
    if (most)
        addresses[count++] = (word)(uintptr_t)(p->ip + 1);
    count = gather(p, addresses, count, most, 0);
    term list = NIL, item;
    while (count-- > 0)
        if (entry(h, addresses[count], UINT64_MAX, ATOM_true, NIL, &item))
            list = cons(h, item, list);
    return called && most ? cons(h, tuple4(h, called->module, called->function, small((sword)called->arity), NIL), list)
                          : list;
}

bool trace_place(const struct proc *p, struct function_name *f)
{
    struct code_place place;
    if (!code_place(p->ip, &place))
        return false;
    *f = (struct function_name){place.module->name, place.function->name, place.function->arity};
    return true;
}
