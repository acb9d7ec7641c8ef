/* SPDX-License-Identifier: Apache-2.0 */
/* The switch between fibers keeps what the calling convention says a call keeps: a program without
 * test library, so that it also runs under qemu-user for a machine that is not this one.
 * Each fiber compares its registers after every wait; main() alone decides whether that was well.
 * Source: Procedure Call Standard for the Arm 64-bit Architecture §6.1; System V ABI for AMD64 §3.2. */
#include <stdint.h>
#include <stdio.h>

#include "rt/fiber.h"

enum { FIBERS = 8, ROUNDS = 2000, WORDS = 10, DEPTH = 400 };

struct runner {
	struct waker waker;
	struct loop *loop;
	struct runner *all;
	int *left;
	unsigned number, rounds;
	unsigned wrong_words, wrong_reals, wrong_waits, wrong_depth, misaligned;
};

/* Ten of each are more than the callee-saved registers of either machine. */
static void round_trip(struct runner *r, unsigned round)
{
	uint64_t w[WORDS];
	double d[WORDS];
	volatile uint64_t seed = r->number * 1000003U + round;
	for (unsigned i = 0; i < WORDS; i++) {
		w[i] = seed * (i + 1);
		d[i] = (double)seed / (i + 1);
	}
	register uint64_t a = w[0], b = w[1], c = w[2], e = w[3], f = w[4];
	register double m = d[0], n = d[1], o = d[2], p = d[3], q = d[4];
	__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(e), "+r"(f));
#if defined(__aarch64__)
	__asm__ volatile("" : "+w"(m), "+w"(n), "+w"(o), "+w"(p), "+w"(q));
#endif
	/* One baton goes round: two wakes of one waker before its wait would be one. */
	r->wrong_waits += wait_waker(&r->waker, deadline_in(60000)).code != ERR_NONE;
	wake(&r->all[(r->number + 1) % FIBERS].waker);
	r->wrong_words += a != w[0] || b != w[1] || c != w[2] || e != w[3] || f != w[4];
	r->wrong_reals += m != d[0] || n != d[1] || o != d[2] || p != d[3] || q != d[4];
	for (unsigned i = 0; i < WORDS; i++) {
		r->wrong_words += w[i] != seed * (i + 1);
		r->wrong_reals += d[i] != (double)seed / (i + 1);
	}
}

/* Waits at the bottom of a deep stack, so that a switch meets frames of every age. */
static uint64_t deep(struct runner *r, unsigned depth)
{
	volatile uint64_t here = depth;
	r->misaligned += ((uintptr_t)__builtin_frame_address(0) & 15) != 0;
	if (depth == 0)
		r->wrong_waits += wait_until(deadline_in(5)).code != ERR_NONE;
	uint64_t below = depth ? deep(r, depth - 1) : 0;
	return below + here;
}

static void run(void *arg)
{
	struct runner *r = arg;
	for (unsigned i = 0; i < ROUNDS; i++, r->rounds++)
		round_trip(r, i);
	r->wrong_depth += deep(r, DEPTH) != (uint64_t)DEPTH * (DEPTH + 1) / 2;
	if (--*r->left == 0)
		loop_stop(r->loop);
}

static void begin(void *arg)
{
	struct runner *all = arg;
	for (unsigned i = 0; i < FIBERS; i++)
		must(fiber_start(all[i].loop, run, &all[i]).code == ERR_NONE);
	wake(&all[0].waker);
}

int main(void)
{
	static struct runner all[FIBERS];
	int left = FIBERS, bad = 0;
	struct loop *loop = loop_create(FIBERS);
	for (unsigned i = 0; i < FIBERS; i++)
		all[i] = (struct runner){ .loop = loop, .all = all, .left = &left, .number = i };
	loop_post(loop, begin, all);
	loop_run(loop);
	loop_destroy(&loop);
	for (unsigned i = 0; i < FIBERS; i++) {
		const struct runner *r = &all[i];
		bool well = r->rounds == ROUNDS &&
		            !(r->wrong_words | r->wrong_reals | r->wrong_waits | r->wrong_depth | r->misaligned);
		bad += !well;
		printf("fiber %u: %u rounds; wrong words %u, reals %u, waits %u, depth %u, alignment %u\n", i,
		       r->rounds, r->wrong_words, r->wrong_reals, r->wrong_waits, r->wrong_depth,
		       r->misaligned);
	}
	return bad ? 1 : 0;
}
