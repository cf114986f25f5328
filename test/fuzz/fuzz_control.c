// SPDX-License-Identifier: Apache-2.0
// Bytes from the other end of a connection: the same path that the port's packets take. The first byte of the input chooses
// where it begins (the host's options, the handshake, or behind it); then come packets, each a length of 2 bytes and its bytes.
#include "dist_support.c"
#include "support.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void store_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * (3 - i));
}

// Pids of ours with the number 7 become that of a living process.
static void bring_home(uint8_t *bytes, size_t size, term pid)
{
    static const uint8_t form[] = "\x58\x77\x0B"
                                  "engine@here"
                                  "\0\0\0\7";
    const size_t length = sizeof form - 1;
    for (size_t i = 0; i + length + 4 <= size; i++)
        if (memcmp(bytes + i, form, length) == 0) {
            store_u32(bytes + i + length - 4, pid_number(pid));
            store_u32(bytes + i + length, pid_serial(pid));
        }
}

// Each packet stands in a block of its own, so that the sanitizer sees where it ends.
static void arrive_alone(struct other *o, const uint8_t *data, size_t size, term pid)
{
    uint8_t *bytes = malloc(size ? size : 1);
    memcpy(bytes, data, size);
    bring_home(bytes, size, pid);
    loop_arrive(&o->loop, bytes, size);
    free(bytes);
}

static void packets(struct other *o, const uint8_t *data, size_t size)
{
    struct reader r;
    struct writer sent;
    term pid = other_spawn();
    names_register(ATOM_link, pid);
    reader_init(&r, data, size);
    writer_init(&sent);
    while (reader_left(&r) > 0 && !o->loop.ended) {
        size_t length = reader_u16(&r);
        if (length > reader_left(&r))
            length = reader_left(&r);
        arrive_alone(o, r.at, length, pid);
        reader_take(&r, length);
        while (loop_sent(&o->loop, &sent)) {
        }
    }
    writer_done(&sent);
}

static bool started(struct other *o, uint8_t where)
{
    struct writer w;
    writer_init(&w);
    bool ready = where == 0 || (where == 1 ? send_options(o, &w) : other_connect(o));
    writer_done(&w);
    return ready;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct other o;
    if (size == 0)
        return 0;
    other_open_engine();
    other_open(&o);
    if (started(&o, data[0] % 4))
        packets(&o, data + 1, size - 1);
    other_close(&o);
    other_close_engine();
    return 0;
}
