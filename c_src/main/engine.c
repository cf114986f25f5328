// SPDX-License-Identifier: Apache-2.0
#include "main/engine.h"

#include "base/die.h"
#include "base/memory.h"
#include "bif/bif.h"
#include "bif/ets_table.h"
#include "carrier/port.h"
#include "code/delegate.h"
#include "code/demand.h"
#include "code/export_hooks.h"
#include "code/interp.h"
#include "dist/control.h"
#include "dist/host.h"
#include "main/crash.h"
#include "main/system.h"
#include "proc/names.h"
#include "proc/sched.h"
#include "proc/system.h"
#include "term/map.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { SECONDS_TO_END = 1 };

static struct port *port;
static _Atomic int exit_status;

#define NATIVES(theme) extern const struct native_table natives_##theme;
#include "main/natives.def"
#undef NATIVES

static const struct native_table *const natives[] = {
#define NATIVES(theme) &natives_##theme,
#include "main/natives.def"
#undef NATIVES
};

void engine_open(void)
{
    literals_open();
    atoms_open();
    nodes_open();
    export_hooks_open();
    delegate_open();
    funs_open();
    system_open();
    names_open();
    peers_open();
    control_open();
    modules_open();
    demand_open();
    ets_open();
    for (size_t i = 0; i < COUNT_OF(natives); i++)
        natives_register(natives[i]);
    interp_open();
    system_messages_open();
}

void engine_print_natives(void)
{
    for (size_t i = 0; i < COUNT_OF(natives); i++)
        for (size_t k = 0; k < natives[i]->count; k++) {
            const struct native_row *row = &natives[i]->rows[k];
            printf("%s\t%s\t%u\n", row->module, row->function, row->arity);
        }
}

void engine_close(void)
{
    peers_close();
    modules_close();
    host_options_done();
}

// Processes can run only when all that the handshake settles is known: the packets behind it wait until then.
static void on_up(struct peer *p)
{
    p->carrier->operations->input(p->carrier, false);
}

static void end_now(int number)
{
    (void)number;
    _exit(exit_status);
}

// The engine never outlives its owner: if the workers take too long to come to an end, they are not waited for.
static void on_closed(struct peer *p, const char *why)
{
    (void)p;
    if (why && !sched_stopping()) {    // a program that stops the engine closes its connection
        char line[256];
        int length = snprintf(line, sizeof line, "tandem: error: connection ended: %s\n", why);
        last_words(line, length < (int)sizeof line ? (size_t)length : sizeof line - 1);
        exit_status = 1;
    }
    signal(SIGALRM, end_now);
    alarm(SECONDS_TO_END);
    sched_stop();
}

static void tell_host(const char *text, size_t size)
{
    port_last_words(port, text, size);
}

static size_t poll_port(int64_t wait_ns)
{
    return port_poll(port, wait_ns, sched_wake_fd());
}

static void map_host_names(void)
{
    struct map_walk w;
    term name, pid;
    if (host_options.names == NONE)
        return;
    for (map_walk_init(&w, host_options.names); map_walk_next(&w, &name, &pid);)
        if (is_atom(name) && is_pid(pid))
            names_set_foreign(name, pid);
}

static void run(struct peer *p)
{
    sched_hooks.poll = poll_port;
    sched_start(host_options.schedulers);
    map_host_names();
    p->carrier->operations->input(p->carrier, true);
    if (!port_ended(port))
        sched_run();
}

int engine_run(void)
{
    static const struct peer_events events = {on_up, on_closed};
    signal(SIGPIPE, SIG_IGN);
    mem_open();
    engine_open();
    struct peer *p = peer_new(&events, true);
    port = port_open(ENGINE_READ_FD, ENGINE_WRITE_FD, p);
    if (!port) {
        fprintf(stderr, "tandem: file descriptors 3 and 4 are not open: a VM starts the engine as a port\n");
        return 2;
    }
    last_words_hook = tell_host;
    crash_open();
    while (!peer_is_up(p) && !port_ended(port))
        port_poll(port, -1, -1);
    if (!port_ended(port))
        run(p);
    last_words_hook = NULL;
    port_close(port);
    engine_close();
    return exit_status ? exit_status : system_exit_status();
}
