/* SPDX-License-Identifier: Apache-2.0 */
/* Back end "asm": a stack of our own and a switch of twenty instructions a machine.
 * Only what the machine's call convention has a function preserve is saved.
 * Source: System V ABI for x86-64 §3.2.1, AAPCS64 §6.1. */
#include "rt/inside.h"

#ifdef FIBER_ASM

void fiber_swap(void **save_sp, void *to_sp); /* fiber_x86_64.S, fiber_aarch64.S */
void fiber_entry(void);

void context_init(struct context *c) { (void)c; }

/* A frame as fiber_swap() leaves it, whose return goes to fiber_entry. */
void context_reset(struct context *c)
{
	void **top = (void **)(void *)(c->stack + c->stack_size);
#if defined(__x86_64__)
	unsigned mxcsr;
	unsigned short fpu;
	__asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(fpu));
	top -= 10; /* control words, r15 r14 r13 r12 rbx rbp, return, and two of nobody: aligned at entry */
	top[0] = (void *)((uintptr_t)mxcsr | (uintptr_t)fpu << 32);
	top[4] = c->arg;                      /* r12 */
	top[3] = (void *)(uintptr_t)c->entry; /* r13 */
	top[7] = (void *)(uintptr_t)fiber_entry;
#elif defined(__aarch64__)
	uintptr_t fpcr;
	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	top -= 22;                                /* x19 to x30, d8 to d15, fpcr and padding */
	top[0] = c->arg;                          /* x19 */
	top[1] = (void *)(uintptr_t)c->entry;     /* x20 */
	top[11] = (void *)(uintptr_t)fiber_entry; /* x30 */
	top[20] = (void *)fpcr;
#endif
	c->sp = top;
}

bool context_create(struct context *c, void (*entry)(void *), void *arg)
{
	c->entry = entry;
	c->arg = arg;
	if (!stack_create(c))
		return false;
	context_reset(c);
	return true;
}

void context_trim(struct context *c) { stack_trim(c); }
void context_destroy(struct context *c) { stack_destroy(c); }
void context_switch(struct context *from, struct context *to) { fiber_swap(&from->sp, to->sp); }

#endif
