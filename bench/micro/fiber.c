/* SPDX-License-Identifier: Apache-2.0 */
/* What waiting costs: nanoseconds a round trip for switch, start and end, waker, deadline, lane, post.
 * One line a measure, the best of a few rounds; never a test, for the machine decides.
 * Source: rt/fiber.h. */
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

#include "rt/inside.h"
#include "rt/sock.h"

#ifdef FIBER_THREADS
enum { N = 12800, FEW = 2000, BEST_OF = 3 };
#else
enum { N = 128000, FEW = 20000, BEST_OF = 5 };
#endif

static double best;

static void measured(int64_t from_ns, unsigned n)
{
	double ns = (double)(clock_mono_ns() - from_ns) / n;
	best = best > 0 && best < ns ? best : ns;
}

/* ---- the bare switch, to another stack and back ---- */
static struct context one, other;

static void bounce(void *arg)
{
	(void)arg;
	for (;;)
		context_switch(&other, &one);
}

static void switches(void *arg)
{
	int64_t from = clock_mono_ns();
	for (unsigned i = 0; i < N; i++)
		context_switch(&one, &other);
	measured(from, N);
	loop_stop(arg);
}

/* ---- one fiber ---- */
static void nothing(void *arg) { (void)arg; }

static void starts(void *arg)
{
	struct loop *l = arg;
	int64_t from = clock_mono_ns();
	for (unsigned i = 0; i < N; i++)
		must(fiber_start(l, nothing, NULL).code == ERR_NONE); /* at once: we are the loop */
	measured(from, N);
	loop_stop(l);
}

static void offloads(void *arg)
{
	int64_t from = clock_mono_ns();
	for (unsigned i = 0; i < FEW; i++)
		must(offload(LANE_STORE_READ, nothing, NULL).code == ERR_NONE);
	measured(from, FEW);
	loop_stop(arg);
}

/* ---- many fibers a turn, so that epoll_wait is shared as it is under load ---- */
enum { CROWD = 64 };

static struct waker wakers[CROWD];
static unsigned crowd_left;
static deadline limit;

static void in_crowd(void *arg)
{
	size_t me = (size_t)((struct waker *)arg - wakers);
	bool serves = me % 2 == 0; /* pairs: two wakes before a wait would be one */
	for (unsigned i = 0; i < N / CROWD; i++) {
		if (serves)
			wake(&wakers[me ^ 1]);
		must(wait_waker(&wakers[me], limit).code == ERR_NONE);
		if (!serves)
			wake(&wakers[me ^ 1]);
	}
	if (--crowd_left == 0)
		loop_stop(loop_self());
}

static void crowds(struct loop *l)
{
	crowd_left = CROWD;
	for (unsigned i = 0; i < CROWD; i++)
		must(fiber_start(l, in_crowd, &wakers[i]).code == ERR_NONE);
	int64_t from = clock_mono_ns();
	loop_run(l);
	measured(from, N);
}

static void waker_wait(struct loop *l)
{
	limit = NEVER;
	crowds(l);
}

static void waker_wait_deadline(struct loop *l)
{
	limit = deadline_in(30000);
	crowds(l);
}

/* ---- from another thread ---- */
static unsigned pongs;
static struct waker to_thread;

static void *wakes_back(void *arg)
{
	for (unsigned i = 0; i < FEW; i++) {
		wait_end(&to_thread);
		wake(arg);
	}
	return NULL;
}

static void ping_thread(void *arg)
{
	struct waker mine = { 0 };
	pthread_t t;
	must(pthread_create(&t, NULL, wakes_back, &mine) == 0);
	int64_t from = clock_mono_ns();
	for (pongs = 0; pongs < FEW; pongs++) {
		wake(&to_thread);
		must(wait_waker(&mine, NEVER).code == ERR_NONE);
	}
	measured(from, FEW);
	pthread_join(t, NULL);
	loop_stop(arg);
}

/* ---- a byte to another fiber over a socket and back ---- */
static struct sock *ends[2];

static void pings(void *arg)
{
	struct sock *s = *(struct sock **)arg;
	struct iovec v = { (char[]){ 'x' }, 1 };
	char buf[64];
	size_t got;
	int64_t from = clock_mono_ns();
	for (unsigned i = 0; i < FEW; i++) {
		if (s == ends[0])
			must(sock_write(s, &v, 1, deadline_in(30000)).code == ERR_NONE);
		must(sock_read(s, buf, sizeof buf, &got, deadline_in(30000)).code == ERR_NONE);
		if (s == ends[1])
			must(sock_write(s, &v, 1, deadline_in(30000)).code == ERR_NONE);
	}
	if (s != ends[0])
		return;
	measured(from, FEW);
	loop_stop(loop_self());
}

static void sockets(struct loop *l)
{
	int fd[2];
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	for (int i = 0; i < 2; i++) {
		ends[i] = sock_accepted(l, fd[i], NULL);
		must(fiber_start(l, pings, &ends[i]).code == ERR_NONE);
	}
	loop_run(l);
	sock_close(&ends[0]);
	sock_close(&ends[1]);
}

/* ---- a timer that each request moves ---- */
static void timers(void *arg)
{
	static struct timer t[4096];
	struct loop *l = arg;
	int64_t from = clock_mono_ns();
	for (unsigned i = 0; i < N; i++)
		timer_set(l, &t[i % 4096], (deadline){ loop_now_ms(l) + 30000 + i }, nothing, NULL);
	measured(from, N);
	for (unsigned i = 0; i < 4096; i++)
		timer_cancel(&t[i]);
	loop_stop(l);
}

static void posted(struct loop *l, void (*fn)(void *))
{
	loop_post(l, fn, l);
	loop_run(l);
}

static void in_fiber(struct loop *l, void (*fn)(void *))
{
	must(fiber_start(l, fn, l).code == ERR_NONE);
	loop_run(l);
}

int main(void)
{
	const struct {
		const char *name;
		void (*how)(struct loop *, void (*)(void *));
		void (*fn)(void *);
		void (*own)(struct loop *);
	} rows[] = {
		{ "switch to a stack and back", posted, switches, NULL },
		{ "fiber start and end", posted, starts, NULL },
		{ "wake and wait, 64 fibers a turn", NULL, NULL, waker_wait },
		{ "the same with a deadline", NULL, NULL, waker_wait_deadline },
		{ "timer moved later", posted, timers, NULL },
		{ "waker to a thread and back", in_fiber, ping_thread, NULL },
		{ "offload and back", in_fiber, offloads, NULL },
		{ "byte over a socket and back", NULL, NULL, sockets },
	};
	struct loop *l = loop_create(CROWD + 1);
	context_init(&one);
	must(context_create(&other, bounce, NULL));
	offload_start(2);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		best = 0;
		for (int r = 0; r < BEST_OF; r++) {
			if (rows[i].own)
				rows[i].own(l);
			else
				rows[i].how(l, rows[i].fn);
		}
		printf("%-34s %10.1f ns\n", rows[i].name, best);
	}
	loop_destroy(&l);
	offload_stop();
	context_destroy(&other);
	return 0;
}
