// SPDX-License-Identifier: Apache-2.0
// Integers of any size and floats: arithmetic with the language's rules, conversions, comparison. Big integers are sign
// and magnitude, limbs of 64 bits, computed by GMP's mpn layer on words of the heap; a result that fits is a small
// integer. Functions that return a term give NONE when the operation fails, with the reason in *why: ATOM_badarith,
// ATOM_badarg or ATOM_system_limit. They build on the heap they are given and never collect. Arguments are any terms.
#ifndef TANDEM_TERM_NUMBER_H
#define TANDEM_TERM_NUMBER_H

#include "term/heap.h"

term number_add(struct heap *h, term a, term b, term *why);
term number_subtract(struct heap *h, term a, term b, term *why);
term number_multiply(struct heap *h, term a, term b, term *why);
term number_divide(struct heap *h, term a, term b, term *why);    // the operator /, a float
term number_div(struct heap *h, term a, term b, term *why);       // integers, towards zero
term number_rem(struct heap *h, term a, term b, term *why);
term number_negate(struct heap *h, term a, term *why);
term number_abs(struct heap *h, term a, term *why);

term number_band(struct heap *h, term a, term b, term *why);    // bitwise on two's complement of any width
term number_bor(struct heap *h, term a, term b, term *why);
term number_bxor(struct heap *h, term a, term b, term *why);
term number_bnot(struct heap *h, term a, term *why);
term number_bsl(struct heap *h, term a, term b, term *why);
term number_bsr(struct heap *h, term a, term b, term *why);

// Multiplying or dividing them may take long: whoever can does it as work in turns (base/turn.h).
bool number_takes_long(term a, term b);
bool integer_text_takes_long(term t);
enum { INTEGER_LONG_TEXT = CONFIG_STRESS ? 64 : 8192 };    // digits whose reading takes long

// Between C and terms.
term integer_from_i64(struct heap *h, int64_t value);
term integer_from_u64(struct heap *h, uint64_t value);
bool integer_to_i64(term t, int64_t *value);    // false: no integer, or out of range
bool integer_to_u64(term t, uint64_t *value);
enum { INTEGER_WORDS_I64 = 2 };    // heap words that a 64-bit integer may take

// From magnitude bytes, and to them: least significant byte first. n may be 0, the most significant bytes may be zero.
// NONE: more than CONFIG_MAX_BIG_LIMBS limbs; so too integer_from_field.
term integer_from_bytes(struct heap *h, const uint8_t *bytes, size_t n, bool negative);
size_t integer_byte_size(term t);                           // of the magnitude, without leading zeros
void integer_to_bytes(term t, uint8_t *bytes, size_t n);    // fills n bytes, zeros at the end
bool integer_is_negative(term t);
size_t integer_bytes_words(size_t n);    // heap words integer_from_bytes may take

// Two's complement bit fields (bit syntax): n bits at any offset, big-endian or little-endian.
term integer_from_field(struct heap *h, const uint8_t *base, size_t bit_offset, size_t n, bool is_signed, bool little);
void integer_to_field(term integer, uint8_t *base, size_t bit_offset, size_t n, bool little);

// Exact comparison of any two numbers, integers with floats included: <0, 0, >0.
int number_compare(term a, term b);

bool number_to_double(term t, double *value);             // false: no number, or too large
term number_from_double(struct heap *h, double value);    // an integral double as an integer
bool double_is_finite(double value);

// Text. Base 2 to 36; capital letters, small ones are read too. integer_text_max bounds the characters.
unsigned text_digit(char c);    // 0 to 35, or 36: no digit
size_t integer_text_max(term t, unsigned base);
size_t integer_to_text(term t, unsigned base, char *text);                            // characters written, no NUL
term integer_from_text(struct heap *h, const char *text, size_t n, unsigned base);    // NONE: malformed, too large

// A float's text has no NUL. The shortest that reads back is what ~p prints. 0: does not fit (FLOAT_TEXT_MAX, room).
enum { FLOAT_TEXT_MAX = 512 };
size_t float_to_text_short(double value, char *text);
size_t float_to_text_scientific(double value, int decimals, char *text);    // 1.00000000000000000000e+00
size_t float_to_text_decimals(double value, int decimals, bool compact, char *text, size_t room);
bool float_from_text(const char *text, size_t n, double *value);    // false: not Erlang's syntax, too large

#endif
