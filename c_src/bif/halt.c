// SPDX-License-Identifier: Apache-2.0
// halt/2 ends the engine, never the host. With a status it ends as init:stop/0 does, so that what was sent before arrives;
// with a text, or without flush, at once.
#include "base/die.h"
#include "base/os.h"
#include "base/utf8.h"
#include "base/writer.h"
#include "bif/bif.h"
#include "proc/sched.h"
#include "proc/system.h"
#include "term/number.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TEXT_MAX = 1023,    // characters of a text that are shown
    ABORT = -1,         // no status: as by a signal
};

static bool options_taken(term list, bool *flush)
{
    *flush = true;
    for (; is_list(list); list = tail(list)) {
        term option = head(list);
        if (!is_tuple_of(option, 2) || element(option, 0) != ATOM_flush || !is_bool(element(option, 1)))
            return false;
        *flush = element(option, 1) == ATOM_true;
    }
    return is_nil(list);
}

static bool text_taken(term list, struct writer *w)
{
    uint8_t utf8[UTF8_MAX_BYTES];
    for (size_t n = 0; is_list(list); list = tail(list), n++) {
        term c = head(list);
        if (!is_small(c) || small_value(c) < 0 || !utf8_is_character((uint64_t)small_value(c)))
            return false;
        if (n < TEXT_MAX)
            writer_bytes(w, utf8, utf8_encode((uint32_t)small_value(c), utf8));
    }
    writer_u8(w, '\n');
    return is_nil(list);
}

static term end_soon(struct proc *p, int status)
{
    system_set_exit_status(status);
    sched_stop();
    return fail_block(p);
}

// A guest can't end its OS process: it ends as soon as it may.
static term end_now(struct proc *p, int status)
{
    if (!os_process_is_ours)
        return end_soon(p, status == ABORT ? 128 + SIGABRT : status);
    if (status == ABORT)
        abort();
    _exit(status);
}

static term end_with_text(struct proc *p, term list)
{
    struct writer w;
    writer_init(&w);
    if (text_taken(list, &w)) {
        last_words((const char *)w.bytes, w.size);
        term wait = end_now(p, EXIT_FAILURE);
        writer_done(&w);
        return wait;
    }
    writer_done(&w);
    return fail_badarg(p);
}

static term end_with_status(struct proc *p, int status, bool flush)
{
    return flush ? end_soon(p, status) : end_now(p, status);
}

static term bif_halt(struct proc *p, term *args)
{
    bool flush;
    uint64_t status;
    if (!options_taken(args[1], &flush))
        return fail_badarg_because(p, ATOM_badopt);
    if (args[0] == ATOM_abort)
        return end_now(p, ABORT);
    if (is_any_list(args[0]))
        return end_with_text(p, args[0]);
    if (!integer_to_u64(args[0], &status))
        return fail_badarg(p);
    return end_with_status(p, (int)(status & INT_MAX), flush);
}

static const struct native_row rows[] = {
    {"erlang", "halt", 2, bif_halt, 0},
};

const struct native_table natives_halt = {rows, COUNT_OF(rows)};
