/* SPDX-License-Identifier: Apache-2.0 */
/* Back end "threads": each fiber is a thread, and one baton a loop says whose turn it is.
 * For gdb, valgrind and ThreadSanitizer; at most one thread of a loop ever runs.
 * Source: pthreads(7). */
#include "rt/inside.h"

#ifdef FIBER_THREADS

enum { THREAD_STACK = 2048 * 1024 }; /* ThreadSanitizer keeps over 256 KiB of its own on each */

void context_init(struct context *c)
{
	pthread_mutex_init(&c->mutex, NULL);
	pthread_cond_init(&c->cond, NULL);
}

static void pass_to(struct context *c, bool end)
{
	pthread_mutex_lock(&c->mutex);
	c->go = true;
	c->end = end;
	pthread_cond_signal(&c->cond);
	pthread_mutex_unlock(&c->mutex);
}

static void wait_for_turn(struct context *c)
{
	pthread_mutex_lock(&c->mutex);
	while (!c->go)
		pthread_cond_wait(&c->cond, &c->mutex);
	c->go = false;
	bool ended = c->end;
	pthread_mutex_unlock(&c->mutex);
	if (ended)
		pthread_exit(NULL);
}

static void *start(void *arg)
{
	struct context *c = arg;
	wait_for_turn(c);
	c->entry(c->arg);
	return NULL;
}

bool context_create(struct context *c, void (*entry)(void *), void *arg)
{
	c->entry = entry;
	c->arg = arg;
	context_init(c);
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	int failed = pthread_create(&c->thread, &attr, start, c);
	pthread_attr_destroy(&attr);
	return !failed;
}

void context_reset(struct context *c) { (void)c; }
void context_trim(struct context *c) { (void)c; }

void context_destroy(struct context *c)
{
	if (c->entry) {
		pass_to(c, true);
		pthread_join(c->thread, NULL);
	}
	pthread_cond_destroy(&c->cond);
	pthread_mutex_destroy(&c->mutex);
}

void context_switch(struct context *from, struct context *to)
{
	pass_to(to, false);
	wait_for_turn(from);
}

#endif
