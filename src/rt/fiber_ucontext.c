/* SPDX-License-Identifier: Apache-2.0 */
/* Back end "ucontext": for machines without a switch of ours.
 * The same as assembly in all but speed (two system calls a switch, for the signal mask).
 * Source: makecontext(3), swapcontext(3). */
#include "rt/inside.h"

#ifdef FIBER_UCONTEXT

/* makecontext() passes ints only, so the pointer travels in two. */
static void start(unsigned high, unsigned low)
{
	struct context *c = (struct context *)((uintptr_t)high << 16 << 16 | low);
	c->entry(c->arg);
}

void context_init(struct context *c) { (void)c; }

void context_reset(struct context *c)
{
	uintptr_t p = (uintptr_t)c;
	must(getcontext(&c->saved) == 0);
	c->saved.uc_stack.ss_sp = c->stack;
	c->saved.uc_stack.ss_size = c->stack_size;
	c->saved.uc_link = NULL;
	makecontext(&c->saved, (void (*)(void))start, 2, (unsigned)(p >> 16 >> 16), (unsigned)p);
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

void context_switch(struct context *from, struct context *to)
{
	must(swapcontext(&from->saved, &to->saved) == 0);
}

#endif
