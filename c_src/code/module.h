// SPDX-License-Identifier: Apache-2.0
// Loaded modules: code words, functions, literals, and how a code address becomes a function and a line.
// A module is published whole: its exports and fun entries switch to the new code at once. The version before becomes
// old, until it is purged. Then its memory goes, when nothing refers to it any more (proc/reap.h): pointers to modules, and what they
// hold, are good until the end of the slice. A raw trace may outlive the code that it passed. Tables behind locks: any thread.
#ifndef TANDEM_CODE_MODULE_H
#define TANDEM_CODE_MODULE_H

#include "code/beam.h"
#include "proc/reap.h"

struct function {
    const word *start;    // its func_info word; the entry label is behind it
    term name;
    uint32_t arity;
};

struct line_mark {
    const word *address;    // the location holds from this word of the function on, up to the next mark's
    uint32_t line;          // index in lines
};

struct module {
    term name;
    uint64_t number;          // how many were built before
    struct reap_code reap;    // once it is given up
    word *code;
    size_t code_words;
    struct function *functions;    // by address; function_count entries
    uint32_t function_count;
    struct line_mark *marks;    // by address
    size_t mark_count;
    struct beam_line *lines;
    uint32_t line_count;
    term *files;
    uint32_t file_count;
    const word **labels;    // by label number, while loading; NULL afterwards
    uint32_t label_count;
    uint8_t *strings;
    size_t string_size;
    struct fragment *literal_area;
    uint8_t md5[16];
    struct export **imports;    // by import index, while loading
    uint32_t import_count;
    struct fun_entry **lambdas;    // by lambda index
    uint32_t lambda_count;
    struct beam_export *exports;
    uint32_t export_count;
    term attributes, compile_info;
    const word *on_load;          // code to run once after loading, NULL: none
    const word **lambda_codes;    // by lambda index
    const word **export_codes;    // as exports
    term file;                    // what code:load_binary/3 was told; NONE: the host's
    struct fragment *file_area;
};

// code/lower.c: translates b's instructions into m->code and fills functions, marks and labels; each of these arrays
// comes from mem_alloc with exactly as many entries as its count says (labels: b->label_count). b's imports and
// lambdas are already in m->imports and m->lambdas. False: cannot be loaded, the reason in *why; the caller frees what
// was filled.
bool lower_module(const struct beam_file *b, struct module *m, const char **why);

void modules_open(void);     // once, before anything below
void modules_close(void);    // frees all code, when no process is left

// In steps. Built, a module has code but nobody can call it; its owner publishes or frees it. NULL: *why tells.
// Gzipped files are taken too. Enabling its funs is for running its on_load function before it is published.
struct module *module_build(const uint8_t *bytes, size_t size, const char **why);
void module_enable_funs(struct module *m);
void module_publish(struct module *m);
void module_set_file(struct module *m, term file);    // before it is published
void module_free(struct module *m);                   // one that was never enabled or published

// Parses, lowers and publishes. NULL: *why tells, and nothing has changed. Running on_load is left to the caller.
// One whose funs were enabled, but which nobody is to call: its on_load function failed.
void module_give_up(struct module *m);
struct module *module_load(const uint8_t *bytes, size_t size, const char **why);

struct module *module_find(term name);            // current version, NULL: not loaded
struct module *module_old(term name);             // the version that was replaced or deleted and not purged, or NULL
bool module_in_use(struct proc *p, term name);    // p, in a native or not running, runs or returns to the old version
size_t module_count(void);                        // current versions
term module_next(size_t *at);                     // walks the names that have a current or old version; NONE at the end

// The current version becomes old: its functions cannot be called from outside any more. False: there is none.
bool module_delete(term name);
// The old version is forgotten: its funs can be called no longer, its memory goes. False: there is none.
bool module_purge(term name);

// Where the word of an instruction belongs: its function, and the last location marked at or before it. For a return
// address ask for the word before it. False: in no loaded module.
struct code_place {
    const struct module *module;
    const struct function *function;
    uint32_t file_line;
    term file;    // as in the stack trace: a string term on literals; NONE: no location
};
bool code_place(const word *address, struct code_place *place);
uint64_t code_time(void);                                                            // modules built so far
bool code_place_at(const word *address, uint64_t time, struct code_place *place);    // in one that was built by then

// Modules on demand: code/demand.c, and code/demand.h for what only natives need.
// A process that calls something of a module that is not loaded asks for it and waits (PROC_BLOCKED); when the host has
// answered, all who asked are woken, and try again. True: the module is loaded, delegated, or known not to exist.
struct proc;
bool module_demand(struct proc *p, term name);

// The same for the code of a fun: also asks when the module is loaded in another version than the fun's.
bool module_demand_fun(struct proc *p, const struct fun_entry *f);

// The host's answer; bytes NULL: no such module.
void module_arrived(term name, const uint8_t *bytes, size_t size);

// Hook: asks the host for a module's object code. Filled by main/.
struct module_hooks {
    void (*ask)(term name);
};
extern struct module_hooks module_hooks;

#endif
