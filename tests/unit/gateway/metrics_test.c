/* SPDX-License-Identifier: Apache-2.0 */
/* Which bucket of the histogram a time falls into.
 * Invariant: a bucket holds what is at most its bound, as the label "le" says, and nothing is lost at either end.
 * Source: Prometheus, "Histograms". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(finds_buckets) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
