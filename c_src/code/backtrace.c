// SPDX-License-Identifier: Apache-2.0
// A process's stack as text, in the form that the BEAM has for process_info's backtrace.
#include "code/module.h"
#include "code/trace.h"
#include "term/atom.h"
#include "term/print.h"

#include <stdio.h>
#include <string.h>

enum {
    VALUE_LIMIT = 4096,    // bytes of each value's text
    SLOT_WIDTH = 9,        // y(0) and blanks
};

static void text(struct writer *w, const char *s)
{
    writer_bytes(w, s, strlen(s));
}

static void number(struct writer *w, const char *format, word value)
{
    char buffer[64];
    int n = snprintf(buffer, sizeof buffer, format, (unsigned long)value);
    writer_bytes(w, buffer, (size_t)n);
}

// The address and its function; code that belongs to none ends the process.
static void address(struct writer *w, const word *at)
{
    struct code_place place;
    number(w, "0x%016lx", (word)(uintptr_t)at);
    if (!code_place(at, &place)) {
        text(w, " (<terminate process normally>)");
        return;
    }
    text(w, " (");
    term_print(w, place.module->name, VALUE_LIMIT);
    text(w, ":");
    term_print(w, place.function->name, VALUE_LIMIT);
    number(w, "/%lu", place.function->arity);
    number(w, " + %lu)", (word)((const char *)at - (const char *)place.function->start));
}

static void slot(struct writer *w, size_t index, term value)
{
    char name[32];
    int n = snprintf(name, sizeof name, "y(%zu)", index);
    writer_bytes(w, name, (size_t)n);
    for (int i = n; i < SLOT_WIDTH; i++)
        text(w, " ");
    if (is_catch(value)) {
        text(w, "Catch ");
        address(w, catch_handler(value));
    } else {
        term_print(w, value, VALUE_LIMIT);
    }
    text(w, "\n");
}

void trace_text(struct writer *w, struct proc *p)
{
    if (p->flags & PROC_SENSITIVE)
        return;
    text(w, "Program counter: ");
    address(w, p->ip);
    text(w, "\n");
    size_t index = 0;
    for (const term *at = heap_stack(&p->heap) + p->saved; at < p->heap.end; at++) {
        if (!is_header(*at)) {
            slot(w, index++, *at);
            continue;
        }
        number(w, "\n0x%016lx Return addr ", (word)(uintptr_t)at);
        address(w, (const word *)(uintptr_t)*at);
        text(w, "\n");
        index = 0;
    }
}
