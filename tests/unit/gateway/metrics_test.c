/* SPDX-License-Identifier: Apache-2.0 */
/* Which bucket of the histogram a time falls into, and which line of /metrics a proxy.
 * Invariant: a bucket holds what is at most its bound, as the label "le" says, and nothing is lost at either end;
 * names past the 1,023rd share a line.
 * Source: Prometheus, "Histograms". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/inside.h"
#include "gateway/metrics.h"

static const struct {
	int64_t ms;
	unsigned bucket;
} rows[] = {
	{ -5, 0 }, { 0, 0 }, { 1, 0 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 5, 3 }, { 8, 3 }, { 9, 4 },
	{ 1024, 10 }, { 1025, 11 }, { 16384, 14 }, { 16385, 15 }, { 40000, 15 }, { INT64_MAX, 15 },
};

static void finds_buckets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (time_bucket(rows[i].ms) != rows[i].bucket)
			fail_msg("%lld ms: %u", (long long)rows[i].ms, time_bucket(rows[i].ms));
}

static unsigned place(struct gateway *g, const char *org, const char *env, unsigned proxy)
{
	struct deployment d = { .organization = str_from_z(org), .environment = str_from_z(env),
		                .name = str_fmt(g->arena, "p%u", proxy) };
	return metric_of(g, &d);
}

static void bounds_names(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct gateway_loop loops[2] = { 0 };
	struct gateway g = { .arena = a, .conf.n_loops = 2, .loops = loops };
	metric_names_init(&g);
	for (unsigned i = 0; i < 3 * METRIC_PROXIES; i++)
		assert_int_equal(place(&g, "acme", "test", i), i + 1 < METRIC_PROXIES ? i + 1 : 0);
	assert_int_equal(place(&g, "acme", "test", 7), 8); /* a later revision */
	assert_int_equal(place(&g, "acme", "prod", 7), 0);
	assert_int_equal(g.metric_names.list.n, METRIC_PROXIES);
	for (size_t i = 0; i < METRIC_PROXIES / METRIC_CHUNK; i++)
		assert_true(loops[0].counters.proxies[i] && loops[1].counters.proxies[i]);
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(finds_buckets), cmocka_unit_test(bounds_names) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
