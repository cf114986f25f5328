// SPDX-License-Identifier: Apache-2.0
// The form of our instructions. Each is a function in tail-call form: its parameters are the machine's registers, and it ends
// by jumping to the next one. An instruction's words are the address of its function, then its operands; the macros below are
// the only ones that read them, so that the same bodies can be compiled with operands as relocations.
//   ip    the instruction's own word       x     the worker's x registers (the worker itself stands at this address)
//   E     the top of the stack: y0         htop  the top of the heap
//   reds  what is left of the slice        p     the process
// Stack: y registers of the running function at E, then the return address of the function. A call pushes the return address
// without a check: CONFIG_STACK_RESERVE words are always free. y registers are always valid terms: allocate clears them.
// While C functions run on the process, p->heap.top and the stack must be up to date: SWAP_OUT before, SWAP_IN after.
#ifndef TANDEM_CODE_INTERP_H
#define TANDEM_CODE_INTERP_H

#include "code/raise.h"
#include "proc/proc.h"
#include "term/atom.h"
#include "term/build.h"

#define REGISTERS const word *ip, term *x, term *E, term *htop, sword reds, struct proc *p
#define REGISTERS_PASSED ip, x, E, htop, reds, p

typedef void op_function(REGISTERS);

// clang-format off
#define OP(name) void op_##name(REGISTERS)
#define TAIL(function) __attribute__((musttail)) return function(REGISTERS_PASSED)
#define DISPATCH() TAIL(((op_function *)(uintptr_t)*ip))

// Operands, by number.
#define A(i) (ip[1 + (i)])
#define X(i) (*(term *)((char *)x + A(i)))
#define Y(i) (*(term *)((char *)E + A(i)))
#define C(i) ((term)A(i))
#define S(i) operand(x, E, A(i))
#define D(i) (*register_of(x, E, A(i)))
#define EXPORT(i) ((const struct export *)(uintptr_t)A(i))

// Endings.
#define NEXT(operands) do { ip += 1 + (operands); DISPATCH(); } while (0)
#define JUMP(address) do { ip = (const word *)(uintptr_t)(address); DISPATCH(); } while (0)
#define FAIL_OR_RAISE(label) do { if (label) JUMP(label); TAIL(op_raise); } while (0)
// clang-format on

#define SWAP_OUT() (p->heap.top = htop, heap_set_stack(&p->heap, E))
#define SWAP_IN() (htop = p->heap.top, E = heap_stack(&p->heap))

// Words free for the heap. When they are too few: remember what was wanted, collect, and run the instruction again.
#define HAS_WORDS(n) \
    LIKELY((sword)(E - htop) >= (sword)(n) + CONFIG_STACK_RESERVE && (!CONFIG_STRESS || interp_collected(x, p)))
#define COLLECT(n, live_registers) \
    do { \
        interp_of(x)->need = (n); \
        interp_of(x)->live = (live_registers); \
        TAIL(op_collect); \
    } while (0)

// A register as any-register operand: bit 2 tells y from x, the byte offset stands above bit 3. Terms are never tagged 00.
static inline word operand_x(word number)
{
    return number << 6;
}

static inline word operand_y(word number)
{
    return number << 6 | 4;
}

static inline term *register_of(term *x, term *E, word operand)
{
    return (term *)((char *)(operand & 4 ? E : x) + (operand >> 3));
}

static inline term operand(term *x, term *E, word operand)
{
    return operand & 3 ? operand : *register_of(x, E, operand);
}

// What the interpreter keeps a worker, behind the worker's registers.
struct interp {
    size_t need, live;              // of the collection under way
    bool collected;                 // stress builds: the instruction that runs again has collected
    int result;                     // enum run_result of the slice that ended
    sword reductions;               // left when it ended
    const struct export *blame;     // the native that failed or asked for something; NULL: the instruction itself
    const term *blame_arguments;    // its arguments: x registers, or the values below; NULL: only how many
    term blame_values[3];
    struct build build;
    struct build whole;        // of the instruction that makes a whole bit string:
    struct build_late late;    // what it has left for later. Empty when it begins
};

static inline struct interp *interp_of(term *x)
{
    return (struct interp *)((struct worker *)(void *)x)->build;
}

static inline struct worker *worker_of(term *x)
{
    return (struct worker *)(void *)x;
}

// What natives charged since the last call of it.
static inline sword interp_charged(term *x)
{
    sword charge = worker_of(x)->charge;
    worker_of(x)->charge = 0;
    return charge;
}

// Stress builds collect before every need of a small heap: true when this one just did.
bool interp_collected(term *x, const struct proc *p);

// Where instructions end up that cannot go on: all are functions of the same form.
op_function op_collect;    // collects `need` words with `live` registers, then the same instruction again
op_function op_raise;      // looks for a handler of the recorded failure
op_function op_yield;      // slice used up: goes on at ip with `live` registers
op_function op_block;      // waits for something that is no message, then the same instruction with `live` registers
op_function op_wait;       // waits for a message, then goes on at ip with `live` registers
op_function op_exit;       // ends the process with the recorded failure
op_function op_doomed;     // ends it by the signal that proc/doom.c sent
op_function op_handle_request;    // what a native asked for instead of a result

// Every instruction.
#define INSTRUCTION(family, variant, operands) op_function op_##family##_##variant;
#include "code/instructions.def"
#undef INSTRUCTION

// Words of the trampolines that code/ puts into exports and fun entries.
word op_address_call_undefined(void);
word op_address_call_native(void);
word op_address_call_delegate(void);
word op_address_fun_undefined(void);

// Opens the interpreter: operator tables, entry code. Before any process runs and after natives are registered.
void interp_open(void);

#endif
