// SPDX-License-Identifier: Apache-2.0
// The two machine types everything else is made of, and the few compiler hints that the code uses.
// `word` is a machine word: a tagged term, a code word, a limb. `term` is a word that carries a tag (term/term.h).
#ifndef TANDEM_BASE_TYPES_H
#define TANDEM_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t word;
typedef int64_t sword;
typedef uint64_t term;

#define LIKELY(c) __builtin_expect(!!(c), 1)
#define UNLIKELY(c) __builtin_expect(!!(c), 0)
#define NOINLINE __attribute__((noinline))
#define COLD __attribute__((noinline, cold))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(pointer, type, field) ((type *)((char *)(pointer)-offsetof(type, field)))

#endif
