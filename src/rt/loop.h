/* SPDX-License-Identifier: Apache-2.0 */
/* One event loop per thread: descriptors (edge-triggered epoll), timers, calls from other threads.
 * Everything of a loop happens on its thread, save loop_post(), loop_stop() and wake().
 * Source: epoll(7), eventfd(2); the measurements behind it are in docs/why/loop.md. */
#pragma once

#include "base/clock.h"
#include "base/err.h"

struct loop;

struct loop *loop_create(unsigned max_fibers); /* aborts when the kernel gives no epoll */
void loop_destroy(struct loop **); /* cancels the fibers that are left and waits for their end */
void loop_run(struct loop *);      /* on the calling thread, until loop_stop() */
void loop_stop(struct loop *);     /* from any thread; what is posted before it still runs */
struct loop *loop_self(void);      /* the loop that runs on this thread, else NULL */
int64_t loop_now_ms(const struct loop *); /* monotonic, as of this wake-up */
int64_t loop_utc_ms(const struct loop *); /* calendar, as of this wake-up  */

/* A place per loop where a room above keeps its pools; NULL at first.  Who fills it frees it. */
enum loop_slot { LOOP_SLOT_HTTP, LOOP_SLOT_STORE, LOOP_SLOTS };
void **loop_slot(struct loop *, enum loop_slot);

/* Calls fn(arg) on the loop's thread, soon.  From any thread; never fails, never waits. */
void loop_post(struct loop *, void (*fn)(void *), void *arg);

/* A timer is part of what it times: no allocation, and it must be canceled before its memory ends.
 * timer_set() moves one that is set; later, or to NEVER, that costs nothing: better than to cancel it. */
struct timer {
	int64_t at_ms;
	void (*fn)(void *);
	void *arg;
	size_t place; /* in the loop's heap, plus one; 0: not set */
	struct loop *loop;
};
void timer_set(struct loop *, struct timer *, deadline, void (*fn)(void *), void *arg);
void timer_cancel(struct timer *);

/* A descriptor that the loop watches.  fn is told what became ready; readiness is an edge: use it
 * until EAGAIN.  Registered once, for both directions.  Zero-initialise. */
enum ready {
	READY_READ = 1,
	READY_WRITE = 2,
	READY_HUP = 4,    /* the peer sends no more (with READY_READ) */
	READY_BROKEN = 8, /* nor does it take any: reset, refused (with all of the above) */
};
struct watch {
	int fd;
	bool shared; /* a listening socket that several loops watch: one of them is woken */
	void (*fn)(struct watch *, unsigned ready);
	struct loop *loop;
};
err watch_add(struct loop *, struct watch *) MUST_CHECK; /* ERR_IO */
void watch_remove(struct watch *);                       /* does not close the descriptor */

/* How long this thread's turns on a core are from now on: short, so that it cuts in when it wakes up; or
 * long, so that the program's others cut in on it, and it is nicer by so much. */
void thread_cut_in(void);
void thread_stand_back(int nicer);
