// SPDX-License-Identifier: Apache-2.0
// Pids, ports and references as text and back, funs as text, and what display/1 and its relatives print.
#include "term/ident.h"

#include "base/utf8.h"
#include "base/writer.h"
#include "bif/bif.h"
#include "term/external_tags.h"
#include "term/print.h"

#include <string.h>
#include <unistd.h>

enum {
    TEXT_MAX = 80,      // longer texts name no identifier
    NUMBERS_MAX = 6,    // node and five numbers of a reference
};

// Printing.

static term text_list(struct heap *h, const struct writer *w)
{
    term list = NIL;
    for (size_t i = w->size; i > 0; i--)
        list = cons(h, small(w->bytes[i - 1]), list);
    return list;
}

static term printed(struct proc *p, term t)
{
    struct writer w;
    writer_init(&w);
    term_print(&w, t, SIZE_MAX);
    term list = text_list(proc_heap(p), &w);
    writer_done(&w);
    return list;
}

static term bif_pid_to_list(struct proc *p, term *args)
{
    return is_pid(args[0]) ? printed(p, args[0]) : fail_badarg(p);
}

static term bif_port_to_list(struct proc *p, term *args)
{
    return is_port(args[0]) ? printed(p, args[0]) : fail_badarg(p);
}

static term bif_ref_to_list(struct proc *p, term *args)
{
    return is_ref(args[0]) ? printed(p, args[0]) : fail_badarg(p);
}

static term bif_fun_to_list(struct proc *p, term *args)
{
    return is_fun(args[0]) ? printed(p, args[0]) : fail_badarg(p);
}

// Reading.

struct numbers {
    struct node *node;
    uint64_t value[NUMBERS_MAX];    // after the node's
    size_t count;
};

static bool text_taken(term list, char text[TEXT_MAX])
{
    size_t n = 0;
    for (; is_list(list) && n < TEXT_MAX - 1; list = tail(list)) {
        if (!is_small(head(list)) || small_value(head(list)) <= 0 || small_value(head(list)) > 127)
            return false;
        text[n++] = (char)small_value(head(list));
    }
    text[n] = '\0';
    return is_nil(list);
}

static bool number_taken(const char **at, uint64_t *value)
{
    const char *from = *at;
    *value = 0;
    for (; **at >= '0' && **at <= '9'; ++*at)
        if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, (unsigned)(**at - '0'), value))
            return false;
    return *at > from;
}

// Such as #Ref<0.1.2.3>: what stands before the first number, then numbers with points between them, the node's first.
static bool numbers_taken(term list, const char *before, struct numbers *n)
{
    char text[TEXT_MAX];
    uint64_t channel;
    size_t skip = strlen(before);
    if (!text_taken(list, text) || strncmp(text, before, skip) != 0)
        return false;
    const char *at = text + skip;
    if (!number_taken(&at, &channel) || channel > UINT32_MAX)
        return false;
    for (n->count = 0; *at == '.' && n->count < NUMBERS_MAX; n->count++) {
        at++;
        if (!number_taken(&at, &n->value[n->count]))
            return false;
    }
    n->node = node_of_channel((uint32_t)channel);
    return n->node && strcmp(at, ">") == 0;
}

static term bif_list_to_pid(struct proc *p, term *args)
{
    struct numbers n;
    if (!numbers_taken(args[0], "<", &n) || n.count != 2 || n.value[1] > UINT32_MAX ||
        n.value[0] > (node_is_self(n.node) ? PID_NUMBER_MAX : UINT32_MAX))
        return fail_badarg(p);
    return pid_make(proc_heap(p), n.node, (uint32_t)n.value[0], (uint32_t)n.value[1]);
}

static term bif_list_to_port(struct proc *p, term *args)
{
    struct numbers n;
    if (!numbers_taken(args[0], "#Port<", &n) || n.count != 1 ||
        (node_is_self(n.node) && n.value[0] > EXT_NEW_PORT_MAX))
        return fail_badarg(p);
    return port_make(proc_heap(p), n.node, n.value[0]);
}

// The numbers are printed from the last to the first.
static term bif_list_to_ref(struct proc *p, term *args)
{
    struct numbers n;
    if (!numbers_taken(args[0], "#Ref<", &n) || n.count == 0 || n.count > 5)
        return fail_badarg(p);
    struct ref_ids ids = {.count = (uint32_t)n.count};
    for (size_t i = 0; i < n.count; i++) {
        if (n.value[i] > UINT32_MAX)
            return fail_badarg(p);
        ids.id[n.count - 1 - i] = (uint32_t)n.value[i];
    }
    if (node_is_self(n.node) && (ids.id[0] > EXT_REFERENCE_MAX || (ids.count != 3 && ids.count != 5)))
        return fail_badarg(p);
    return ref_make(proc_heap(p), n.node, &ids);
}

static term bif_make_ref(struct proc *p, term *args)
{
    (void)args;
    return ref_new(proc_heap(p));
}

static term bif_node_of(struct proc *p, term *args)
{
    if (!is_pid(args[0]) && !is_port(args[0]) && !is_ref(args[0]))
        return fail_badarg(p);
    return ident_node(args[0])->name;
}

// Output: on the engine's own standard output and error, which are the host's. Nothing to be done when they are closed.

static void write_out(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n <= 0)
            return;
        bytes += n;
        size -= (size_t)n;
    }
}

static void print_line(struct writer *w, term t)
{
    writer_init(w);
    term_print(w, t, SIZE_MAX);
    writer_u8(w, '\n');
    write_out(STDOUT_FILENO, w->bytes, w->size);
}

static term bif_display(struct proc *p, term *args)
{
    struct writer w;
    (void)p;
    print_line(&w, args[0]);
    writer_done(&w);
    return ATOM_true;
}

static term bif_debug_display(struct proc *p, term *args)
{
    struct writer w;
    print_line(&w, args[0]);
    term list = text_list(proc_heap(p), &w);
    writer_done(&w);
    return list;
}

static term bif_display_string(struct proc *p, term *args)
{
    struct writer w;
    uint8_t utf8[UTF8_MAX_BYTES];
    term list = args[0];
    writer_init(&w);
    for (; is_list(list); list = tail(list)) {
        term c = head(list);
        if (!is_small(c) || small_value(c) < 0 || !utf8_is_character((uint64_t)small_value(c)))
            break;
        writer_bytes(&w, utf8, utf8_encode((uint32_t)small_value(c), utf8));
    }
    if (is_nil(list))
        write_out(STDERR_FILENO, w.bytes, w.size);
    writer_done(&w);
    return is_nil(list) ? (term)ATOM_true : fail_badarg(p);
}

static term bif_display_nl(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    write_out(STDERR_FILENO, (const uint8_t *)"\n", 1);
    return ATOM_true;
}

static const struct native_row rows[] = {
    {"erlang", "pid_to_list", 1, bif_pid_to_list, 0},       {"erlang", "port_to_list", 1, bif_port_to_list, 0},
    {"erlang", "ref_to_list", 1, bif_ref_to_list, 0},       {"erlang", "fun_to_list", 1, bif_fun_to_list, 0},
    {"erlang", "list_to_pid", 1, bif_list_to_pid, 0},       {"erlang", "list_to_port", 1, bif_list_to_port, 0},
    {"erlang", "list_to_ref", 1, bif_list_to_ref, 0},       {"erlang", "make_ref", 0, bif_make_ref, 0},
    {"erlang", "node", 1, bif_node_of, NATIVE_GUARD},       {"erlang", "display", 1, bif_display, 0},
    {"erlang", "display_string", 1, bif_display_string, 0}, {"erlang", "display_nl", 0, bif_display_nl, 0},
    {"erts_debug", "display", 1, bif_debug_display, 0},
};
const struct native_table natives_idents = {rows, COUNT_OF(rows)};
