/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of rt: runs functions as fibers on a loop of their own until all have returned.
 * Fibers only take notes; assertions stand on the test's own stack.
 * Source: house. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rt/fiber.h"

struct inloop {
	struct loop *loop;
	unsigned left;
};

struct inloop_fiber {
	struct inloop *in;
	void (*fn)(void *);
	void *arg;
};

static inline void inloop_main(void *arg)
{
	struct inloop_fiber *f = arg;
	f->fn(f->arg);
	if (--f->in->left == 0)
		loop_stop(f->in->loop);
}

/* Runs fn(args + i * size) for i in [0, n), n <= 16, at the same time. */
static inline void inloop_run(struct loop *l, void (*fn)(void *), void *args, size_t size, unsigned n)
{
	struct inloop in = { l, n };
	struct inloop_fiber f[16];
	for (unsigned i = 0; i < n; i++) {
		f[i] = (struct inloop_fiber){ &in, fn, (char *)args + i * size };
		assert_int_equal(fiber_start(l, inloop_main, &f[i]).code, ERR_NONE);
	}
	loop_run(l);
	assert_int_equal(in.left, 0);
}

static inline int64_t inloop_ms(void) { return clock_mono_ns() / 1000000; }
