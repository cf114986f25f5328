// SPDX-License-Identifier: Apache-2.0
#include "base/turn.h"

#include "base/config.h"
#include "base/die.h"

#include <sys/mman.h>

#if CONFIG_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif
#if CONFIG_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

enum {
    STACK_BYTES = CONFIG_TURN_STACK,
    GUARD_BYTES = 4096,
    SPARES_MAX = 4,    // a thread keeps
};

// At the top of the block that is its stack, behind the room.
struct turn {
    void *own, *other;    // stack pointers: of the body while it stands still, of turn_go_on while the body runs
    void (*body)(void *room);
    void *room;
    sword given, left;    // units
    unsigned holds;
    bool ended, dismissed;
    struct turn *next;        // spare
    void *fake;               // of the sanitizers: what stands for a stack
    const void *other_low;    // the other stack
    size_t other_size;
    void *fiber, *other_fiber;
};

static _Thread_local struct turn *current;
static _Thread_local struct turn *spares;
static _Thread_local unsigned spare_count;

// Saves what a function must keep for its caller on the stack, *from = its top, and takes the same from the other.
void turn_switch(void **from, void *to);

#if defined(__x86_64__)
__asm__(".text\n"
        ".type turn_switch, @function\n"
        "turn_switch:\n"
        "    push %rbp\n    push %rbx\n    push %r12\n    push %r13\n    push %r14\n    push %r15\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rbx\n    pop %rbp\n"
        "    ret\n"
        ".size turn_switch, . - turn_switch\n");
enum { SAVED_WORDS = 8, SAVED_RETURN = 6 };    // a word more than is popped: the stack is aligned as at a call
#elif defined(__aarch64__)
__asm__(".text\n"
        ".type turn_switch, %function\n"
        "turn_switch:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp]\n    stp x21, x22, [sp, #16]\n    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n    stp x27, x28, [sp, #64]\n    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n    str x9, [x0]\n    mov sp, x1\n"
        "    ldp x19, x20, [sp]\n    ldp x21, x22, [sp, #16]\n    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n    ldp x27, x28, [sp, #64]\n    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size turn_switch, . - turn_switch\n");
enum { SAVED_WORDS = 20, SAVED_RETURN = 11 };
#else
#error "no way to switch stacks on this machine"
#endif

// Tell the sanitizers which stack is in use.
static void leave(void **fake, const void *low, size_t size, void *fiber)
{
#if CONFIG_ADDRESS_SANITIZER
    __sanitizer_start_switch_fiber(fake, low, size);
#endif
#if CONFIG_THREAD_SANITIZER
    __tsan_switch_to_fiber(fiber, 0);
#endif
    (void)fake, (void)low, (void)size, (void)fiber;
}

static void arrive(void *fake, const void **low, size_t *size)
{
#if CONFIG_ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(fake, low, size);
#endif
    (void)fake, (void)low, (void)size;
}

static void fiber_begin(struct turn *t)
{
#if CONFIG_THREAD_SANITIZER
    t->fiber = __tsan_create_fiber(0);
#endif
    (void)t;
}

static void fiber_find(struct turn *t)
{
#if CONFIG_THREAD_SANITIZER
    t->other_fiber = __tsan_get_current_fiber();
#endif
    (void)t;
}

static void fiber_end(struct turn *t)
{
#if CONFIG_THREAD_SANITIZER
    if (t->fiber)
        __tsan_destroy_fiber(t->fiber);
#endif
    t->fiber = NULL;
}

static uint8_t *block_of(struct turn *t)
{
    return (uint8_t *)(t + 1) - STACK_BYTES;
}

static struct turn *map_stack(void)
{
    uint8_t *block =
        mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == MAP_FAILED)
        return NULL;
    if (mprotect(block, GUARD_BYTES, PROT_NONE)) {
        munmap(block, STACK_BYTES);
        return NULL;
    }
    return (struct turn *)(void *)(block + STACK_BYTES) - 1;
}

struct turn *turn_new(size_t room)
{
    ENSURE(room < STACK_BYTES / 2);
    struct turn *t = spares;
    if (t) {
        spares = t->next;
        spare_count--;
    } else {
        t = map_stack();
        if (!t)
            return NULL;
    }
    *t = (struct turn){.room = (void *)(((uintptr_t)t - room) & ~(uintptr_t)63)};
    return t;
}

void turn_free(struct turn *t)
{
    fiber_end(t);
    if (spare_count == SPARES_MAX) {
        munmap(block_of(t), STACK_BYTES);
        return;
    }
    t->next = spares;
    spares = t;
    spare_count++;
}

void turn_close(void)
{
    for (struct turn *t = spares, *next; t; t = next) {
        next = t->next;
        munmap(block_of(t), STACK_BYTES);
    }
    spares = NULL;
    spare_count = 0;
}

void *turn_room(struct turn *t)
{
    return t->room;
}

size_t turn_done(const struct turn *t)
{
    return (size_t)(t->given - t->left);
}

static void stand_still(struct turn *t)
{
    leave(t->ended ? NULL : &t->fake, t->other_low, t->other_size, t->other_fiber);
    turn_switch(&t->own, t->other);
    arrive(t->fake, &t->other_low, &t->other_size);
}

// Where a fresh stack returns to.
static void begin(void)
{
    struct turn *t = current;
    arrive(NULL, &t->other_low, &t->other_size);
    t->body(t->room);
    t->ended = true;
    stand_still(t);
    die("a turn went on after its end");
}

static void prepare(struct turn *t, void (*body)(void *room))
{
    t->body = body;
    uintptr_t *top = (uintptr_t *)t->room - SAVED_WORDS;
    top[SAVED_RETURN] = (uintptr_t)begin;
    t->own = top;
    fiber_begin(t);
}

bool turn_go_on(struct turn *t, void (*body)(void *room), size_t units)
{
    ENSURE(!current && !t->ended);
    if (!t->body)
        prepare(t, body);
    void *fake = NULL;
    t->given = t->left = (sword)units;
    fiber_find(t);
    current = t;
    leave(&fake, block_of(t), STACK_BYTES, t->fiber);
    turn_switch(&t->other, t->own);
    arrive(fake, NULL, NULL);
    current = NULL;
    return t->ended;
}

bool turn_under_way(void)
{
    return current != NULL;
}

NOINLINE bool turn_pass(size_t units)
{
    struct turn *t = current;
    if (!t)
        return false;
    t->left -= (sword)units;
    if (t->left <= 0 && !t->holds)
        stand_still(t);
    return t->dismissed;
}

void turn_dismiss(struct turn *t)
{
    t->dismissed = true;
}

void turn_rest(void)
{
    struct turn *t = current;
    if (t && !t->holds)
        stand_still(t);
}

void turn_hold(void)
{
    if (current)
        current->holds++;
}

void turn_release(void)
{
    if (current)
        current->holds--;
}
