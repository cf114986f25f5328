// SPDX-License-Identifier: Apache-2.0
#include "proc/errand.h"

#include "proc/extra.h"
#include "term/copy.h"

#include <string.h>

enum { SLICE_UNITS = CONFIG_SLICE * CONFIG_TURN_UNITS };

// In the turn's room. It is the process's while PROC_ERRAND is set.
struct errand {
    struct turn *turn;
    struct proc *p;
    native_function *body;
    term args[ERRAND_ARGUMENTS];
    term result;
    term doom;    // the process exits with it; NONE: it doesn't
    bool pure;
    size_t saved;
    term registers[CONFIG_X_REGISTERS];
};

static void run(void *room)
{
    struct errand *e = room;
    e->result = e->body(e->p, e->args);
}

static struct errand *begin(struct proc *p, const term *args, unsigned arity, native_function *body, bool pure)
{
    struct turn *t = turn_new(sizeof(struct errand));
    if (!t)
        return NULL;
    struct errand *e = turn_room(t);
    e->turn = t;
    e->p = p;
    e->body = body;
    e->doom = NONE;
    e->pure = pure;
    e->saved = 0;
    memcpy(e->args, args, arity * sizeof *args);
    return e;
}

static struct errand *of(struct proc *p)
{
    return p->extra->errand;
}

static void end(struct proc *p, struct errand *e)
{
    p->flags &= ~(uint32_t)PROC_ERRAND;
    turn_free(e->turn);
}

static term stand_still(struct proc *p, struct errand *e)
{
    proc_extra(p)->errand = e;
    p->flags |= PROC_ERRAND;
    return fail_yield(p);
}

// Without memory for a stack, inside another errand, and where nobody could go on with it, the work is done in one go.
static term go(struct proc *p, term *args, unsigned arity, native_function *body, bool pure)
{
    if (turn_under_way() || p->worker->at_once)
        return body(p, args);
    struct errand *e = errand_waits(p) ? of(p) : begin(p, args, arity, body, pure);
    if (!e)
        return body(p, args);
    bool ended = turn_go_on(e->turn, run, SLICE_UNITS);
    errand_charge(p, turn_done(e->turn));
    if (!ended)
        return stand_still(p, e);
    term result = e->result;
    if (result == NONE && p->worker->failure.request == REQUEST_FAIL)
        memcpy(args, e->args, arity * sizeof *args);    // which the stack trace shows
    end(p, e);
    return result;
}

term errand(struct proc *p, term *args, unsigned arity, native_function *body)
{
    return go(p, args, arity, body, false);
}

term errand_pure(struct proc *p, term *args, unsigned arity, native_function *body)
{
    return go(p, args, arity, body, true);
}

bool errand_is_large(const struct proc *p, term t)
{
    const struct heap *h = &p->heap;
    bool small_heap = (size_t)(h->end - h->start) + h->fragment_words < ERRAND_LARGE && !h->old;
    return !small_heap && !is_immediate(t) && term_words_exceed(t, ERRAND_LARGE);
}

void errand_save(struct proc *p, const term *x, size_t live)
{
    struct errand *e = of(p);
    e->saved = live;
    memcpy(e->registers, x, live * sizeof *x);
}

void errand_restore(struct proc *p, term *x)
{
    const struct errand *e = of(p);
    memcpy(x, e->registers, e->saved * sizeof *x);
}

const term *errand_words(struct proc *p, size_t *count)
{
    const struct errand *e = of(p);
    *count = (size_t)(e->registers - e->args) + e->saved;
    return e->args;
}

void errand_doom(struct proc *p, term reason)
{
    struct errand *e = of(p);
    e->doom = reason;
    if (e->pure)
        turn_dismiss(e->turn);
}

bool errand_finish(struct proc *p, sword *used)
{
    struct errand *e = of(p);
    bool ended = turn_go_on(e->turn, run, SLICE_UNITS);
    *used = (sword)(turn_done(e->turn) / CONFIG_TURN_UNITS);
    if (!ended)
        return false;
    struct failure *f = &p->worker->failure;
    f->class = ATOM_exit;
    f->reason = e->doom;
    end(p, e);
    return true;
}

bool errand_begin(struct proc *p, term argument, native_function *body)
{
    struct errand *e = turn_under_way() ? NULL : begin(p, &argument, 1, body, false);
    if (!e) {
        body(p, &argument);
        return true;
    }
    e->doom = argument;
    if (turn_go_on(e->turn, run, SLICE_UNITS)) {
        turn_free(e->turn);
        return true;
    }
    proc_extra(p)->errand = e;
    p->flags |= PROC_ERRAND;
    return false;
}

void errand_close(struct proc *p)
{
    struct errand *e = of(p);
    if (e->pure)
        turn_dismiss(e->turn);
    while (!turn_go_on(e->turn, run, SIZE_MAX / 4)) {
    }
    end(p, e);
}
