/* SPDX-License-Identifier: Apache-2.0 */
/* Quota counters in the store: added up, loaded while their window runs, purged after it.
 * A row is a counter and whether it is there at a moment.
 * Source: store/counters.h. */
#include "store/suite.h"

#include "store/counters.h"

static const struct { const char *key; int64_t start, expires, used, exceeded; const char *slots; } rows[] = {
	{ "0123456789abcdef", 1000, 5000, 3, 1, NULL },
	{ "\xff\x00\x01", 2000, 9000, 0, 0, "bytes" },
	{ "0123456789abcdeg", INT64_C(1700000000000), INT64_C(1800000000000), INT64_C(4000000000), 7, "" },
};

static void plus(struct arena *arena, struct counter_row *total, const struct counter_row *more)
{
	(void)arena;
	total->used += more->used;
	total->exceeded += more->exceeded;
	total->slots = more->slots;
}

static void save(bool again, int64_t more)
{
	struct counter_rows all = { 0 }, totals;
	for (size_t i = 0; i < COUNT(rows); i++)
		VEC_PUSH(a, &all, (struct counter_row){ .key = str_from(rows[i].key, i == 1 ? 3 : 16), .start_ms = rows[i].start,
			.expires_at_ms = rows[i].expires, .used = more, .exceeded = again ? 0 : rows[i].exceeded,
			.slots = str_from_z(rows[i].slots) });
	for (size_t i = 0; !again && i < COUNT(rows); i++)
		all.v[i].used = rows[i].used;
	assert_int_equal(counters_add(a, store, &all, plus, &totals).code, ERR_NONE);
	assert_int_equal(totals.n, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(totals.v[i].used, rows[i].used + more);
}

static void expect_at(int64_t now, size_t from, int64_t more)
{
	struct counter_rows got = { 0 };
	size_t n = COUNT(rows);
	assert_int_equal(counters_load(a, store, now, 100, &got).code, ERR_NONE);
	assert_int_equal(got.n, n - from);
	for (size_t i = 0; i < got.n; i++) { /* the latest end first */
		size_t r = n - 1 - i;
		assert_true(str_eq(got.v[i].key, str_from(rows[r].key, r == 1 ? 3 : 16)));
		assert_int_equal(got.v[i].start_ms, rows[r].start);
		assert_int_equal(got.v[i].used, rows[r].used + more);
		assert_int_equal(got.v[i].exceeded, rows[r].exceeded);
		assert_true(str_eq(got.v[i].slots, str_from_z(rows[r].slots)));
	}
}

static void counters(void **state)
{
	(void)state;
	save(false, 0);
	expect_at(4999, 0, 0);
	save(true, 10);
	expect_at(4999, 0, 10);
	expect_at(5000, 1, 10);
	int64_t gone;
	GOOD(counters_purge(store, 5000, &gone));
	assert_int_equal(gone, 1);
	GOOD(counters_purge(store, 5000, &gone));
	assert_int_equal(gone, 0);
	expect_at(0, 1, 10);
	suite_reopen();
	expect_at(0, 1, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_teardown(counters, suite_reset) };
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
