/* SPDX-License-Identifier: Apache-2.0 */
/* The waits of rt/fiber.h: arm, look, suspend, look again, disarm.
 * A waker's state is IDLE, SIGNALED or who waits (a fiber, or a thread's semaphore): one exchange by wake() both leaves the
 * signal and learns whom to tell, and nothing of the waker is touched after it.
 * Source: house. */
#include "rt/inside.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>

enum { IDLE = 0, SIGNALED = 1, THREAD = 2 };

void wake(struct waker *w)
{
	uintptr_t was = atomic_exchange_explicit(&w->state, SIGNALED, memory_order_acq_rel);
	if (was & THREAD)
		sem_post((sem_t *)(was & ~(uintptr_t)THREAD));
	else if (was > SIGNALED)
		fiber_wake((struct fiber *)was);
}

/* False when it was signaled already; the signal is then used up. */
static bool waker_arm(struct waker *w, struct fiber *f)
{
	uintptr_t was = IDLE;
	if (atomic_compare_exchange_strong_explicit(&w->state, &was, (uintptr_t)f,
	                                            memory_order_acq_rel, memory_order_acquire))
		return true;
	must(was == SIGNALED); /* else somebody waits for it already */
	atomic_store_explicit(&w->state, IDLE, memory_order_relaxed);
	return false;
}

/* True when it was signaled since; the signal is then used up. */
static bool waker_disarm(struct waker *w, struct fiber *f)
{
	uintptr_t was = (uintptr_t)f;
	if (atomic_compare_exchange_strong_explicit(&w->state, &was, IDLE, memory_order_acq_rel,
	                                            memory_order_acquire))
		return false;
	atomic_store_explicit(&w->state, IDLE, memory_order_relaxed);
	return true;
}

err wait_waker(struct waker *w, deadline d)
{
	struct fiber *f = fiber_must();
	if (f->canceled)
		return FAIL(ERR_CANCELED);
	while (waker_arm(w, f)) {
		err over = wait_over(f, d);
		if (!over.code)
			fiber_suspend(f, d);
		if (waker_disarm(w, f))
			break;
		TRY(over);
	}
	return f->canceled ? FAIL(ERR_CANCELED) : DONE;
}

/* A thread that waits leaves a semaphore in the state, marked by bit 1 (a fiber's address has none). */
static void block_thread(struct waker *w)
{
	sem_t sem;
	uintptr_t was = IDLE;
	must(sem_init(&sem, 0, 0) == 0);
	if (atomic_compare_exchange_strong_explicit(&w->state, &was, (uintptr_t)&sem | THREAD,
	                                            memory_order_acq_rel, memory_order_acquire))
		while (sem_wait(&sem) < 0)
			must(errno == EINTR);
	atomic_store_explicit(&w->state, IDLE, memory_order_relaxed);
	sem_destroy(&sem);
}

void wait_end(struct waker *w)
{
	struct fiber *f = fiber_self();
	if (!f) {
		block_thread(w);
		return;
	}
	while (waker_arm(w, f)) {
		fiber_suspend(f, NEVER);
		if (waker_disarm(w, f))
			return;
	}
}

err wait_until(deadline d)
{
	struct fiber *f = fiber_must();
	for (;;) {
		err over = wait_over(f, d);
		if (over.code)
			return over.code == ERR_TIMEOUT ? DONE : over;
		fiber_suspend(f, d);
	}
}

static void fd_ready(struct watch *watch, unsigned ready)
{
	struct wait *w = (struct wait *)((char *)watch - offsetof(struct wait, watch));
	w->fired |= ready & (w->ready | READY_HUP | READY_BROKEN);
	if (w->fired)
		fiber_ready(w->fiber);
}

static err arm(struct wait *w, struct fiber *f)
{
	w->fired = 0;
	w->fiber = f;
	w->watch = (struct watch){ .fd = w->fd, .fn = fd_ready };
	if (w->waker)
		w->fired = waker_arm(w->waker, f) ? 0 : READY_READ;
	else if (w->sock)
		w->fired = sock_arm(w->sock, w->ready, f);
	else if (w->fd >= 0)
		return watch_add(f->loop, &w->watch);
	return DONE;
}

static void disarm(struct wait *w, struct fiber *f)
{
	if (w->waker) {
		if (!w->fired && waker_disarm(w->waker, f))
			w->fired = READY_READ;
	} else if (w->sock) {
		w->fired = sock_disarm(w->sock, w->ready);
	} else {
		watch_remove(&w->watch);
	}
}

/* A waker stays armed or used up, a sock and a descriptor tell what they know by now. */
static bool any_fired(struct wait *w, int n, struct fiber *f)
{
	bool any = false;
	for (int i = 0; i < n; i++) {
		if (w[i].waker && !w[i].fired) {
			uintptr_t s =
				atomic_load_explicit(&w[i].waker->state, memory_order_acquire);
			any |= s != (uintptr_t)f;
		} else if (w[i].sock) {
			any |= sock_arm(w[i].sock, w[i].ready, f) != 0;
		} else {
			any |= w[i].fired != 0;
		}
	}
	return any;
}

err wait_any(struct wait *w, int n, deadline d)
{
	struct fiber *f = fiber_must();
	err e = wait_over(f, NEVER);
	int armed = 0;
	for (; !e.code && armed < n; armed++) {
		e = arm(&w[armed], f);
		if (e.code)
			break;
	}
	while (!e.code && !any_fired(w, n, f)) {
		e = wait_over(f, d);
		if (!e.code)
			fiber_suspend(f, d);
	}
	bool any = false;
	for (int i = 0; i < armed; i++) {
		disarm(&w[i], f);
		any |= w[i].fired != 0;
	}
	if (f->canceled)
		return FAIL(ERR_CANCELED);
	return any && e.code == ERR_TIMEOUT ? DONE : e;
}

err wait_fd(int fd, unsigned ready, deadline d)
{
	struct wait w = { .fd = fd, .ready = ready };
	return wait_any(&w, 1, d);
}
