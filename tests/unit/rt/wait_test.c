/* SPDX-License-Identifier: Apache-2.0 */
/* Waits: wakers of other threads, several things at once, deadlines, descriptors of libraries.
 * No wake-up is lost and none is seen twice, whoever comes first.
 * Source: rt/fiber.h. */
#include "inloop.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- race: each round a thread answers once, before, while or after the fiber waits ---- */
enum { PAIRS = 2, ROUNDS = 20000 };

struct race {
	_Alignas(64) _Atomic(unsigned) asked;
	struct waker waker;
	unsigned answered, timeouts, wrong;
	int short_ms;
	pthread_t thread;
};

static void *answers(void *arg)
{
	struct race *r = arg;
	for (unsigned done = 0, idle = 0; done < ROUNDS;) {
		if (atomic_load(&r->asked) == done) {
			if (++idle % 256 == 0)
				sched_yield();
			continue;
		}
		done++;
		for (volatile unsigned i = 0; i < done % 200; i++)
			continue;
		wake(&r->waker);
	}
	return NULL;
}

static void races(void *arg)
{
	struct race *r = arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		atomic_fetch_add(&r->asked, 1);
		for (;;) {
			err e = wait_waker(&r->waker, deadline_in(r->short_ms));
			if (!e.code)
				break;
			r->wrong += e.code != ERR_TIMEOUT;
			r->timeouts++;
		}
		r->answered++;
	}
	/* used up: nothing is left over */
	r->wrong += wait_waker(&r->waker, deadline_in(1)).code != ERR_TIMEOUT;
}

static void race_soak(void **state)
{
	(void)state;
	struct loop *l = loop_create(PAIRS);
	static struct race r[PAIRS];
	for (int i = 0; i < PAIRS; i++) {
		r[i].short_ms = i % 2 ? 0 : 10000; /* every second one with deadlines that have passed */
		pthread_create(&r[i].thread, NULL, answers, &r[i]);
	}
	inloop_run(l, races, r, sizeof *r, PAIRS);
	loop_destroy(&l);
	for (int i = 0; i < PAIRS; i++) {
		pthread_join(r[i].thread, NULL);
		assert_int_equal(r[i].answered, ROUNDS);
		assert_int_equal(r[i].wrong, 0);
	}
}

/* ---- two fibers hand a baton to and fro ---- */
struct player {
	struct waker *mine, *theirs;
	unsigned rounds;
	bool first;
};

static void plays(void *arg)
{
	struct player *p = arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (p->first)
			wake(p->theirs);
		if (wait_waker(p->mine, deadline_in(10000)).code)
			return;
		if (!p->first)
			wake(p->theirs);
		p->rounds++;
	}
}

static void ping_pong(void **state)
{
	(void)state;
	struct loop *l = loop_create(2);
	struct waker a = { 0 }, b = { 0 };
	struct player p[2] = { { &a, &b, 0, true }, { &b, &a, 0, false } };
	inloop_run(l, plays, p, sizeof *p, 2);
	loop_destroy(&l);
	assert_int_equal(p[0].rounds, ROUNDS);
	assert_int_equal(p[1].rounds, ROUNDS);
}

/* ---- several at once: rows of what happens, and what is told ---- */
enum { W0 = 1, W1 = 2, FD = 4, FD_OUT = 8, FD_HUP = 16 };

struct several {
	unsigned before, during; /* W0 | W1 | FD */
	int64_t left_ms;
	struct waker waker[2];
	int fd[2];
	enum err_code e;
	unsigned fired, again;
};

static void happens(struct several *s, unsigned what)
{
	for (int i = 0; i < 2; i++)
		if (what & (W0 << i))
			wake(&s->waker[i]);
	if (what & FD && write(s->fd[1], "x", 1) != 1)
		return;
	if (what & FD_HUP)
		close(s->fd[1]);
}

static void later(void *arg)
{
	struct several *s = arg;
	happens(s, s->during);
}

static unsigned told(const struct wait *w)
{
	return (w[0].fired ? W0 : 0) | (w[1].fired ? W1 : 0) | (w[2].fired & READY_READ ? FD : 0) |
	       (w[2].fired & READY_WRITE ? FD_OUT : 0) | (w[2].fired & READY_HUP ? FD_HUP : 0);
}

static void several(void *arg)
{
	struct several *s = arg;
	struct timer t = { 0 };
	struct wait w[4] = { { .waker = &s->waker[0] }, { .waker = &s->waker[1] },
		             { .fd = s->fd[0], .ready = READY_READ }, { .fd = -1 } };
	happens(s, s->before);
	timer_set(loop_self(), &t, deadline_in(5), later, s);
	s->e = wait_any(w, 4, deadline_in(s->left_ms)).code;
	s->fired = told(w);
	timer_cancel(&t);
	if (wait_any(w, 2, deadline_in(0)).code == ERR_NONE) /* wakers are used up, all that fired */
		s->again = told(w);
}

static void any_of(void **state)
{
	(void)state;
	static const struct {
		unsigned before, during;
		int64_t left_ms;
		enum err_code e;
		unsigned fired;
	} rows[] = {
		{ 0, 0, 20, ERR_TIMEOUT, 0 },
		{ 0, W0, 0, ERR_TIMEOUT, 0 },
		{ 0, W0, 5000, ERR_NONE, W0 },
		{ 0, W0 | W1, 5000, ERR_NONE, W0 | W1 },
		{ W1, 0, 5000, ERR_NONE, W1 },
		{ W1, 0, 0, ERR_NONE, W1 }, /* what is there wins over the deadline */
		{ W0 | W1, 0, 5000, ERR_NONE, W0 | W1 },
		{ 0, FD, 5000, ERR_NONE, FD },
		{ FD, 0, 5000, ERR_NONE, FD },
		{ 0, FD_HUP, 5000, ERR_NONE, FD_HUP },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct loop *l = loop_create(1);
		struct several s = { .before = rows[i].before, .during = rows[i].during, .left_ms = rows[i].left_ms };
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s.fd), 0);
		inloop_run(l, several, &s, 0, 1);
		loop_destroy(&l);
		close(s.fd[0]);
		close(s.fd[1]);
		assert_int_equal(s.e, rows[i].e);
		assert_int_equal(s.fired & ~(unsigned)(rows[i].fired & FD_HUP ? FD : 0), rows[i].fired);
		assert_int_equal(s.again, 0);
	}
}

/* ---- deadlines ---- */
struct timing {
	enum { SLEEP, WAKER, FD_WAIT } how;
	int64_t ms;
	enum err_code e;
	int64_t took_ms;
	int fd;
};

static void times(void *arg)
{
	struct timing *t = arg;
	struct waker w = { 0 };
	int64_t from = inloop_ms();
	deadline d = deadline_in(t->ms);
	t->e = (t->how == SLEEP ? wait_until(d) : t->how == WAKER ? wait_waker(&w, d) :
	                                                            wait_fd(t->fd, READY_READ, d)).code;
	t->took_ms = inloop_ms() - from;
}

static void deadlines(void **state)
{
	(void)state;
	struct loop *l = loop_create(16);
	struct timing t[] = {
		{ SLEEP, 0, ERR_NONE, 0, 0 },   { SLEEP, 30, ERR_NONE, 0, 0 },   { WAKER, 0, ERR_TIMEOUT, 0, 0 },
		{ WAKER, -5, ERR_TIMEOUT, 0, 0 }, { WAKER, 30, ERR_TIMEOUT, 0, 0 }, { FD_WAIT, 0, ERR_TIMEOUT, 0, 0 },
		{ FD_WAIT, 30, ERR_TIMEOUT, 0, 0 },
	};
	enum { N = sizeof t / sizeof *t };
	enum err_code want[N];
	int p[2];
	assert_int_equal(pipe(p), 0);
	for (int i = 0; i < N; i++) {
		want[i] = t[i].e;
		t[i].fd = dup(p[0]);
	}
	inloop_run(l, times, t, sizeof *t, N);
	loop_destroy(&l);
	for (int i = 0; i < N; i++) {
		assert_int_equal(t[i].e, want[i]);
		assert_true(t[i].took_ms >= t[i].ms);
		assert_in_range(t[i].took_ms, 0, 3000);
		close(t[i].fd);
	}
	close(p[0]);
	close(p[1]);
}

/* ---- wait_end() on a thread of its own ---- */
struct ended {
	struct waker waker;
	int64_t delay_ms;
	atomic_int done;
};

static void *ends(void *arg)
{
	struct ended *e = arg;
	usleep((useconds_t)e->delay_ms * 1000);
	atomic_store(&e->done, 1);
	wake(&e->waker);
	return NULL;
}

static void outside_fibers(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct ended e = { .delay_ms = i % 3 };
		pthread_t t;
		pthread_create(&t, NULL, ends, &e);
		if (i % 2)
			usleep(1000);
		wait_end(&e.waker);
		assert_int_equal(atomic_load(&e.done), 1);
		pthread_join(t, NULL);
		assert_int_equal(atomic_load(&e.waker.state), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(race_soak), cmocka_unit_test(ping_pong),      cmocka_unit_test(any_of),
		cmocka_unit_test(deadlines), cmocka_unit_test(outside_fibers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
