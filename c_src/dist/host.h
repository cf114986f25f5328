// SPDX-License-Identifier: Apache-2.0
// What the host told us when it started us: one term, the first packet on its port; or what the command line said. Kept for good, on
// a fragment of its own; set once, before any process runs, and only read afterwards.
#ifndef TANDEM_DIST_HOST_H
#define TANDEM_DIST_HOST_H

#include "base/reader.h"
#include "term/heap.h"

struct host_options {
    term node;            // our name
    uint32_t creation;    // of this incarnation of us
    const uint8_t *cookie;
    size_t cookie_size;
    term services;     // pid of the process on the host that answers our requests
    uint64_t flags;    // what the host can do
    unsigned schedulers;
    size_t window;       // bytes that may be on their way to the host and not acknowledged
    term environment;    // binary of Name=Value with a NUL behind each, or NONE: that of the OS process
    term names;          // map of registered names to pids of the host, or NONE
    term all;            // the whole map, or NONE
    bool member;         // of a cluster: any number of nodes may be hosts, and go away
};
extern struct host_options host_options;

void host_options_receive(struct reader *r);    // failure is in the reader
void host_options_set(const struct host_options *o, const uint8_t *cookie,
                      size_t size);    // without a host; the cookie is copied
void host_options_done(void);

#endif
