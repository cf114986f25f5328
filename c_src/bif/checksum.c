// SPDX-License-Identifier: Apache-2.0
// Checksums of byte lists: CRC-32 and Adler-32 (zlib), MD5.
#include "bif/bif.h"

#include "base/md5.h"
#include "proc/errand.h"
#include "term/binary.h"
#include "term/iolist.h"
#include "term/number.h"

#include <string.h>
#include <zlib.h>

struct checksum {
    uLong sum;
    uLong (*add)(uLong sum, const Bytef *bytes, z_size_t n);
};

static void add_bytes(void *state, const uint8_t *bytes, size_t n)
{
    struct checksum *c = state;
    if (n > 0)    // zlib takes no bytes at an address of NULL for a start
        c->sum = c->add(c->sum, bytes, n);
}

static bool take_u32(term t, uLong *value)
{
    uint64_t wide;
    if (!integer_to_u64(t, &wide) || wide > UINT32_MAX)
        return false;
    *value = (uLong)wide;
    return true;
}

static term checksum(struct proc *p, struct checksum c, term data)
{
    return iolist_each(data, add_bytes, &c) ? small((sword)c.sum) : fail_badarg(p);
}

static term crc32_1(struct proc *p, term *args)
{
    return checksum(p, (struct checksum){0, crc32_z}, args[0]);
}

static term crc32_2(struct proc *p, term *args)
{
    uLong start;
    return take_u32(args[0], &start) ? checksum(p, (struct checksum){start, crc32_z}, args[1]) : fail_badarg(p);
}

static term adler32_1(struct proc *p, term *args)
{
    return checksum(p, (struct checksum){1, adler32_z}, args[0]);
}

static term adler32_2(struct proc *p, term *args)
{
    uLong start;
    return take_u32(args[0], &start) ? checksum(p, (struct checksum){start, adler32_z}, args[1]) : fail_badarg(p);
}

static term combine(struct proc *p, term *args, uLong (*function)(uLong, uLong, z_off_t))
{
    uLong first, second, second_size;
    if (!take_u32(args[0], &first) || !take_u32(args[1], &second) || !take_u32(args[2], &second_size))
        return fail_badarg(p);
    return small((sword)function(first, second, (z_off_t)second_size));
}

static term bif_crc32_combine(struct proc *p, term *args)
{
    return combine(p, args, crc32_combine);
}

// zlib's own answer for nothing more is no checksum.
static uLong adler32_followed(uLong first, uLong second, z_off_t length)
{
    return length ? adler32_combine(first, second, length) : first;
}

static term bif_adler32_combine(struct proc *p, term *args)
{
    return combine(p, args, adler32_followed);
}

static void add_md5(void *state, const uint8_t *bytes, size_t n)
{
    md5_update(state, bytes, n);
}

static term digest(struct proc *p, struct md5 *m)
{
    uint8_t result[MD5_SIZE];
    md5_final(m, result);
    return binary_from(proc_heap(p), result, sizeof result);
}

static term md5_of(struct proc *p, term *args)
{
    struct md5 m;
    md5_init(&m);
    return iolist_each(args[0], add_md5, &m) ? digest(p, &m) : fail_badarg(p);
}

static term bif_md5_init(struct proc *p, term *args)
{
    (void)args;
    struct md5 m;
    md5_init(&m);
    return binary_from(proc_heap(p), &m, sizeof m);
}

// Between its steps the state is a binary.
static bool take_md5(term t, struct md5 *m)
{
    if (!is_bitstring(t) || bit_size(t) != sizeof *m * 8)
        return false;
    struct bits b = bits_of(t);
    bits_copy((uint8_t *)m, 0, b.base, b.offset, b.size);
    return true;
}

static term md5_more(struct proc *p, term *args)
{
    struct md5 m;
    if (!take_md5(args[0], &m) || !iolist_each(args[1], add_md5, &m))
        return fail_badarg(p);
    return binary_from(proc_heap(p), &m, sizeof m);
}

static term bif_md5_final(struct proc *p, term *args)
{
    struct md5 m;
    return take_md5(args[0], &m) ? digest(p, &m) : fail_badarg(p);
}

static term bif_crc32_1(struct proc *p, term *args)
{
    return errand_for(p, args, 1, crc32_1, args[0]);
}

static term bif_crc32_2(struct proc *p, term *args)
{
    return errand_for(p, args, 2, crc32_2, args[1]);
}

static term bif_adler32_1(struct proc *p, term *args)
{
    return errand_for(p, args, 1, adler32_1, args[0]);
}

static term bif_adler32_2(struct proc *p, term *args)
{
    return errand_for(p, args, 2, adler32_2, args[1]);
}

static term bif_md5(struct proc *p, term *args)
{
    return errand_for(p, args, 1, md5_of, args[0]);
}

static term bif_md5_update(struct proc *p, term *args)
{
    return errand_for(p, args, 2, md5_more, args[1]);
}

static const struct native_row rows[] = {
    {"erlang", "crc32", 1, bif_crc32_1, 0},
    {"erlang", "crc32", 2, bif_crc32_2, 0},
    {"erlang", "crc32_combine", 3, bif_crc32_combine, 0},
    {"erlang", "adler32", 1, bif_adler32_1, 0},
    {"erlang", "adler32", 2, bif_adler32_2, 0},
    {"erlang", "adler32_combine", 3, bif_adler32_combine, 0},
    {"erlang", "md5", 1, bif_md5, 0},
    {"erlang", "md5_init", 0, bif_md5_init, 0},
    {"erlang", "md5_update", 2, bif_md5_update, 0},
    {"erlang", "md5_final", 1, bif_md5_final, 0},
};

const struct native_table natives_checksum = {rows, COUNT_OF(rows)};
