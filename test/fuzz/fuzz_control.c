// SPDX-License-Identifier: Apache-2.0
// Bytes from the other end of a connection: the same path that the port's packets take. The first byte of the input chooses
// where it begins (the host's options, the handshake, or behind it); then come packets, each a length of 2 bytes and its bytes.
#include "dist_support.c"
#include "support.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void packets(struct other *o, const uint8_t *data, size_t size)
{
    struct reader r;
    struct writer sent;
    reader_init(&r, data, size);
    writer_init(&sent);
    while (reader_left(&r) > 0 && !o->loop.ended) {
        size_t length = reader_u16(&r);
        if (length > reader_left(&r))
            length = reader_left(&r);
        const uint8_t *bytes = reader_take(&r, length);
        loop_arrive(&o->loop, bytes, length);
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
