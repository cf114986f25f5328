// SPDX-License-Identifier: Apache-2.0
// Terms to bytes and back: term_to_binary and its relatives.
#include "term/external.h"

#include "base/memory.h"
#include "bif/bif.h"
#include "proc/errand.h"
#include "term/binary.h"
#include "term/little.h"
#include "term/number.h"

enum {
    COMPRESS_DEFAULT = 6,     // zlib's own choice
    LITTLE_BITS = 512 * 8,    // of what is decoded at once, even if it was compressed
};

static bool minor_version_taken(struct external_options *options, term value, sword highest)
{
    if (!is_small(value) || small_value(value) < 0 || small_value(value) > highest)
        return false;
    options->minor_version = (uint8_t)small_value(value);
    return true;
}

static bool level_taken(struct external_options *options, term value)
{
    if (!is_small(value) || small_value(value) < 0 || small_value(value) > 9)
        return false;
    options->compress = (int)small_value(value);
    return true;
}

static bool option_taken(struct external_options *options, term option)
{
    if (is_tuple_of(option, 2) && element(option, 0) == ATOM_minor_version)
        return minor_version_taken(options, element(option, 1), 2);
    if (is_tuple_of(option, 2) && element(option, 0) == ATOM_compressed)
        return level_taken(options, element(option, 1));
    if (option == ATOM_compressed)
        options->compress = COMPRESS_DEFAULT;
    else if (option == ATOM_deterministic)
        options->deterministic = true;
    return option == ATOM_compressed || option == ATOM_deterministic;
}

static bool options_taken(struct external_options *options, term list)
{
    *options = (struct external_options){.minor_version = 1};
    while (is_list(list) && option_taken(options, head(list)))
        list = tail(list);
    return is_nil(list);
}

static term encoded(struct proc *p, term t, const struct external_options *options)
{
    struct writer w;
    writer_init(&w);
    bool complete = external_encode(&w, t, options) && mem_allows(w.size);
    term binary = complete ? binary_from(proc_heap(p), w.bytes, w.size) : NONE;
    writer_done(&w);
    return complete ? binary : fail_error(p, ATOM_system_limit);
}

static term to_binary_1(struct proc *p, term *args)
{
    return encoded(p, args[0], &(struct external_options){.minor_version = 1});
}

static term bif_term_to_binary_1(struct proc *p, term *args)
{
    return term_is_little(args[0]) ? to_binary_1(p, args) : errand_pure(p, args, 1, to_binary_1);
}

static term to_binary_2(struct proc *p, term *args)
{
    struct external_options options;
    return options_taken(&options, args[1]) ? encoded(p, args[0], &options) : fail_badarg(p);
}

static term bif_term_to_binary_2(struct proc *p, term *args)
{
    return term_is_little(args[0]) ? to_binary_2(p, args) : errand_pure(p, args, 2, to_binary_2);
}

// From the last piece to the first: the bytes written, with the binaries that were left out between them.
static term pieces(struct heap *h, const struct writer *w, const struct external_cuts *cuts)
{
    term list = NIL;
    size_t end = w->size;
    for (size_t i = cuts->count; i > 0; i--) {
        const struct external_cut *c = &cuts->cuts[i - 1];
        if (c->at < end)
            list = cons(h, binary_from(h, w->bytes + c->at, end - c->at), list);
        list = cons(h, binary_part_bits(h, c->binary, c->from * 8, c->size * 8), list);
        end = c->at;
    }
    return cons(h, binary_from(h, w->bytes, end), list);
}

static term encoded_pieces(struct proc *p, term t, const struct external_options *options)
{
    struct writer w;
    struct external_cuts cuts = {0};
    writer_init(&w);
    bool complete = external_encode_cut(&w, t, options, &cuts);
    term list = complete ? pieces(proc_heap(p), &w, &cuts) : NONE;
    external_cuts_done(&cuts);
    writer_done(&w);
    return complete ? list : fail_error(p, ATOM_system_limit);
}

static term to_iovec_1(struct proc *p, term *args)
{
    return encoded_pieces(p, args[0], &(struct external_options){.minor_version = 1});
}

ERRAND_PURE(bif_term_to_iovec_1, 1, to_iovec_1)

// A compressed term is a binary and not a list, as OTP 25 has it.
static term to_iovec_2(struct proc *p, term *args)
{
    struct external_options options;
    if (!options_taken(&options, args[1]))
        return fail_badarg(p);
    return options.compress ? encoded(p, args[0], &options) : encoded_pieces(p, args[0], &options);
}

ERRAND_PURE(bif_term_to_iovec_2, 2, to_iovec_2)

// The term at the start of a binary, and how many bytes it took. NONE: malformed, or not allowed by the flags.
static term decoded(struct heap *h, term binary, unsigned flags, size_t *used)
{
    size_t size;
    uint8_t *copy;
    const uint8_t *bytes = binary_bytes(binary, &size, &copy);
    struct reader r;
    struct external e;
    reader_init(&r, bytes, size);
    bool allowed = external_scan(&e, &r, flags) && mem_allows(e.words * sizeof(term));
    term t = allowed ? external_decode(h, &e) : NONE;
    *used = (size_t)(r.at - bytes);
    external_done(&e);
    mem_free(copy, size);
    return t;
}

static term to_term_1(struct proc *p, term *args)
{
    size_t used;
    term t = is_binary(args[0]) ? decoded(proc_heap(p), args[0], 0, &used) : NONE;
    return t != NONE ? t : fail_badarg(p);
}

static bool is_little(term t)
{
    return is_binary(t) && bit_size(t) < LITTLE_BITS;
}

static term bif_binary_to_term_1(struct proc *p, term *args)
{
    return is_little(args[0]) ? to_term_1(p, args) : errand(p, args, 1, to_term_1);
}

static bool decode_options_taken(term list, unsigned *flags, bool *tell_used)
{
    *flags = 0;
    *tell_used = false;
    for (; is_list(list); list = tail(list)) {
        if (head(list) == ATOM_safe)
            *flags |= EXTERNAL_SAFE;
        else if (head(list) == ATOM_used)
            *tell_used = true;
        else
            return false;
    }
    return is_nil(list);
}

static term to_term_2(struct proc *p, term *args)
{
    unsigned flags;
    bool tell_used;
    size_t used;
    if (!decode_options_taken(args[1], &flags, &tell_used))
        return fail_badarg_because(p, ATOM_badopt);
    term t = is_binary(args[0]) ? decoded(proc_heap(p), args[0], flags, &used) : NONE;
    if (t == NONE)
        return fail_badarg(p);
    return tell_used ? tuple2(proc_heap(p), t, small((sword)used)) : t;
}

static term bif_binary_to_term_2(struct proc *p, term *args)
{
    return is_little(args[0]) ? to_term_2(p, args) : errand(p, args, 2, to_term_2);
}

static term size_1(struct proc *p, term *args)
{
    (void)p;
    return small((sword)external_size(args[0], &(struct external_options){.minor_version = 1}));
}

ERRAND_PURE(bif_external_size_1, 1, size_1)

// Version 0 counts wherever it stands: 1 is what is so without it.
static term size_2(struct proc *p, term *args)
{
    struct external_options options = {.minor_version = 1};
    term list = args[1];
    for (; is_list(list); list = tail(list)) {
        term option = head(list);
        if (!is_tuple_of(option, 2) || element(option, 0) != ATOM_minor_version ||
            !(element(option, 1) == small(0) || element(option, 1) == small(1)))
            break;
        if (element(option, 1) == small(0))
            options.minor_version = 0;
    }
    if (is_nil(list))
        return small((sword)external_size(args[0], &options));
    args[1] = list;    // the stack trace shows what was not understood, as the BEAM's does
    return fail_badarg(p);
}

ERRAND_PURE(bif_external_size_2, 2, size_2)

static const struct native_row rows[] = {
    {"erlang", "term_to_binary", 1, bif_term_to_binary_1, 0}, {"erlang", "term_to_binary", 2, bif_term_to_binary_2, 0},
    {"erlang", "term_to_iovec", 1, bif_term_to_iovec_1, 0},   {"erlang", "term_to_iovec", 2, bif_term_to_iovec_2, 0},
    {"erlang", "binary_to_term", 1, bif_binary_to_term_1, 0}, {"erlang", "binary_to_term", 2, bif_binary_to_term_2, 0},
    {"erlang", "external_size", 1, bif_external_size_1, 0},   {"erlang", "external_size", 2, bif_external_size_2, 0},
};
const struct native_table natives_external = {rows, COUNT_OF(rows)};
