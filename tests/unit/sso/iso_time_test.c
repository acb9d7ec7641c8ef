/* SPDX-License-Identifier: Apache-2.0 */
/* Times of SCIM: which texts are one, and that it is written as it was read.
 * A row is a text; NULL: it is no time.
 * Source: sso/iso_time.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sso/iso_time.h"

static void times(void **state)
{
	(void)state;
	static const struct { const char *text, *written; } rows[] = {
		{ "2026-11-22T07:00:00.123Z", "2026-11-22T07:00:00.123Z" },
		{ "2026-11-22T07:00:00Z", "2026-11-22T07:00:00.000Z" },
		{ "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z" },
		{ "2025-02-29T00:00:00Z", NULL },
		{ "2026-11-22T24:00:00Z", NULL },
		{ "2026-11-22T07:00:00", NULL },
		{ "2026-11-22 07:00:00Z", NULL },
		{ "2026-11-22T07:00:00.12Z", NULL },
		{ "2026-11-22T07:00:00Z ", NULL },
		{ "", NULL },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_create(0, 0);
		int64_t ms;
		bool is_one = iso_time_read(str_from_z(rows[i].text), &ms);
		assert_int_equal(is_one, rows[i].written != NULL);
		if (is_one)
			assert_string_equal(str_z(a, iso_time_write(a, ms)), rows[i].written);
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(times) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
