/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes: jobs of many fibers, a full queue, one lane stuck beside others, a canceled waiter, priority, scratch
 * memory.
 * A fiber never goes on before its job has ended.
 * Source: rt/fiber.h. */
#include "inloop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- outside fibers, and before the lanes run ---- */
static void plus_one(void *arg) { ++*(int *)arg; }

static void offloads_one(void *arg)
{
	if (offload(LANE_CPU, plus_one, arg).code)
		*(int *)arg = -1;
}

static void at_once(void **state)
{
	(void)state;
	int n = 0;
	assert_int_equal(offload(LANE_CPU, plus_one, &n).code, ERR_NONE);
	assert_int_equal(n, 1);
	struct loop *l = loop_create(1);
	inloop_run(l, offloads_one, &n, 0, 1);
	loop_destroy(&l);
	assert_int_equal(n, 2);
}

/* ---- a job runs elsewhere, with the nice value of its lane ---- */
struct where {
	enum lane lane;
	pthread_t thread;
	int nice;
	unsigned runs;
};

static void look(void *arg)
{
	struct where *w = arg;
	volatile char deep[2 << 20]; /* more than any fiber's stack */
	deep[0] = deep[sizeof deep - 1] = 1;
	w->thread = pthread_self();
	w->nice = getpriority(PRIO_PROCESS, (id_t)gettid());
	w->runs++;
}

static void offloads_look(void *arg)
{
	struct where *w = arg;
	for (int i = 0; i < 200; i++)
		if (offload(w->lane, look, w).code)
			w->runs = 0;
}

static void lanes_work(void **state)
{
	(void)state;
	struct loop *l = loop_create(16);
	struct where w[LANES * 2];
	for (int i = 0; i < LANES * 2; i++)
		w[i] = (struct where){ .lane = (enum lane)(i % LANES) };
	offload_start(2);
	inloop_run(l, offloads_look, w, sizeof *w, LANES * 2);
	loop_destroy(&l);
	offload_stop();
	int base = getpriority(PRIO_PROCESS, (id_t)gettid());
	for (int i = 0; i < LANES * 2; i++) {
		assert_int_equal(w[i].runs, 200);
		assert_false(pthread_equal(w[i].thread, pthread_self()));
		bool nice = w[i].lane == LANE_PASSWORD || w[i].lane == LANE_CPU;
		assert_int_equal(w[i].nice, !nice ? base : base < 9 ? base + 10 : 19);
	}
}

/* ---- a stuck lane: its queue fills up and refuses, others go on, a canceled fiber still waits ---- */
enum { QUEUE = 256, WORKERS = 2 };

static atomic_int gate_open, held;

static void hold(void *arg)
{
	(void)arg;
	atomic_fetch_add(&held, 1);
	while (!atomic_load(&gate_open))
		usleep(1000);
}

struct stuck {
	unsigned accepted, refused, ended, ended_early, waiting;
	struct fiber *one;
	int other;
	enum err_code after;
	int64_t other_ms;
};

static void gets_stuck(void *arg)
{
	struct stuck *s = arg;
	struct fiber *self = fiber_self();
	s->one = self;
	s->waiting++;
	err e = offload(LANE_PASSWORD, hold, s);
	s->waiting--;
	if (e.code == ERR_LIMIT) {
		s->refused++;
		return;
	}
	s->ended++;
	s->ended_early += !atomic_load(&gate_open);
	if (wait_until(deadline_in(0)).code == ERR_CANCELED)
		s->after = ERR_CANCELED;
}

static void sticks(void *arg)
{
	struct stuck *s = arg;
	struct loop *l = loop_self();
	for (int i = 0; i < WORKERS; i++)
		if (fiber_start(l, gets_stuck, s).code)
			return;
	while (atomic_load(&held) < WORKERS) /* both threads are at it: what follows stays queued */
		if (wait_until(deadline_in(1)).code)
			return;
	for (int i = 0; i < QUEUE + 10; i++)
		if (fiber_start(l, gets_stuck, s).code)
			return;
	if (wait_until(deadline_in(5)).code)
		return;
	fibers_cancel(l); /* this one, too */
	int64_t from = inloop_ms();
	if (offload(LANE_CPU, plus_one, &s->other).code)
		return;
	s->other_ms = inloop_ms() - from;
	for (int i = 0; i < 20; i++) /* turns for whoever would go on early */
		if (offload(LANE_CPU, plus_one, &s->other).code)
			return;
	s->accepted = s->waiting;
	atomic_store(&gate_open, 1);
	while (fibers_alive(l) > 1)
		if (offload(LANE_CPU, plus_one, &s->other).code)
			return;
}

static void stuck_lane(void **state)
{
	(void)state;
	struct loop *l = loop_create(QUEUE + 20);
	struct stuck s = { 0 };
	offload_start(WORKERS);
	inloop_run(l, sticks, &s, 0, 1);
	loop_destroy(&l);
	offload_stop();
	assert_int_equal(s.refused, 10);
	assert_int_equal(s.accepted, QUEUE + WORKERS);
	assert_int_equal(s.ended, QUEUE + WORKERS);
	assert_int_equal(s.ended_early, 0);
	assert_int_equal(s.after, ERR_CANCELED);
	assert_true(s.other > 20);
	assert_in_range(s.other_ms, 0, 2000);
}

/* ---- a lane with one thread keeps the order ---- */
static int numbers[64], n_numbers;
static void write_down(void *arg) { numbers[n_numbers++] = *(int *)arg; }

static void writes(void *arg)
{
	if (offload(LANE_CPU, write_down, arg).code)
		n_numbers = -1000;
}

static void in_order(void **state)
{
	(void)state;
	struct loop *l = loop_create(64);
	int mine[16];
	for (int i = 0; i < 16; i++)
		mine[i] = i;
	offload_start(1);
	inloop_run(l, writes, mine, sizeof *mine, 16);
	loop_destroy(&l);
	offload_stop();
	offload_stop(); /* nothing left: harmless */
	assert_int_equal(n_numbers, 16);
	for (int i = 0; i < 16; i++)
		assert_int_equal(numbers[i], i);
}

/* ---- scratch memory: the next job finds it, an idle thread gives it back, other threads keep none ---- */
enum { PIECE = 5 << 20, MARK = 0x5a };

struct piece {
	char *p;
	unsigned char found; /* what the last one left */
};

static void use(void *arg)
{
	struct piece *s = arg;
	s->p = scratch_hold(PIECE);
	s->found = (unsigned char)s->p[PIECE - 1];
	memset(s->p, MARK, PIECE);
	scratch_release();
}

static unsigned mapped(const char *p)
{
	unsigned char in;
	return mincore((void *)((uintptr_t)p & ~(uintptr_t)4095), 4096, &in) == 0;
}

struct pieces {
	struct piece piece;
	unsigned kept, there, gone;
};

static void uses(void *arg)
{
	struct pieces *s = arg;
	for (int i = 0; i < 20; i++) {
		if (offload(LANE_CPU, use, &s->piece).code)
			return;
		s->kept += s->piece.found == MARK;
	}
	s->there = mapped(s->piece.p);
	for (int i = 0; !s->gone && i < 100; i++) {
		if (wait_until(deadline_in(50)).code)
			return;
		s->gone = !mapped(s->piece.p);
	}
	if (offload(LANE_CPU, use, &s->piece).code)
		s->gone = 0;
}

static void scratch(void **state)
{
	struct pieces s = { 0 };
	struct piece own = { 0 };
	struct loop *l = loop_create(1);
	(void)state;
	offload_start(1);
	inloop_run(l, uses, &s, 0, 1);
	loop_destroy(&l);
	offload_stop();
	assert_in_range(s.kept, 10, 19); /* not by the first */
	assert_true(s.there);
	assert_true(s.gone);
	assert_int_equal(s.piece.found, 0);
	assert_int_equal((uintptr_t)s.piece.p % (2 << 20), 0);
	use(&own); /* on a thread of no lane nothing is kept */
	use(&own);
	assert_int_equal(own.found, 0);
	assert_false(mapped(own.p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_once),
		cmocka_unit_test(lanes_work),
		cmocka_unit_test(stuck_lane),
		cmocka_unit_test(in_order),
		cmocka_unit_test(scratch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
