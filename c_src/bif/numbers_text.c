// SPDX-License-Identifier: Apache-2.0
// Numbers as strings and binaries, and back.
#include "base/memory.h"
#include "base/writer.h"
#include "bif/bif.h"
#include "proc/errand.h"
#include "term/binary.h"
#include "term/number.h"

#include <string.h>

// Characters on their way: few stand on the C stack, more in a block.
struct text {
    char *chars;
    size_t room;
    char local[256];
};

static char *text_take(struct text *t, size_t room)
{
    t->room = room;
    t->chars = room <= sizeof t->local ? t->local : mem_alloc(room);
    return t->chars;
}

static void text_give(struct text *t)
{
    if (t->chars != t->local)
        mem_free(t->chars, t->room);
}

static term string_of(struct heap *h, const char *chars, size_t n)
{
    term *cells = heap_alloc(h, 2 * n);
    term list = NIL;
    size_t steps = 0;
    for (size_t i = n; i-- > 0; cells += 2) {
        cells[0] = small((uint8_t)chars[i]);
        cells[1] = list;
        list = list_term(cells);
        turn_step(&steps);
    }
    return list;
}

static term binary_of(struct heap *h, const char *chars, size_t n)
{
    return binary_from(h, chars, n);
}

typedef term text_form(struct heap *h, const char *chars, size_t n);

static bool is_base(term t)
{
    return is_small(t) && small_value(t) >= 2 && small_value(t) <= 36;
}

// `native` is the caller, which is called again as an errand if that takes long. So too below.
static term integer_text(struct proc *p, term *args, unsigned arity, text_form *form, native_function *native)
{
    term integer = args[0], base = arity == 1 ? small(10) : args[1];
    if (!is_integer(integer) || !is_base(base))
        return fail_badarg(p);
    if (!is_small(integer) && integer_text_takes_long(integer) && !turn_under_way())
        return errand(p, args, arity, native);
    unsigned radix = (unsigned)small_value(base);
    struct text t;
    char *chars = text_take(&t, integer_text_max(integer, radix));
    term result = form(proc_heap(p), chars, integer_to_text(integer, radix, chars));
    text_give(&t);
    return result;
}

static term bif_integer_to_list_1(struct proc *p, term *args)
{
    return integer_text(p, args, 1, string_of, bif_integer_to_list_1);
}

static term bif_integer_to_list_2(struct proc *p, term *args)
{
    return integer_text(p, args, 2, string_of, bif_integer_to_list_2);
}

static term bif_integer_to_binary_1(struct proc *p, term *args)
{
    return integer_text(p, args, 1, binary_of, bif_integer_to_binary_1);
}

static term bif_integer_to_binary_2(struct proc *p, term *args)
{
    return integer_text(p, args, 2, binary_of, bif_integer_to_binary_2);
}

// How many elements at the head of a list are an integer's text, sign included; 0 if they hold no digit. An element
// counts as the character of its low byte, as on the BEAM.
static size_t integer_prefix(term list, unsigned base, term *rest)
{
    size_t sign = is_list(list) && (head(list) == small('-') || head(list) == small('+')), n = 0, steps = 0;
    if (sign > 0)
        list = tail(list);
    while (is_list(list) && is_small(head(list)) && text_digit((char)small_value(head(list))) < base) {
        list = tail(list);
        n++;
        turn_step(&steps);
    }
    *rest = list;
    return n == 0 ? 0 : sign + n;
}

// The integer that the first n elements are.
static term integer_from_list(struct heap *h, term list, size_t n, unsigned base)
{
    struct text t;
    size_t steps = 0;
    char *chars = text_take(&t, n);
    for (size_t i = 0; i < n; i++, list = tail(list), turn_step(&steps))
        chars[i] = (char)small_value(head(list));
    term integer = integer_from_text(h, chars, n, base);
    text_give(&t);
    return integer;
}

static bool is_long_text(size_t n)
{
    return n > INTEGER_LONG_TEXT && !turn_under_way();
}

static bool is_long_list(term list)
{
    size_t n = 0;
    for (; is_list(list) && n <= INTEGER_LONG_TEXT; list = tail(list))
        n++;
    return is_long_text(n);
}

static term list_to_integer(struct proc *p, term *args, unsigned arity, native_function *native)
{
    term rest, base = arity == 1 ? small(10) : args[1];
    if (!is_base(base))
        return fail_badarg(p);
    if (is_long_list(args[0]))
        return errand(p, args, arity, native);
    unsigned radix = (unsigned)small_value(base);
    size_t n = integer_prefix(args[0], radix, &rest);
    term integer = is_nil(rest) ? integer_from_list(proc_heap(p), args[0], n, radix) : NONE;
    return integer != NONE ? integer : fail_badarg(p);
}

static term bif_list_to_integer_1(struct proc *p, term *args)
{
    return list_to_integer(p, args, 1, bif_list_to_integer_1);
}

static term bif_list_to_integer_2(struct proc *p, term *args)
{
    return list_to_integer(p, args, 2, bif_list_to_integer_2);
}

static term bif_string_list_to_integer(struct proc *p, term *args)
{
    struct heap *h = proc_heap(p);
    if (!is_any_list(args[0]))
        return tuple2(h, ATOM_error, ATOM_not_a_list);
    if (is_long_list(args[0]))
        return errand(p, args, 1, bif_string_list_to_integer);
    term rest;
    size_t n = integer_prefix(args[0], 10, &rest);
    term integer = integer_from_list(h, args[0], n, 10);
    return integer != NONE ? tuple2(h, integer, rest) : tuple2(h, ATOM_error, ATOM_no_integer);
}

static term binary_to_integer(struct proc *p, term *args, unsigned arity, native_function *native)
{
    term binary = args[0], base = arity == 1 ? small(10) : args[1];
    if (!is_binary(binary) || !is_base(base))
        return fail_badarg(p);
    size_t size;
    if (is_long_text(bit_size(binary) / 8))
        return errand(p, args, arity, native);
    uint8_t *copy;
    const uint8_t *bytes = binary_bytes(binary, &size, &copy);
    term integer = integer_from_text(proc_heap(p), (const char *)bytes, size, (unsigned)small_value(base));
    if (copy != NULL)
        mem_free(copy, size);
    return integer != NONE ? integer : fail_badarg(p);
}

static term bif_binary_to_integer_1(struct proc *p, term *args)
{
    return binary_to_integer(p, args, 1, bif_binary_to_integer_1);
}

static term bif_binary_to_integer_2(struct proc *p, term *args)
{
    return binary_to_integer(p, args, 2, bif_binary_to_integer_2);
}

enum float_form { FLOAT_SCIENTIFIC, FLOAT_DECIMALS, FLOAT_SHORT };
enum {
    FLOAT_ROOM = 256,    // the BEAM's buffer bounds its texts
    DEFAULT_DECIMALS = 20,
    C_DEFAULT_DECIMALS = 6,    // printf's, for a negative number of decimals
};

struct float_options {
    enum float_form form;
    int decimals;
    bool compact;
};

static bool float_option(struct float_options *o, term option)
{
    if (option == ATOM_compact) {
        o->compact = true;
        return true;
    }
    if (option == ATOM_short_) {
        o->form = FLOAT_SHORT;
        return true;
    }
    if (!is_tuple_of(option, 2) || !is_small(element(option, 1)))
        return false;
    o->decimals = (int)small_value(element(option, 1));
    o->form = element(option, 0) == ATOM_decimals ? FLOAT_DECIMALS : FLOAT_SCIENTIFIC;
    return element(option, 0) == ATOM_decimals || element(option, 0) == ATOM_scientific;
}

static bool float_options(struct float_options *o, term list)
{
    *o = (struct float_options){FLOAT_SCIENTIFIC, DEFAULT_DECIMALS, false};
    for (; is_list(list); list = tail(list))
        if (!float_option(o, head(list)))
            return false;
    return is_nil(list);
}

static size_t scientific_text(double value, int decimals, char *chars)
{
    if (decimals >= FLOAT_ROOM)
        return 0;
    size_t n = float_to_text_scientific(value, decimals < 0 ? C_DEFAULT_DECIMALS : decimals, chars);
    return n < FLOAT_ROOM ? n : 0;
}

static size_t float_text(double value, const struct float_options *o, char *chars)
{
    switch (o->form) {
    case FLOAT_SCIENTIFIC:
        return scientific_text(value, o->decimals, chars);
    case FLOAT_DECIMALS:
        return float_to_text_decimals(value, o->decimals, o->compact, chars, FLOAT_ROOM);
    case FLOAT_SHORT:
        break;
    }
    return float_to_text_short(value, chars);
}

static term float_as(struct proc *p, term value, term options, text_form *form)
{
    struct float_options o;
    if (!is_float(value) || !float_options(&o, options))
        return fail_badarg(p);
    char chars[FLOAT_TEXT_MAX];
    size_t n = float_text(float_value(value), &o, chars);
    return n > 0 ? form(proc_heap(p), chars, n) : fail_badarg(p);
}

static term bif_float_to_list_1(struct proc *p, term *args)
{
    return float_as(p, args[0], NIL, string_of);
}

static term bif_float_to_list_2(struct proc *p, term *args)
{
    return float_as(p, args[0], args[1], string_of);
}

static term bif_float_to_binary_1(struct proc *p, term *args)
{
    return float_as(p, args[0], NIL, binary_of);
}

static term bif_float_to_binary_2(struct proc *p, term *args)
{
    return float_as(p, args[0], args[1], binary_of);
}

// The BEAM reads a float's text up to its first zero byte.
static term float_from(struct proc *p, const char *chars, size_t n)
{
    double value;
    return float_from_text(chars, strnlen(chars, n), &value) ? float_term(proc_heap(p), value) : fail_badarg(p);
}

static term bif_list_to_float(struct proc *p, term *args)
{
    sword n = list_length(args[0]);
    if (n < 0)
        return fail_badarg(p);
    struct text t;
    char *chars = text_take(&t, (size_t)n);
    term list = args[0];
    while (is_list(list) && is_small(head(list)) && small_value(head(list)) >= 0 && small_value(head(list)) <= 255) {
        *chars++ = (char)small_value(head(list));
        list = tail(list);
    }
    term result = is_nil(list) ? float_from(p, t.chars, (size_t)n) : fail_badarg(p);
    text_give(&t);
    return result;
}

static term bif_binary_to_float(struct proc *p, term *args)
{
    if (!is_binary(args[0]))
        return fail_badarg(p);
    size_t size;
    uint8_t *copy;
    const uint8_t *bytes = binary_bytes(args[0], &size, &copy);
    term result = float_from(p, (const char *)bytes, size);
    if (copy != NULL)
        mem_free(copy, size);
    return result;
}

// The ASCII character at the head of a list; 0: none.
static char ascii_at(term list)
{
    if (!is_list(list) || !is_small(head(list)) || small_value(head(list)) < 0 || small_value(head(list)) > 127)
        return 0;
    return (char)small_value(head(list));
}

// Moves the digits at the head of *list to the text; false if there are none.
static bool take_digits(struct writer *w, term *list)
{
    size_t before = w->size;
    for (char c = ascii_at(*list); c >= '0' && c <= '9'; c = ascii_at(*list)) {
        writer_u8(w, (uint8_t)c);
        *list = tail(*list);
    }
    return w->size > before;
}

static void take_sign(struct writer *w, term *list)
{
    char c = ascii_at(*list);
    if (c != '-' && c != '+')
        return;
    writer_u8(w, (uint8_t)c);
    *list = tail(*list);
}

// An exponent is taken only if it is complete.
static void take_exponent(struct writer *w, term *list)
{
    term at = *list;
    size_t before = w->size;
    if (ascii_at(at) != 'e' && ascii_at(at) != 'E')
        return;
    writer_u8(w, 'e');
    at = tail(at);
    take_sign(w, &at);
    if (take_digits(w, &at))
        *list = at;
    else
        w->size = before;
}

static bool take_float(struct writer *w, term *list)
{
    take_sign(w, list);
    if (!take_digits(w, list) || (ascii_at(*list) != '.' && ascii_at(*list) != ','))
        return false;
    writer_u8(w, '.');
    *list = tail(*list);
    if (!take_digits(w, list))
        return false;
    take_exponent(w, list);
    return true;
}

static term bif_string_list_to_float(struct proc *p, term *args)
{
    struct heap *h = proc_heap(p);
    if (!is_any_list(args[0]))
        return tuple2(h, ATOM_error, ATOM_not_a_list);
    struct writer w;
    writer_init(&w);
    term rest = args[0];
    double value;
    bool found = take_float(&w, &rest) && float_from_text((const char *)w.bytes, w.size, &value);
    writer_done(&w);
    return found ? tuple2(h, float_term(h, value), rest) : tuple2(h, ATOM_error, ATOM_no_float);
}

static const struct native_row rows[] = {
    {"erlang", "integer_to_list", 1, bif_integer_to_list_1, 0},
    {"erlang", "integer_to_list", 2, bif_integer_to_list_2, 0},
    {"erlang", "integer_to_binary", 1, bif_integer_to_binary_1, 0},
    {"erlang", "integer_to_binary", 2, bif_integer_to_binary_2, 0},
    {"erlang", "list_to_integer", 1, bif_list_to_integer_1, 0},
    {"erlang", "list_to_integer", 2, bif_list_to_integer_2, 0},
    {"erlang", "binary_to_integer", 1, bif_binary_to_integer_1, 0},
    {"erlang", "binary_to_integer", 2, bif_binary_to_integer_2, 0},
    {"erlang", "float_to_list", 1, bif_float_to_list_1, 0},
    {"erlang", "float_to_list", 2, bif_float_to_list_2, 0},
    {"erlang", "float_to_binary", 1, bif_float_to_binary_1, 0},
    {"erlang", "float_to_binary", 2, bif_float_to_binary_2, 0},
    {"erlang", "list_to_float", 1, bif_list_to_float, 0},
    {"erlang", "binary_to_float", 1, bif_binary_to_float, 0},
    {"string", "list_to_integer", 1, bif_string_list_to_integer, 0},
    {"string", "list_to_float", 1, bif_string_list_to_float, 0},
};

const struct native_table natives_numbers_text = {rows, COUNT_OF(rows)};
