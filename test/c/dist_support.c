// SPDX-License-Identifier: Apache-2.0
#include "dist_support.h"

#include "support.h"

#include "base/md5.h"
#include "proc/names.h"
#include "proc/run.h"
#include "proc/sched.h"
#include "proc/system.h"
#include "term/atom.h"
#include "term/binary.h"
#include "term/map.h"

#include <stdio.h>
#include <string.h>

static struct other *playing;

static void on_up(struct peer *p)
{
    (void)p;
    playing->ups++;
}

static void on_closed(struct peer *p, const char *why)
{
    (void)p;
    playing->closes++;
    playing->why = why;
}

static void on_system_message(struct peer *from, term message)
{
    (void)from, (void)message;
    playing->system_messages++;
}

// What every process does: throws its messages away, until a signal ends it.
static enum run_result run(struct worker *w, struct proc *p, sword reductions, sword *used)
{
    (void)w, (void)reductions;
    *used = 1;
    while (mailbox_look(p))
        mailbox_remove(p);
    return p->flags & PROC_EXITING ? RUN_EXIT : RUN_WAIT;
}

static struct traffic stop_when_idle(int64_t wait_ns)
{
    if (wait_ns != 0)
        sched_stop();
    return (struct traffic){0};
}

static void open_tables(void)
{
    static bool open;
    if (open)
        return;
    open = true;
    support_open();
    system_open();
    names_open();
    peers_open();
    control_open();
    control_hooks.system = on_system_message;
    run_hooks.run = run;
    sched_hooks.poll = stop_when_idle;
}

void other_open_engine(void)
{
    open_tables();
    sched_start(1);
}

void other_close_engine(void)
{
    sched_run();
    peers_close();
    host_options_done();
}

void other_open(struct other *o)
{
    static const struct peer_events events = {on_up, on_closed};
    playing = o;
    host_options_done();    // of an earlier connection
    *o = (struct other){.cookie = "secret", .status = "sok", .flags = ~(uint64_t)0, .creation = 77};
    o->peer = peer_new(&events, true);
    loop_open(&o->loop, o->peer);
}

static bool arrive(struct other *o, struct writer *w)
{
    o->why = loop_arrive(&o->loop, w->bytes, w->size);
    w->size = 0;
    return o->why == NULL;
}

static bool send_options(struct other *o, struct writer *w)
{
    struct heap h;
    heap_init(&h, 200);
    struct node *n = node_intern(atom_from_c("host@here"), o->creation);
    term pairs[] = {
        ATOM_node,       atom_from_c("engine@here"),
        ATOM_cookie,     binary_from(&h, "secret", 6),
        ATOM_host,       pid_make(&h, n, 7, 8),
        ATOM_flags,      small(0),
        ATOM_creation,   small(1234567),
        ATOM_schedulers, small(1),
        ATOM_window,     small(OTHER_WINDOW),
        ATOM_log,        ATOM_error,
    };
    external_encode_dist(w, map_from_pairs(&h, pairs, COUNT_OF(pairs) / 2));
    heap_done(&h);
    return arrive(o, w);
}

static void digest(const char *cookie, uint32_t challenge, uint8_t result[MD5_SIZE])
{
    char text[100];
    int size = snprintf(text, sizeof text, "%s%u", cookie, challenge);
    md5(text, (size_t)size, result);
}

static bool send_challenge(struct other *o, struct writer *w)
{
    writer_u8(w, 'N');
    writer_u64(w, o->flags);
    writer_u32(w, 4000000000u);
    writer_u32(w, o->creation);
    writer_u16(w, 9);
    writer_bytes(w, "host@here", 9);
    return arrive(o, w);
}

static bool send_digest(struct other *o, struct writer *w, uint32_t challenge)
{
    uint8_t proof[MD5_SIZE];
    digest(o->cookie, challenge, proof);
    writer_u8(w, 'a');
    writer_bytes(w, proof, sizeof proof);
    return arrive(o, w);
}

// The next packet of the engine begins with this.
static bool sent(struct other *o, struct writer *w, const char *start)
{
    w->size = 0;
    return loop_sent(&o->loop, w) && w->size >= strlen(start) && memcmp(w->bytes, start, strlen(start)) == 0;
}

static bool handshake(struct other *o, struct writer *w)
{
    uint8_t proof[MD5_SIZE];
    if (!send_options(o, w) || !sent(o, w, "N") || w->size != 15 + 11)
        return false;
    w->size = 0;
    writer_bytes(w, o->status, strlen(o->status));
    if (!arrive(o, w) || (strcmp(o->status, "salive") == 0 && !sent(o, w, "strue")))
        return false;
    w->size = 0;
    if (!send_challenge(o, w) || !sent(o, w, "r") || w->size != 5 + MD5_SIZE)
        return false;
    digest("secret", 4000000000u, proof);
    if (memcmp(w->bytes + 5, proof, MD5_SIZE) != 0)
        return false;
    uint32_t challenge =
        (uint32_t)w->bytes[1] << 24 | (uint32_t)w->bytes[2] << 16 | (uint32_t)w->bytes[3] << 8 | w->bytes[4];
    w->size = 0;
    return send_digest(o, w, challenge);
}

bool other_connect(struct other *o)
{
    struct writer w;
    writer_init(&w);
    bool done = handshake(o, &w);
    writer_done(&w);
    return done;
}

void other_close(struct other *o)
{
    if (!o->loop.ended)
        o->loop.carrier.operations->close(&o->loop.carrier);
}

term other_spawn(void)
{
    struct spawn s;
    spawn_init(&s, NULL);
    s.module = ATOM_lists;
    s.function = ATOM_apply;
    s.arguments = NIL;
    return proc_spawn(NULL, &s);
}

size_t other_messages(term pid, term *messages, size_t room)
{
    size_t count = 0;
    for (struct signal *s = atomic_load(&proc_find(pid)->mailbox.outer); s && count < room; s = s->next)
        messages[count++] = s->value;
    for (size_t i = 0; i < count / 2; i++) {
        term t = messages[i];
        messages[i] = messages[count - 1 - i];
        messages[count - 1 - i] = t;
    }
    return count;
}
