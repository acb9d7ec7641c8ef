/* SPDX-License-Identifier: Apache-2.0 */
/* What is run on each loop, or in a fiber of the control loop.
 * It knows nothing of what is run: whoever needs it calls down.
 * Source: house. */
#include "gateway/inside.h"

struct on_loop {
	struct gateway_loop *loop;
	void (*fn)(struct gateway_loop *);
	struct waker done;
};

static void run_on_loop(void *arg)
{
	struct on_loop *job = arg;
	job->fn(job->loop);
	wake(&job->done);
}

void gateway_each_loop(struct gateway *g, void (*fn)(struct gateway_loop *))
{
	struct arena *arena = arena_create(0, 0);
	struct on_loop *jobs = arena_array(arena, struct on_loop, g->conf.n_loops);
	for (size_t i = 0; i < g->conf.n_loops; i++) {
		jobs[i] = (struct on_loop){ .loop = &g->loops[i], .fn = fn };
		loop_post(g->loops[i].loop, run_on_loop, &jobs[i]);
	}
	for (size_t i = 0; i < g->conf.n_loops; i++)
		wait_end(&jobs[i].done);
	arena_destroy(&arena);
}

static void run_in_fiber(void *arg)
{
	struct fiber_job *job = arg;
	job->fn(job->gateway);
	wake(&job->done);
}

static void start_fiber(void *arg)
{
	struct fiber_job *job = arg;
	struct loop *loop = job->gateway->conf.control;
	if (fiber_start(loop, run_in_fiber, job).code) /* the loop is full of requests: they end */
		timer_set(loop, &job->again, deadline_in(10), start_fiber, job);
}

void gateway_in_fiber(struct gateway *g, void (*fn)(struct gateway *), struct fiber_job *job)
{
	*job = (struct fiber_job){ .gateway = g, .fn = fn };
	loop_post(g->conf.control, start_fiber, job);
}
