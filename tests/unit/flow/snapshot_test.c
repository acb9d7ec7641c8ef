/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots between threads: what is held stays, what nobody holds goes, in whatever order.
 * The proxies count their own end, so a leak and a double free both show.
 * Source: docs/why/snapshots.md. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

#include "flow/snapshot.h"
#include "rt/fiber.h"

enum { LOOPS = 2 };

static _Atomic(int) alive;

static void ended(void *arg)
{
	(void)arg;
	atomic_fetch_sub(&alive, 1);
}

/* A snapshot of one proxy, which only the snapshot holds. */
static struct snapshot *fresh(const char *base)
{
	struct arena *a = arena_create(0, 0);
	struct proxy *p = arena_new(a, struct proxy);
	struct proxy_endpoint *ep = arena_new(a, struct proxy_endpoint);
	p->holders = 1;
	p->arena = a;
	ep->base_path = str_from_z(base);
	p->endpoints = ep;
	p->n_endpoints = 1;
	arena_defer(a, ended, NULL);
	atomic_fetch_add(&alive, 1);
	struct snapshot *s = snapshot_create(&(struct snapshot_parts){ S("o"), S("e"), &(struct snapshot_part){ .proxy = p }, 1 });
	proxy_release(p);
	return s;
}

struct world {
	struct loop *loops[LOOPS];
	pthread_t threads[LOOPS];
	struct snapshot_slot *slot;
};

static void *run(void *loop)
{
	loop_run(loop);
	return NULL;
}

static int setup(void **state)
{
	static struct world w;
	for (size_t i = 0; i < LOOPS; i++) {
		w.loops[i] = loop_create(20);
		pthread_create(&w.threads[i], NULL, run, w.loops[i]);
	}
	w.slot = snapshot_slot_create(w.loops, LOOPS);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < LOOPS; i++) {
		loop_stop(w->loops[i]);
		pthread_join(w->threads[i], NULL);
	}
	snapshot_slot_destroy(&w->slot);
	for (size_t i = 0; i < LOOPS; i++)
		loop_destroy(&w->loops[i]);
	return atomic_load(&alive);
}

/* ---- on a loop's thread, from here ---- */

struct order {
	struct world *w;
	size_t i;
	void (*fn)(struct order *);
	struct snapshot *s;
	struct waker done;
};

static void obey(void *arg)
{
	struct order *o = arg;
	o->fn(o);
	wake(&o->done);
}

static struct snapshot *tell(struct world *w, size_t i, void (*fn)(struct order *), struct snapshot *s)
{
	struct order o = { .w = w, .i = i, .fn = fn, .s = s };
	loop_post(w->loops[i], obey, &o);
	wait_end(&o.done);
	return o.s;
}

static void take(struct order *o) { o->s = snapshot_hold(o->w->slot, o->i); }
static void drop(struct order *o) { snapshot_let_go(o->s, o->i); }

static void what_is_held_stays(void **state)
{
	struct world *w = *state;
	assert_null(tell(w, 0, take, NULL));
	snapshot_publish(w->slot, fresh("/a"));
	struct snapshot *a = tell(w, 0, take, NULL), *again = tell(w, 0, take, NULL);
	assert_ptr_equal(a, again);
	snapshot_publish(w->slot, fresh("/b"));
	assert_int_equal(atomic_load(&alive), 2);
	const struct proxy *proxy;
	str base, suffix;
	assert_non_null(snapshot_route(a, S("default"), S("/a"), &proxy, &base, &suffix));
	struct snapshot *b = tell(w, 1, take, NULL);
	assert_null(snapshot_route(b, S("default"), S("/a"), &proxy, &base, &suffix));
	tell(w, 0, drop, a);
	assert_int_equal(atomic_load(&alive), 2);
	tell(w, 0, drop, again);
	assert_int_equal(atomic_load(&alive), 1);
	snapshot_publish(w->slot, NULL);
	assert_int_equal(atomic_load(&alive), 1);
	assert_null(tell(w, 1, take, NULL));
	tell(w, 1, drop, b);
	assert_int_equal(atomic_load(&alive), 0);
}

/* Fibers that hold, wait a little and let go, while a thread publishes as fast as it can. */
struct user {
	struct world *w;
	size_t i;
	struct waker done;
};
static _Atomic(bool) enough;
static _Atomic(int) uses, misses;

static void use(void *arg)
{
	struct user *u = arg;
	while (!atomic_load(&enough)) {
		struct snapshot *s = snapshot_hold(u->w->slot, u->i);
		const struct proxy *proxy;
		str base, suffix;
		if (wait_until(deadline_in(atomic_fetch_add(&uses, 1) % 3)).code)
			break;
		if (!snapshot_route(s, S("default"), S("/x/y"), &proxy, &base, &suffix))
			atomic_fetch_add(&misses, 1);
		snapshot_let_go(s, u->i);
	}
	wake(&u->done);
}

static void start_user(void *arg)
{
	struct user *u = arg;
	must(!fiber_start(u->w->loops[u->i], use, u).code);
}

static void published_under_load(void **state)
{
	struct world *w = *state;
	struct user users[8] = { 0 };
	atomic_store(&enough, false);
	snapshot_publish(w->slot, fresh("/x"));
	for (size_t i = 0; i < 8; i++) {
		users[i] = (struct user){ .w = w, .i = i % LOOPS };
		loop_post(w->loops[i % LOOPS], start_user, &users[i]);
	}
	for (int i = 0; i < 500; i++)
		snapshot_publish(w->slot, fresh("/x"));
	atomic_store(&enough, true);
	for (size_t i = 0; i < 8; i++)
		wait_end(&users[i].done);
	assert_int_equal(atomic_load(&misses), 0);
	assert_true(atomic_load(&uses) > 8);
	assert_int_equal(atomic_load(&alive), 1);
}

static void never_published(void **state)
{
	(void)state;
	int before = atomic_load(&alive);
	struct snapshot *s = fresh("/z");
	snapshot_discard(&s);
	assert_null(s);
	snapshot_discard(&s);
	assert_int_equal(atomic_load(&alive), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_held_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(published_under_load, setup, teardown),
		cmocka_unit_test(never_published),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
