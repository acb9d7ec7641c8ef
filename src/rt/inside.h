/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: the loop, the fiber, and the six calls of a back end.
 * All of it is touched by the loop's own thread only, save what `lock` guards.
 * Source: house. */
#pragma once

#include <pthread.h>
#include <sys/epoll.h>
#ifdef FIBER_UCONTEXT
#include <ucontext.h>
#endif

#include "rt/fiber.h"

/* ---- back ends: fiber_asm.c, fiber_ucontext.c, fiber_threads.c ---- */
struct context {
#if defined(FIBER_ASM)
	void *sp;
#elif defined(FIBER_UCONTEXT)
	ucontext_t saved;
#elif defined(FIBER_THREADS)
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool go, end;
#else
#error "say FIBER_ASM, FIBER_UCONTEXT or FIBER_THREADS"
#endif
	void (*entry)(void *);
	void *arg;
	char *stack; /* low end; NULL where the system owns the stack */
	size_t stack_size;
};
void context_init(struct context *); /* of the loop's own stack */
bool context_create(struct context *, void (*entry)(void *), void *arg); /* false: no memory */
void context_reset(struct context *); /* starts anew at entry after context_trim() */
void context_trim(struct context *); /* gives the stack's memory back; all that was on it is gone */
void context_destroy(struct context *);
void context_switch(struct context *from, struct context *to);

/* ---- stack.c: mapped stacks and what AddressSanitizer has to hear ---- */
bool stack_create(struct context *); /* fills stack and stack_size */
void stack_trim(struct context *);
void stack_destroy(struct context *);
struct asan_side { /* one side of a switch */
	void *fake;
	const void *low;
	size_t size;
};
void asan_leave(struct asan_side *from, const void *low, size_t size);
void asan_arrive(struct asan_side *self, struct asan_side *other);
void asan_root(struct context *, bool on);
void asan_clean(struct context *);

/* ---- fibers ---- */
struct fiber {
	struct context context;
	struct loop *loop;
	void (*fn)(void *);
	void *arg;
	struct timer timer;       /* moved lazily, so that a wait costs no heap operation */
	struct fiber *next;       /* in the run queue */
	struct fiber *next_woken; /* with woken: guarded by loop->lock */
	bool woken;
	bool alive, queued, canceled;
	unsigned busy; /* operations since it last let others run */
	struct asan_side asan;
};

struct pool {
	struct fiber **all;  /* room for max */
	struct fiber **free; /* room for max; a stack, the warmest on top */
	unsigned max, n_all, n_free, n_alive;
	unsigned low;     /* the fewest that were free since the last look */
	unsigned trimmed; /* free[0 .. trimmed) hold no memory */
	struct timer timer;
};
void pool_create(struct loop *, unsigned max);
void pool_destroy(struct loop *);

void fiber_ready(struct fiber *); /* on the loop's thread: it runs soon; for nothing is harmless */
void fiber_wake(struct fiber *);  /* from any thread */
void fiber_suspend(struct fiber *, deadline); /* the current one, until fiber_ready() */
void fiber_yield(struct fiber *);             /* lets the others run once */
void fibers_run(struct loop *);               /* those that are ready now */
struct fiber *fiber_must(void);               /* the current one; a bug outside fibers */

bool lanes_running(void);

/* ---- scratch.c, to the lanes ---- */
void scratch_lane(void); /* this thread keeps its scratch memory, */
bool scratch_kept(void);
void scratch_drop(void); /* until here */

/* ---- the loop ---- */
struct post {
	void (*fn)(void *);
	void *arg;
};

struct posts {
	struct post *v;
	size_t n, cap;
};

struct heap_entry {
	int64_t key_ms; /* at most the timer's at_ms */
	struct timer *timer;
};

enum { EVENTS = 256 };

struct loop {
	int epoll, bell;
	bool running, stopped, ending;
	int64_t now_ms, utc_ms;
	struct heap_entry *heap;
	size_t n_timers, cap_timers;
	struct epoll_event events[EVENTS];
	int n_events, next_event;

	struct bio_st *bio; /* of all TLS streams whose handshake is over; NULL at first */
	void (*free_bio)(struct loop *);
	unsigned n_away; /* socks whose handshake is in a lane */
	struct context own;
	struct asan_side asan;
	struct fiber *current, *run_head, *run_tail;
	struct pool pool;
	struct posts running_posts;
	void *slots[LOOP_SLOTS];

	pthread_mutex_t lock; /* guards what follows */
	struct posts posts;
	struct fiber *woken;
	bool asleep;
};
void loop_set_self(struct loop *);
void loop_woken(struct loop *, struct fiber *); /* from another thread */
void timers_run(struct loop *);

/* Why a wait that saw nothing must not go on, or DONE. */
static inline err wait_over(const struct fiber *f, deadline d)
{
	if (f->canceled)
		return FAIL(ERR_CANCELED);
	if (d.mono_ms <= f->loop->now_ms)
		return FAIL(ERR_TIMEOUT);
	return DONE;
}

/* sock.c's part in wait_any() */
unsigned sock_arm(struct sock *, unsigned ready, struct fiber *); /* what is ready already */
unsigned sock_disarm(struct sock *, unsigned ready);

void *rt_alloc(size_t size);                               /* zeroed; out of memory aborts */
void *rt_grow(void *, size_t n, size_t *cap, size_t size); /* room for one more; aborts likewise */
