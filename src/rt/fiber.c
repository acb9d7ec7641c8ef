/* SPDX-License-Identifier: Apache-2.0 */
/* Fibers of a loop: the pool they come from, starting, running, cancelling.
 * Being made ready is a hint, not an event: a fiber that finds nothing for it sleeps on, so a wake-up
 * that comes late, or for one that ended meanwhile, does no harm.
 * Source: house (docs/why/fibers.md). */
#include "rt/inside.h"

#include <stdlib.h>

enum { WARM = 64, TRIM_MS = 1000, BUSY = 8 };

struct fiber *fiber_self(void)
{
	struct loop *l = loop_self();
	return l ? l->current : NULL;
}

struct fiber *fiber_must(void)
{
	struct fiber *f = fiber_self();
	must(f);
	return f;
}

unsigned fibers_alive(const struct loop *l) { return l->pool.n_alive; }

static void enqueue(struct loop *l, struct fiber *f)
{
	f->queued = true;
	f->next = NULL;
	if (l->run_head)
		l->run_tail->next = f;
	else
		l->run_head = f;
	l->run_tail = f;
}

void fiber_ready(struct fiber *f)
{
	if (f->alive && !f->queued && f != f->loop->current)
		enqueue(f->loop, f);
}

void fiber_wake(struct fiber *f)
{
	if (loop_self() == f->loop)
		fiber_ready(f);
	else
		loop_woken(f->loop, f);
}

static void leave(struct fiber *f)
{
	struct loop *l = f->loop;
	asan_leave(&f->asan, l->asan.low, l->asan.size);
	context_switch(&f->context, &l->own);
	asan_arrive(&f->asan, &l->asan);
}

static void resume(struct fiber *f)
{
	struct loop *l = f->loop;
	struct asan_side unused;
	l->current = f;
	asan_leave(&l->asan, f->context.stack, f->context.stack_size);
	context_switch(&l->own, &f->context);
	asan_arrive(&l->asan, &unused);
	l->current = NULL;
}

static void time_up(void *arg) { fiber_ready(arg); }

void fiber_suspend(struct fiber *f, deadline d)
{
	if (d.mono_ms != INT64_MAX)
		timer_set(f->loop, &f->timer, d, time_up, f);
	f->busy = 0;
	leave(f);
	f->timer.at_ms = INT64_MAX;
}

void fiber_yield(struct fiber *f)
{
	enqueue(f->loop, f);
	f->busy = 0;
	leave(f);
}

/* A plain proxied request needs fewer than BUSY.  Beside a hundred streams that never wait a small request
 * took 97 ms with 64, 17 with 8, and they moved as much. */
void fiber_pause(void)
{
	struct fiber *f = fiber_must();
	if (++f->busy > BUSY)
		fiber_yield(f);
}

/* Those that become ready meanwhile wait for the next turn, so that descriptors get theirs. */
void fibers_run(struct loop *l)
{
	struct fiber *f = l->run_head;
	l->run_head = NULL;
	while (f) {
		struct fiber *next = f->next;
		f->queued = false;
		resume(f);
		f = next;
	}
}

void fiber_cancel(struct fiber *f)
{
	f->canceled = true;
	fiber_ready(f);
}

void fibers_cancel(struct loop *l)
{
	for (unsigned i = 0; i < l->pool.n_all; i++)
		if (l->pool.all[i]->alive)
			fiber_cancel(l->pool.all[i]);
}

/* ---- the pool ---- */
void pool_create(struct loop *l, unsigned max)
{
	l->pool.max = max;
	l->pool.all = rt_alloc(sizeof(struct fiber *) * (max + 1));
	l->pool.free = rt_alloc(sizeof(struct fiber *) * (max + 1));
}

void pool_destroy(struct loop *l)
{
	timer_cancel(&l->pool.timer);
	for (unsigned i = 0; i < l->pool.n_all; i++) {
		struct fiber *f = l->pool.all[i];
		timer_cancel(&f->timer);
		context_destroy(&f->context);
		free(f);
	}
	free(l->pool.all);
	free(l->pool.free);
}

/* free[0 .. low) were not used since the last look; of these all but the WARM on top give back. */
static void trim(void *arg)
{
	struct loop *l = arg;
	struct pool *p = &l->pool;
	unsigned cold = p->low > WARM ? p->low - WARM : 0;
	for (; p->trimmed < cold; p->trimmed++)
		context_trim(&p->free[p->trimmed]->context);
	p->low = p->n_free;
	if (p->n_free > WARM + p->trimmed)
		timer_set(l, &p->timer, deadline_in(TRIM_MS), trim, l);
}

static void end(struct fiber *f)
{
	struct loop *l = f->loop;
	struct pool *p = &l->pool;
	f->alive = false;
	f->timer.at_ms = INT64_MAX;
	asan_root(&f->context, false);
	p->n_alive--;
	p->free[p->n_free++] = f;
	if (p->n_free > WARM + p->trimmed && !p->timer.place)
		timer_set(l, &p->timer, deadline_in(TRIM_MS), trim, l);
	leave(f);
}

/* Runs one function after the other; its frame is never left, save by context_trim(). */
static void fiber_main(void *arg)
{
	struct fiber *f = arg;
	asan_arrive(&f->asan, &f->loop->asan);
	loop_set_self(f->loop); /* news only to the thread back end */
	for (;;) {
		f->fn(f->arg);
		end(f);
	}
}

static struct fiber *take(struct loop *l)
{
	struct pool *p = &l->pool;
	if (p->n_free) {
		struct fiber *f = p->free[--p->n_free];
		if (p->n_free < p->low)
			p->low = p->n_free;
		if (p->n_free < p->trimmed) {
			p->trimmed = p->n_free;
			asan_clean(&f->context);
			f->asan.fake = NULL;
			context_reset(&f->context);
		}
		return f;
	}
	if (p->n_all == p->max)
		return NULL;
	struct fiber *f = rt_alloc(sizeof *f);
	f->loop = l;
	f->timer.at_ms = INT64_MAX;
	if (!context_create(&f->context, fiber_main, f)) {
		free(f);
		return NULL;
	}
	p->all[p->n_all++] = f;
	return f;
}

err fiber_start(struct loop *l, void (*fn)(void *), void *arg)
{
	must(!l->running || loop_self() == l);
	if (l->ending)
		return FAIL(ERR_CANCELED);
	struct fiber *f = take(l);
	if (!f)
		return FAIL(ERR_LIMIT);
	f->fn = fn;
	f->arg = arg;
	f->alive = true;
	f->canceled = false;
	f->busy = 0;
	l->pool.n_alive++;
	asan_root(&f->context, true);
	if (l->running && !l->current)
		resume(f);
	else
		enqueue(l, f);
	return DONE;
}
