// SPDX-License-Identifier: Apache-2.0
// Every number that is fixed when the engine is compiled, and the only place that looks at the build's switches.
// BUILD=stress defines TANDEM_STRESS: collect at every need, one reduction a slice, tables of size 2, heaps verified.
// Sanitizer builds define TANDEM_PLAIN_MEMORY: every block is its own malloc block, so that the sanitizer sees it.
#ifndef TANDEM_BASE_CONFIG_H
#define TANDEM_BASE_CONFIG_H

#ifdef TANDEM_STRESS
#define CONFIG_STRESS 1
#else
#define CONFIG_STRESS 0
#endif

#ifdef __has_feature
#define CONFIG_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#define CONFIG_THREAD_SANITIZER __has_feature(thread_sanitizer)
#else
#define CONFIG_ADDRESS_SANITIZER 0
#define CONFIG_THREAD_SANITIZER 0
#endif

#ifdef TANDEM_PLAIN_MEMORY
#define CONFIG_PLAIN_MEMORY 1
#else
#define CONFIG_PLAIN_MEMORY 0
#endif

enum {
    CONFIG_SLICE = CONFIG_STRESS ? 1 : 4000,    // reductions a process may use before others get their turn
    CONFIG_TURN_UNITS = 8,                      // of work in a native (base/turn.h) that are a reduction
    CONFIG_TURN_STACK = (CONFIG_PLAIN_MEMORY ? 512 : 256)
                        << 10,                       // bytes, for such a native: GMP takes some 64 KB frames
    CONFIG_X_REGISTERS = 1024,                       // as many as the BEAM's compilers may use
    CONFIG_MAX_ARITY = 255,                          // of a function
    CONFIG_STACK_RESERVE = 4,                        // words always free between heap and stack: pushes without a check
    CONFIG_EXACT_WORDS = 8192,                       // stress builds collect larger heaps as others do
    CONFIG_FIRST_HEAP = CONFIG_STRESS ? 8 : 12,      // words in the block of a fresh process, beyond its arguments
    CONFIG_TABLE_START = CONFIG_STRESS ? 2 : 256,    // slots of a fresh hash table
    CONFIG_HEAP_BINARY_MAX = 64,                     // bytes; larger binaries are shared and counted
    CONFIG_SHARED_BYTES = CONFIG_STRESS ? 256 : 8 << 20,    // of new shared binaries that make a process collect
    CONFIG_FLAT_MAP_MAX = 32,                               // keys; larger maps are hash tries
    CONFIG_MAX_ATOM_CHARS = 255,
    CONFIG_MAX_ATOMS = 1 << 20,
    CONFIG_MAX_PROCESSES = 1 << 27,
    CONFIG_MAX_WORKERS = 64,
    CONFIG_MAX_FRAME = 1 << 30,              // bytes in one packet of a carrier
    CONFIG_BUSY_BYTES = 1 << 20,             // output queued towards a node before its senders wait
    CONFIG_MAX_BIG_LIMBS = (1 << 19) - 1,    // of an integer, as on the BEAM
};

#endif
