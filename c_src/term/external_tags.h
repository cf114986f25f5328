// SPDX-License-Identifier: Apache-2.0
// The first bytes of terms in the external format (ERTS User's Guide, "External Term Format").
#ifndef TANDEM_TERM_EXTERNAL_TAGS_H
#define TANDEM_TERM_EXTERNAL_TAGS_H

enum external_tag {
    EXT_VERSION = 131,      // before the term itself
    EXT_COMPRESSED = 80,    // size, then a zlib stream of the term
    EXT_SMALL_INTEGER = 97,
    EXT_INTEGER = 98,
    EXT_FLOAT = 99,    // text
    EXT_ATOM = 100,    // Latin-1
    EXT_REFERENCE = 101,
    EXT_PORT = 102,
    EXT_PID = 103,
    EXT_SMALL_TUPLE = 104,
    EXT_LARGE_TUPLE = 105,
    EXT_NIL = 106,
    EXT_STRING = 107,
    EXT_LIST = 108,
    EXT_BINARY = 109,
    EXT_SMALL_BIG = 110,
    EXT_LARGE_BIG = 111,
    EXT_NEW_FUN = 112,
    EXT_EXPORT = 113,
    EXT_NEW_REFERENCE = 114,
    EXT_SMALL_ATOM = 115,    // Latin-1
    EXT_MAP = 116,
    EXT_ATOM_UTF8 = 118,
    EXT_SMALL_ATOM_UTF8 = 119,
    EXT_V4_PORT = 120,
    EXT_NEW_FLOAT = 70,
    EXT_BIT_BINARY = 77,
    EXT_NEW_PID = 88,
    EXT_NEW_PORT = 89,
    EXT_NEWER_REFERENCE = 90,
};

enum {
    EXT_FLOAT_BYTES = 31,                 // of text, filled up with zeros
    EXT_NEW_PORT_MAX = (1 << 28) - 1,     // larger port numbers need EXT_V4_PORT
    EXT_OLD_CREATION_MAX = 3,             // of the tags with one byte for it
    EXT_REFERENCE_MAX = (1 << 18) - 1,    // first number of a reference, in old tags and of this node
    EXT_ATOM_UTF8_MAX = 4 * 255,          // bytes
};

#endif
