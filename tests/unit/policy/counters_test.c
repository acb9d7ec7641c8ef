/* SPDX-License-Identifier: Apache-2.0 */
/* Counters on a clock of the test's own: the three kinds of window, spacing, write-behind, many at once.
 * A row is a moment, a weight, and what the counter must say.
 * Source: Apigee, "Quota policy", "SpikeArrest policy"; house ("counters"). */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/counters_inside.h"
#include "store/counters.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- a store of the test's own ------------------------------------------------------------- */

struct store {
	struct arena *arena;
	struct counter_rows rows;
	bool fails;
	int saves;
};

err counters_load(struct arena *a, struct store *s, int64_t now_ms, int64_t most, struct counter_rows *out)
{
	VEC_EACH(struct counter_row, r, &s->rows)
		if (r->expires_at_ms > now_ms && (int64_t)out->n < most)
			VEC_PUSH(a, out, *r);
	return DONE;
}

err counters_add(struct arena *a, struct store *s, const struct counter_rows *rows, counter_adder *add,
                 struct counter_rows *totals)
{
	*totals = (struct counter_rows){ 0 };
	s->saves++;
	if (s->fails)
		return FAIL(ERR_STORE);
	VEC_EACH(const struct counter_row, r, rows) {
		struct counter_row *at = NULL;
		VEC_EACH(struct counter_row, old, &s->rows)
			if (str_eq(old->key, r->key))
				at = old;
		if (!at) {
			VEC_PUSH(s->arena, &s->rows, (struct counter_row){ .key = str_dup(s->arena, r->key), .start_ms = r->start_ms,
				.expires_at_ms = r->expires_at_ms, .slots = STR_NONE });
			at = &s->rows.v[s->rows.n - 1];
		}
		add(s->arena, at, r);
		at->key = str_dup(s->arena, r->key);
		at->slots = str_dup(s->arena, at->slots);
		VEC_PUSH(a, totals, *at);
	}
	return DONE;
}

/* ---- one counter through time --------------------------------------------------------------- */

enum { M = 60000 };

struct call {
	int64_t at_ms; /* 0: the row ends */
	unsigned weight;
	bool over;
	unsigned used, exceeded;
};

static const struct {
	const char *what;
	enum counter_kind kind;
	int64_t length_ms;
	unsigned allow;
	bool look, only_count;
	struct call calls[12];
} rows[] = {
	{ "fixed: the limit is reached, refused, and the next window is new", COUNT_FIXED, M, 2, 0, 0,
	  { { 10, 1, 0, 1, 0 }, { 20, 1, 0, 2, 0 }, { 30, 1, 1, 2, 1 }, { M - 1, 1, 1, 2, 2 }, { M, 1, 0, 1, 0 } } },
	{ "fixed: nothing allowed", COUNT_FIXED, M, 0, 0, 0, { { 5, 1, 1, 0, 1 }, { 6, 1, 1, 0, 2 } } },
	{ "fixed: weights", COUNT_FIXED, M, 10, 0, 0,
	  { { 1, 4, 0, 4, 0 }, { 2, 7, 1, 4, 1 }, { 3, 6, 0, 10, 1 }, { 4, 0, 0, 10, 1 }, { 5, 1, 1, 10, 2 } } },
	{ "fixed: a weight over everything", COUNT_FIXED, M, 10, 0, 0, { { 1, 4000000000U, 1, 0, 1 }, { 2, 10, 0, 10, 1 } } },
	{ "look only: never counts", COUNT_FIXED, M, 1, 1, 0, { { 1, 1, 0, 0, 0 }, { 2, 1, 0, 0, 0 } } },
	{ "count only: never refuses", COUNT_FIXED, M, 1, 0, 1, { { 1, 1, 0, 1, 0 }, { 2, 1, 0, 2, 0 }, { 3, 1, 0, 3, 0 } } },
	{ "flexi: opens with the first call", COUNT_FLEXI, M, 1, 0, 0,
	  { { 50000, 1, 0, 1, 0 }, { 70000, 1, 1, 1, 1 }, { 109999, 1, 1, 1, 2 }, { 110000, 1, 0, 1, 0 }, { 169999, 1, 1, 1, 1 } } },
	{ "flexi: a late call opens at itself", COUNT_FLEXI, M, 1, 0, 0,
	  { { 1000, 1, 0, 1, 0 }, { 200000, 1, 0, 1, 0 }, { 259999, 1, 1, 1, 1 }, { 260000, 1, 0, 1, 0 } } },
	{ "rolling: each call leaves after its minute", COUNT_ROLLING, M, 2, 0, 0,
	  { { 100000, 1, 0, 1, 0 }, { 130000, 1, 0, 2, 0 }, { 159999, 1, 1, 2, 1 }, { 161000, 1, 0, 2, 1 }, { 189999, 1, 1, 2, 2 }, { 191000, 1, 0, 2, 2 } } },
	{ "rolling: the turn of the minute changes nothing", COUNT_ROLLING, M, 1, 0, 0,
	  { { 119999, 1, 0, 1, 0 }, { 120000, 1, 1, 1, 1 }, { 179999, 1, 1, 1, 2 }, { 181000, 1, 0, 1, 2 } } },
	{ "rolling: long silence", COUNT_ROLLING, M, 1, 0, 0, { { 100000, 1, 0, 1, 0 }, { 900000, 1, 0, 1, 0 }, { 900001, 1, 1, 1, 1 } } },
	{ "rolling: a clock that steps back", COUNT_ROLLING, M, 2, 0, 0, { { 100000, 1, 0, 1, 0 }, { 90000, 1, 0, 2, 0 }, { 90001, 1, 1, 2, 1 } } },
	{ "rolling: a clock that was days ahead", COUNT_ROLLING, M, 1, 0, 0,
	  { { 900000000, 1, 0, 1, 0 }, { 100000, 1, 0, 1, 0 }, { 159999, 1, 1, 1, 1 }, { 161000, 1, 0, 1, 1 } } },
	{ "flexi: a clock that was days ahead", COUNT_FLEXI, M, 1, 0, 0,
	  { { 900000000, 1, 0, 1, 0 }, { 100000, 1, 0, 1, 0 }, { 159999, 1, 1, 1, 1 }, { 160000, 1, 0, 1, 0 } } },
	{ "flexi: a clock that steps back a little", COUNT_FLEXI, M, 1, 0, 0, { { 100000, 1, 0, 1, 0 }, { 90000, 1, 1, 1, 1 } } },
	{ "rolling: shorter than its slots", COUNT_ROLLING, 10, 1, 0, 0, { { 1000, 1, 0, 1, 0 }, { 1009, 1, 1, 1, 1 }, { 1100, 1, 0, 1, 0 } } },
};

static struct count ask(size_t row, const struct call *call)
{
	struct count q = { .key = counter_key(str_from_z(rows[row].what)), .kind = rows[row].kind,
		           .now_ms = call->at_ms, .length_ms = rows[row].length_ms, .allow = rows[row].allow,
		           .weight = call->weight, .only_look = rows[row].look, .only_count = rows[row].only_count };
	q.start_ms = q.now_ms / q.length_ms * q.length_ms;
	return q;
}

static void through_time(void **state)
{
	(void)state;
	struct counters *c;
	assert_int_equal(counters_open(NULL, &c).code, ERR_NONE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (const struct call *call = rows[i].calls; call->at_ms; call++) {
			struct count q = ask(i, call);
			struct counted got = counters_count(c, &q);
			if (got.over != call->over || got.used != call->used || got.exceeded != call->exceeded)
				fail_msg("%s, at %lld: over %d used %d exceeded %d", rows[i].what, (long long)call->at_ms,
				         got.over, (int)got.used, (int)got.exceeded);
			assert_true(got.expires_at_ms > call->at_ms);
		}
	}
	counters_close(&c);
}

/* ---- spacing -------------------------------------------------------------------------------- */

static const struct { int64_t now_us, interval_us; unsigned weight; bool room; } spaces[] = {
	{ 1000000, 500000, 1, true },  { 1000001, 500000, 1, false }, { 1499999, 500000, 1, false },
	{ 1500000, 500000, 4, true },  { 3499999, 500000, 1, false }, { 3500000, 500000, 0, true },
	{ 3500000, 500000, 1, true },  { 3500000, 500000, 1, false },
};

static void spaced(void **state)
{
	(void)state;
	struct counters *c;
	assert_int_equal(counters_open(NULL, &c).code, ERR_NONE);
	struct counter_key key = counter_key(S("spike")), other = counter_key(S("other"));
	for (size_t i = 0; i < COUNT(spaces); i++)
		assert_int_equal(counters_space(c, &key, spaces[i].now_us, spaces[i].interval_us, spaces[i].weight),
		                 spaces[i].room);
	assert_true(counters_space(c, &other, 1, 500000, 1));
	counters_close(&c);
}

/* ---- write-behind --------------------------------------------------------------------------- */

static struct counted count_one(struct counters *c, str name, enum counter_kind kind)
{
	struct count q = { .key = counter_key(name), .kind = kind, .now_ms = clock_ms(), .start_ms = 0,
		           .length_ms = INT64_C(4000000000000), .allow = 100, .weight = 1 };
	return counters_count(c, &q);
}

static void written_and_read(void **state)
{
	(void)state;
	struct store s = { .arena = arena_create(0, 0) };
	struct counters *c;
	assert_int_equal(counters_open(&s, &c).code, ERR_NONE);
	for (int i = 0; i < 3; i++) {
		count_one(c, S("a"), COUNT_FIXED);
		count_one(c, S("r"), COUNT_ROLLING);
	}
	assert_int_equal(counters_flush(c).code, ERR_NONE);
	assert_int_equal(s.rows.n, 2);
	assert_int_equal(counters_flush(c).code, ERR_NONE);
	assert_int_equal(s.saves, 1); /* nothing changed */

	s.fails = true;
	count_one(c, S("a"), COUNT_FIXED);
	assert_int_equal(counters_flush(c).code, ERR_STORE);
	s.fails = false;
	counters_close(&c); /* what failed is written now */
	assert_null(c);
	assert_int_equal(counters_open(&s, &c).code, ERR_NONE);
	assert_int_equal(count_one(c, S("a"), COUNT_FIXED).used, 5);
	assert_int_equal(count_one(c, S("r"), COUNT_ROLLING).used, 4);
	counters_close(&c);
	arena_destroy(&s.arena);
}

/* Two processes on one store: each brings its own, both see the sum. */
static void counted_together(void **state)
{
	(void)state;
	static const struct { const char *name; enum counter_kind kind; } kinds[] = { { "a", COUNT_FIXED }, { "f", COUNT_FLEXI }, { "r", COUNT_ROLLING } };
	struct store s = { .arena = arena_create(0, 0) };
	struct counters *old, *new;
	assert_int_equal(counters_open(&s, &old).code, ERR_NONE);
	for (size_t i = 0; i < 5 * COUNT(kinds); i++)
		count_one(old, str_from_z(kinds[i % COUNT(kinds)].name), kinds[i % COUNT(kinds)].kind);
	assert_int_equal(counters_flush(old).code, ERR_NONE);
	assert_int_equal(counters_open(&s, &new).code, ERR_NONE);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		str name = str_from_z(kinds[i].name);
		assert_int_equal(count_one(new, name, kinds[i].kind).used, 6);
		assert_int_equal(count_one(old, name, kinds[i].kind).used, 6);
		assert_int_equal(count_one(old, name, kinds[i].kind).used, 7);
	}
	s.fails = true;
	assert_int_equal(counters_flush(old).code, ERR_STORE);
	s.fails = false;
	assert_int_equal(counters_flush(new).code, ERR_NONE);
	assert_int_equal(counters_flush(old).code, ERR_NONE);
	for (size_t i = 0; i < COUNT(kinds); i++)
		assert_int_equal(count_one(old, str_from_z(kinds[i].name), kinds[i].kind).used, 9);
	counters_close(&old);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		count_one(new, str_from_z(kinds[i].name), kinds[i].kind);
		assert_int_equal(counters_flush(new).code, ERR_NONE);
		assert_int_equal(count_one(new, str_from_z(kinds[i].name), kinds[i].kind).used, 11);
	}
	counters_close(&new);
	arena_destroy(&s.arena);
}

static const struct {
	struct counter_row there, more, sum;
} sums[] = { /* start, end, used, exceeded */
	{ { .start_ms = 10, .expires_at_ms = 20, .used = 3, .exceeded = 1 }, { .start_ms = 10, .expires_at_ms = 20, .used = 2, .exceeded = 1 }, { .start_ms = 10, .expires_at_ms = 20, .used = 5, .exceeded = 2 } },
	{ { .start_ms = 10, .expires_at_ms = 20, .used = 3 }, { .start_ms = 12, .expires_at_ms = 22, .used = 2 }, { .start_ms = 10, .expires_at_ms = 20, .used = 5 } },
	{ { .start_ms = 12, .expires_at_ms = 22, .used = 3 }, { .start_ms = 10, .expires_at_ms = 20, .used = 2 }, { .start_ms = 10, .expires_at_ms = 20, .used = 5 } },
	{ { .start_ms = 10, .expires_at_ms = 20, .used = 3 }, { .start_ms = 20, .expires_at_ms = 30, .used = 2 }, { .start_ms = 20, .expires_at_ms = 30, .used = 2 } },
	{ { .start_ms = 20, .expires_at_ms = 30, .used = 3 }, { .start_ms = 10, .expires_at_ms = 20, .used = 2 }, { .start_ms = 20, .expires_at_ms = 30, .used = 3 } },
	{ { .start_ms = 900, .expires_at_ms = 910, .used = 3 }, { .start_ms = 10, .expires_at_ms = 20, .used = 2 }, { .start_ms = 10, .expires_at_ms = 20, .used = 2 } },
};

static void windows_become_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sums); i++) {
		struct counter_row t = sums[i].there;
		counter_add(NULL, &t, &sums[i].more);
		if (t.start_ms != sums[i].sum.start_ms || t.expires_at_ms != sums[i].sum.expires_at_ms || t.used != sums[i].sum.used ||
		    t.exceeded != sums[i].sum.exceeded)
			fail_msg("row %zu: %ld to %ld: %ld, %ld", i, (long)t.start_ms, (long)t.expires_at_ms, (long)t.used, (long)t.exceeded);
	}
}

/* ---- bounded, and exact from many threads ---------------------------------------------------- */

static void bounded(void **state)
{
	(void)state;
	struct counters *c;
	assert_int_equal(counters_open(NULL, &c).code, ERR_NONE);
	size_t most = 0;
	for (uint32_t i = 0; i < 40000; i++) {
		struct count q = { .kind = COUNT_FLEXI, .now_ms = 1000, .length_ms = i % 2 ? 1 : M, .allow = 1, .weight = 1 };
		memcpy(q.key.bytes + 4, &i, sizeof i); /* all in one shard */
		counters_count(c, &q);
		most = c->shards[0].n > most ? c->shards[0].n : most;
	}
	assert_true(most <= COUNTER_SHARD_MAX);
	assert_true(c->shards[0].n > COUNTER_SHARD_MAX / 2);
	counters_close(&c);
}

struct crowd {
	struct counters *c;
	int passed;
};

static void *push(void *arg)
{
	struct crowd *crowd = arg;
	for (int i = 0; i < 5000; i++) {
		struct count q = { .key = counter_key(S("crowd")), .kind = COUNT_FIXED, .now_ms = 5, .length_ms = M,
			           .allow = 7777, .weight = 1 };
		crowd->passed += !counters_count(crowd->c, &q).over;
	}
	return NULL;
}

static void exact_for_a_crowd(void **state)
{
	(void)state;
	struct crowd crowds[4] = { 0 };
	pthread_t threads[4];
	struct counters *c;
	assert_int_equal(counters_open(NULL, &c).code, ERR_NONE);
	int passed = 0;
	for (int i = 0; i < 4; i++) {
		crowds[i].c = c;
		assert_int_equal(pthread_create(&threads[i], NULL, push, &crowds[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		passed += crowds[i].passed;
	}
	assert_int_equal(passed, 7777);
	counters_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(through_time), cmocka_unit_test(spaced),           cmocka_unit_test(written_and_read), cmocka_unit_test(counted_together), cmocka_unit_test(windows_become_one),
		cmocka_unit_test(bounded),      cmocka_unit_test(exact_for_a_crowd),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
