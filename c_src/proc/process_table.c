// SPDX-License-Identifier: Apache-2.0
#include "proc/process_table.h"

#include "base/lock.h"
#include "base/memory.h"

#include <string.h>

enum {
    CHUNK_LOG2 = 10,
    CHUNK_SLOTS = 1 << CHUNK_LOG2,
    CHUNKS = CONFIG_MAX_PROCESSES >> CHUNK_LOG2,
    MASK_SLOTS = 64,
};

// Masks and counts: with the table's lock held.
struct chunk {
    _Atomic(struct proc *) slots[CHUNK_SLOTS];
    uint64_t free[CHUNK_SLOTS / MASK_SLOTS];
    uint32_t free_count;
};

static struct {
    _Atomic(struct chunk *) chunks[CHUNKS];
    _Atomic uint32_t top;    // slots in the chunks that there are
    _Atomic size_t count;
    struct lock lock;     // held for what follows
    uint32_t next;        // where to look for a free slot
    uint32_t round;       // how often that was the first slot again
    uint32_t reserved;    // slots that aren't free
} processes;

static struct chunk *chunk_of(uint32_t number)
{
    return atomic_load_explicit(&processes.chunks[number >> CHUNK_LOG2], memory_order_acquire);
}

static _Atomic(struct proc *) *slot_of(uint32_t number)
{
    struct chunk *c = chunk_of(number);
    return c ? &c->slots[number & (CHUNK_SLOTS - 1)] : NULL;
}

// The slot's mask, and its bit in that.
static uint64_t *mask_of(struct chunk *c, uint32_t number, uint64_t *bit)
{
    *bit = (uint64_t)1 << number % MASK_SLOTS;
    return &c->free[(number & (CHUNK_SLOTS - 1)) / MASK_SLOTS];
}

// The first free slot from `number` on; top: there is none. Full chunks are passed at once.
static uint32_t free_from(uint32_t number, uint32_t top)
{
    while (number < top) {
        struct chunk *c = chunk_of(number);
        if (c->free_count == 0) {
            number = (number | (CHUNK_SLOTS - 1)) + 1;
            continue;
        }
        uint64_t bit, *mask = mask_of(c, number, &bit), left = *mask & ~(bit - 1);
        if (left)
            return (number & ~(uint32_t)(MASK_SLOTS - 1)) + (uint32_t)__builtin_ctzll(left);
        number = (number | (MASK_SLOTS - 1)) + 1;
    }
    return top;
}

static void add_chunk(uint32_t top)
{
    struct chunk *c = mem_zero_alloc(sizeof *c);
    memset(c->free, 0xFF, sizeof c->free);
    c->free_count = CHUNK_SLOTS;
    atomic_store_explicit(&processes.chunks[top >> CHUNK_LOG2], c, memory_order_release);
    atomic_store_explicit(&processes.top, top + CHUNK_SLOTS, memory_order_release);
}

// At the end of a round, while half of the slots are in use, the table grows; otherwise the next round begins. False: it is full.
static bool find_slot(void)
{
    uint32_t top = atomic_load_explicit(&processes.top, memory_order_relaxed);
    processes.next = free_from(processes.next, top);
    if (processes.next < top)
        return true;
    if (processes.reserved >= top / 2 && top < CONFIG_MAX_PROCESSES) {
        add_chunk(top);
        return true;
    }
    if (processes.reserved == top)
        return false;
    processes.next = free_from(0, top);
    processes.round++;
    return true;
}

void process_table_close(void)
{
    uint32_t top = atomic_exchange(&processes.top, 0);
    for (uint32_t chunk = 0; chunk << CHUNK_LOG2 < top; chunk++)
        mem_free(atomic_exchange(&processes.chunks[chunk], NULL), sizeof(struct chunk));
    processes.next = processes.round = processes.reserved = 0;
}

static term take_slot(void)
{
    if (!find_slot())
        return NONE;
    uint32_t number = processes.next++;
    struct chunk *c = chunk_of(number);
    uint64_t bit, *mask = mask_of(c, number, &bit);
    *mask &= ~bit;
    c->free_count--;
    processes.reserved++;
    return local_pid(number, processes.round);
}

term process_table_reserve(void)
{
    lock_take(&processes.lock);
    term pid = take_slot();
    lock_give(&processes.lock);
    return pid;
}

void process_table_publish(struct proc *p)
{
    atomic_fetch_add_explicit(&processes.count, 1, memory_order_relaxed);
    atomic_store_explicit(slot_of(pid_number(p->pid)), p, memory_order_release);
}

void process_table_remove(struct proc *p)
{
    uint32_t number = pid_number(p->pid);
    struct chunk *c = chunk_of(number);
    uint64_t bit, *mask = mask_of(c, number, &bit);
    atomic_store(slot_of(number), NULL);
    atomic_fetch_sub_explicit(&processes.count, 1, memory_order_relaxed);
    lock_take(&processes.lock);
    *mask |= bit;
    c->free_count++;
    processes.reserved--;
    lock_give(&processes.lock);
}

struct proc *proc_find(term pid)
{
    uint32_t number = pid_number(pid);
    _Atomic(struct proc *) *slot = number < CONFIG_MAX_PROCESSES ? slot_of(number) : NULL;
    struct proc *p = slot ? atomic_load_explicit(slot, memory_order_acquire) : NULL;
    return p && p->pid == pid ? p : NULL;
}

size_t proc_count(void)
{
    return atomic_load_explicit(&processes.count, memory_order_relaxed);
}

term proc_next(uint32_t *at)
{
    bool parked = epoch_enter();
    term pid = NONE;
    for (; pid == NONE && *at < atomic_load_explicit(&processes.top, memory_order_acquire); ++*at) {
        struct proc *p = atomic_load_explicit(slot_of(*at), memory_order_acquire);
        if (p)
            pid = p->pid;
    }
    epoch_exit(parked);
    return pid;
}
