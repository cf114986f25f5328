// SPDX-License-Identifier: Apache-2.0
// Functions written by hand, one generic operation a line, and handed to code/verify.h. Each test file has its own.
#ifndef TANDEM_TEST_HAND_CODE_H
#define TANDEM_TEST_HAND_CODE_H

#include "code/verify.h"
#include "support.h"
#include "term/atom.h"

#include <check.h>
#include <string.h>

enum { OPS = 64, ARGS = 512, LABELS = 32 };

enum import { IMPORT_ERROR, IMPORT_SETELEMENT, IMPORT_FOREIGN, IMPORT_ADD, IMPORT_BYTE_SIZE, IMPORT_LENGTH, IMPORTS };

static struct beam_op ops[OPS];
static struct beam_arg args[ARGS];
static struct beam_import imports[IMPORTS];
static struct beam_lambda lambdas[1];
static struct beam_file file;

#define X(n) ((struct beam_arg){ARG_X, n})
#define Y(n) ((struct beam_arg){ARG_Y, n})
#define N(n) ((struct beam_arg){ARG_NUMBER, n})
#define T(t) ((struct beam_arg){ARG_TERM, t})
#define L(n) ((struct beam_arg){ARG_LABEL, n})
#define F(n) ((struct beam_arg){ARG_FLOAT, n})
#define LIST(n) ((struct beam_arg){ARG_LIST, n})
#define DO(name, ...) \
    add(GENERIC_##name, (const struct beam_arg[]){__VA_ARGS__}, COUNT((const struct beam_arg[]){__VA_ARGS__}))
#define COUNT(...) (sizeof(__VA_ARGS__) / sizeof(struct beam_arg))
#define PLAIN(name) add(GENERIC_##name, NULL, 0)

static inline void add(unsigned opcode, const struct beam_arg *with, size_t count)
{
    struct beam_arg *to = args + file.arg_count;
    ck_assert(file.op_count < OPS && file.arg_count + count <= ARGS);
    if (count)
        memcpy(to, with, count * sizeof *to);
    file.arg_count += count;
    ops[file.op_count++] = (struct beam_op){.opcode = (uint16_t)opcode, .arg_count = (uint32_t)count, .args = to};
    if (opcode == GENERIC_func_info)
        file.function_count++;
}

// One more function; its entry label is the second of its two.
static inline void function(unsigned label, unsigned arity)
{
    DO(label, N(label));
    DO(func_info, T(ATOM_ok), T(ATOM_ok), N(arity));
    DO(label, N(label + 1));
}

static inline void begin(unsigned arity)
{
    support_open();
    imports[IMPORT_ERROR] = (struct beam_import){ATOM_erlang, ATOM_error, 1};
    imports[IMPORT_SETELEMENT] = (struct beam_import){ATOM_erlang, ATOM_setelement, 3};
    imports[IMPORT_FOREIGN] = (struct beam_import){ATOM_ok, ATOM_ok, 1};
    imports[IMPORT_ADD] = (struct beam_import){ATOM_erlang, atom_from_c("+"), 2};
    imports[IMPORT_BYTE_SIZE] = (struct beam_import){ATOM_erlang, ATOM_byte_size, 1};
    imports[IMPORT_LENGTH] = (struct beam_import){ATOM_erlang, atom_from_c("length"), 1};
    lambdas[0] = (struct beam_lambda){.function = ATOM_ok, .arity = 2, .free = 1, .label = 2};
    file = (struct beam_file){.name = ATOM_ok, .ops = ops, .args = args, .label_count = LABELS, .imports = imports};
    file.import_count = IMPORTS;
    file.lambdas = lambdas;
    function(1, arity);
}

static inline void accepted(void)
{
    const char *why;
    PLAIN(int_code_end);
    if (!verify_code(&file, &why))
        ck_abort_msg("refused: %s", why);
}

static inline void refused(const char *because)
{
    const char *why;
    PLAIN(int_code_end);
    ck_assert(!verify_code(&file, &why));
    if (!strstr(why, because))
        ck_abort_msg("refused, but: %s", why);
}

#endif
