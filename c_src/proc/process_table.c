// SPDX-License-Identifier: Apache-2.0
#include "proc/process_table.h"

#include "base/lock.h"
#include "base/memory.h"

enum {
    CHUNK_LOG2 = 10,
    CHUNK_SLOTS = 1 << CHUNK_LOG2,
    CHUNKS = CONFIG_MAX_PROCESSES >> CHUNK_LOG2,
    NO_SLOT = UINT32_MAX,
};

struct slot {
    _Atomic(struct proc *) proc;
    uint32_t serial;    // with the lock held
    uint32_t next_free;
};

static struct {
    _Atomic(struct slot *) chunks[CHUNKS];
    struct lock lock;
    uint32_t free;    // first of the freed slots, last freed first: its cache lines are warm
    bool any_free;
    _Atomic uint32_t top;    // slots ever used
    _Atomic size_t count;
} processes;

static struct slot *slot_of(uint32_t number)
{
    struct slot *chunk = atomic_load_explicit(&processes.chunks[number >> CHUNK_LOG2], memory_order_acquire);
    return chunk ? chunk + (number & (CHUNK_SLOTS - 1)) : NULL;
}

// With the lock held. NO_SLOT: full.
static uint32_t take_slot(void)
{
    if (processes.any_free) {
        uint32_t number = processes.free;
        uint32_t next = slot_of(number)->next_free;
        processes.any_free = next != NO_SLOT;
        processes.free = next;
        return number;
    }
    uint32_t number = atomic_load_explicit(&processes.top, memory_order_relaxed);
    if (number == CONFIG_MAX_PROCESSES)
        return NO_SLOT;
    if (!slot_of(number)) {
        struct slot *chunk = mem_zero_alloc(CHUNK_SLOTS * sizeof *chunk);
        atomic_store_explicit(&processes.chunks[number >> CHUNK_LOG2], chunk, memory_order_release);
    }
    atomic_store_explicit(&processes.top, number + 1, memory_order_release);
    return number;
}

void process_table_close(void)
{
    uint32_t used = atomic_exchange(&processes.top, 0);
    for (uint32_t chunk = 0; chunk << CHUNK_LOG2 < used; chunk++)
        mem_free(atomic_exchange(&processes.chunks[chunk], NULL), CHUNK_SLOTS * sizeof(struct slot));
    processes.any_free = false;
}

term process_table_reserve(void)
{
    lock_take(&processes.lock);
    uint32_t number = take_slot();
    term pid = number == NO_SLOT ? NONE : local_pid(number, slot_of(number)->serial);
    lock_give(&processes.lock);
    return pid;
}

void process_table_publish(struct proc *p)
{
    atomic_fetch_add_explicit(&processes.count, 1, memory_order_relaxed);
    atomic_store_explicit(&slot_of(pid_number(p->pid))->proc, p, memory_order_release);
}

void process_table_remove(struct proc *p)
{
    uint32_t number = pid_number(p->pid);
    struct slot *s = slot_of(number);
    atomic_store(&s->proc, NULL);
    atomic_fetch_sub_explicit(&processes.count, 1, memory_order_relaxed);
    lock_take(&processes.lock);
    s->serial++;
    s->next_free = processes.any_free ? processes.free : NO_SLOT;
    processes.free = number;
    processes.any_free = true;
    lock_give(&processes.lock);
}

struct proc *proc_find(term pid)
{
    uint32_t number = pid_number(pid);
    struct slot *s = number < CONFIG_MAX_PROCESSES ? slot_of(number) : NULL;
    struct proc *p = s ? atomic_load_explicit(&s->proc, memory_order_acquire) : NULL;
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
        struct proc *p = atomic_load_explicit(&slot_of(*at)->proc, memory_order_acquire);
        if (p)
            pid = p->pid;
    }
    epoch_exit(parked);
    return pid;
}
