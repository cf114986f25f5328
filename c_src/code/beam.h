// SPDX-License-Identifier: Apache-2.0
// A .beam file, taken apart: every table checked and resolved to our own terms, the code as generic instructions.
// Nothing is trusted: sizes, tags, indices of atoms, literals, labels, imports and funs are all checked here, so that
// code/lower.c only sees arguments that exist. Registers are below CONFIG_X_REGISTERS; labels below label_count.
// Also checked: every label is defined once; function_count is the number of func_info operations; the last operation
// is int_code_end; operations that have a list have it as their last operand; calls and guard BIFs pass as many
// arguments as the import has; literal strings of bs_put_string and bs_match_string (not those in the list of
// bs_create_bin) are inside the string table; lines are below line_count. The object lives only while a module is
// being loaded; literals move to the module.
#ifndef TANDEM_CODE_BEAM_H
#define TANDEM_CODE_BEAM_H

#include "term/fun.h"
#include "term/heap.h"

enum generic {
#define GENERIC(number, name, operands) GENERIC_##name = number,
#include "code/generic.def"
#undef GENERIC
    GENERIC_COUNT
};

#define BEAM_TOO_LARGE ((word)1 << 63)    // no address, and no small integer in two's complement

enum beam_arg_type {
    ARG_NUMBER,    // an untagged number (arity, live count, size ...); BEAM_TOO_LARGE if beyond 63 bits
    ARG_TERM,      // a constant: small or big integer, atom, nil or literal, as a term
    ARG_X,
    ARG_Y,
    ARG_FLOAT,    // float register
    ARG_LABEL,    // 0: no label (fail label of a body)
    ARG_LIST,     // `value` is the number of arguments in the list; they follow in the same array
    ARG_ALLOC,    // words | floats << 20 | funs << 40, from an allocation list
};

struct beam_arg {
    enum beam_arg_type type;
    word value;
};

// What lowering must add to an operation, as code/verify.h found.
enum beam_check {
    CHECK_TUPLE = 1,         // get_tuple_element: of a tuple that is large enough; update_record: of one of that size
    CHECK_CELL = 2,          // get_list, get_hd, get_tl: of a cons cell
    CHECK_MAP = 4,           // get_map_elements, has_map_fields: of a map
    CHECK_DETACH = 8,        // first, the message under look becomes part of the heap
    CHECK_NO_RETURN = 16,    // nothing follows: should the call return all the same, badarg
    CHECK_PRIME = 32,        // first, the destination, which held no term, becomes one: it is read after a failure, too
};

struct beam_op {
    uint16_t opcode;       // generic opcode number
    uint8_t checks;        // enum beam_check
    uint32_t arg_count;    // arguments in args, the members of lists included
    const struct beam_arg *args;
};

struct beam_import {
    term module, function;
    uint32_t arity;
};

struct beam_export {
    term function;
    uint32_t arity, label;
};

struct beam_lambda {
    term function;
    uint32_t arity, label, index, free, old_unique;    // arity: of the function, free variables included
};

struct beam_line {
    uint32_t file, line;    // file: index in files; 0 is the module's own source name
};

struct beam_file {
    term name;
    uint8_t md5[16];    // of the essential chunks, as beam_lib and the BEAM compute it
    term *atoms;
    uint32_t atom_count;    // atoms[0] is unused
    struct beam_op *ops;
    size_t op_count;
    struct beam_arg *args;    // storage behind ops
    size_t arg_count;
    size_t op_capacity, arg_capacity;
    uint32_t label_count;    // labels are 1 .. label_count - 1
    uint32_t function_count;
    struct beam_import *imports;
    uint32_t import_count;
    struct beam_export *exports;
    uint32_t export_count;
    struct beam_lambda *lambdas;
    uint32_t lambda_count;
    struct beam_line *lines;    // lines[0]: no location
    uint32_t line_count;
    term *files;    // file names as atoms or strings on the literals; index 0: NAME.erl of the module
    uint32_t file_count;
    const uint8_t *strings;    // string table
    size_t string_size;
    term *literals;
    uint32_t literal_count;
    struct fragment *literal_area;    // the literals' words, big integers of the code included; later the module's
    term attributes, compile_info;    // terms on literal_area
    uint32_t on_load_label;           // 0: none
};

// The parsed file, or NULL with the reason in *why (a string constant). Bytes are only read during the call, but the
// string table keeps pointing into them.
struct beam_file *beam_file_new(const uint8_t *bytes, size_t size, const char **why);
void beam_file_free(struct beam_file *b);

// The bytes of one chunk, or NULL: not a BEAM file, or it has no such chunk.
const uint8_t *beam_chunk(const uint8_t *bytes, size_t size, const uint8_t name[4], size_t *chunk_size);

// The name of a generic opcode; NULL: unknown.
const char *beam_opcode_name(unsigned opcode);

#endif
