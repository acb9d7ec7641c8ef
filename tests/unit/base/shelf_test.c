/* SPDX-License-Identifier: Apache-2.0 */
/* The shelf: bounded, replaced by key, and what is held outlives its place.
 * A test is a row.
 * Source: house. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/shelf.h"

struct thing {
	struct shelf_item item;
	unsigned n;
};

static unsigned freed;
static void count(void *arg)
{
	(void)arg;
	freed++;
}

static struct thing *put(struct shelf *s, unsigned n, unsigned value)
{
	struct shelf_key key = shelf_name(str_from(&n, sizeof n));
	struct thing *t = shelf_item(sizeof *t, 0, &key);
	t->n = value;
	arena_defer(t->item.arena, count, NULL);
	shelf_put(s, t);
	return t;
}

static struct thing *take(struct shelf *s, unsigned n)
{
	struct shelf_key key = shelf_name(str_from(&n, sizeof n));
	return shelf_take(s, &key);
}

static void bounded_and_counted(void **state)
{
	(void)state;
	enum { ITEMS = 1024, PUT = 10000 };
	struct shelf *s = shelf_create(ITEMS);
	unsigned left = 0;
	freed = 0;
	for (unsigned i = 0; i < PUT; i++)
		shelf_let_go(put(s, i, i));
	for (unsigned i = 0; i < PUT; i++) {
		struct thing *t = take(s, i);
		if (!t)
			continue;
		left++;
		assert_int_equal(t->n, i);
		shelf_let_go(t);
	}
	assert_in_range(left, ITEMS / 2, ITEMS);
	assert_int_equal(freed, PUT - left);
	shelf_destroy(&s);
	assert_int_equal(freed, PUT);
}

static void replaced_and_held(void **state)
{
	(void)state;
	struct shelf *s = shelf_create(64);
	freed = 0;
	struct thing *first = put(s, 7, 1), *second = put(s, 7, 2), *now = take(s, 7);
	assert_ptr_equal(now, second);
	assert_int_equal(first->n, 1); /* still ours */
	assert_int_equal(freed, 0);
	shelf_let_go(first);
	assert_int_equal(freed, 1);
	assert_null(take(s, 8));
	shelf_destroy(&s);
	assert_int_equal(freed, 1);
	assert_int_equal(second->n, 2);
	shelf_let_go(second);
	shelf_let_go(now);
	assert_int_equal(freed, 2);
}

static void what_is_used_stays(void **state)
{
	(void)state;
	struct shelf *s = shelf_create(1024);
	shelf_let_go(put(s, 0, 42));
	for (unsigned i = 1; i < 20000; i++) {
		struct thing *t = take(s, 0);
		assert_non_null(t);
		shelf_let_go(t);
		shelf_let_go(put(s, i, i));
	}
	shelf_destroy(&s);
}

static void forget_one(struct shelf *s, const struct shelf_key *k) { shelf_forget(s, k); }
static void forget_all(struct shelf *s, const struct shelf_key *k)
{
	(void)k;
	shelf_forget_all(s);
}

/* What was read before a change is not kept after it, and the change takes what was there. */
static void forgotten_since(void **state)
{
	(void)state;
	static const struct {
		void (*before)(struct shelf *, const struct shelf_key *), (*after)(struct shelf *, const struct shelf_key *); /* the note */
		bool there_before;
		bool kept;
	} rows[] = {
		{ NULL, NULL, false, true },
		{ NULL, NULL, true, true },
		{ forget_one, NULL, true, true },
		{ forget_all, NULL, true, true },
		{ NULL, forget_one, false, false },
		{ NULL, forget_one, true, false },
		{ NULL, forget_all, false, false },
		{ NULL, forget_all, true, false },
		{ forget_one, forget_all, true, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct shelf *s = shelf_create(64);
		struct shelf_key key = { S("acme"), S("key"), 42 }, stranger = { S("other"), S("key"), 42 };
		struct thing *now;
		if (rows[i].there_before) {
			now = shelf_item(sizeof *now, 0, &key);
			shelf_put(s, now);
			shelf_let_go(now);
		}
		if (rows[i].before)
			rows[i].before(s, &key);
		unsigned note = shelf_note(s, &key);
		if (rows[i].after)
			rows[i].after(s, &key);
		struct thing *read = shelf_item(sizeof *read, 0, &key);
		shelf_put_since(s, note, read);
		now = shelf_take(s, &key);
		assert_ptr_equal(now, rows[i].kept ? read : NULL);
		assert_null(shelf_take(s, &stranger));
		if (now)
			shelf_let_go(now);
		shelf_let_go(read);
		shelf_destroy(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bounded_and_counted), cmocka_unit_test(replaced_and_held),
		                            cmocka_unit_test(what_is_used_stays), cmocka_unit_test(forgotten_since) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
