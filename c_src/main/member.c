// SPDX-License-Identifier: Apache-2.0
#include "main/member.h"

#include "base/die.h"
#include "base/log.h"
#include "base/memory.h"
#include "carrier/tcp.h"
#include "dist/host.h"
#include "dist/hosts.h"
#include "main/cookie.h"
#include "main/crash.h"
#include "main/engine.h"
#include "proc/relations.h"
#include "proc/sched.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/map.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 2,
    FIRST_CREATION = 4,    // smaller ones have a meaning of their own
    NET_TICK_TIME = 60,
    MAX_NET_TICK_TIME = 7 * 24 * 3600,
    MAX_OPTIONS = 1 << 20,    // bytes of the VM's
    MAX_LISTEN = 300,
    LEAST_MEMORY = 16 << 20,
};

static bool closing;

static void on_up(struct peer *p)
{
    log_line(LOG_INFO, "connected to %s", atom_text(p->node->name).bytes);
}

static void on_closed(struct peer *p, const char *why)
{
    if (closing)
        return;
    if (p->settled)
        log_line(why ? LOG_WARNING : LOG_INFO, "the connection with %s has ended%s%s", atom_text(p->node->name).bytes,
                 why ? ": " : "", why ? why : "");
    hosts_lost(p->node);
    if (atomic_load(&p->ties))
        relations_node_down(p->node);
}

static struct traffic poll_tcp(int64_t wait_ns)
{
    uint64_t before = peer_messages_in;
    size_t left = tcp_poll(wait_ns, sched_wake_fd());
    return (struct traffic){.came = peer_messages_in - before, .left = left};
}

static void end_by_signal(int number)
{
    (void)number;
    engine_end(NULL);
}

static void owner_gone(void)
{
    engine_end(NULL);
}

static void serve(void)
{
    sched_hooks.poll = poll_tcp;
    sched_start(host_options.schedulers);
    if (host_options.services != NONE)
        engine_attach_host();
    signal(SIGTERM, end_by_signal);
    signal(SIGINT, end_by_signal);
    sched_run();
}

static int ended(void)
{
    closing = true;
    last_words_hook = NULL;
    tcp_close();
    engine_close();
    return engine_status();
}

static void begin(void)
{
    signal(SIGPIPE, SIG_IGN);
    mem_open();
    engine_open();
    crash_open();
}

static const struct peer_events events = {on_up, on_closed};

// A node of its own.

static bool number_option(const struct options *o, enum option which, const char *name, unsigned long long least,
                          unsigned long long most, unsigned long long *value)
{
    const char *text = o->value[which];
    char *end;
    if (!text)
        return true;
    errno = 0;
    unsigned long long given = strtoull(text, &end, 10);
    if (errno || end == text || *end || given < least || given > most) {
        fprintf(stderr, "tandem: option --%s needs a number from %llu to %llu, not %s\n", name, least, most, text);
        return false;
    }
    *value = given;
    return true;
}

static bool log_option(const char *text)
{
    static const char *const levels[] = {"error", "warning", "info", "debug"};
    for (size_t i = 0; text && i < COUNT_OF(levels); i++)
        if (strcmp(text, levels[i]) == 0) {
            log_set_level((enum log_level)i);
            return true;
        }
    if (text)
        fprintf(stderr, "tandem: option --log is error, warning, info or debug, not %s\n", text);
    return !text;
}

// As net_kernel has it.
static const char name_characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-";

static bool name_is_good(const char *name)
{
    const char *at = strchr(name, '@');
    if (at && at != name && strspn(name, name_characters) == (size_t)(at - name) && at[1] && !strpbrk(at + 1, "@ ") &&
        atom_text_valid(name, strlen(name)))
        return true;
    char host[256] = "this machine";
    gethostname(host, sizeof host - 1);
    size_t size = at ? (size_t)(at - name) : strlen(name);
    bool usable = size > 0 && size < sizeof host && strspn(name, name_characters) >= size;
    fprintf(stderr, "tandem: %s is no name of a node: give NAME@HOST, letters, digits, - and _, such as %.*s@%s\n",
            name, usable ? (int)size : 3, usable ? name : "box", host);
    return false;
}

static unsigned cores(void)
{
    cpu_set_t allowed;
    int count = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
    return count < CONFIG_MAX_WORKERS ? (unsigned)count : CONFIG_MAX_WORKERS;
}

static uint32_t fresh_creation(void)
{
    uint32_t number;
    ENSURE(getrandom(&number, sizeof number, 0) == sizeof number);
    return number < FIRST_CREATION ? number + FIRST_CREATION : number;
}

static void set_options(const char *name, const char *cookie, unsigned schedulers)
{
    struct host_options own = {
        .node = atom_from_utf8(name, strlen(name)),
        .creation = fresh_creation(),
        .services = NONE,
        .schedulers = schedulers,
        .environment = NONE,
        .names = NONE,
        .all = NONE,
        .member = true,
    };
    host_options_set(&own, (const uint8_t *)cookie, strlen(cookie));
    node_set_self(own.node, own.creation);
}

static int run_alone(const struct tcp_options *t)
{
    char why[TCP_WHY_BYTES];
    if (tcp_open(t, why) == TCP_STARTED) {
        log_line(LOG_INFO, "%s listens on port %u", atom_text(node_self()->name).bytes, tcp_port());
        serve();
        return ended();
    }
    fprintf(stderr, "tandem: %s\n", why);
    ended();
    return EXIT_FAILURE;
}

int member_run(const struct options *o)
{
    char cookie[COOKIE_MAX_BYTES + 1];
    unsigned long long schedulers = cores(), memory = 0, tick_time = NET_TICK_TIME;
    if (!name_is_good(o->value[OPTION_name]) || !log_option(o->value[OPTION_log]) ||
        !number_option(o, OPTION_schedulers, "schedulers", 1, CONFIG_MAX_WORKERS, &schedulers) ||
        !number_option(o, OPTION_memory, "memory", LEAST_MEMORY, INT64_MAX, &memory) ||
        !number_option(o, OPTION_net_ticktime, "net-ticktime", 1, MAX_NET_TICK_TIME, &tick_time) ||
        !cookie_read(o->value[OPTION_cookie_file], cookie))
        return EXIT_USAGE;
    begin();
    mem_set_limit(memory);
    set_options(o->value[OPTION_name], cookie, (unsigned)schedulers);
    return run_alone(&(struct tcp_options){o->value[OPTION_listen], (unsigned)tick_time, &events, -1, NULL});
}

// A VM's.

static bool read_all(uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = read(ENGINE_READ_FD, bytes, size);
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        bytes += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static void read_options(struct reader *r, struct writer *w)
{
    uint8_t length[4];
    if (!read_all(length, sizeof length)) {
        reader_fail(r, "file descriptors 3 and 4 are not open: a VM starts the engine with them");
        return;
    }
    size_t size = (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
    if (size > MAX_OPTIONS || !read_all(writer_room(w, size), size)) {
        reader_fail(r, "the options are cut short");
        return;
    }
    reader_init(r, w->bytes, w->size);
    host_options_receive(r);
}

static void tell_owner(const char *kind, size_t kind_size, const char *text, size_t size)
{
    size_t all = kind_size + size;
    uint8_t length[] = {(uint8_t)(all >> 24), (uint8_t)(all >> 16), (uint8_t)(all >> 8), (uint8_t)all};
    struct iovec parts[] = {
        {length, sizeof length}, {(void *)(uintptr_t)kind, kind_size}, {(void *)(uintptr_t)text, size}};
    if (writev(ENGINE_WRITE_FD, parts, COUNT_OF(parts)) < 0)
        return;    // it is gone: so are we, soon
}

static void tell_last_words(const char *text, size_t size)
{
    tell_owner("E", 1, text, size);
}

// A text on C's terms, or NULL.
static const char *listen_option(char text[MAX_LISTEN])
{
    size_t size;
    uint8_t *copy = NULL;
    term t = map_get(host_options.all, ATOM_listen);
    if (t == NONE || !is_binary(t))
        return NULL;
    const uint8_t *bytes = binary_bytes(t, &size, &copy);
    snprintf(text, MAX_LISTEN, "%.*s", (int)(size < MAX_LISTEN ? size : MAX_LISTEN), (const char *)bytes);
    mem_free(copy, copy ? size : 0);
    return text;
}

static unsigned tick_option(void)
{
    term t = map_get(host_options.all, ATOM_net_ticktime);
    bool good = t != NONE && is_small(t) && small_value(t) > 0 && small_value(t) <= MAX_NET_TICK_TIME;
    return good ? (unsigned)small_value(t) : NET_TICK_TIME;
}

static int run_owned(void)
{
    static const char *const kinds[] = {
        [TCP_NO_EPMD] = "Fno_epmd", [TCP_NAME_TAKEN] = "Fname_taken", [TCP_CANNOT_LISTEN] = "Fcannot_listen"};
    char why[TCP_WHY_BYTES], where[MAX_LISTEN];
    struct tcp_options t = {listen_option(where), tick_option(), &events, ENGINE_READ_FD, owner_gone};
    enum tcp_started started = tcp_open(&t, why);
    if (started == TCP_STARTED) {
        tell_owner("U", 1, "", 0);
        serve();
        return ended();
    }
    tell_owner(kinds[started], strlen(kinds[started]) + 1, why, strlen(why));
    ended();
    return EXIT_FAILURE;
}

int member_run_owned(void)
{
    struct reader r;
    struct writer w;
    begin();
    writer_init(&w);
    reader_init(&r, NULL, 0);
    read_options(&r, &w);
    writer_done(&w);
    if (!reader_ok(&r)) {
        fprintf(stderr, "tandem: %s\n", r.failure);
        engine_close();
        return EXIT_USAGE;
    }
    host_options.member = true;
    node_set_self(host_options.node, host_options.creation);
    last_words_hook = tell_last_words;
    return run_owned();
}
