// SPDX-License-Identifier: Apache-2.0
// re: what of it no bytecode defines. Compiling and one match are here; matching all (global), and whatever needs a
// conversion to UTF-8 first, is Erlang code in OTP's module re, which we call as the BEAM's natives do.
#include "bif/bif.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "bif/re_capture.h"
#include "term/binary.h"
#include "term/iolist.h"
#include "term/map.h"

#include <string.h>

// Bytes taken from a term: `copy` is ours when it is not NULL.
struct input {
    const uint8_t *bytes;
    size_t size;
    uint8_t *copy;
    size_t copy_size;
};

static void input_done(struct input *i)
{
    if (i->copy)
        mem_free(i->copy, i->copy_size);
}

static bool input_read(struct input *i, term t)
{
    *i = (struct input){.size = 0};
    if (is_bitstring(t)) {
        if (!is_binary(t))
            return false;
        i->bytes = binary_bytes(t, &i->size, &i->copy);
        i->copy_size = i->size;
        return true;
    }
    size_t bits;
    if (!is_any_list(t) || !iolist_bits(t, 8, &bits) || bits == SIZE_MAX || !mem_allows(bits / 8))
        return false;
    i->size = i->copy_size = bits / 8;
    i->bytes = i->copy = mem_alloc(i->copy_size);
    iolist_write(t, i->copy);
    return true;
}

static term fail_option(struct proc *p)
{
    fail_badarg(p);
    p->worker->failure.info =
        map_from_pairs(proc_heap(p), (term[]){ATOM_cause, ATOM_badopt, ATOM_module, ATOM_erl_stdlib_errors}, 2);
    return NONE;
}

static term trap(struct proc *p, term function, uint32_t arity, const term *args)
{
    return fail_trap(p, export_get(ATOM_re, function, arity), args);
}

// As in C, a zero byte ends a pattern.
static struct re_source source_of(const struct input *i, const struct re_options *o)
{
    const uint8_t *zero = i->size ? memchr(i->bytes, 0, i->size) : NULL;
    return (struct re_source){o->compile, o->newline, o->bsr, i->bytes, zero ? (size_t)(zero - i->bytes) : i->size};
}

static term error_term(struct heap *h, const struct re_error *e)
{
    term text = NIL;
    for (size_t n = strlen(e->text); n > 0; n--)
        text = cons(h, small((uint8_t)e->text[n - 1]), text);
    return tuple2(h, text, small((sword)e->at));
}

static term compile(struct proc *p, term *args, term options)
{
    struct re_options o;
    struct input pattern;
    if (!re_options_read(options, &o) || o.for_run_only)
        return fail_option(p);
    if ((o.compile & PCRE2_UTF) && !is_bitstring(args[0]))
        return trap(p, ATOM_ucompile, 2, (term[]){args[0], options});
    if (!input_read(&pattern, args[0]))
        return fail_badarg(p);
    struct heap *h = proc_heap(p);
    struct re_source s = source_of(&pattern, &o);
    struct re_error e;
    struct re_code *c = re_code_get(&s, &e);
    term result = c ? tuple2(h, ATOM_ok, re_pattern_term(h, &s, c)) : tuple2(h, ATOM_error, error_term(h, &e));
    input_done(&pattern);
    return result;
}

static term bif_compile_1(struct proc *p, term *args)
{
    return compile(p, args, NIL);
}

static term bif_compile_2(struct proc *p, term *args)
{
    return compile(p, args, args[1]);
}

// One call of run.
struct run {
    struct proc *p;
    uint32_t arity;    // of the call
    term *args;        // subject, pattern, options
    struct re_options o;
    bool checked;    // the caller knows that the subject is UTF-8
    struct input subject, pattern;
};

static bool captures_text(const struct run *r)
{
    return r->o.capture_type == ATOM_list && !r->o.global;
}

// The subject, and the captured lists, need a conversion that re:urun makes.
static bool needs_conversion(const struct run *r)
{
    return !is_bitstring(r->args[0]) || captures_text(r);
}

static struct shared *shared_of(term t)
{
    const term *object = boxed_ptr(t);
    if (header_kind(object[0]) == KIND_SUB_BIN)
        object = boxed_ptr(object[1]);
    return header_kind(object[0]) == KIND_REFC_BIN ? (struct shared *)(uintptr_t)object[2] : NULL;
}

static void remember_valid(const struct run *r)
{
    struct shared *s = is_bitstring(r->args[0]) && !r->subject.copy ? shared_of(r->args[0]) : NULL;
    if (s)
        re_valid_remember(s, r->subject.bytes, r->subject.size);
}

static bool is_utf8(const struct run *r)
{
    const struct input *s = &r->subject;
    if ((r->checked || r->o.from) && re_valid_known(s->bytes, s->size))
        return true;
    if (!utf8_is_valid(s->bytes, s->size))
        return false;
    if (r->checked || r->o.from)
        remember_valid(r);
    return true;
}

static size_t start_of(const struct run *r)
{
    return r->o.from ? r->o.from : r->o.offset;
}

static bool starts_character(const struct run *r)
{
    size_t at = start_of(r);
    return at >= r->subject.size || (r->subject.bytes[at] & 0xC0) != 0x80;
}

// Others get their turn; then the same call goes on from where it is.
static term go_on_later(struct run *r, size_t from)
{
    struct proc *p = r->p;
    struct heap *h = proc_heap(p);
    term options = r->o.from ? tail(r->args[2]) : r->args[2];
    options = cons(h, tuple2(h, ATOM_re_from, small((sword)from)), options);
    p->worker->charge += CONFIG_SLICE;
    if (r->arity == 2)
        return trap(p, ATOM_run, 3, (term[]){r->args[0], r->args[1], options});
    proc_x(p)[2] = options;
    return fail_yield(p);
}

static term outcome(struct run *r, struct re_code *c, const struct re_capture *capture)
{
    struct proc *p = r->p;
    struct re_subject s = {r->subject.bytes, r->subject.size, start_of(r)};
    if (c->utf && (!is_utf8(r) || !starts_character(r)))
        return fail_badarg(p);
    int rc = re_match(c, &s, &r->o);
    term result = ATOM_nomatch;
    if (rc > 0)
        result =
            re_capture_term(proc_heap(p), capture, c, (uint32_t)rc, &s, is_bitstring(r->args[0]) ? r->args[0] : NONE);
    else if (r->o.report_errors && rc == PCRE2_ERROR_MATCHLIMIT)
        result = tuple2(proc_heap(p), ATOM_error, ATOM_match_limit);
    else if (r->o.report_errors && (rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT))
        result = tuple2(proc_heap(p), ATOM_error, ATOM_match_limit_recursion);
    else if (rc == RE_UNFINISHED)
        result = go_on_later(r, s.offset);
    else if (rc == PCRE2_ERROR_BADOFFSET)
        result = fail_panic(p);
    if (rc <= 0 && rc != RE_UNFINISHED)
        re_valid_forget();
    re_match_done(c);
    return result;
}

static term match(struct run *r, struct re_code *c)
{
    struct re_capture capture;
    term result = NONE;
    if (re_capture_read(&capture, &r->o, c) && input_read(&r->subject, r->args[0]))
        result = outcome(r, c, &capture);
    else
        fail_badarg(r->p);
    input_done(&r->subject);
    re_capture_done(&capture);
    return result;
}

// The pattern is text.
static term run_text(struct run *r)
{
    struct heap *h = proc_heap(r->p);
    term *args = r->args;
    if ((r->o.compile & PCRE2_UTF) && (!is_bitstring(args[1]) || needs_conversion(r)))
        return trap(r->p, ATOM_urun, 3, args);
    if (!input_read(&r->pattern, args[1]))
        return fail_badarg(r->p);
    struct re_source s = source_of(&r->pattern, &r->o);
    struct re_error e;
    struct re_code *c = re_code_get(&s, &e);
    if (!c && r->o.report_errors)
        return tuple2(h, ATOM_error, tuple2(h, ATOM_compile, error_term(h, &e)));
    if (!c)
        return fail_badarg(r->p);
    if (!r->o.global)
        return match(r, c);
    term how = tuple3(h, args[2], bool_term(r->o.for_compile_only), args[1]);
    return trap(r->p, ATOM_grun, 3, (term[]){args[0], re_pattern_term(h, &s, c), how});
}

static bool is_compiled(term t)
{
    return is_tuple_of(t, 5) && element(t, 0) == ATOM_re_pattern && is_small(element(t, 1)) &&
           is_small(element(t, 2)) && is_small(element(t, 3)) && is_binary(element(t, 4));
}

// The options of a run may choose other line ends than the pattern was compiled for.
static term run_compiled(struct run *r)
{
    struct heap *h = proc_heap(r->p);
    term *args = r->args;
    if (r->o.for_compile_only || !is_compiled(args[1]))
        return fail_badarg(r->p);
    if (element(args[1], 2) != small(0) && needs_conversion(r))
        return trap(r->p, ATOM_urun, 3, args);
    if (r->o.global)
        return trap(r->p, ATOM_grun, 3, (term[]){args[0], args[1], tuple2(h, args[2], ATOM_false)});
    struct re_source s;
    struct re_error e;
    if (!input_read(&r->pattern, element(args[1], 4)) || !re_pattern_read(r->pattern.bytes, r->pattern.size, &s))
        return fail_badarg(r->p);
    s.newline = r->o.newline ? r->o.newline : s.newline;
    s.bsr = r->o.bsr ? r->o.bsr : s.bsr;
    struct re_code *c = re_code_get(&s, &e);
    return c ? match(r, c) : fail_panic(r->p);
}

static term run(struct proc *p, term *args, uint32_t arity, term options, bool checked)
{
    term three[] = {args[0], args[1], options};
    struct run r = {.p = p, .args = three, .arity = arity, .checked = checked};
    if (!re_options_read(options, &r.o))
        return fail_option(p);
    term result = NONE;
    if (is_tuple_of(args[1], 5))
        result = run_compiled(&r);
    else if (is_bitstring(args[1]) || is_any_list(args[1]))
        result = run_text(&r);
    else
        fail_badarg(p);
    input_done(&r.pattern);
    return result;
}

static term bif_run_2(struct proc *p, term *args)
{
    return run(p, args, 2, NIL, false);
}

static term bif_run_3(struct proc *p, term *args)
{
    return run(p, args, 3, args[2], false);
}

static term bif_internal_run(struct proc *p, term *args)
{
    return is_bool(args[3]) ? run(p, args, 4, args[2], args[3] == ATOM_false) : fail_badarg(p);
}

static term bif_inspect(struct proc *p, term *args)
{
    struct input pattern;
    struct re_source s;
    struct re_error e;
    if (!is_compiled(args[0]) || args[1] != ATOM_namelist)
        return fail_badarg(p);
    input_read(&pattern, element(args[0], 4));
    struct re_code *c = re_pattern_read(pattern.bytes, pattern.size, &s) ? re_code_get(&s, &e) : NULL;
    input_done(&pattern);
    if (!c)
        return fail_badarg(p);
    struct heap *h = proc_heap(p);
    term names = NIL;
    for (uint32_t i = c->names; i > 0; i--)
        if (!re_name_repeats(c, i - 1))
            names = cons(h, binary_from(h, re_name_text(c, i - 1), strlen(re_name_text(c, i - 1))), names);
    return tuple2(h, ATOM_namelist, names);
}

// Not the BEAM's: whoever stored what another version compiled (Elixir's ~r) then compiles it again from its source.
static term bif_version(struct proc *p, term *args)
{
    (void)args;
    char text[64] = "";
    pcre2_config(PCRE2_CONFIG_VERSION, text);
    return binary_from(proc_heap(p), text, strlen(text));
}

static const struct native_row rows[] = {
    {"re", "version", 0, bif_version, 0},   {"re", "compile", 1, bif_compile_1, 0},
    {"re", "compile", 2, bif_compile_2, 0}, {"re", "run", 2, bif_run_2, 0},
    {"re", "run", 3, bif_run_3, 0},         {"re", "internal_run", 4, bif_internal_run, 0},
    {"re", "inspect", 2, bif_inspect, 0},
};

const struct native_table natives_re = {rows, COUNT_OF(rows)};
