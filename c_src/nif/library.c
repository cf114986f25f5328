// SPDX-License-Identifier: Apache-2.0
// The NIFs of tandem_nif.erl. A handle is a resource: an engine ends when its handle is collected, when the process that opened it
// exits, or when it is closed.
#include "nif/instance.h"

#include <errno.h>
#include <string.h>

enum { PATH_BYTES = 4096 };

struct handle {
    struct instance *instance;
    ErlNifMonitor monitor;
};

static ErlNifResourceType *handles;

static void on_collected(ErlNifEnv *env, void *object)
{
    (void)env;
    struct handle *h = object;
    instance_close(h->instance);
    instance_drop(h->instance);
}

static void on_down(ErlNifEnv *env, void *object, ErlNifPid *pid, ErlNifMonitor *monitor)
{
    (void)env, (void)pid, (void)monitor;
    struct handle *h = object;
    instance_close(h->instance);
}

static ERL_NIF_TERM error(ErlNifEnv *env, int number)
{
    return enif_make_tuple2(env, enif_make_atom(env, "error"), enif_make_string(env, strerror(number), ERL_NIF_LATIN1));
}

// open(File, Ref): the caller is the owner.
static ERL_NIF_TERM open_instance(ErlNifEnv *env, int count, const ERL_NIF_TERM *args)
{
    (void)count;
    char file[PATH_BYTES];
    ErlNifBinary path;
    ErlNifPid owner;
    if (!enif_inspect_binary(env, args[0], &path) || path.size >= sizeof file || !enif_is_ref(env, args[1]))
        return enif_make_badarg(env);
    memcpy(file, path.data, path.size);
    file[path.size] = 0;
    enif_self(env, &owner);
    struct instance *i = instance_open(file, owner, args[1]);
    if (!i)
        return error(env, errno);
    struct handle *h = enif_alloc_resource(handles, sizeof *h);
    *h = (struct handle){.instance = i};
    ERL_NIF_TERM term = enif_make_resource(env, h);
    if (enif_monitor_process(env, h, &owner, &h->monitor) != 0)
        instance_close(i);
    enif_release_resource(h);
    return enif_make_tuple2(env, enif_make_atom(env, "ok"), term);
}

// put(Handle, Frame): ok; full: {Ref, room} will come; closed.
static ERL_NIF_TERM put(ErlNifEnv *env, int count, const ERL_NIF_TERM *args)
{
    static const char *const answers[] = {[PUT_TAKEN] = "ok", [PUT_FULL] = "full", [PUT_CLOSED] = "closed"};
    (void)count;
    struct handle *h;
    if (!enif_get_resource(env, args[0], handles, (void **)&h))
        return enif_make_badarg(env);
    enum put_result result = instance_put(h->instance, env, args[1]);
    return result == PUT_REFUSED ? enif_make_badarg(env) : enif_make_atom(env, answers[result]);
}

// take(Handle): frames, oldest first; after none {Ref, frames} will come.
static ERL_NIF_TERM take(ErlNifEnv *env, int count, const ERL_NIF_TERM *args)
{
    (void)count;
    struct handle *h;
    if (!enif_get_resource(env, args[0], handles, (void **)&h))
        return enif_make_badarg(env);
    return instance_take(h->instance, env);
}

static ERL_NIF_TERM close_instance(ErlNifEnv *env, int count, const ERL_NIF_TERM *args)
{
    (void)count;
    struct handle *h;
    if (!enif_get_resource(env, args[0], handles, (void **)&h))
        return enif_make_badarg(env);
    instance_close(h->instance);
    return enif_make_atom(env, "ok");
}

static int load(ErlNifEnv *env, void **private_data, ERL_NIF_TERM info)
{
    (void)private_data, (void)info;
    static const ErlNifResourceTypeInit calls = {.dtor = on_collected, .down = on_down};
    ErlNifResourceFlags tried = ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER;
    handles = enif_open_resource_type_x(env, "tandem", &calls, tried, NULL);
    return handles ? 0 : 1;
}

static int upgrade(ErlNifEnv *env, void **private_data, void **old, ERL_NIF_TERM info)
{
    (void)old;
    return load(env, private_data, info);
}

static ErlNifFunc functions[] = {
    {"open_nif", 2, open_instance, 0},
    {"put_nif", 2, put, 0},
    {"take_nif", 1, take, 0},
    {"close_nif", 1, close_instance, 0},
};

ERL_NIF_INIT(tandem_nif, functions, load, NULL, upgrade, NULL)
