// SPDX-License-Identifier: Apache-2.0
#include "nif/instance.h"

#include "base/thread.h"
#include "nif/image.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    COPIED_BYTES = 16 * 1024,    // of a frame: a larger one stays where it is
    FULL_BYTES = 256 * 1024,     // on their way to the engine: who brings more is to wait
    ROOM_BYTES = 64 * 1024,      // until they are so few
    MOST_PARTS = 1 << 20,
    HEAP_BINARY_BYTES = 64,
    LOOK_NS = 20000,    // that the owner looks for an answer
    QUICK_AT = 4,       // answers in a row that came within that time: it will look for the next one
    QUICK_MOST = 16,
    SETBACK = 4,
    TIMED_LOOKS = 16,    // looks from one glance at the clock to the next
    STACK_BYTES = 8 << 20,
};

// A frame on its way to the engine: with its bytes behind it, or holding the VM's binaries.
struct parcel {
    struct frame frame;
    struct iovec own;
    ErlNifIOVec *held;    // NULL: the bytes are its own
    uint8_t bytes[];
};

// A frame on its way to the owner: its bytes are behind it, or, if there are many, in a binary of the VM's.
struct answer {
    struct answer *next;
    size_t size;
    ErlNifBinary large;
    uint8_t bytes[];
};

struct instance {
    struct border border;
    _Atomic unsigned holders;
    _Atomic size_t queued;    // bytes on their way to the engine
    _Atomic bool full;        // `sender` is to be told of room
    ErlNifPid owner, sender;
    ErlNifEnv *names;    // of `ref`
    ERL_NIF_TERM ref;
    _Atomic(struct answer *) given;    // newest first
    _Atomic bool watching;             // the owner is to be told when there are some
    _Atomic int64_t asked;             // when a frame went to the engine, if none has come back since; or 0
    _Atomic int quick;
    char file[];
};

static int64_t clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

static struct instance *of(struct border *b)
{
    return (struct instance *)b;
}

static void wake(struct instance *i)
{
    uint64_t one = 1;
    if (border_wakes(&i->border) && write(i->border.wake_fd, &one, sizeof one) < 0)
        return;    // the counter is full: it wakes anyway
}

static void tell(ErlNifPid *to, struct instance *i, ErlNifEnv *e, ERL_NIF_TERM what)
{
    enif_send(NULL, to, e, enif_make_tuple2(e, enif_make_copy(e, i->ref), what));
    enif_clear_env(e);
}

// To the engine.

static void parcel_free(struct parcel *p)
{
    if (p->held)
        enif_free_iovec(p->held);
    free(p);
}

static struct parcel *parcel_of(const struct iovec *parts, size_t count, size_t size)
{
    struct parcel *p = malloc(sizeof *p + size);
    if (!p)
        return NULL;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(p->bytes + at, parts[i].iov_base, parts[i].iov_len);
        at += parts[i].iov_len;
    }
    p->own = (struct iovec){p->bytes, size};
    p->held = NULL;
    p->frame = (struct frame){.size = size, .count = 1, .parts = &p->own};
    return p;
}

static struct parcel *parcel_holding(ERL_NIF_TERM list)
{
    struct parcel *p = calloc(1, sizeof *p);
    ERL_NIF_TERM rest;
    if (!p)
        return NULL;
    if (!enif_inspect_iovec(NULL, MOST_PARTS, list, &rest, &p->held)) {
        free(p);
        return NULL;
    }
    p->frame =
        (struct frame){.size = p->held->size, .count = (size_t)p->held->iovcnt, .parts = (struct iovec *)p->held->iov};
    return p;
}

static struct parcel *parcel_taken(ErlNifEnv *env, ERL_NIF_TERM bytes)
{
    ErlNifIOVec few, *vector = &few;
    ErlNifBinary binary;
    ERL_NIF_TERM rest;
    if (enif_inspect_binary(env, bytes, &binary))
        return parcel_of(&(struct iovec){binary.data, binary.size}, 1, binary.size);
    if (!enif_inspect_iovec(env, MOST_PARTS, bytes, &rest, &vector) || !enif_is_empty_list(env, rest))
        return NULL;
    return vector->size <= COPIED_BYTES ? parcel_of((struct iovec *)vector->iov, (size_t)vector->iovcnt, vector->size)
                                        : parcel_holding(bytes);
}

// Who finds it full says so before it looks again, and who makes room looks afterwards: one of both sees the other.
static bool is_full(struct instance *i, ErlNifEnv *env)
{
    if (atomic_load(&i->queued) < FULL_BYTES)
        return false;
    enif_self(env, &i->sender);
    atomic_store(&i->full, true);
    return atomic_load(&i->queued) > ROOM_BYTES || !atomic_exchange(&i->full, false);
}

enum put_result instance_put(struct instance *i, ErlNifEnv *env, ERL_NIF_TERM bytes)
{
    struct parcel *p = parcel_taken(env, bytes);
    if (!p)
        return PUT_REFUSED;
    if (atomic_load(&i->border.closed)) {
        parcel_free(p);
        return PUT_CLOSED;
    }
    if (!atomic_load_explicit(&i->asked, memory_order_relaxed))
        atomic_store_explicit(&i->asked, clock_now(), memory_order_relaxed);
    atomic_fetch_add(&i->queued, p->frame.size);
    border_put(&i->border, &p->frame);
    wake(i);
    return is_full(i, env) ? PUT_FULL : PUT_TAKEN;
}

static void release(struct border *b, struct frame *f)
{
    struct instance *i = of(b);
    size_t left = atomic_fetch_sub(&i->queued, f->size) - f->size;
    parcel_free((struct parcel *)f);
    if (left <= ROOM_BYTES && atomic_load(&i->full) && atomic_exchange(&i->full, false)) {
        ErlNifEnv *e = enif_alloc_env();
        tell(&i->sender, i, e, enif_make_atom(e, "room"));
        enif_free_env(e);
    }
}

// From the engine.

static void gather(unsigned char *to, const struct iovec *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memcpy(to, parts[i].iov_base, parts[i].iov_len);
        to += parts[i].iov_len;
    }
}

static ERL_NIF_TERM pair(ErlNifEnv *e, const char *name, ERL_NIF_TERM value)
{
    return enif_make_tuple2(e, enif_make_atom(e, name), value);
}

static void answer_free(struct answer *a)
{
    if (a->large.data)
        enif_release_binary(&a->large);
    free(a);
}

static struct answer *answer_of(const struct iovec *parts, size_t count, size_t size)
{
    bool small = size <= HEAP_BINARY_BYTES;
    struct answer *a = calloc(1, sizeof *a + (small ? size : 0));
    if (!a)
        return NULL;
    a->size = size;
    if (!small && !enif_alloc_binary(size, &a->large)) {
        free(a);
        return NULL;
    }
    gather(small ? a->bytes : a->large.data, parts, count);
    return a;
}

static ERL_NIF_TERM answer_term(ErlNifEnv *env, struct answer *a)
{
    ERL_NIF_TERM term;
    if (a->large.data)
        term = enif_make_binary(env, &a->large);
    else
        memcpy(enif_make_new_binary(env, a->size, &term), a->bytes, a->size);
    a->large.data = NULL;
    answer_free(a);
    return term;
}

static void count_quick(struct instance *i, bool quick)
{
    int before = atomic_load_explicit(&i->quick, memory_order_relaxed);
    int now = quick ? before + (before < QUICK_MOST) : before > SETBACK ? before - SETBACK : 0;
    if (now != before)
        atomic_store_explicit(&i->quick, now, memory_order_relaxed);
}

static void send_to_owner(struct instance *i, const char *name, ERL_NIF_TERM value, ErlNifEnv *e)
{
    tell(&i->owner, i, e, name ? pair(e, name, value) : value);
    enif_free_env(e);
}

// One that there is no memory for ends the engine: what follows it makes no sense without it.
static void give(struct border *b, const struct iovec *parts, size_t count, size_t size, bool more)
{
    struct instance *i = of(b);
    struct answer *a = answer_of(parts, count, size);
    if (!a) {
        atomic_store(&b->closed, true);
        return;
    }
    int64_t asked = atomic_load_explicit(&i->asked, memory_order_relaxed);
    if (asked && atomic_exchange_explicit(&i->asked, 0, memory_order_relaxed))
        count_quick(i, clock_now() - asked < LOOK_NS);
    a->next = atomic_load_explicit(&i->given, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&i->given, &a->next, a)) {
    }
    if (!more && atomic_load(&i->watching) && atomic_exchange(&i->watching, false)) {
        ErlNifEnv *e = enif_alloc_env();
        send_to_owner(i, NULL, enif_make_atom(e, "frames"), e);
    }
}

static bool engine_is_here(struct instance *i)
{
    return atomic_load_explicit(&i->border.core, memory_order_relaxed) == sched_getcpu();
}

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __asm__ volatile("" ::: "memory");
#endif
}

static bool has_answer(struct instance *i)
{
    return atomic_load_explicit(&i->given, memory_order_relaxed) != NULL;
}

// Where both take turns on one core each look gives the engine its turn.
static bool look(struct instance *i)
{
    if (engine_is_here(i))
        sched_yield();
    for (unsigned looks = 0; looks < TIMED_LOOKS && !has_answer(i); looks++)
        relax();
    return has_answer(i);
}

// If the engine would have to be woken it takes longer.
static bool looks_worthwhile(struct instance *i)
{
    return atomic_load_explicit(&i->asked, memory_order_relaxed) != 0 &&
           atomic_load_explicit(&i->quick, memory_order_relaxed) >= QUICK_AT &&
           !atomic_load_explicit(&i->border.waiting, memory_order_relaxed);
}

// A scheduler of the VM's that finds nothing to do sleeps at once, or gives way late; both take longer than most answers do.
static void look_for_answer(struct instance *i)
{
    if (!looks_worthwhile(i))
        return;
    atomic_store(&i->watching, false);
    for (int64_t until = clock_now() + LOOK_NS; !look(i);)
        if (clock_now() > until) {
            count_quick(i, false);
            return;
        }
}

// Who gives a frame looks at `watching` afterwards, and here it is set before looking for frames: none is missed.
ERL_NIF_TERM instance_take(struct instance *i, ErlNifEnv *env)
{
    if (!has_answer(i))
        look_for_answer(i);
    atomic_store(&i->watching, true);
    ERL_NIF_TERM list = enif_make_list(env, 0);
    for (struct answer *a = atomic_exchange(&i->given, NULL), *next; a; a = next) {
        next = a->next;
        list = enif_make_list_cell(env, answer_term(env, a), list);
    }
    return list;
}

static void say(struct border *b, const char *text, size_t size)
{
    struct instance *i = of(b);
    ErlNifEnv *e = enif_alloc_env();
    ERL_NIF_TERM words;
    memcpy(enif_make_new_binary(e, size, &words), text, size);
    send_to_owner(i, "last_words", words, e);
}

// Its life.

static void instance_free(struct instance *i)
{
    for (struct frame *f = atomic_load(&i->border.arrived), *next; f; f = next) {
        next = f->next;
        parcel_free((struct parcel *)f);
    }
    for (struct answer *a = atomic_load(&i->given), *next; a; a = next) {
        next = a->next;
        answer_free(a);
    }
    close(i->border.wake_fd);
    enif_free_env(i->names);
    free(i);
}

void instance_drop(struct instance *i)
{
    if (atomic_fetch_sub(&i->holders, 1) == 1)
        instance_free(i);
}

static void *live(void *self)
{
    struct instance *i = self;
    struct image image;
    char why[IMAGE_WHY_BYTES];
    ErlNifEnv *e = enif_alloc_env();
    pthread_setname_np(pthread_self(), "tandem");
    if (image_open(&image, i->file, why)) {
        int status = image.run(&i->border);
        image_close(&image);
        atomic_store(&i->border.closed, true);
        send_to_owner(i, "exit_status", enif_make_int(e, status), e);
    } else {
        atomic_store(&i->border.closed, true);
        send_to_owner(i, "unloadable", enif_make_string(e, why, ERL_NIF_LATIN1), e);
    }
    instance_drop(i);
    return NULL;
}

struct instance *instance_open(const char *file, ErlNifPid owner, ERL_NIF_TERM ref)
{
    struct instance *i = calloc(1, sizeof *i + strlen(file) + 1);
    if (!i)
        return NULL;
    strcpy(i->file, file);
    i->border.release = release;
    i->border.give = give;
    i->border.say = say;
    i->border.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    i->holders = 2;
    i->owner = owner;
    i->names = enif_alloc_env();
    i->watching = true;
    i->ref = enif_make_copy(i->names, ref);
    int wrong = i->border.wake_fd < 0 ? errno : thread_start_detached(STACK_BYTES, live, i);
    if (!wrong)
        return i;
    instance_free(i);
    errno = wrong;
    return NULL;
}

void instance_close(struct instance *i)
{
    atomic_store(&i->border.closed, true);
    wake(i);
}
