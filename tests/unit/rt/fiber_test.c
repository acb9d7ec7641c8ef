/* SPDX-License-Identifier: Apache-2.0 */
/* Fibers: thousands, deep ones, what a switch preserves, cancelling, limits, the pool.
 * Whatever happens to a fiber, it returns, and its loop goes on.
 * Source: rt/fiber.h. */
#include "inloop.h"

#include <fenv.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef FIBER_THREADS
enum { MANY = 500 };
#else
enum { MANY = 5000 };
#endif

struct many {
	struct loop *loop;
	unsigned started, ended, rounds;
	bool refused;
};

static void sleeps(void *arg)
{
	struct many *m = arg;
	m->started++;
	for (unsigned i = 0; i < 3; i++) {
		if (wait_until(deadline_in((int64_t)(m->started % 7))).code)
			return;
		m->rounds++;
	}
	if (++m->ended == MANY)
		loop_stop(m->loop);
}

static void start_many(void *arg)
{
	struct many *m = arg;
	for (unsigned i = 0; i < MANY; i++)
		m->refused |= fiber_start(m->loop, sleeps, m).code != ERR_NONE;
}

static void many_at_once(void **state)
{
	(void)state;
	struct loop *l = loop_create(MANY + 1);
	for (int again = 0; again < 2; again++) { /* the second time from the pool */
		struct many m = { .loop = l };
		assert_int_equal(fiber_start(l, start_many, &m).code, ERR_NONE);
		loop_run(l);
		assert_false(m.refused);
		assert_int_equal(m.ended, MANY);
		assert_int_equal(m.rounds, 3 * MANY);
		assert_int_equal(fibers_alive(l), 0);
	}
	loop_destroy(&l);
	assert_null(l);
}

/* ---- limits ---- */
struct limit {
	struct loop *loop;
	enum err_code third, later;
	struct waker go;
};

static void waits(void *arg)
{
	struct waker *w = arg;
	if (wait_waker(w, deadline_in(5000)).code)
		return;
}

static void over_limit(void *arg)
{
	struct limit *t = arg;
	struct waker one = { 0 }, two = { 0 };
	if (fiber_start(t->loop, waits, &one).code || fiber_start(t->loop, waits, &two).code)
		return;
	t->third = fiber_start(t->loop, waits, &one).code;
	wake(&one);
	wake(&two);
	if (wait_until(deadline_in(5)).code)
		return;
	t->later = fiber_start(t->loop, waits, &t->go).code;
	wake(&t->go);
}

static void limited(void **state)
{
	(void)state;
	struct loop *l = loop_create(3);
	struct limit t = { .loop = l, .later = ERR_IO };
	inloop_run(l, over_limit, &t, 0, 1);
	loop_destroy(&l);
	assert_int_equal(t.third, ERR_LIMIT);
	assert_int_equal(t.later, ERR_NONE);
}

/* ---- what a switch preserves ---- */
struct state {
	double d[8];
	long n[8];
	int rounding, id;
	bool kept;
};

static int volatile rounds = 20;

static void keeps(void *arg)
{
	struct state *s = arg;
	static const int modes[] = { FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };
	double a = s->id * 1.5, b = s->id * 2.25, c = s->id * 3.125, e = s->id * 4.0625;
	long i = s->id, j = s->id * 3L, k = s->id * 5L, m = s->id * 7L;
	fesetround(modes[s->id % 4]);
	for (int r = 0; r < rounds; r++) {
		if (wait_until(deadline_in(s->id % 3)).code)
			return;
		a += 1, b += 2, c += 3, e += 4;
		i += 1, j += 2, k += 3, m += 4;
	}
	s->kept = fegetround() == modes[s->id % 4] && a == s->id * 1.5 + rounds &&
	          b == s->id * 2.25 + 2 * rounds && c == s->id * 3.125 + 3 * rounds &&
	          e == s->id * 4.0625 + 4 * rounds && i == s->id + rounds && j == s->id * 3L + 2 * rounds &&
	          k == s->id * 5L + 3 * rounds && m == s->id * 7L + 4 * rounds;
}

static void preserved(void **unused)
{
	(void)unused;
	struct loop *l = loop_create(16);
	struct state s[16] = { 0 };
	for (int i = 0; i < 16; i++)
		s[i].id = i + 1;
	inloop_run(l, keeps, s, sizeof *s, 16);
	loop_destroy(&l);
	for (int i = 0; i < 16; i++)
		assert_true(s[i].kept);
	assert_int_equal(fegetround(), FE_TONEAREST);
}

/* ---- deep stacks ---- */
struct deep {
	int levels;
	unsigned sum;
};

static unsigned __attribute__((noinline)) dive(int level, unsigned seed)
{
	volatile char page[4096];
	memset((void *)page, (int)(seed & 0x7f), sizeof page);
	if (level == 0)
		return wait_until(deadline_in(2)).code ? 0 : 1;
	unsigned below = dive(level - 1, seed + 1);
	for (size_t i = 0; i < sizeof page; i += 512)
		if ((unsigned char)page[i] != (seed & 0x7f))
			return 0;
	return below ? below + 1 : 0;
}

static void deep(void *arg)
{
	struct deep *d = arg;
	d->sum = dive(d->levels, 1);
}

static void deep_stacks(void **state)
{
	(void)state;
	struct loop *l = loop_create(16);
	struct deep d[16];
	for (int i = 0; i < 16; i++)
		d[i] = (struct deep){ 40 + (i % 4), 0 };
	inloop_run(l, deep, d, sizeof *d, 16);
	loop_destroy(&l);
	for (int i = 0; i < 16; i++)
		assert_int_equal(d[i].sum, d[i].levels + 1);
}

/* ---- cancelling ---- */
struct canceled {
	struct fiber *fiber;
	enum { BY_SLEEP, BY_WAKER, BY_FD, BY_ANY } how;
	int fd;
	enum err_code first, second;
};

static err one_wait(struct canceled *c, struct waker *w)
{
	struct wait any[2] = { { .fd = -1, .waker = w }, { .fd = c->fd, .ready = READY_READ } };
	switch (c->how) {
	case BY_SLEEP:
		return wait_until(NEVER);
	case BY_WAKER:
		return wait_waker(w, NEVER);
	case BY_FD:
		return wait_fd(c->fd, READY_READ, deadline_in(10000));
	default:
		return wait_any(any, 2, deadline_in(10000));
	}
}

static void is_canceled(void *arg)
{
	struct canceled *c = arg;
	struct waker w = { 0 };
	c->fiber = fiber_self();
	c->first = one_wait(c, &w).code;
	wake(&w); /* even what is there already does not count any more */
	c->second = one_wait(c, &w).code;
}

static void cancels(void *arg)
{
	struct canceled *c = arg;
	struct loop *l = loop_self();
	for (int i = 0; i < 4; i++)
		if (fiber_start(l, is_canceled, &c[i]).code)
			return;
	if (wait_until(deadline_in(3)).code)
		return;
	for (int i = 0; i < 4; i++)
		fiber_cancel(c[i].fiber);
	while (fibers_alive(l) > 1)
		if (wait_until(deadline_in(1)).code)
			return;
}

static void canceling(void **state)
{
	(void)state;
	struct loop *l = loop_create(16);
	int p[2];
	assert_int_equal(pipe(p), 0);
	struct canceled c[4];
	for (int i = 0; i < 4; i++)
		c[i] = (struct canceled){ .how = i, .fd = i == BY_FD ? p[0] : dup(p[0]) };
	inloop_run(l, cancels, c, 0, 1);
	loop_destroy(&l);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(c[i].first, ERR_CANCELED);
		assert_int_equal(c[i].second, ERR_CANCELED);
		close(c[i].fd);
	}
	close(p[1]);
}

static void left_over(void **state)
{
	(void)state;
	struct loop *l = loop_create(16);
	struct canceled c[8];
	for (int i = 0; i < 8; i++) {
		c[i] = (struct canceled){ .how = i % 2 ? BY_SLEEP : BY_WAKER };
		assert_int_equal(fiber_start(l, is_canceled, &c[i]).code, ERR_NONE);
	}
	loop_stop(l);
	loop_run(l);
	assert_int_equal(fibers_alive(l), 8);
	loop_destroy(&l);
	for (int i = 0; i < 8; i++)
		assert_int_equal(c[i].second, ERR_CANCELED);
}

/* ---- the pool gives back, and what it gave back serves again ---- */
static void trimmed(void **state)
{
	(void)state;
	struct loop *l = loop_create(MANY + 1);
	for (int again = 0; again < 3; again++) {
		struct many m = { .loop = l };
		assert_int_equal(fiber_start(l, start_many, &m).code, ERR_NONE);
		loop_run(l);
		assert_int_equal(m.ended, MANY);
		struct many idle = { .loop = l, .ended = MANY - 1 };
		for (int i = 0; i < 2 && again == 0; i++) { /* two looks of the pool, a second each */
			struct timer t = { 0 };
			timer_set(l, &t, deadline_in(1100), (void (*)(void *))loop_stop, l);
			loop_run(l);
		}
		assert_int_equal(fiber_start(l, sleeps, &idle).code, ERR_NONE);
		loop_run(l);
		assert_int_equal(idle.ended, MANY);
	}
	loop_destroy(&l);
}

/* ---- what runs when ---- */
static char order[16];
static int n_order;

static void note(void *arg) { order[n_order++] = *(const char *)arg; }

static void nested(void *arg)
{
	note("a");
	if (fiber_start(loop_self(), note, "c").code) /* soon, for we are a fiber */
		return;
	note("b");
	if (wait_until(deadline_in(1)).code)
		return;
	note("d");
	loop_stop(arg);
}

static void from_loop(void *arg)
{
	note("1");
	if (fiber_start(arg, nested, arg).code) /* at once, for we are the loop */
		return;
	note("2");
}

static void starting_order(void **state)
{
	(void)state;
	struct loop *l = loop_create(4);
	memset(order, 0, sizeof order);
	loop_post(l, from_loop, l);
	loop_run(l);
	loop_destroy(&l);
	assert_string_equal(order, "1ab2cd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_at_once), cmocka_unit_test(limited),     cmocka_unit_test(preserved),
		cmocka_unit_test(deep_stacks),  cmocka_unit_test(canceling),   cmocka_unit_test(left_over),
		cmocka_unit_test(trimmed),      cmocka_unit_test(starting_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
