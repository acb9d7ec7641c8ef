/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a loop on a thread, asking something of it, ending it.
 * Who asks waits for the end of what was asked.
 * Source: house ("waiting"). */
#include "main/runner.h"

#include "base/err.h"
#include "rt/fiber.h"

struct errand {
	void (*fn)(void *);
	void *arg;
	struct waker done;
};

static void *run(void *arg)
{
	struct runner *r = arg;
	loop_run(r->loop);
	return NULL;
}

void runner_start(struct runner *r, unsigned max_fibers)
{
	r->loop = loop_create(max_fibers);
	must(pthread_create(&r->thread, NULL, run, r) == 0);
	r->running = true;
}

void runner_stop(struct runner *r)
{
	if (!r->running)
		return;
	loop_stop(r->loop);
	must(pthread_join(r->thread, NULL) == 0);
	r->running = false;
}

static void errand_run(void *arg)
{
	struct errand *e = arg;
	e->fn(e->arg);
	wake(&e->done);
}

void runner_do(struct runner *r, void (*fn)(void *), void *arg)
{
	struct errand e = { .fn = fn, .arg = arg };
	loop_post(r->loop, errand_run, &e);
	wait_end(&e.done);
}
