// SPDX-License-Identifier: Apache-2.0
// Natives about nodes. All connections are hidden, and there is no distribution channel that a program could hold or open.
#include "bif/always.h"
#include "proc/remote.h"
#include "term/ident.h"
#include "term/map.h"
#include "term/number.h"

static term connected(struct proc *p)
{
    return remote_hooks.nodes ? remote_hooks.nodes(proc_heap(p)) : NIL;
}

static term bif_node(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return node_self()->name;
}

// What a kind of nodes, or a list of kinds, takes in.
struct kinds {
    bool others, self;
};

static bool kind_taken(term kind, struct kinds *k)
{
    k->others = k->others || kind == ATOM_hidden || kind == ATOM_connected || kind == ATOM_known;
    k->self = k->self || kind == ATOM_this || kind == ATOM_known;
    return kind == ATOM_visible || kind == ATOM_hidden || kind == ATOM_connected || kind == ATOM_known ||
           kind == ATOM_this;
}

static bool kinds_taken(term t, struct kinds *k)
{
    *k = (struct kinds){false, false};
    if (is_atom(t))
        return kind_taken(t, k);
    while (is_list(t) && kind_taken(head(t), k))
        t = tail(t);
    return is_nil(t);
}

static term bif_nodes_of(struct proc *p, term *args)
{
    struct kinds k;
    if (!kinds_taken(args[0], &k))
        return fail_badarg(p);
    term list = k.others ? connected(p) : NIL;
    return k.self ? cons(proc_heap(p), node_self()->name, list) : list;
}

// nodes/2: what to tell of each node.
struct wanted {
    bool connection_id, node_type;
};

static bool wanted_taken(term map, struct wanted *w)
{
    struct map_walk walk;
    term key, value;
    *w = (struct wanted){false, false};
    if (!is_map(map))
        return false;
    for (map_walk_init(&walk, map); map_walk_next(&walk, &key, &value);) {
        if (!is_bool(value) || (key != ATOM_connection_id && key != ATOM_node_type))
            return false;
        *(key == ATOM_connection_id ? &w->connection_id : &w->node_type) = value == ATOM_true;
    }
    return true;
}

// A node that comes again has another creation, so the number of its channel tells connections apart.
static term node_info(struct heap *h, term name, bool self, const struct wanted *w)
{
    term pairs[4];
    size_t n = 0;
    if (w->connection_id) {
        pairs[2 * n] = ATOM_connection_id;
        pairs[2 * n++ + 1] = self ? (term)ATOM_undefined : integer_from_u64(h, node_intern(name, 0)->channel);
    }
    if (w->node_type) {
        pairs[2 * n] = ATOM_node_type;
        pairs[2 * n++ + 1] = self ? ATOM_this : ATOM_hidden;
    }
    return tuple2(h, name, n ? map_from_pairs(h, pairs, n) : map_empty(h));
}

static term bif_nodes_info(struct proc *p, term *args)
{
    struct heap *h = proc_heap(p);
    struct wanted w;
    struct kinds k;
    if (!kinds_taken(args[0], &k) || !wanted_taken(args[1], &w))
        return fail_badarg(p);
    term list = k.self ? cons(h, node_info(h, node_self()->name, true, &w), NIL) : NIL;
    for (term names = k.others ? connected(p) : NIL; is_list(names); names = tail(names))
        list = cons(h, node_info(h, head(names), false, &w), list);
    return list;
}

static term bif_get_creation(struct proc *p, term *args)
{
    (void)args;
    return integer_from_u64(proc_heap(p), node_self()->creation);
}

static term bif_monitor_node(struct proc *p, term *args)
{
    term options = args[2];
    while (is_list(options) && head(options) == ATOM_allow_passive_connect)
        options = tail(options);
    if (!is_nil(options))
        return fail_badarg_because(p, ATOM_badopt);
    if (!is_atom(args[0]) || !is_bool(args[1]))
        return fail_badarg(p);
    return fail_trap(p, export_get(ATOM_erlang, ATOM_monitor_node, 2), args);
}

static const struct native_row rows[] = {
    {"erlang", "node", 0, bif_node, NATIVE_GUARD},
    {"erlang", "nodes", 0, always_nil, 0},
    {"erlang", "nodes", 1, bif_nodes_of, 0},
    {"erlang", "nodes", 2, bif_nodes_info, 0},
    {"erlang", "monitor_node", 3, bif_monitor_node, 0},
    {"erlang", "setnode", 2, always_fail_badarg, 0},
    {"erlang", "dist_get_stat", 1, always_fail_badarg, 0},
    {"erlang", "dist_ctrl_get_data", 1, always_fail_notsup, 0},
    {"erlang", "dist_ctrl_get_data_notification", 1, always_fail_notsup, 0},
    {"erlang", "dist_ctrl_get_opt", 2, always_fail_notsup, 0},
    {"erlang", "dist_ctrl_set_opt", 3, always_fail_notsup, 0},
    {"erlang", "dist_ctrl_input_handler", 2, always_fail_notsup, 0},
    {"erlang", "dist_ctrl_put_data", 2, always_fail_badarg, 0},
    {"erts_internal", "get_creation", 0, bif_get_creation, 0},
    {"erts_internal", "create_dist_channel", 3, always_badarg, 0},
    {"erts_internal", "new_connection", 1, always_fail_badarg, 0},
    {"erts_internal", "abort_pending_connection", 2, always_fail_badarg, 0},
};

const struct native_table natives_nodes = {rows, COUNT_OF(rows)};
