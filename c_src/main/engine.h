// SPDX-License-Identifier: Apache-2.0
// The engine as a whole: opens its parts in the order of the layers, connects to the host, runs until the connection ends,
// and undoes everything in reverse.
#ifndef TANDEM_MAIN_ENGINE_H
#define TANDEM_MAIN_ENGINE_H

#define ENGINE_VERSION "0.1.0"

enum {
    ENGINE_READ_FD = 3,    // of a port with nouse_stdio
    ENGINE_WRITE_FD = 4,
};

// The exit status of the process: 0 when the host closed the connection, 1 when it had to be given up.
int engine_run(void);

// The same for an engine that is a guest in its host's OS process, on the calling thread. All there is of it is freed afterwards; it
// can run once in the life of its globals.
struct border;
int engine_run_as_guest(struct border *b);

// Ends the engine: it is not waited for workers that take long, so it never outlives its owner. why: something went wrong, which is
// said as its last words; NULL: it was meant to end. From signal handlers too, with NULL.
void engine_end(const char *why);
int engine_status(void);

void engine_attach_host(void);    // that of host_options, which serves from now on

// What a process needs for its life: the parts below the connection. For engine_run and for tests.
void engine_open(void);
void engine_close(void);

// Every native function, a line each: module, function, arity, with tabs between.
void engine_print_natives(void);

#endif
