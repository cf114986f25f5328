// SPDX-License-Identifier: Apache-2.0
#include "dist/neighbours.h"

#include "term/atom.h"

#include <string.h>

struct neighbour_hooks neighbour_hooks;

static struct lock lock;

void neighbours_open(void)
{
    lock_init(&lock);
}

static struct peer *load(const struct node *n)
{
    return __atomic_load_n(&n->peer, __ATOMIC_ACQUIRE);
}

static void store(struct node *n, struct peer *p)
{
    __atomic_store_n(&n->peer, p, __ATOMIC_RELEASE);
}

static struct node *nameless_life(const struct node *n)
{
    return n->creation ? node_intern(n->name, 0) : (struct node *)(uintptr_t)n;
}

static bool is_closed(const struct peer *p)
{
    return atomic_load_explicit(&p->state, memory_order_acquire) == HANDSHAKE_CLOSED;
}

// An identifier of an earlier life of a connected node leads to the connection as well: the node tells that it is gone.
struct peer *neighbour_find(const struct node *n)
{
    struct peer *p = load(n);
    if (!p && n->creation)
        p = load(nameless_life(n));
    return p && !is_closed(p) ? p : NULL;
}

// name@host, and not ours.
static bool can_be_reached(const struct node *n)
{
    const char *at = strchr(atom_text(n->name).bytes, '@');
    return neighbour_hooks.connect && at && at[1] && at != atom_text(n->name).bytes && n->name != node_self()->name;
}

struct peer *neighbour_get(const struct node *n)
{
    struct peer *p = neighbour_find(n), *fresh = NULL;
    if (p || !can_be_reached(n))
        return p;
    struct node *node = nameless_life(n);
    fresh = peer_new(neighbour_hooks.events, PEER_DIALED);
    fresh->node = node;
    lock_take(&lock);
    p = load(node);
    if (!p)
        store(node, fresh);
    lock_give(&lock);
    if (p) {
        peer_free(fresh);
        return is_closed(p) ? NULL : p;
    }
    neighbour_hooks.connect(fresh);
    return fresh;
}

static struct peer *by_text(const char *name, size_t size)
{
    term known = atom_existing(name, size);
    struct peer *p = known == NONE ? NULL : load(node_intern(known, 0));
    return p && !is_closed(p) ? p : NULL;
}

static bool ours_is_greater(const char *name, size_t size)
{
    struct atom_text own = atom_text(node_self()->name);
    int order = memcmp(own.bytes, name, own.size < size ? own.size : size);
    return order > 0 || (order == 0 && own.size > size);
}

// When both connect at once the attempt of the one with the greater name goes on.
enum neighbour_status neighbour_asked(const char *name, size_t size)
{
    struct peer *p = by_text(name, size);
    if (!p)
        return NEIGHBOUR_OK;
    if (peer_is_up(p))
        return NEIGHBOUR_ALIVE;
    if (p->state != HANDSHAKE_YIELDED && ours_is_greater(name, size))
        return NEIGHBOUR_NOK;
    peer_yield(p);
    return NEIGHBOUR_OK_SIMULTANEOUS;
}

void neighbour_replace(const char *name, size_t size)
{
    struct peer *p = by_text(name, size);
    if (!p)
        return;
    peer_closed(p, "the other node has lost the connection");
    p->carrier->operations->close(p->carrier);
}

bool neighbour_up(struct peer *p)
{
    struct node *node = node_intern(p->node->name, 0);
    lock_take(&lock);
    struct peer *before = load(node);
    bool other = before && before != p;
    bool taken = other && peer_is_up(before);
    if (!taken && other)
        peer_take_over(p, before);
    if (!taken) {
        store(node, p);
        store(p->node, p);
    }
    lock_give(&lock);
    if (!taken && other && before->carrier)
        before->carrier->operations->close(before->carrier);
    return !taken;
}

bool neighbour_down(struct peer *p)
{
    lock_take(&lock);
    bool current = p->node && load(node_intern(p->node->name, 0)) == p;
    if (current && p->node->creation)
        store(p->node, NULL);
    lock_give(&lock);
    return current;
}

// Until now no connection to the node could begin: nobody takes what is new for lost.
void neighbour_gone(struct peer *p)
{
    lock_take(&lock);
    store(node_intern(p->node->name, 0), NULL);
    lock_give(&lock);
}
