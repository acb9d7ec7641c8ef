/* SPDX-License-Identifier: Apache-2.0 */
/* Timers in order, moved and canceled from anywhere; posts of many threads; descriptors.
 * A timer fires once, not before its time, and never after it was canceled.
 * Source: rt/loop.h. */
#include "inloop.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- order: timers set at random, many moved, some canceled ---- */
enum { TIMERS = 2000 };

struct timed {
	struct timer timer;
	int64_t at_ms, fired_ms;
	unsigned fired;
	bool canceled;
};

static struct timed timed[TIMERS];
static int64_t last_ms;
static unsigned out_of_order, n_fired;

static unsigned next_random(void) /* the same each time */
{
	static uint64_t x = 7;
	x = x * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(x >> 40);
}

static void fires(void *arg)
{
	struct timed *t = arg;
	t->fired++;
	n_fired++;
	t->fired_ms = loop_now_ms(loop_self());
	out_of_order += t->at_ms < last_ms;
	last_ms = t->at_ms;
	struct timed *other = &timed[next_random() % TIMERS];
	if (n_fired % 3 == 0 && !other->fired) { /* cancel another, perhaps one that is due now */
		timer_cancel(&other->timer);
		other->canceled = true;
	}
}

static void ordered(void **state)
{
	(void)state;
	struct loop *l = loop_create(1);
	struct timer end = { 0 };
	deadline from = deadline_in(0);
	for (int round = 0; round < 3; round++) /* set, then moved twice, earlier or later */
		for (size_t i = 0; i < TIMERS; i++) {
			timed[i].at_ms = from.mono_ms + 5 + next_random() % 60;
			timer_set(l, &timed[i].timer, (deadline){ timed[i].at_ms }, fires, &timed[i]);
		}
	for (size_t i = 0; i < TIMERS; i += 10) {
		if (i % 20)
			timer_cancel(&timed[i].timer);
		else
			timer_set(l, &timed[i].timer, NEVER, fires, &timed[i]);
		timed[i].canceled = true;
	}
	timer_set(l, &end, deadline_in(100), (void (*)(void *))loop_stop, l);
	loop_run(l);
	loop_destroy(&l);
	assert_int_equal(out_of_order, 0);
	for (size_t i = 0; i < TIMERS; i++) {
		assert_int_equal(timed[i].fired, timed[i].canceled ? 0 : 1);
		assert_true(timed[i].canceled || timed[i].fired_ms >= timed[i].at_ms);
		assert_int_equal(timed[i].timer.place, timed[i].timer.at_ms == INT64_MAX ? timed[i].timer.place : 0);
	}
}

/* ---- a timer that sets itself again, and one in the past, keep nobody waiting ---- */
struct again {
	struct loop *loop;
	struct timer timer;
	unsigned n;
	int64_t step_ms;
};

static void again(void *arg)
{
	struct again *a = arg;
	if (++a->n == 20)
		loop_stop(a->loop);
	else
		timer_set(a->loop, &a->timer, (deadline){ loop_now_ms(a->loop) + a->step_ms }, again, a);
}

static void count(void *arg) { ++*(unsigned *)arg; }

static void rearmed(void **state)
{
	(void)state;
	static const int64_t steps[] = { 1, 0, -1000 };
	for (size_t i = 0; i < 3; i++) {
		struct loop *l = loop_create(1);
		struct again a = { .loop = l, .step_ms = steps[i] };
		unsigned posts = 0;
		int64_t from = inloop_ms();
		again(&a);
		loop_post(l, count, &posts);
		loop_run(l);
		loop_destroy(&l);
		assert_int_equal(a.n, 20);
		assert_int_equal(posts, 1);
		assert_true(inloop_ms() - from >= (steps[i] > 0 ? 19 : 0));
	}
}

/* ---- moving a timer later costs nothing and still fires in time ---- */
static void moved_later(void **state)
{
	(void)state;
	struct loop *l = loop_create(1);
	struct timer t = { 0 };
	int64_t from = inloop_ms();
	for (int i = 1; i <= 30; i++)
		timer_set(l, &t, deadline_in(i), (void (*)(void *))loop_stop, l);
	loop_run(l);
	assert_in_range(inloop_ms() - from, 30, 3000);
	loop_destroy(&l);
}

/* ---- posts: of each thread in its order, none lost ---- */
enum { POSTERS = 4, POSTS = 20000 };

struct poster {
	struct loop *loop;
	pthread_t thread;
	unsigned seen, wrong;
};

struct posted {
	struct poster *of;
	unsigned number;
};
static struct posted posted[POSTERS][POSTS];
static unsigned all_seen;

static void on_post(void *arg)
{
	struct posted *p = arg;
	p->of->wrong += p->number != p->of->seen++;
	if (++all_seen == POSTERS * POSTS)
		loop_stop(p->of->loop);
}

static void *posts(void *arg)
{
	struct poster *p = arg;
	struct posted *mine = posted[p->seen];
	p->seen = 0;
	for (unsigned i = 0; i < POSTS; i++) {
		mine[i] = (struct posted){ p, i };
		loop_post(p->loop, on_post, &mine[i]);
		if (i % 64 == 0)
			usleep(20);
	}
	return NULL;
}

static void from_threads(void **state)
{
	(void)state;
	struct loop *l = loop_create(1);
	struct poster p[POSTERS];
	for (unsigned i = 0; i < POSTERS; i++) {
		p[i] = (struct poster){ .loop = l, .seen = i };
		pthread_create(&p[i].thread, NULL, posts, &p[i]);
	}
	loop_run(l);
	for (unsigned i = 0; i < POSTERS; i++)
		pthread_join(p[i].thread, NULL);
	loop_destroy(&l);
	for (unsigned i = 0; i < POSTERS; i++) {
		assert_int_equal(p[i].seen, POSTS);
		assert_int_equal(p[i].wrong, 0);
	}
}

/* ---- one watch removes another whose event is already there ---- */
struct seen {
	struct watch watch; /* first */
	struct seen *other;
	struct loop *loop;
	unsigned n;
};

static void on_watch(struct watch *w, unsigned ready)
{
	struct seen *s = (struct seen *)w;
	(void)ready;
	s->n++;
	watch_remove(&s->other->watch);
	loop_stop(s->loop);
}

static void removed(void **state)
{
	(void)state;
	struct loop *l = loop_create(1);
	struct seen s[2];
	int p[2][2];
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(p[i]), 0);
		s[i] = (struct seen){ .watch = { .fd = p[i][0], .fn = on_watch }, .other = &s[!i], .loop = l };
		assert_int_equal(watch_add(l, &s[i].watch).code, ERR_NONE);
		assert_int_equal(write(p[i][1], "x", 1), 1);
	}
	loop_run(l);
	assert_int_equal(s[0].n + s[1].n, 1);
	struct watch bad = { .fd = -1, .fn = on_watch };
	assert_int_equal(watch_add(l, &bad).code, ERR_IO);
	for (int i = 0; i < 2; i++) {
		watch_remove(&s[i].watch);
		close(p[i][0]);
		close(p[i][1]);
	}
	loop_destroy(&l);
}

/* ---- clocks and slots ---- */
static void small_things(void **state)
{
	(void)state;
	struct loop *l = loop_create(1);
	assert_null(loop_self());
	assert_null(*loop_slot(l, LOOP_SLOT_HTTP));
	*loop_slot(l, LOOP_SLOT_STORE) = l;
	assert_null(*loop_slot(l, LOOP_SLOT_HTTP));
	assert_ptr_equal(*loop_slot(l, LOOP_SLOT_STORE), l);
	loop_stop(l);
	loop_run(l);
	assert_in_range(inloop_ms() - loop_now_ms(l), 0, 2000);
	assert_in_range(clock_ms() - loop_utc_ms(l) + 1000, 0, 3000);
	loop_destroy(&l);
	loop_destroy(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordered),      cmocka_unit_test(rearmed), cmocka_unit_test(moved_later),
		cmocka_unit_test(from_threads), cmocka_unit_test(removed), cmocka_unit_test(small_things),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
