// SPDX-License-Identifier: Apache-2.0
#include "nif/instance.h"

#include "base/thread.h"
#include "nif/image.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    COPIED_BYTES = 16 * 1024,    // of a frame: a larger one stays where it is
    FULL_BYTES = 256 * 1024,     // on their way to the engine: who brings more is to wait
    ROOM_BYTES = 64 * 1024,      // until they are so few
    MOST_PARTS = 1 << 20,
    MOST_TOGETHER = 32,    // frames in one message
    HEAP_BINARY_BYTES = 64,
    STACK_BYTES = 8 << 20,
};

// A frame on its way to the engine: with its bytes behind it, or holding the VM's binaries.
struct parcel {
    struct frame frame;
    struct iovec own;
    ErlNifIOVec *held;    // NULL: the bytes are its own
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
    ErlNifEnv *message;    // of the frames that go to the owner next
    ERL_NIF_TERM together[MOST_TOGETHER];
    unsigned count;
    char file[];
};

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

static void give(struct border *b, const struct iovec *parts, size_t count, size_t size, bool more)
{
    struct instance *i = of(b);
    ErlNifEnv *e = i->message;
    gather(enif_make_new_binary(e, size, &i->together[i->count++]), parts, count);
    if (more && i->count < MOST_TOGETHER)
        return;
    tell(&i->owner, i, e,
         i->count == 1 ? pair(e, "data", i->together[0])
                       : pair(e, "several", enif_make_list_from_array(e, i->together, i->count)));
    i->count = 0;
}

static void say(struct border *b, const char *text, size_t size)
{
    struct instance *i = of(b);
    ErlNifEnv *e = enif_alloc_env();
    ERL_NIF_TERM words;
    memcpy(enif_make_new_binary(e, size, &words), text, size);
    tell(&i->owner, i, e, pair(e, "last_words", words));
    enif_free_env(e);
}

// Its life.

static void instance_free(struct instance *i)
{
    for (struct frame *f = atomic_load(&i->border.arrived), *next; f; f = next) {
        next = f->next;
        parcel_free((struct parcel *)f);
    }
    close(i->border.wake_fd);
    enif_free_env(i->message);
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
    ErlNifEnv *e = i->message;
    pthread_setname_np(pthread_self(), "tandem");
    if (image_open(&image, i->file, why)) {
        int status = image.run(&i->border);
        image_close(&image);
        atomic_store(&i->border.closed, true);
        tell(&i->owner, i, e, pair(e, "exit_status", enif_make_int(e, status)));
    } else {
        atomic_store(&i->border.closed, true);
        tell(&i->owner, i, e, pair(e, "unloadable", enif_make_string(e, why, ERL_NIF_LATIN1)));
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
    i->message = enif_alloc_env();
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
    instance_drop(i);
}
