// SPDX-License-Identifier: Apache-2.0
// How a connection begins: the distribution handshake, version 6 (ERTS User's Guide, distribution protocol), as the side that
// connects and as the side that is connected to. On the port of the host one packet comes before it, with the options that the
// host starts us with; there we are the side that connects.
//   connects 'N' flags, creation, name        is connected to 's' status
//                                              (after `alive`: 's' true, and the connection that was alive ends)
//   is connected to 'N' flags, challenge, creation, name
//   connects 'r' challenge, digest             is connected to 'a' digest
// A digest is MD5 of the cookie and the challenge in decimal digits. The name of a node that connects is no atom, and the node
// has no record, before its digest has arrived.
#ifndef TANDEM_DIST_HANDSHAKE_H
#define TANDEM_DIST_HANDSHAKE_H

#include "base/md5.h"
#include "base/reader.h"

enum handshake_state {
    HANDSHAKE_OPTIONS,    // the host's options are to come
    HANDSHAKE_DIALING,    // there is no stream yet
    HANDSHAKE_YIELDED,    // there is none any more: the other node connects to us at the same time, and that attempt goes on
    HANDSHAKE_STATUS,    // we have connected, and wait for these
    HANDSHAKE_CHALLENGE,
    HANDSHAKE_DIGEST,
    HANDSHAKE_NAME,    // the other node has connected, and we wait for these
    HANDSHAKE_SURE,
    HANDSHAKE_REPLY,
    HANDSHAKE_REFUSED,    // it knows that it may not connect, and closes
    HANDSHAKE_UP,         // done: the connection carries control messages
    HANDSHAKE_CLOSED,
};

// Capabilities, by their bits in the protocol.
#define DIST_EXTENDED_REFERENCES ((uint64_t)0x4)
#define DIST_MONITOR ((uint64_t)0x8)
#define DIST_FUN_TAGS ((uint64_t)0x10)
#define DIST_MONITOR_NAME ((uint64_t)0x20)
#define DIST_NEW_FUN_TAGS ((uint64_t)0x80)
#define DIST_EXTENDED_PIDS_PORTS ((uint64_t)0x100)
#define DIST_EXPORT_TAG ((uint64_t)0x200)
#define DIST_BIT_BINARIES ((uint64_t)0x400)
#define DIST_NEW_FLOATS ((uint64_t)0x800)
#define DIST_UNICODE_IO ((uint64_t)0x1000)
#define DIST_SMALL_ATOM_TAGS ((uint64_t)0x4000)
#define DIST_UTF8_ATOMS ((uint64_t)0x10000)
#define DIST_MAP_TAG ((uint64_t)0x20000)
#define DIST_BIG_CREATION ((uint64_t)0x40000)
#define DIST_SEND_SENDER ((uint64_t)0x80000)
#define DIST_BIG_TRACE_LABELS ((uint64_t)0x100000)
#define DIST_EXIT_PAYLOAD ((uint64_t)0x400000)
#define DIST_FRAGMENTS ((uint64_t)0x800000)
#define DIST_HANDSHAKE_23 ((uint64_t)0x1000000)
#define DIST_UNLINK_ID ((uint64_t)0x2000000)
#define DIST_MANDATORY_25 ((uint64_t)0x4000000)
#define DIST_SPAWN ((uint64_t)1 << 32)
#define DIST_V4_CONTAINERS ((uint64_t)4 << 32)
#define DIST_NAME_ME ((uint64_t)2 << 32)
#define DIST_ALIAS ((uint64_t)8 << 32)

// What a message says that is encoded before the other node's capabilities are known: the forms that all take, and spawn requests
// and messages to aliases, for which there is no other.
#define DIST_HOPED (DIST_SPAWN | DIST_ALIAS)

enum { HANDSHAKE_NAME_BYTES = 1020, HANDSHAKE_PACKET_BYTES = 2048 };

struct handshake {
    uint8_t expected[MD5_SIZE];    // the digest that proves that the other end knows the cookie
    uint64_t flags;                // what the other node offers
    uint32_t creation;
    size_t name_size;
    char name[HANDSHAKE_NAME_BYTES];
};

struct peer;

// Sends our name: the first step of the side that connects.
void handshake_start(struct peer *p);

// One packet of the handshake. Failure is in the reader.
void handshake_receive(struct peer *p, struct reader *r);

#endif
