// SPDX-License-Identifier: Apache-2.0
#include "main/engine.h"

#include "base/die.h"
#include "base/memory.h"
#include "base/os.h"
#include "bif/bif.h"
#include "bif/ets_table.h"
#include "bif/os_environment.h"
#include "bif/persistent.h"
#include "bif/prepared.h"
#include "bif/re_pattern.h"
#include "carrier/guest.h"
#include "carrier/port.h"
#include "code/delegate.h"
#include "code/demand.h"
#include "code/export_hooks.h"
#include "code/interp.h"
#include "dist/control.h"
#include "dist/host.h"
#include "dist/hosts.h"
#include "main/crash.h"
#include "main/system.h"
#include "proc/epoch.h"
#include "proc/names.h"
#include "proc/process_table.h"
#include "proc/sched.h"
#include "proc/system.h"
#include "term/big.h"
#include "term/map.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { SECONDS_TO_END = 1 };

// How frames travel.
struct way {
    size_t (*poll)(int64_t wait_ns, int wake_fd);
    bool (*ended)(void);
};

static const struct way *way;
static struct port *port;
static struct guest *guest;
static struct border *border;
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
    big_open();
    literals_open();
    atoms_open();
    nodes_open();
    export_hooks_open();
    delegate_open();
    funs_open();
    system_open();
    names_open();
    hosts_open();
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
    ets_close();
    epoch_close();
    re_patterns_close();
    peers_close();
    hosts_close();
    demand_close();
    prepared_close();
    modules_close();
    persistent_close();
    os_environment_close();
    names_close();
    process_table_close();
    funs_close();
    delegate_close();
    host_options_done();
    literals_close();
    nodes_close();
    atoms_close();
    system_close();
    mem_close();
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

void engine_end(const char *why)
{
    if (why && !sched_stopping()) {    // a program that stops the engine closes its connection
        char line[256];
        int length = snprintf(line, sizeof line, "tandem: error: connection ended: %s\n", why);
        last_words(line, length < (int)sizeof line ? (size_t)length : sizeof line - 1);
        exit_status = 1;
    }
    if (os_process_is_ours) {
        signal(SIGALRM, end_now);
        alarm(SECONDS_TO_END);
    }
    sched_stop();
}

int engine_status(void)
{
    return exit_status ? exit_status : system_exit_status();
}

static void on_closed(struct peer *p, const char *why)
{
    (void)p;
    engine_end(why);
}

static struct traffic poll_way(int64_t wait_ns)
{
    uint64_t before = peer_messages_in;
    size_t left = way->poll(wait_ns, sched_wake_fd());
    return (struct traffic){.came = peer_messages_in - before, .left = left};
}

void engine_attach_host(void)
{
    hosts_attach(host_options.services, host_options.names, map_get(host_options.all, ATOM_printable_range));
}

static void run(struct peer *p)
{
    sched_hooks.poll = poll_way;
    sched_start(host_options.schedulers);
    engine_attach_host();
    p->carrier->operations->input(p->carrier, true);
    if (!way->ended())
        sched_run();
}

// From the first frame to the last one.
static void live(struct peer *p, const struct way *w)
{
    way = w;
    while (!peer_is_up(p) && !way->ended())
        way->poll(-1, -1);
    if (!way->ended())
        run(p);
    last_words_hook = NULL;
}

static const struct peer_events events = {on_up, on_closed};

static size_t poll_port(int64_t wait_ns, int wake_fd)
{
    return port_poll(port, wait_ns, wake_fd);
}

static bool is_port_ended(void)
{
    return port_ended(port);
}

static void tell_port(const char *text, size_t size)
{
    port_last_words(port, text, size);
}

int engine_run(void)
{
    static const struct way over_port = {poll_port, is_port_ended};
    signal(SIGPIPE, SIG_IGN);
    mem_open();
    engine_open();
    struct peer *p = peer_new(&events, true);
    port = port_open(ENGINE_READ_FD, ENGINE_WRITE_FD, p);
    if (!port) {
        fprintf(stderr, "tandem: file descriptors 3 and 4 are not open: a VM starts the engine as a port\n");
        return 2;
    }
    last_words_hook = tell_port;
    crash_open();
    live(p, &over_port);
    port_close(port);
    engine_close();
    return engine_status();
}

static size_t poll_guest(int64_t wait_ns, int wake_fd)
{
    return guest_poll(guest, wait_ns, wake_fd);
}

static bool is_guest_ended(void)
{
    return guest_ended(guest);
}

static void tell_holder(const char *text, size_t size)
{
    border->say(border, text, size);
}

int engine_run_as_guest(struct border *b)
{
    static const struct way in_memory = {poll_guest, is_guest_ended};
    os_process_is_ours = false;
    engine_open();
    struct peer *p = peer_new(&events, true);
    border = b;
    guest = guest_open(b, p);
    last_words_hook = tell_holder;
    live(p, &in_memory);
    guest_close(guest);
    engine_close();
    return engine_status();
}
