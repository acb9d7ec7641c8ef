/* SPDX-License-Identifier: Apache-2.0 */
/* Fibers: plain functions that look blocking.  A wait suspends the fiber; its loop goes on.
 * A fiber never changes its loop and is never killed: when nobody wants its result, its waits
 * answer ERR_CANCELED or ERR_TIMEOUT and it returns.  No lock is held across a wait.
 * Source: house; three back ends (assembly, ucontext, threads) behind this one header. */
#pragma once

#include "rt/loop.h"

struct fiber;
struct sock;

/* Starts fn(arg), on the loop's thread (or before it runs): at once when called from the loop's own
 * code, soon when called from a fiber.  ERR_LIMIT at the loop's max_fibers, or without memory; ERR_CANCELED
 * once the loop ends. */
err fiber_start(struct loop *, void (*fn)(void *), void *arg) MUST_CHECK;
struct fiber *fiber_self(void); /* NULL outside fibers */

/* Makes the current and every later wait of the fiber answer ERR_CANCELED. On the fiber's loop. */
void fiber_cancel(struct fiber *);
void fibers_cancel(struct loop *); /* all of them, e.g. when draining took too long */
unsigned fibers_alive(const struct loop *);

/* Something to wait for that code, not the kernel, brings about.  Zero-initialise.
 * wake() may come from any thread, before or during the wait; it is remembered until waited for, and
 * does not touch the waker once its waiter can go on.  One fiber waits for it at a time. */
struct waker {
	_Atomic(uintptr_t) state;
};
void wake(struct waker *);

/* What is there already wins over a deadline that has passed; cancellation wins over both. */
err wait_until(deadline) MUST_CHECK; /* answers DONE at the deadline: a sleep */
err wait_waker(struct waker *, deadline) MUST_CHECK;
/* Waits for the waker to the end, deaf to fiber_cancel(): for a job that holds this fiber's memory and
 * is sure to finish (offload() waits so too).  Outside a fiber it blocks the thread. */
void wait_end(struct waker *);
err wait_fd(int fd, unsigned ready, deadline) MUST_CHECK; /* for descriptors of libraries */

/* In loops that move bytes: now and then lets the others run.  Two peers that are always ready would keep
 * the rest of the loop waiting. */
void fiber_pause(void);

/* Several at once: fills .fired of each and answers DONE when at least one fired. */
struct wait {
	int fd;         /* of a library; used when sock and waker are NULL, -1: none */
	unsigned ready; /* enum ready, for fd and sock */
	struct waker *waker;
	struct sock *sock;
	unsigned fired;     /* enum ready; READY_READ for a waker */
	struct watch watch; /* rt's own */
	struct fiber *fiber;
};
err wait_any(struct wait *, int n, deadline) MUST_CHECK;

/* Runs fn(arg) on a worker thread of the lane and waits for its end, always, also when canceled.
 * ERR_LIMIT when the lane's queue is full.  Outside a fiber, and before offload_start(), it runs fn at
 * once, on this thread. */
enum lane { LANE_STORE_READ, LANE_DNS, LANE_LDAP, LANE_PASSWORD, LANE_CPU, LANES };
err offload(enum lane, void (*fn)(void *), void *arg) MUST_CHECK;
/* The same for what computes well under a millisecond: where the lane has one thread that would only take
 * turns with the loop, on a machine of one core, it runs here. */
err offload_brief(enum lane, void (*fn)(void *), void *arg) MUST_CHECK;
void offload_start(unsigned cores); /* once, before the loops; 0: those that this process may use */
void offload_stop(void);            /* after the loops; ends the threads */

/* A job that nobody has to wait for; its memory is its own.  False when the lane's queue is full, and before
 * offload_start(). */
struct lane_job {
	void (*fn)(void *);
	void *arg;
	struct lane_job *next;
};
bool lane_submit(enum lane, struct lane_job *) MUST_CHECK;

/* Large memory for the job that runs, one piece at a time, with whatever the last one left in it.  A lane's
 * thread keeps it for its next job while jobs come.  NULL: there is none. */
void *scratch_hold(size_t bytes) MUST_CHECK;
void scratch_release(void);
